from typing import Any

import pytest
from msgspec.structs import replace

from pr_sessions.sessions.agent import Agent, Evidence, Run
from pr_sessions.sessions.attribution import Choice, Situation, Tried, choose, try_all
from pr_sessions.sessions.lifecycle import begin
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.pr_text import mark_body
from pr_sessions.sessions.session import Completion, Facts, Placement, PullRequest, Rung, Session, Trigger
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document
from strategies import at

POLICY = Policy()


def pr(**fields: Any) -> PullRequest:
    return PullRequest(**{"number": "9", "author": "ada", **fields})


def owning(session: Session, branch: str, minutes: float, number: str = "1") -> Session:
    facts = Facts(branch=branch, placement=Placement(Rung.TIME, at(minutes)))
    return replace(session, pull_requests={number: facts})


BYTIME = begin("by-time", "ada", at(0))
OWNED = owning(begin("owned", "bob", at(0)), "x", 1)
CURRENT = begin("current", "cleo", at(0))
MARKED = begin("marked", "dan", at(0))
NAMED = begin("named", "eve", at(0))
MARK = mark_body("text", "marked")
ALL = (BYTIME, OWNED, CURRENT, MARKED, NAMED)


def chosen(*sessions: Session, told: PullRequest, minutes: float = 10, **situation: Any) -> Choice:
    return choose(Book(Document()).put(*sessions), told, Situation(at=at(minutes), **situation), POLICY)


@pytest.mark.parametrize(
    ("told", "situation", "session_id", "rung"),
    [
        (pr(branch="x", body=MARK), {"current": "current", "by_hand": "named"}, "named", Rung.HAND),
        (pr(branch="x", body=MARK), {"current": "current"}, "marked", Rung.MARK),
        (pr(branch="x"), {"current": "current"}, "current", Rung.OWNED),
        (pr(branch="x"), {}, "owned", Rung.OWNED),
        (pr(branch="y"), {}, "by-time", Rung.TIME),
        (pr(), {}, "by-time", Rung.TIME),
    ],
    ids=["hand", "mark", "working tree", "branch", "another branch", "time"],
)
def test_the_strongest_rung_that_names_a_session_decides(
    told: PullRequest, situation: dict[str, Any], session_id: str, rung: Rung
) -> None:
    choice = chosen(*ALL, told=told, **situation)
    assert (choice.session_id, choice.placement and choice.placement.rung) == (session_id, rung)


def test_the_choice_tells_every_rung_that_was_tried_and_why() -> None:
    choice = chosen(*ALL, told=pr(branch="y"))
    assert choice == Choice(
        session_id="by-time",
        placement=Placement(Rung.TIME, at(10), "work of ada within 30 minutes"),
        tried=(
            Tried(Rung.VENDOR, (), "no id of an agent's run"),
            Tried(Rung.MARK, (), "no mark of ours in the title or the body"),
            Tried(Rung.OWNED, (), "no live session in this working tree"),
            Tried(Rung.OWNED, (), "branch y"),
            Tried(Rung.TIME, ("by-time",), "work of ada within 30 minutes"),
        ),
    )


def test_a_rung_with_two_equal_candidates_is_not_guessed_from_nor_passed_over() -> None:
    twin = owning(begin("twin", "fay", at(0)), "x", 2, number="2")
    choice = chosen(*ALL, twin, told=pr(branch="x"))
    assert (choice.session_id, choice.placement, choice.ambiguous) == (None, None, True)
    assert choice.tried[-1] == Tried(Rung.OWNED, ("owned", "twin"), "branch x")


def test_two_sessions_of_one_author_that_were_started_are_not_guessed_between() -> None:
    choice = chosen(BYTIME, replace(BYTIME, id="second"), told=pr())
    assert (choice.session_id, choice.ambiguous) == (None, True)


def test_two_marks_in_one_body_are_not_guessed_between() -> None:
    body = f"{MARK}\n\n{mark_body('', 'named')}"
    assert chosen(MARKED, NAMED, told=pr(body=body)).session_id is None


def inferred(session_id: str, first: float, last: float, **fields: Any) -> Session:
    session = begin(session_id, "ada", at(first), inferred=True)
    return replace(session, last_activity=at(last), **fields)


def test_a_pull_request_between_two_inferred_sessions_bridges_them() -> None:
    choice = chosen(inferred("b", 40, 60), inferred("a", -20, -15), inferred("far", 41, 50, author="bob"), told=pr())
    assert (choice.session_id, choice.absorbs) == ("a", ("b",))


def test_a_session_that_somebody_started_is_preferred_and_bridges_nothing() -> None:
    choice = chosen(BYTIME, inferred("a", -20, -15), inferred("b", 40, 60), told=pr())
    assert (choice.session_id, choice.absorbs) == ("by-time", ())


def test_an_end_that_was_asked_for_is_not_bridged() -> None:
    done = inferred("done", 0, 12, completion=Completion(at(12), Trigger.MANUAL))
    choice = chosen(inferred("before", -30, -20), done, inferred("next", 20, 20), told=pr())
    assert (choice.session_id, choice.absorbs) == ("before", ("done",))


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
    choice = chosen(BYTIME, replace(BYTIME, id="nobody", author=""), told=pr(author=""))
    assert (choice.session_id, choice.ambiguous, choice.tried[-1].detail) == (None, False, "no author is known")


def test_the_work_of_somebody_else_is_no_candidate() -> None:
    assert chosen(BYTIME, told=pr(author="bob")).session_id is None


@pytest.mark.parametrize(
    ("session", "found"),
    [
        (OWNED, "owned"),
        (owning(begin("a", "bob", at(0)), "x", 20), None),
        (owning(begin("a", "bob", at(0)), "x", 10, number="8"), "a"),
        (owning(begin("a", "bob", at(0)), "x", 10, number="10"), None),
        (owning(begin("a", "bob", at(0)), "x", 1, number="9"), "a"),
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
    choice = chosen(*ALL, told=pr(commit_messages=("Other work", *messages), **fields))
    return choice.session_id, choice.placement.detail if choice.placement else ""


def test_trailers_of_its_commits_name_a_session_where_they_agree() -> None:
    assert by_commits("marked", "marked") == ("marked", "trailer in its commits")
    assert by_commits("marked", "named") == ("by-time", "work of ada within 30 minutes")
    assert by_commits("marked", body=mark_body("", "named")) == ("named", "full mark in the body")
    contradictory = f"{MARK}\n\n{mark_body('', 'named')}"
    assert by_commits("marked", body=contradictory) == ("by-time", "work of ada within 30 minutes")


def test_a_mark_may_name_a_session_that_nobody_knows_here() -> None:
    choice = chosen(BYTIME, told=pr(body=mark_body("", "elsewhere-1")))
    assert (choice.session_id, choice.placement) == (
        "elsewhere-1",
        Placement(Rung.MARK, at(10), "full mark in the body"),
    )


def test_a_mark_of_a_session_that_became_part_of_another_names_that_one() -> None:
    merged = replace(BYTIME, aliases=("marked",))
    assert chosen(merged, told=pr(body=MARK)).session_id == "by-time"


RUN = "0123456789abcdef"


def carrying(session: Session, number: str = "1", *, run: str = RUN, author: str = "ada") -> Session:
    facts = Facts(author=author, agents=(Agent("devin", runs=(run,)),), placement=Placement(Rung.VENDOR, at(0)))
    return replace(session, pull_requests={**session.pull_requests, number: facts})


def of_run(*runs: str, **fields: Any) -> PullRequest:
    return pr(agents=(Agent("devin", runs=runs or (RUN,)),), **fields)


def by_itself(session_id: str) -> Session:
    return begin(session_id, "ada", at(0), inferred=True)


SEEN = replace(begin("seen", "bob", at(0)), runs=(Run("devin", RUN, at(0), at(0)),))


@pytest.mark.parametrize(
    ("sessions", "told", "chosen_id", "detail"),
    [
        ([carrying(by_itself("a"))], of_run(), "a", f"run devin {RUN}"),
        ([carrying(by_itself("a"))], of_run(author=""), "a", f"run devin {RUN}"),
        ([SEEN], of_run(author="bob"), "seen", f"run devin {RUN}"),
        ([carrying(by_itself("a"))], of_run("another-run"), None, "run devin another-run"),
        ([carrying(by_itself("a"))], of_run(author="eve"), None, f"run devin {RUN}, which is somebody else's"),
        ([SEEN], of_run(author="eve"), None, f"run devin {RUN}, which is somebody else's"),
        ([carrying(by_itself("a"), "9")], of_run(), None, f"run devin {RUN}"),
        ([carrying(by_itself("a"), run="other")], of_run(), None, f"run devin {RUN}"),
        ([], pr(), None, "no id of an agent's run"),
    ],
    ids=["same", "no author", "hook", "other run", "stranger", "stranger, hook", "only itself", "unknown", "none"],
)
def test_a_run_leads_to_the_session_that_holds_it(
    sessions: list[Session], told: PullRequest, chosen_id: str | None, detail: str
) -> None:
    choice = chosen(*sessions, told=told, minutes=600)
    found = next(tried for tried in choice.tried if tried.rung is Rung.VENDOR)
    assert (choice.session_id, found.candidates, found.detail) == (chosen_id, (chosen_id,) if chosen_id else (), detail)


OWN = pr(author="devin[bot]", agents=(Agent("devin", evidence=(Evidence("author", "devin/author"),), runs=(RUN,)),))


def test_an_agents_own_account_goes_on_with_a_run_that_a_hook_saw() -> None:
    assert chosen(SEEN, told=OWN, minutes=600).session_id == "seen"


def test_an_agents_own_account_does_not_join_a_person_who_only_wrote_the_id_of_the_run() -> None:
    assert chosen(carrying(by_itself("a")), told=OWN, minutes=600).session_id is None


def test_a_pull_request_without_author_joins_nobodys_sessions() -> None:
    of_two = (carrying(by_itself("a")), replace(carrying(by_itself("b"), "2"), author="eve"))
    choice = chosen(*of_two, told=of_run(author=""), minutes=600)
    assert (choice.session_id, choice.ambiguous, choice.tried[-1].candidates) == (None, True, ("a", "b"))


def test_two_started_sessions_of_one_run_are_not_guessed_between() -> None:
    choice = chosen(carrying(begin("a", "ada", at(0))), carrying(begin("b", "ada", at(0)), "2"), told=of_run())
    assert (choice.session_id, choice.ambiguous, choice.tried[-1].candidates) == (None, True, ("a", "b"))


def test_two_inferred_sessions_of_one_run_are_one() -> None:
    choice = chosen(carrying(by_itself("a")), carrying(by_itself("b"), "2"), told=of_run(), minutes=600)
    assert (choice.session_id, choice.absorbs) == ("a", ("b",))


def test_what_rests_on_a_run_and_what_rests_on_time_do_not_mix() -> None:
    run, time = carrying(by_itself("run")), by_itself("time")
    assert chosen(run, time, told=pr()).session_id == "time"
    assert chosen(run, time, told=of_run("another-run")).session_id is None


def test_a_run_that_nobody_holds_may_come_from_a_session_that_somebody_started() -> None:
    assert chosen(begin("started", "ada", at(0)), told=of_run()).session_id == "started"


def test_every_rung_can_be_tried_whichever_decides() -> None:
    book = Book(Document()).put(*ALL, carrying(by_itself("a")))
    told = of_run(body=MARK, branch="x")
    tried = try_all(book, told, Situation(at=at(10), by_hand="named", current="current"), POLICY)
    assert [(one.rung, one.candidates) for one in tried] == [
        (Rung.HAND, ("named",)),
        (Rung.VENDOR, ("a",)),
        (Rung.MARK, ("marked",)),
        (Rung.OWNED, ("current",)),
        (Rung.OWNED, ("owned",)),
        (Rung.TIME, ("by-time",)),
    ]
