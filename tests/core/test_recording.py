from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from examples import few
from pr_sessions.core.agents import Agent, Confidence, Evidence, FoundRun, Role, Run
from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.evidence_text import mark_body
from pr_sessions.core.lifecycle import begin, sweep
from pr_sessions.core.models import (
    Attribution,
    Basis,
    Completion,
    PullRequest,
    PullRequestRecord,
    Session,
    State,
    Totals,
    Trigger,
    Verdict,
)
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.core.recording import Recorded, record
from pr_sessions.core.runs import run_key
from rules import all_signatures, no_signatures
from strategies import MOMENTS, at, pull_requests

POLICY = Policy()
EMPTY = InMemorySessions()
STARTED = begin("ada-1", "ada", at(0))


def pr(number: str, minutes: float = 0, **fields: Any) -> PullRequest:
    return PullRequest(number=number, **{"title": "auto-pr: x", "author": "ada", "created": at(minutes), **fields})


def put(
    collection: InMemorySessions,
    pull_request: PullRequest,
    *,
    when: datetime | None = None,
    now: datetime | None = None,
    manual: str | None = None,
    current: str | None = None,
    policy: Policy = POLICY,
) -> tuple[InMemorySessions, Recorded]:
    when = when or pull_request.created or at(0)
    return record(
        collection,
        pull_request,
        AttributionContext(at=when, manual=manual, current=current),
        no_signatures(policy),
        now or when,
    )


def put_all(collection: InMemorySessions, told: Iterable[PullRequest]) -> InMemorySessions:
    for pull_request in told:
        collection, _ = put(collection, pull_request)
    return collection


def test_the_first_automatic_pull_request_begins_a_session() -> None:
    collection, recorded = put(EMPTY, pr("1", files_changed=3, branch="x"))
    told = PullRequestRecord(
        files_changed=3,
        branch="x",
        author="ada",
        created=at(0),
        is_auto=True,
        evidence=recorded.verdict.evidence,
        attribution=Attribution(Basis.TIME, at(0), "work of ada within 30 minutes"),
        reported_at=dict.fromkeys(("files_changed", "branch", "author"), at(0)),
    )
    expected = replace(begin("ada-20251122-1000", "ada", at(0), inferred=True), pull_requests={"1": told})
    assert (list(collection), recorded.session, recorded.record, recorded.is_new) == ([expected], expected, told, True)


def test_a_pull_request_that_is_not_automatic_leaves_everything_as_it_is() -> None:
    collection, recorded = put(EMPTY, pr("1", title="Fix the parser"))
    assert (collection is EMPTY, recorded.session, recorded.record) == (True, None, None)


def test_a_hand_records_what_is_not_automatic() -> None:
    collection, recorded = put(EMPTY.put(STARTED), pr("1", title="Fix the parser"), manual="ada-1")
    assert (collection["ada-1"].prs, recorded.record and recorded.record.is_auto) == (("1",), False)


@few
@given(st.lists(pull_requests(), max_size=4), pull_requests(), st.sampled_from([None, "ada-1", "new"]))
def test_recording_twice_is_recording_once(before: list[PullRequest], told: PullRequest, hand: str | None) -> None:
    collection = put_all(EMPTY.put(STARTED), before)
    once, _ = put(collection, told, manual=hand, now=at(700))
    twice, recorded = put(once, told, manual=hand, now=at(700))
    assert (twice is once, recorded.is_new) == (True, False)


def test_a_pull_request_is_no_evidence_for_itself() -> None:
    collection, _ = put(EMPTY.put(STARTED), pr("1"))
    told = pr("1", minutes=1, branch="x")
    once, _ = put(collection, told)
    assert put(once, told)[0] is once


def test_an_update_replaces_what_it_says_and_leaves_the_rest() -> None:
    collection, _ = put(EMPTY, pr("1", files_changed=9, branch="x"))
    collection, _ = put(collection, pr("1", files_changed=2, created=None), when=at(5))
    told = collection["ada-20251122-1000"].pull_requests["1"]
    assert (told.files_changed, told.branch, told.reported_at["files_changed"], told.reported_at["branch"]) == (
        2,
        "x",
        at(5),
        at(0),
    )


def test_old_news_does_not_replace_newer_news() -> None:
    collection, _ = put(EMPTY, pr("1", files_changed=9), when=at(5))
    collection, _ = put(collection, pr("1", files_changed=2, base="main"), when=at(1))
    told = collection["ada-20251122-1005"].pull_requests["1"]
    assert (told.files_changed, told.base) == (9, "main")


def test_a_pull_request_that_is_told_again_as_merged_is_merged() -> None:
    collection, _ = put(EMPTY, pr("1", state=State.OPEN))
    collection, _ = put(collection, pr("1", state=State.MERGED, merged=at(400)))
    assert collection["ada-20251122-1000"].pull_requests["1"].state is State.MERGED


@pytest.mark.parametrize("state", [State.CLOSED, State.MERGED])
def test_closing_and_merging_are_no_activity(state: State) -> None:
    collection, _ = put(EMPTY, pr("1", state=State.OPEN))
    collection, _ = put(collection, pr("1", state=state), when=at(20))
    assert collection["ada-20251122-1000"].last_activity == at(0)


def test_an_update_of_an_open_pull_request_is_activity() -> None:
    collection, _ = put(EMPTY, pr("1", files_changed=1))
    collection, _ = put(collection, pr("1", files_changed=2), when=at(20))
    assert collection["ada-20251122-1000"].last_activity == at(20)


CARRIED = replace(STARTED, carried=("1", "2", "3", "4"), carried_totals=Totals(13))


@pytest.mark.parametrize("order", list(permutations("1234")), ids="".join)
def test_late_facts_about_carried_numbers_never_count_twice(order: tuple[str, ...]) -> None:
    collection, totals = EMPTY.put(CARRIED), []
    for number in order:
        collection, _ = put(collection, pr(number, files_changed=5))
        totals.append(collection["ada-1"].totals.files_changed)
    assert (totals, collection["ada-1"].prs) == ([13, 13, 15, 20], ("1", "2", "3", "4"))


def test_a_new_pull_request_counts_beside_what_was_carried() -> None:
    collection, _ = put(EMPTY.put(CARRIED), pr("9", files_changed=5, docs_updated=True))
    assert collection["ada-1"].totals == Totals(18, 0, docs_updated=True)


OTHER = begin("bob-1", "bob", at(0))


def marked(number: str, session_id: str, **fields: Any) -> PullRequest:
    return pr(number, body=mark_body("", session_id), **fields)


def test_stronger_evidence_moves_a_pull_request_with_all_that_is_known() -> None:
    collection, _ = put(EMPTY.put(STARTED, OTHER), pr("1", files_changed=3))
    collection, recorded = put(collection, marked("1", "bob-1"), when=at(1))
    told = collection["bob-1"].pull_requests["1"]
    assert (collection["ada-1"].prs, collection["bob-1"].prs, recorded.is_new) == ((), ("1",), False)
    assert (told.files_changed, told.attribution and told.attribution.basis) == (3, Basis.MARKER)


def test_weaker_evidence_moves_nothing() -> None:
    collection, _ = put(EMPTY.put(STARTED, OTHER), marked("1", "bob-1"))
    same, recorded = put(collection, pr("1"), current="ada-1")
    assert (same is collection, recorded.session and recorded.session.id) == (True, "bob-1")


def test_a_hand_moves_a_pull_request_and_the_later_hand_wins() -> None:
    collection, _ = put(EMPTY.put(STARTED, OTHER), marked("1", "bob-1"))
    collection, _ = put(collection, pr("1"), manual="ada-1", when=at(2))
    assert collection["ada-1"].prs == ("1",)
    collection, _ = put(collection, pr("1"), manual="bob-1", when=at(3))
    assert (collection["ada-1"].prs, collection["bob-1"].prs) == ((), ("1",))
    late, _ = put(collection, pr("1"), manual="ada-1", when=at(2))
    assert late["bob-1"].prs == ("1",)


def test_a_carried_number_that_moves_keeps_its_new_facts() -> None:
    collection, _ = put(EMPTY.put(CARRIED, OTHER), marked("1", "bob-1", files_changed=3))
    collection, recorded = put(collection, marked("1", "bob-1", branch="x"), when=at(1))
    told = collection["bob-1"].pull_requests["1"]
    assert (recorded.session and recorded.session.id, told.files_changed, told.branch) == ("bob-1", 3, "x")


def test_a_mark_of_an_unknown_session_names_one_that_began_elsewhere() -> None:
    collection, _ = put(EMPTY, marked("1", "cloud-7"))
    assert (collection["cloud-7"].prs, collection["cloud-7"].inferred) == (("1",), False)


def test_what_fits_nowhere_is_kept_as_unattributed_and_finds_its_place_later() -> None:
    collection, recorded = put(EMPTY, pr("1", author="", files_changed=3))
    assert (recorded.session, recorded.is_new, list(collection.all_unattributed())) == (None, True, ["1"])
    collection, recorded = put(collection, pr("1", author="ada"))
    told = recorded.record
    assert (told and told.files_changed, dict(collection.all_unattributed()), recorded.is_new) == (3, {}, True)


def test_a_completion_marker_completes_the_session() -> None:
    collection, _ = put(EMPTY, pr("1", 5, title="auto-pr: x [ready]"))
    assert collection["ada-20251122-1005"].completion == Completion(at(5), "explicit_marker: [ready]")


def test_a_completion_marker_in_a_pull_request_that_is_not_automatic_completes_nothing() -> None:
    collection, _ = put(EMPTY.put(STARTED), pr("1", title="fix [ready]"), manual="ada-1")
    assert collection["ada-1"].completion is None


def test_a_marker_that_becomes_known_after_the_timeout_still_completes_when_it_stood() -> None:
    collection, _ = put(EMPTY, pr("1", 0), now=at(500))
    collection, _ = put(collection, pr("1", 0, title="auto-pr: x [ready]"), when=at(10), now=at(500))
    assert collection["ada-20251122-1000"].completion == Completion(at(10), "explicit_marker: [ready]")


def test_tests_with_docs_complete_only_where_the_team_wants_it() -> None:
    told = pr("1", test_files_added=1, docs_updated=True)
    ends = [
        next(iter(put(EMPTY, told, policy=Policy(enable_heuristic_completion=switched))[0])).completion
        for switched in (False, True)
    ]
    assert ends == [None, Completion(at(0), Trigger.HEURISTIC_TESTS_DOCS)]


def test_a_late_pull_request_bridges_two_inferred_sessions() -> None:
    collection = put_all(EMPTY, [pr("1", 0), pr("2", 50), pr("3", 25)])
    (session,) = collection
    assert (session.id, session.aliases, session.prs) == ("ada-20251122-1000", ("ada-20251122-1050",), ("1", "2", "3"))
    assert collection.get("ada-20251122-1050") is session


def test_nothing_bridges_an_end_that_was_asked_for() -> None:
    collection = put_all(EMPTY, [pr("1", 0), pr("2", 10, title="auto-pr: x [ready]"), pr("3", 20), pr("4", 5)])
    assert [session.prs for session in collection] == [("3",), ("1", "2", "4")]


Grouping = list[tuple[tuple[str, ...], datetime | None, Completion | None]]


def grouping(collection: InMemorySessions) -> Grouping:
    swept, _ = sweep(collection, POLICY, at(10_000))
    return sorted((s.prs, s.started, s.completion) for s in swept)


def by_gaps(told: list[PullRequest]) -> Grouping:
    """A naive model: per author, a gap longer than the timeout parts two sessions."""
    found: list[list[PullRequest]] = []
    for one in sorted(told, key=lambda pr: (pr.author, pr.created or at(0))):
        last = found[-1][-1] if found else None
        near = last and last.author == one.author and _gap(last, one) <= POLICY.timeout
        found[-1].append(one) if near else found.append([one])
    return sorted(_group(group) for group in found)


def _gap(one: PullRequest, other: PullRequest) -> timedelta:
    assert one.created
    assert other.created
    return other.created - one.created


def _group(group: list[PullRequest]) -> tuple[tuple[str, ...], datetime | None, Completion]:
    numbers = Session(id="any", carried=tuple(one.number for one in group)).prs
    end = (group[-1].created or at(0)) + POLICY.timeout
    return numbers, group[0].created, Completion(end, Trigger.TIMEOUT)


@st.composite
def close(draw: st.DrawFn) -> list[PullRequest]:
    """Pull requests of different numbers, minutes apart."""
    count = draw(st.integers(0, 12))
    drawn = [draw(pull_requests(numbers=st.just(str(n)))) for n in range(1, count + 1)]
    return [replace(one, created=at(draw(st.integers(0, 200)))) for one in drawn]


@few
@given(close(), st.randoms(use_true_random=False), st.lists(MOMENTS, min_size=12, max_size=12))
def test_inferred_sessions_are_a_function_of_the_set_of_pull_requests(
    told: list[PullRequest], chance: Any, clocks: list[datetime]
) -> None:
    chance.shuffle(told)
    collection = EMPTY
    for one, now in zip(told, clocks, strict=False):
        collection, _ = put(collection, one, now=now)
        collection, _ = sweep(collection, POLICY, now)
    assert grouping(collection) == by_gaps(told)


@few
@given(close(), st.lists(MOMENTS, max_size=12))
def test_a_pull_request_is_in_one_session_once(told: list[PullRequest], updates: list[datetime]) -> None:
    collection = put_all(EMPTY, told)
    for one, when in zip(told, updates, strict=False):
        collection, _ = put(collection, replace(one, files_changed=99), when=when)
    numbers = [number for session in collection for number in session.prs]
    assert sorted(numbers) == sorted(one.number for one in told)


def test_a_sweep_completes_all_that_ran_out_and_nothing_else() -> None:
    live, old = begin("b", "ada", at(20)), begin("a", "ada", at(0))
    collection, ended = sweep(EMPTY.put(live, old), POLICY, at(31))
    expected = replace(old, completion=Completion(at(30), Trigger.TIMEOUT))
    assert (ended, collection["a"], collection["b"]) == ((expected,), expected, live)
    assert sweep(collection, POLICY, at(31)) == (collection, ())


def of_runs(*runs: str, number: str, minutes: float, author: str = "ada", state: State | None = None) -> PullRequest:
    evidence = (Evidence("author", "devin/author"),) if author == "devin[bot]" else ()
    agent = Agent("devin", Role.OPENED, Confidence.CERTAIN, evidence, runs)
    return PullRequest(
        number=number, author=author, created=at(minutes), agents=(agent,) if runs else (), title=AUTO, state=state
    )


AUTO = "auto-pr: x"
RUNS = st.lists(st.sampled_from(["r1", "r2", "r3", "r4"]), max_size=2, unique=True)


STATES = st.sampled_from([None, State.OPEN, State.MERGED])


@st.composite
def mixed(draw: st.DrawFn) -> list[PullRequest]:
    """Pull requests with and without runs, minutes and hours apart."""
    return [
        of_runs(
            *draw(RUNS),
            number=str(number),
            minutes=draw(st.integers(0, 600)),
            author=draw(st.sampled_from(["ada", "bob", "devin[bot]"])),
            state=draw(STATES),
        )
        for number in range(1, draw(st.integers(1, 9)) + 1)
    ]


@few
@given(mixed(), st.randoms(use_true_random=False))
def test_sessions_of_runs_are_a_function_of_the_set_of_pull_requests(told: list[PullRequest], chance: Any) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)
    one, other = put_all(EMPTY, told), put_all(EMPTY, shuffled)
    assert grouping(one) == grouping(other)
    assert grouping(put_all(other, shuffled)) == grouping(other)


@few
@given(mixed())
def test_pull_requests_of_one_author_that_a_run_opened_are_in_one_session(told: list[PullRequest]) -> None:
    collection = put_all(EMPTY, told)
    homes: dict[tuple[str, str], set[str]] = {}
    for one in told:
        home = collection.for_pull_request(one.number)
        assert home
        for run in (min(agent.runs) for agent in one.agents):
            homes.setdefault((one.author, run), set()).add(home.id)
    assert {key: len(ids) for key, ids in homes.items()} == dict.fromkeys(homes, 1)


@few
@given(mixed())
def test_only_people_who_had_one_merged_are_in_a_session_with_others(told: list[PullRequest]) -> None:
    for session in put_all(EMPTY, told):
        merged = {record.author for record in session.pull_requests.values() if record.state == State.MERGED}
        people = {record.author for record in session.pull_requests.values()}
        assert len(people) == 1 or people == merged


@few
@given(mixed(), st.randoms(use_true_random=False))
def test_a_merge_that_is_reported_later_comes_to_the_same_sessions(told: list[PullRequest], chance: Any) -> None:
    before = [replace(one, state=State.OPEN) for one in told]
    later = list(told)
    chance.shuffle(later)
    known = {session.prs for session in put_all(EMPTY, told)}
    assert {session.prs for session in put_all(put_all(EMPTY, before), later)} == known


def test_a_session_of_a_run_lasts_as_long_as_the_run() -> None:
    collection = put_all(EMPTY, [of_runs("r1", number="1", minutes=300), of_runs("r1", number="2", minutes=0)])
    assert grouping(collection) == [(("1", "2"), at(0), Completion(at(300 + 24 * 60), Trigger.TIMEOUT))]


def test_a_run_that_nobody_saw_makes_a_session_that_is_named_after_it() -> None:
    told = pr("7", body="https://app.devin.ai/sessions/0123456789abcdef0123456789abcdef", minutes=5)
    collection, recorded = record(EMPTY, told, AttributionContext(at=at(5)), all_signatures(POLICY), at(6))
    key = run_key("0123456789abcdef0123456789abcdef")
    (made,) = collection
    assert (made.id, made.inferred, made.runs) == (f"devin-{key[:10]}", True, (Run("devin", key, at(5), at(5)),))
    assert recorded.verdict.runs == (FoundRun("devin", "0123456789abcdef0123456789abcdef"),)
    assert "0123456789abcdef0123456789abcdef" not in repr(made)


def test_signatures_of_the_policy_are_looked_for_and_kept() -> None:
    rules = all_signatures(POLICY)
    told = PullRequest(number="1", author="ada", commit_authors=("codex@openai.com",), created=at(0))
    collection, recorded = record(EMPTY, told, AttributionContext(at=at(0)), rules, at(0))
    agent = Agent("codex", Role.OPENED, Confidence.LIKELY, (Evidence("commit-author", "codex/commit-author"),))
    assert recorded.verdict == Verdict(is_auto=True, evidence=(Evidence("agent", "codex"),), agents=(agent,))
    assert collection.for_pull_request("1") is not None
    assert recorded.record is not None
    assert recorded.record.agents == (agent,)


@pytest.mark.parametrize(
    "told",
    [
        PullRequest(number="1", author="ada", title="[codex] x"),
        PullRequest(number="1", author="ada", branch="codex/x"),
        PullRequest(number="1", author="ada", commit_messages=("x\n\nCo-authored-by: Claude <noreply@anthropic.com>",)),
    ],
    ids=["hint", "branch", "help"],
)
def test_help_and_hints_make_nothing_automatic(told: PullRequest) -> None:
    rules = all_signatures(POLICY)
    collection, recorded = record(EMPTY, told, AttributionContext(at=at(0)), rules, at(0))
    assert (collection, recorded.verdict.is_auto, recorded.verdict.evidence) == (EMPTY, False, ())
