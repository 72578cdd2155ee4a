from typing import Any

import pytest
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Evidence, Run
from pr_sessions.core.attribution import AttributionContext, AttributionResult, Candidate, choose, evaluate_all
from pr_sessions.core.evidence_text import mark_body
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import (
    Attribution,
    Basis,
    Completion,
    PullRequest,
    PullRequestRecord,
    Session,
    Split,
    State,
    Trigger,
)
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from strategies import at

POLICY = Policy()


def pr(**fields: Any) -> PullRequest:
    return PullRequest(**{"number": "9", "author": "ada", **fields})


def owning(session: Session, branch: str, minutes: float, number: str = "1") -> Session:
    record = PullRequestRecord(branch=branch, attribution=Attribution(Basis.TIME, at(minutes)))
    return replace(session, pull_requests={number: record})


BYTIME = begin("by-time", "ada", at(0))
WORKSPACE = owning(begin("owned", "bob", at(0)), "x", 1)
CURRENT = begin("current", "cleo", at(0))
MARKED = begin("marked", "dan", at(0))
NAMED = begin("named", "eve", at(0))
MARK = mark_body("text", "marked")
ALL = (BYTIME, WORKSPACE, CURRENT, MARKED, NAMED)


def chosen(*sessions: Session, told: PullRequest, minutes: float = 10, **context: Any) -> AttributionResult:
    return choose(InMemorySessions(*sessions), told, AttributionContext(at=at(minutes), **context), POLICY)


@pytest.mark.parametrize(
    ("told", "context", "session_id", "basis"),
    [
        (pr(branch="x", body=MARK), {"current": "current", "manual": "named"}, "named", Basis.MANUAL),
        (pr(branch="x", body=MARK), {"current": "current"}, "marked", Basis.MARKER),
        (pr(branch="x"), {"current": "current"}, "current", Basis.WORKSPACE),
        (pr(branch="x"), {}, "owned", Basis.WORKSPACE),
        (pr(branch="y"), {}, "by-time", Basis.TIME),
        (pr(), {}, "by-time", Basis.TIME),
    ],
    ids=["hand", "mark", "working tree", "branch", "another branch", "time"],
)
def test_the_strongest_rung_that_names_a_session_decides(
    told: PullRequest, context: dict[str, Any], session_id: str, basis: Basis
) -> None:
    result = chosen(*ALL, told=told, **context)
    assert (result.session_id, result.attribution and result.attribution.basis) == (session_id, basis)


def test_the_choice_tells_every_rung_that_was_tried_and_why() -> None:
    result = chosen(*ALL, told=pr(branch="y"))
    assert result == AttributionResult(
        session_id="by-time",
        attribution=Attribution(Basis.TIME, at(10), "work of ada within 30 minutes"),
        candidates=(
            Candidate(Basis.AGENT_RUN, (), "no id of an agent's run"),
            Candidate(Basis.MARKER, (), "no mark of ours in the title or the body"),
            Candidate(Basis.WORKSPACE, (), "no live session in this working tree"),
            Candidate(Basis.WORKSPACE, (), "branch y"),
            Candidate(Basis.TIME, ("by-time",), "work of ada within 30 minutes"),
        ),
    )


def test_a_rung_with_two_equal_candidates_is_not_guessed_from_nor_passed_over() -> None:
    twin = owning(begin("twin", "fay", at(0)), "x", 2, number="2")
    result = chosen(*ALL, twin, told=pr(branch="x"))
    assert (result.session_id, result.attribution, result.ambiguous) == (None, None, True)
    assert result.candidates[-1] == Candidate(Basis.WORKSPACE, ("owned", "twin"), "branch x")


def test_two_sessions_of_one_author_that_were_started_are_not_guessed_between() -> None:
    result = chosen(BYTIME, replace(BYTIME, id="second"), told=pr())
    assert (result.session_id, result.ambiguous) == (None, True)


def test_two_marks_in_one_body_are_not_guessed_between() -> None:
    body = f"{MARK}\n\n{mark_body('', 'named')}"
    assert chosen(MARKED, NAMED, told=pr(body=body)).session_id is None


def inferred(session_id: str, first: float, last: float, **fields: Any) -> Session:
    session = begin(session_id, "ada", at(first), inferred=True)
    return replace(session, last_activity=at(last), **fields)


def test_a_pull_request_between_two_inferred_sessions_bridges_them() -> None:
    result = chosen(inferred("b", 40, 60), inferred("a", -20, -15), inferred("far", 41, 50, author="bob"), told=pr())
    assert (result.session_id, result.absorbs) == ("a", ("b",))


def test_a_session_that_somebody_started_is_preferred_and_bridges_nothing() -> None:
    result = chosen(BYTIME, inferred("a", -20, -15), inferred("b", 40, 60), told=pr())
    assert (result.session_id, result.absorbs) == ("by-time", ())


def test_an_end_that_was_asked_for_is_not_bridged() -> None:
    done = inferred("done", 0, 12, completion=Completion(at(12), Trigger.MANUAL))
    result = chosen(inferred("before", -30, -20), done, inferred("next", 20, 20), told=pr())
    assert (result.session_id, result.absorbs) == ("before", ("done",))


@pytest.mark.parametrize(("minutes", "found"), [(-31, None), (-30, "a"), (0, "a"), (80, "a"), (81, None)], ids=str)
def test_an_inferred_session_reaches_a_timeout_to_both_sides(minutes: float, found: str | None) -> None:
    assert chosen(inferred("a", 0, 50), told=pr(), minutes=minutes).session_id == found


@pytest.mark.parametrize(("minutes", "found"), [(-1, None), (0, "by-time"), (30, "by-time"), (31, None)], ids=str)
def test_a_started_session_reaches_from_its_start_to_its_timeout(minutes: float, found: str | None) -> None:
    assert chosen(BYTIME, told=pr(), minutes=minutes).session_id == found


@pytest.mark.parametrize(("minutes", "found"), [(10, "by-time"), (11, None)])
def test_a_completed_session_takes_only_what_happened_before_its_end(minutes: float, found: str | None) -> None:
    done = replace(BYTIME, completion=Completion(at(10), Trigger.MANUAL))
    assert chosen(done, told=pr(), minutes=minutes).session_id == found


def test_what_has_no_author_fits_nowhere_by_time() -> None:
    result = chosen(BYTIME, replace(BYTIME, id="nobody", author=""), told=pr(author=""))
    assert (result.session_id, result.ambiguous, result.candidates[-1].detail) == (None, False, "no author is known")


def test_the_work_of_somebody_else_is_no_candidate() -> None:
    assert chosen(BYTIME, told=pr(author="bob")).session_id is None


@pytest.mark.parametrize(
    ("session", "found"),
    [
        (WORKSPACE, "owned"),
        (owning(begin("a", "bob", at(0)), "x", 20), None),
        (owning(begin("a", "bob", at(0)), "x", 10, number="8"), "a"),
        (owning(begin("a", "bob", at(0)), "x", 10, number="10"), None),
        (owning(begin("a", "bob", at(0)), "x", 1, number="9"), None),
        (owning(begin("a", "bob", at(-90)), "x", -90), None),
        (owning(begin("a", "bob", at(0), inferred=True), "x", 1), None),
        (owning(begin("a", "bob", at(0)), "", 1), None),
    ],
    ids=["earlier", "later", "same time, before", "same time, after", "itself", "no longer alive", "inferred", "none"],
)
def test_a_branch_belongs_to_the_live_session_of_an_earlier_pull_request(session: Session, found: str | None) -> None:
    branch = next(iter(session.pull_requests.values())).branch
    assert chosen(session, told=pr(branch=branch)).session_id == found


def by_commits(*session_ids: str, **fields: Any) -> tuple[str | None, str]:
    messages = tuple(f"Work\n\nSession-ID: {session_id}" for session_id in session_ids)
    result = chosen(*ALL, told=pr(commit_messages=("Other work", *messages), **fields))
    return result.session_id, result.attribution.detail if result.attribution else ""


def test_trailers_of_its_commits_name_a_session_where_they_agree() -> None:
    assert by_commits("marked", "marked") == ("marked", "trailer in its commits")
    assert by_commits("marked", "named") == ("by-time", "work of ada within 30 minutes")
    assert by_commits("marked", body=mark_body("", "named")) == ("named", "full mark in the body")
    contradictory = f"{MARK}\n\n{mark_body('', 'named')}"
    assert by_commits("marked", body=contradictory) == ("by-time", "work of ada within 30 minutes")


def test_a_mark_may_name_a_session_that_nobody_knows_here() -> None:
    result = chosen(BYTIME, told=pr(body=mark_body("", "elsewhere-1")))
    assert (result.session_id, result.attribution) == (
        "elsewhere-1",
        Attribution(Basis.MARKER, at(10), "full mark in the body"),
    )


def test_a_mark_of_a_session_that_became_part_of_another_names_that_one() -> None:
    merged = replace(BYTIME, aliases=("marked",))
    assert chosen(merged, told=pr(body=MARK)).session_id == "by-time"


RUN = "0123456789abcdef0123"
OTHER = "fedcba98765432100000"


def carrying(session: Session, number: str = "1", *, run: str = RUN, author: str = "ada") -> Session:
    record = PullRequestRecord(
        author=author, agents=(Agent("devin", runs=(run,)),), attribution=Attribution(Basis.AGENT_RUN, at(0))
    )
    return replace(session, pull_requests={**session.pull_requests, number: record})


def of_run(*runs: str, **fields: Any) -> PullRequest:
    return pr(agents=(Agent("devin", runs=runs or (RUN,)),), **fields)


def by_run(session_id: str, *, run: str = RUN, author: str = "ada") -> Session:
    """A session that a run made."""
    return replace(begin(session_id, author, at(0), inferred=True), runs=(Run("devin", run, at(0), at(0)),))


def by_itself(session_id: str) -> Session:
    return begin(session_id, "ada", at(0), inferred=True)


SEEN = replace(begin("seen", "bob", at(0)), runs=(Run("devin", RUN, at(0), at(0)),))


MERGED = PullRequestRecord(author="bob", state=State.MERGED)


@pytest.mark.parametrize(
    ("sessions", "told", "chosen_id", "detail"),
    [
        ([by_run("a")], of_run(), "a", f"run devin {RUN}"),
        ([carrying(by_itself("a"))], of_run(), "a", f"run devin {RUN}"),
        ([by_run("a")], of_run(author=""), "a", f"run devin {RUN}"),
        ([SEEN], of_run(author="bob"), "seen", f"run devin {RUN}"),
        ([by_run("a")], of_run(OTHER), "devin-fedcba9876", f"run devin {OTHER}"),
        ([by_run("a")], of_run(author="eve"), "devin-0123456789", f"run devin {RUN}, which is somebody else's"),
        (
            [by_run("devin-0123456789")],
            of_run(author="eve"),
            "devin-0123456789-eve",
            f"run devin {RUN}, which is somebody else's",
        ),
        ([SEEN], of_run(author="eve"), "devin-0123456789", f"run devin {RUN}, which is somebody else's"),
        ([SEEN], of_run(author="eve", state=State.MERGED), "seen", f"run devin {RUN}"),
        ([by_run("a")], of_run(author="eve", state=State.MERGED), "a", f"run devin {RUN}"),
        (
            [replace(by_run("a"), pull_requests={"1": PullRequestRecord(author="ada", state=State.OPEN)})],
            of_run(author="eve", state=State.MERGED),
            "devin-0123456789",
            f"run devin {RUN}, which is somebody else's",
        ),
        (
            [replace(by_run("a"), pull_requests={"1": MERGED})],
            of_run(author="eve", state=State.MERGED),
            "a",
            f"run devin {RUN}",
        ),
        ([by_run("a", author="bob"), SEEN], of_run(author="bob"), "seen", f"run devin {RUN}"),
        ([by_run("a", author="eve"), by_run("b")], of_run(), "b", f"run devin {RUN}"),
        ([carrying(by_run("a", run=OTHER))], of_run(), "devin-0123456789", f"run devin {RUN}"),
        ([], of_run(OTHER, RUN), "devin-fedcba9876", f"run devin {OTHER}"),
    ],
    ids=[
        "same",
        "of an earlier version",
        "no author",
        "hook",
        "other run",
        "stranger",
        "stranger, whose id is taken",
        "stranger, hook",
        "merged, hook",
        "merged",
        "merged, but the other is not",
        "both merged",
        "hook before a text",
        "own before others",
        "only named there",
        "two runs",
    ],
)
def test_a_run_leads_to_the_session_whose_run_it_is_and_else_begins_one(
    sessions: list[Session], told: PullRequest, chosen_id: str, detail: str
) -> None:
    result = chosen(*sessions, told=told, minutes=600)
    found = next(candidates for candidates in result.candidates if candidates.basis is Basis.AGENT_RUN)
    assert (result.session_id, found.candidates, found.detail) == (chosen_id, (chosen_id,), detail)


def test_without_a_run_nothing_is_found_by_it() -> None:
    found = next(c for c in chosen(by_run("a"), told=pr()).candidates if c.basis is Basis.AGENT_RUN)
    assert (found.candidates, found.detail) == ((), "no id of an agent's run")


def test_the_run_that_opened_it_goes_before_others_that_it_names() -> None:
    collection = InMemorySessions(by_run("a"), by_run("b", run=OTHER))
    context = AttributionContext(at=at(10), run=("devin", OTHER))
    assert choose(collection, of_run(RUN, OTHER), context, POLICY).session_id == "b"


def test_one_that_was_merged_joins_the_sessions_of_its_run_that_it_bridges() -> None:
    others = replace(by_run("b", author="bob"), pull_requests={"1": MERGED})
    result = chosen(by_run("a"), others, told=of_run(state=State.MERGED), minutes=600)
    assert (result.session_id, result.absorbs) == ("a", ("b",))


def test_who_may_write_joins_the_run_of_another_who_may_write() -> None:
    collection = InMemorySessions(replace(by_run("a"), pull_requests={"1": PullRequestRecord(author="ada")}))
    answers = [
        choose(collection, of_run(author="Eve"), AttributionContext(at=at(10), writers=writers), POLICY).session_id
        for writers in (frozenset({"ada", "eve"}), frozenset({"eve"}), frozenset({"ada"}))
    ]
    assert answers == ["a", "devin-0123456789", "devin-0123456789"]


OWN = pr(author="devin[bot]", agents=(Agent("devin", evidence=(Evidence("author", "devin/author"),), runs=(RUN,)),))


def test_an_agents_own_account_goes_on_with_a_run_that_a_hook_saw() -> None:
    assert chosen(SEEN, told=OWN, minutes=600).session_id == "seen"


def test_a_run_goes_with_the_session_that_an_undone_merge_made() -> None:
    whole = replace(SEEN, id="a", aliases=("b",))
    part = replace(SEEN, id="b-2", split=(Split("b", at(5), "ada"),))
    assert chosen(whole, part, told=of_run(author="bob")).session_id == "b-2"
    both_again = replace(whole, aliases=("b", "b-2"), split=part.split)
    assert chosen(both_again, told=of_run(author="bob")).session_id == "a"
    # Two that no correction parted stay as doubtful as they were.
    assert chosen(both_again, replace(SEEN, id="c"), told=of_run(author="bob")).session_id is None


def test_an_agents_own_account_does_not_join_a_person_who_only_wrote_the_id_of_the_run() -> None:
    assert chosen(by_run("a"), told=OWN, minutes=600).session_id == "devin-0123456789"


def test_two_started_sessions_of_one_run_are_not_guessed_between() -> None:
    result = chosen(replace(SEEN, id="a"), replace(SEEN, id="b"), told=of_run(author="bob"), minutes=600)
    assert (result.session_id, result.ambiguous, result.candidates[-1].candidates) == (None, True, ("a", "b"))


def test_of_two_started_sessions_of_one_run_the_one_of_its_time_is_chosen() -> None:
    ended = replace(SEEN, id="a", completion=Completion(at(5), Trigger.MANUAL))
    assert chosen(ended, replace(SEEN, id="b"), told=of_run(author="bob")).session_id == "b"


def test_what_rests_on_a_run_and_what_rests_on_time_do_not_mix() -> None:
    run, time = carrying(by_run("run")), by_itself("time")
    assert chosen(run, time, told=pr()).session_id == "time"
    assert chosen(time, told=of_run()).session_id == "devin-0123456789"


def test_a_run_that_no_session_holds_begins_one_also_while_a_session_is_alive() -> None:
    alive = begin("started", "ada", at(0))
    context = AttributionContext(at=at(10), current="started")
    assert choose(InMemorySessions(alive), of_run(), context, POLICY).session_id == "devin-0123456789"


def test_a_quiet_session_of_a_run_is_not_near_in_time() -> None:
    assert chosen(SEEN, told=pr(author="bob"), minutes=31).session_id is None


def test_every_rung_can_be_tried_whichever_decides() -> None:
    collection = InMemorySessions(*ALL, carrying(by_itself("a")))
    told = of_run(body=MARK, branch="x")
    candidates = evaluate_all(
        collection, told, AttributionContext(at=at(10), manual="named", current="current"), POLICY
    )
    assert [(one.basis, one.candidates) for one in candidates] == [
        (Basis.MANUAL, ("named",)),
        (Basis.AGENT_RUN, ("a",)),
        (Basis.MARKER, ("marked",)),
        (Basis.WORKSPACE, ("current",)),
        (Basis.WORKSPACE, ("owned",)),
        (Basis.TIME, ("by-time",)),
    ]
