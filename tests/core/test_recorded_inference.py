from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.clues import Clues
from pr_sessions.core.inference import Group, Rule, infer
from pr_sessions.core.models import Attribution, Basis, PullRequest, Session
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import People, Policy, Track
from pr_sessions.core.recorded_inference import RecordedInference, infer_recorded, is_alone
from pr_sessions.core.recording import record
from pr_sessions.core.runs import run_key
from rules import no_signatures
from strategies import at

POLICY = Policy(track=Track.AGENTS)
DAY = 1440


@dataclass(frozen=True)
class Opened:
    """A pull request with an agent; without a run, nobody knows where it belongs."""

    number: str
    minutes: float
    run: str = ""
    author: str = "ada"
    title: str = ""


def three_a_day(count: int, *, known: bool) -> list[Opened]:
    places = [(n, divmod(n, 3)) for n in range(count)]
    first = 1 if known else 101
    return [Opened(str(first + n), DAY * (day + first) + 20 * turn, f"r{day}" * known) for n, (day, turn) in places]


def recorded(prs: Iterable[Opened], policy: Policy = POLICY) -> InMemorySessions:
    collection = InMemorySessions()
    for pr in prs:
        runs = (run_key(pr.run),) if pr.run else ()
        agent = Agent("claude-code", Role.ASSISTED, Confidence.CERTAIN, runs=runs)
        opened = PullRequest(
            number=pr.number, author=pr.author, title=pr.title, created=at(pr.minutes), agents=(agent,)
        )
        context = AttributionContext(at=at(pr.minutes))
        collection, _ = record(collection, opened, context, no_signatures(policy), at(10_000 * DAY))
    return collection


def inferred(collection: InMemorySessions, policy: Policy = POLICY) -> RecordedInference:
    return infer_recorded(collection, collection.all_unattributed(), policy)


def clue(pr: Opened) -> Clues:
    return Clues(number=pr.number, author=pr.author, at=at(pr.minutes), has_agent=True, run=pr.run or None)


def test_what_is_stored_is_grouped_by_the_rules_of_look() -> None:
    prs = [*three_a_day(30, known=True), *three_a_day(4, known=False)]

    found, looked = inferred(recorded(prs)), infer(map(clue, prs))

    assert (found.learnt, found.groups) == (looked.learnt, looked.groups)
    assert found.groups == (Group("inferred-101", ("101", "102", "103")), Group("inferred-104", ("104",)))
    assert (found.pull_requests, found.unattributed, found.learnt.rule) == (4, 0, Rule.BY_TIME)
    assert (found.group_of("102"), found.group_of("1")) == (found.groups[0], None)


def test_with_few_known_runs_each_stands_alone() -> None:
    found = inferred(recorded([*three_a_day(29, known=True), *three_a_day(3, known=False)]))

    assert (found.learnt.known, found.learnt.figures) == (29, {})
    assert [group.numbers for group in found.groups] == [("101",), ("102",), ("103",)]


def test_what_a_mark_of_the_team_makes_automatic_is_left_where_it_is() -> None:
    marked = [Opened(pr.number, pr.minutes, title="auto-pr: fix") for pr in three_a_day(3, known=False)]

    assert inferred(recorded([*three_a_day(30, known=True), *marked])).groups == ()


def test_one_in_no_session_is_grouped_and_one_that_a_person_took_out_is_not() -> None:
    collection = recorded([*three_a_day(30, known=True), *three_a_day(3, known=False)])
    by_ada = Attribution(Basis.MANUAL, at(0), by="ada")
    for number, attribution in (("101", None), ("103", by_ada)):
        session = collection.for_pull_request(number)
        assert session
        kept = replace(session.pull_requests[number], attribution=attribution)
        collection = collection.put(replace(session, pull_requests={})).put_unattributed(number, kept)

    found = inferred(collection)

    assert [group.numbers for group in found.groups] == [("101", "102")]
    assert found.unattributed == 1


def test_one_that_a_person_put_into_a_session_is_not_inferred_to_be_elsewhere() -> None:
    collection = recorded(three_a_day(1, known=False))
    session = collection.for_pull_request("101")
    assert session
    kept = session.pull_requests["101"]
    put = replace(kept, attribution=Attribution(Basis.MANUAL, at(0), by="ada"))
    moved = replace(session, inferred=False, pull_requests={"101": put})

    assert is_alone("101", kept, session)
    assert not is_alone("101", put, moved)
    assert infer_recorded([moved], {}, POLICY).groups == ()


def test_other_repositories_neither_teach_nor_are_grouped() -> None:
    prs = [*three_a_day(30, known=True), *three_a_day(3, known=False)]
    elsewhere = recorded(Opened(f"ada/shop#{pr.number}", pr.minutes, pr.run) for pr in prs)

    assert inferred(elsewhere) == inferred(InMemorySessions())
    assert len(infer_recorded(elsewhere, {}, POLICY, "ada/shop").groups) == 1


def test_where_people_are_hidden_the_agents_name_joins_nothing() -> None:
    policy = Policy(track=Track.AGENTS, people=People.HIDDEN)
    prs = [
        Opened(pr.number, pr.minutes, pr.run, author=f"person{n % 3}")
        for n, pr in enumerate(three_a_day(30, known=True))
    ]

    figures = inferred(recorded(prs, policy), policy).learnt.figures

    assert figures[Rule.BY_TIME] == figures[Rule.ONE_EACH]


def test_a_session_of_several_runs_is_known_as_one() -> None:
    collection = recorded(Opened(str(n), n, run=f"r{n}") for n in range(1, 31))
    both = {number: session.pull_requests[number] for session in collection for number in session.prs}
    runs = tuple(run for session in collection for run in session.runs)
    whole = Session(id="ann-1", started=at(0), pull_requests=both, runs=runs)

    figures = infer_recorded([whole], {}, POLICY).learnt.figures
    assert figures[Rule.BY_TIME] == 1
    assert figures[Rule.ONE_EACH] < 1
