import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from snapshots import COPILOT, DEVIN, POLICY, ended, fork, person, said, snapshot, told

from examples import few
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.evidence_text import mark_body
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Attribution, Basis, Completion, Session
from pr_sessions.forges.base import Comment, ForgePullRequest
from pr_sessions.gate.commands import Command, CommandKind
from pr_sessions.gate.rebuild import RebuiltSessions, Snapshot, rebuild, unverified_logins
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import Entry, SessionFile, parse
from rules import all_signatures
from scene import Clock, git, minute, tracker_at

NOW = minute(60)
COMPLETED = "explicit_marker: /complete-session"


def rebuilt(*prs: ForgePullRequest, at: float = 60, **more: Any) -> RebuiltSessions:
    return rebuild(snapshot(*prs, **more), all_signatures(POLICY), minute(at))


def sessions(found: RebuiltSessions) -> dict[str, tuple[tuple[str, ...], str]]:
    """Each session's pull requests and trigger, the latter empty while it is active."""
    return {s.id: (s.prs, s.completion.trigger if s.completion else "") for s in found.collection}


def entries(collection: SessionCollection) -> dict[str, Entry]:
    """Everything that is kept of every session, as it would be written."""
    written = FileSessions().put(*collection)
    return {session.id: written.entry_of(session.id) for session in collection}


def synced_file(*sessions: Session) -> FileSessions:
    return FileSessions(parse(FileSessions().put(*sessions).to_bytes(), "the synced file"))


def problems(found: RebuiltSessions) -> list[str]:
    return [command.problem for command in found.commands]


# What makes a session.


def test_pull_requests_of_one_author_within_the_timeout_are_one_session_that_then_runs_out() -> None:
    prs = [told(7), told(8, 20), told(9, 25, "bob"), told(1, -600)]
    assert sessions(rebuilt(*prs, at=50)) == {
        "ada-20251122-0000": (("1",), "timeout"),
        "ada-20251122-1000": (("7", "8"), ""),
        "bob-20251122-1025": (("9",), ""),
    }
    assert sessions(rebuilt(*prs, at=51))["ada-20251122-1000"] == (("7", "8"), "timeout")


def test_what_is_not_automatic_is_recorded_nowhere_and_told() -> None:
    found = rebuilt(told(7, title="Fix"))
    assert (sessions(found), found.recorded["7"].verdict.is_auto, found.session_of("7")) == ({}, False, None)


def test_what_an_app_opens_in_the_repository_needs_nobody_to_ask() -> None:
    found = rebuilt(told(7, author=DEVIN, title="Fix", body="Link to Devin run: https://app.devin.ai/sessions/0a1b"))
    assert (found.trusted, list(sessions(found).values())) == ({"7": True}, [(("7",), "timeout")])


# What lies after the time of looking.


@pytest.mark.parametrize(("at", "prs"), [(9, ("7",)), (10, ("7", "8"))])
def test_what_was_opened_later_is_not_there(at: float, prs: tuple[str, ...]) -> None:
    found = rebuilt(told(7), told(8, 10), at=at)
    assert (sessions(found), set(found.recorded)) == ({"ada-20251122-1000": (prs, "")}, set(prs))


@pytest.mark.parametrize("merged", [True, False])
def test_what_ended_later_is_still_open(merged: bool) -> None:
    one = ended(told(7), 10, merged=merged)
    before, after = (rebuilt(one, at=at).recorded["7"].record for at in (9, 10))
    assert before
    assert after
    assert (before.state, before.closed, before.merged) == ("open", None, None)
    assert (after.state, after.closed) == ("merged" if merged else "closed", minute(10))


def test_what_was_said_later_is_not_there() -> None:
    comments = (said(7, 10, "/complete-session"),)
    assert rebuilt(told(7), at=9, comments=comments).commands == ()
    assert sessions(rebuilt(told(7), at=10, comments=comments)) == {"ada-20251122-1000": (("7",), COMPLETED)}


# The synced document.


def test_the_synced_document_is_where_it_starts_from() -> None:
    started = begin("ada-tuesday", "ada", minute(-10))
    found = rebuilt(told(7), sessions=synced_file(started, begin("old", "eve", minute(-900))), at=5)
    assert sessions(found) == {"ada-tuesday": (("7",), ""), "old": ((), "timeout")}


def test_what_a_document_holds_and_is_not_understood_is_unknown() -> None:
    strange = FileSessions(SessionFile((Entry("x", {"session_id": "x", "prs": 7}, completed=False),)))
    assert sessions(rebuilt(told(7), sessions=strange))["x"] == ((), "")


# Who is believed.


@pytest.mark.parametrize(
    ("one", "trusted", "is_auto"),
    [
        (told(7), True, True),
        (told(7, author="ADA"), True, True),
        (told(7, author="mallory"), False, False),
        (told(7, author="stranger"), None, True),
        (told(7, author=""), False, False),
        (told(7, author=DEVIN), True, True),
        (fork(7, author="ada"), False, False),
        (fork(7, author="stranger"), False, False),
        (fork(7, author=DEVIN, title="Fix"), False, True),
    ],
)
def test_whose_word_counts(one: ForgePullRequest, trusted: bool | None, is_auto: bool) -> None:
    found = rebuilt(one)
    assert (found.trusted.get("7"), found.recorded["7"].verdict.is_auto) == (trusted, is_auto)


@pytest.mark.parametrize(
    "claim",
    [
        {"title": "auto-pr: mine [cursor-session: ada-20251122-1000]"},
        {"body": mark_body("x", "ada-20251122-1000")},
        {"body": "[ready]", "title": "🤖 x"},
        {"branch": "work-7"},
        {"branch": "devin/1", "title": "x"},
        {"commit_messages": ("auto-pr: x\n\nSession-ID: ada-20251122-1000",)},
        {"labels": ("codex",), "title": "x"},
        {"commit_authors": ("devin-ai-integration[bot]@users.noreply.github.com",), "title": "x"},
    ],
)
@pytest.mark.parametrize(
    "make", [fork, lambda *a, **k: told(*a, author="mallory", **k), lambda *a, **k: fork(*a, author="ada", **k)]
)
def test_what_nobody_believes_changes_nothing(make: Any, claim: dict[str, Any]) -> None:
    honest = [told(7), told(9, 20)]
    found = rebuilt(*honest, make(8, 10, **claim), at=30)
    assert entries(found.collection) == entries(rebuilt(*honest, at=30).collection)
    assert found.session_of("8") is None


def test_only_its_account_speaks_for_an_agent_s_fork_and_it_joins_nothing() -> None:
    commits = ("a" * 40,)
    prs = [told(7, author=DEVIN, title="Fix", commits=commits), fork(8, 1, COPILOT, title="Fix", commits=commits)]
    assert sorted(sessions(rebuilt(*prs)).values()) == [(("7",), "timeout"), (("8",), "timeout")]


def test_what_was_believed_when_it_was_synced_leaves_its_session_unless_a_hand_or_a_hook_put_it_there() -> None:
    prs = [told(7), *(told(n, 5, "mallory", body=mark_body("x", "ada-20251122-1000")) for n in (8, 9, 10))]
    (synced,) = rebuilt(*prs, at=6, writers="ada mallory", strangers="").collection
    bases = {"9": Basis.MANUAL, "10": Basis.HOOK}
    record = {
        number: replace(one, attribution=Attribution(bases[number], minute(5))) if number in bases else one
        for number, one in synced.pull_requests.items()
    }
    found = rebuilt(*prs, at=6, sessions=synced_file(replace(synced, pull_requests=record)))
    assert (synced.prs, sessions(found)) == (("7", "8", "9", "10"), {synced.id: (("7", "9", "10"), "")})


# Taken out.


def test_a_label_takes_it_out_of_sessions_and_of_the_synced_document() -> None:
    held = synced_file(*rebuilt(told(7), told(8, 5), at=5).collection)
    found = rebuilt(told(7), told(8, 5, labels=("No-Session",)), sessions=held, at=6)
    assert (sessions(found), found.excluded, set(found.recorded)) == (
        {"ada-20251122-1000": (("7",), "")},
        {"8"},
        {"7"},
    )


def test_no_command_puts_it_back() -> None:
    comments = (said(8, 6, "/session move #7"), said(8, 7, "/complete-session"))
    found = rebuilt(told(7), told(8, 5, labels=("no-session",)), comments=comments, at=8)
    assert sessions(found) == {"ada-20251122-1000": (("7",), "")}
    assert problems(found) == ["#8 takes no part in sessions", "no session holds #8"]


# Completion on request.


def test_a_command_ends_the_session_at_its_own_time_and_work_that_follows_is_another_one() -> None:
    found = rebuilt(told(7), told(8, 20), comments=(said(7, 10, "/complete-session"),), at=21)
    assert sessions(found) == {"ada-20251122-1000": (("7",), COMPLETED), "ada-20251122-1020": (("8",), "")}
    assert found.collection["ada-20251122-1000"].completion == Completion(minute(10), COMPLETED)


def test_a_command_that_comes_after_the_timeout_changes_nothing() -> None:
    found = rebuilt(told(7), comments=(said(7, 31, "/complete-session"),), at=40)
    assert found.collection["ada-20251122-1000"].completion == Completion(minute(30), "timeout")


def test_of_one_moment_the_pull_request_comes_before_what_is_said_below_it() -> None:
    assert sessions(rebuilt(told(7), comments=(said(7, 0, "/complete-session"),), at=1)) == {
        "ada-20251122-1000": (("7",), COMPLETED)
    }


# Moves.

MOVED = [told(7), told(8, 5), told(9, 6, "bob"), told(5, 7, title="By hand")]


def after(*comments: Comment, at: float = 20, **more: Any) -> RebuiltSessions:
    return rebuilt(*MOVED, comments=comments, at=at, **more)


@pytest.mark.parametrize(
    ("number", "target", "expected"),
    [
        (8, "bob-20251122-1006", {"ada-20251122-1000": ("7",), "bob-20251122-1006": ("8", "9")}),
        (8, "#9", {"ada-20251122-1000": ("7",), "bob-20251122-1006": ("8", "9")}),
        (8, "#7", {"ada-20251122-1000": ("7", "8"), "bob-20251122-1006": ("9",)}),
        (8, "new", {"ada-20251122-1000": ("7",), "ada-20251122-1005": ("8",), "bob-20251122-1006": ("9",)}),
        (5, "#9", {"ada-20251122-1000": ("7", "8"), "bob-20251122-1006": ("5", "9")}),
    ],
)
def test_a_move_is_a_correction_by_hand_at_the_time_of_the_comment(
    number: int, target: str, expected: dict[str, tuple[str, ...]]
) -> None:
    found = after(said(number, 10, f"/session move {target}", "bob"))
    assert {session.id: session.prs for session in found.collection} == expected
    home = found.session_of(str(number))
    assert home
    attribution = home.pull_requests[str(number)].attribution
    assert attribution
    assert (attribution.basis, attribution.at, attribution.by) == (Basis.MANUAL, minute(10), "bob")
    assert problems(found) == [""]


@pytest.mark.parametrize(
    ("number", "target", "problem"),
    [
        (8, "nobody-1", "there is no session nobody-1"),
        (8, "#5", "no session holds #5"),
        (8, "#404", "no session holds #404"),
        (404, "new", "#404 takes no part in sessions"),
        (8, "../x", "after /session move stands one session's id, a pull request such as #12, or new"),
    ],
)
def test_a_move_to_nowhere_changes_nothing_and_says_why(number: int, target: str, problem: str) -> None:
    found = after(said(number, 10, f"/session move {target}"))
    assert (entries(found.collection), problems(found)) == (entries(after().collection), [problem])


def test_the_latest_move_stands_and_of_one_moment_the_one_of_the_later_comment() -> None:
    found = after(said(8, 11, "/session move #9", comment_id=2), said(8, 10, "/session move new", comment_id=3))
    assert found.collection["bob-20251122-1006"].prs == ("8", "9")
    found = after(said(8, 11, "/session move #9", comment_id=2), said(8, 11, "/session move #7", comment_id=3))
    assert found.collection["ada-20251122-1000"].prs == ("7", "8")


def test_a_later_correction_in_the_synced_document_stands() -> None:
    moved = after().collection["ada-20251122-1000"]
    by_hand = Attribution(Basis.MANUAL, minute(15), "put into it", "eve")
    record = {n: replace(f, attribution=by_hand) if n == "8" else f for n, f in moved.pull_requests.items()}
    held = synced_file(replace(moved, pull_requests=record))
    found = after(said(8, 10, "/session move #9"), sessions=held)
    assert (found.collection["ada-20251122-1000"].prs, problems(found)) == (
        ("7", "8"),
        ["a later correction put #8 where it is"],
    )
    assert after(said(8, 16, "/session move #9"), sessions=held).collection["bob-20251122-1006"].prs == ("8", "9")


@pytest.mark.parametrize(
    "comments",
    [
        (said(7, 10, "/session move new"),),
        (said(8, 12, "/complete-session"), said(8, 14, "/session move #9")),
        (said(8, 12, "/session move #9"), said(9, 14, "/session move new")),
    ],
)
def test_sessions_to_which_commands_were_applied_already_stay_as_they_are(comments: tuple[Comment, ...]) -> None:
    prs = told(7), told(8, 5), told(9, 6, "bob"), told(10, 20)
    first = rebuilt(*prs, comments=comments, at=21)
    again = rebuilt(*prs, comments=comments, at=21, sessions=synced_file(*first.collection))

    assert sessions(again) == sessions(first)


def test_work_that_follows_joins_the_session_that_a_move_began() -> None:
    found = rebuilt(told(7), told(8, 20), comments=(said(7, 10, "/session move new"),), at=21)
    assert {session.id: session.prs for session in found.collection} == {
        "ada-20251122-1000": (),
        "ada-20251122-1000-2": ("7", "8"),
    }


def test_a_session_is_completed_by_a_command_below_what_was_moved_there() -> None:
    found = after(said(8, 10, "/session move #9"), said(8, 11, "/complete-session"))
    assert sessions(found) == {
        "ada-20251122-1000": (("7",), ""),
        "bob-20251122-1006": (("8", "9"), COMPLETED),
    }


# Who may command.


@pytest.mark.parametrize("by", ["mallory", "stranger", "", DEVIN])
def test_only_people_who_may_write_command(by: Any) -> None:
    found = after(said(8, 10, "/complete-session\n/session move #9", by))
    assert (entries(found.collection), found.commands) == (entries(after().collection), ())


def test_the_commands_that_count_are_told_oldest_first() -> None:
    found = after(said(8, 12, "/session status", "Bob", 1), said(7, 11, "/complete-session", "ada", 2))
    assert found.commands == (
        Command(2, "7", "ada", minute(11), CommandKind.COMPLETE),
        Command(1, "8", "Bob", minute(12), CommandKind.STATUS),
    )


# Whom to ask.


@pytest.mark.parametrize(
    ("number", "logins"),
    [
        ("7", ("carl", "dora", "finn", "gil", "hal")),
        ("8", ("carl", "dora", "finn", "gil", "hal")),
        ("10", ("eve", "gil", "hal")),
        ("11", ()),
        ("12", ("zoe",)),
        ("13", ()),
        ("404", ()),
    ],
)
def test_whom_to_ask(number: str, logins: tuple[str, ...]) -> None:
    mark = mark_body("x", "ada-20251122-1000")
    prs = [
        told(7),
        told(8, 1, "Carl", body=mark),
        told(9, 2, "mallory", body=mark),
        told(10, 3, "eve"),
        fork(11, 4, "stranger"),
        told(12, 5, "zoe", title="By hand"),
        told(13, 6, DEVIN),
    ]
    comments = (
        said(7, 7, "/session status", "Dora"),
        said(8, 8, "/complete-session", "finn"),
        said(10, 9, "/session move #8", "gil"),
        said(10, 9.5, "/session move ada-20251122-1000", "hal"),
        said(8, 10, "/complete-session", "dora"),
        said(7, 11, "/complete-session", "bob"),
        said(7, 12, "/complete-session", "mallory"),
        said(7, 13, "/complete-session", COPILOT),
        said(7, 14, "please /complete-session", "chatty"),
    )
    seen = snapshot(*prs, comments=comments)
    found = rebuild(seen, all_signatures(POLICY), minute(15))
    assert unverified_logins(seen, found, number) == logins


def test_nobody_is_asked_for_twice() -> None:
    seen = snapshot(told(7, author="Carl"))
    found = rebuild(seen, all_signatures(POLICY), NOW)
    assert unverified_logins(seen, found, "7") == ("carl",)
    known = replace(seen, writers={"carl": False})
    assert (
        unverified_logins(known, found, "7")
        == unverified_logins(known, rebuild(known, all_signatures(POLICY), NOW), "7")
        == ()
    )


# The same as an import.

MINUTES = st.sampled_from([0, 1, 5, 29, 30, 31, 60, 61, 90, 600])
AUTHORS = st.sampled_from(["ada", "bob", DEVIN, COPILOT])
TITLES = st.sampled_from(["auto-pr: x", "🤖 x", "Fix it", "auto-pr: x [ready]"])
BODIES = st.sampled_from(
    ["", mark_body("", "ada-1"), mark_body("", "ada-20251122-1000"), "https://app.devin.ai/sessions/0a1b", "[ready]"]
)
COMMITS = st.sampled_from([(), ("a" * 40,), ("b" * 40,), ("a" * 40, "b" * 40)])
ENDS = st.none() | MINUTES


@st.composite
def pull_requests(draw: st.DrawFn) -> list[ForgePullRequest]:
    numbers = draw(st.lists(st.integers(1, 30), min_size=1, max_size=8, unique=True))
    return [draw(one_of_number(number)) for number in numbers]


@st.composite
def one_of_number(draw: st.DrawFn, number: int) -> ForgePullRequest:
    at, end = draw(MINUTES), draw(ENDS)
    text = {"title": draw(TITLES), "body": draw(BODIES), "branch": draw(st.sampled_from(["x", "y", "z"]))}
    one = told(number, at, draw(AUTHORS), commits=draw(COMMITS), **text)
    return one if end is None else ended(one, at + end, merged=draw(st.booleans()))


def imported(prs: Iterable[ForgePullRequest], at: float) -> dict[str, Entry]:
    with tempfile.TemporaryDirectory() as folder:
        git(Path(folder), "init", "-q")
        clock = Clock()
        clock.set(at)
        tracker = tracker_at(Path(folder), clock)
        tracker.record_all(one.pull_request for one in prs)
        return entries(tracker.sessions())


@few
@given(prs=pull_requests())
def test_the_sessions_are_those_that_an_import_makes(prs: list[ForgePullRequest]) -> None:
    assert entries(rebuilt(*prs, at=2000).collection) == imported(prs, 2000)


@given(prs=pull_requests(), at=MINUTES, data=st.data())
def test_the_order_in_which_the_forge_tells_does_not_matter(
    prs: list[ForgePullRequest], at: int, data: st.DataObject
) -> None:
    numbers = [one.pull_request.number for one in prs]
    comments = [said(number, 3 * i, "/session move new\n/complete-session") for i, number in enumerate(numbers)]
    one = rebuilt(*prs, at=at, comments=tuple(comments))
    shuffled = data.draw(st.permutations(prs)), tuple(data.draw(st.permutations(comments)))
    other = rebuilt(*shuffled[0], at=at, comments=shuffled[1])
    assert (entries(one.collection), one.recorded, one.commands) == (
        entries(other.collection),
        other.recorded,
        other.commands,
    )


@given(prs=pull_requests(), forged=pull_requests(), at=MINUTES)
def test_forged_marks_and_commands_change_nothing(
    prs: list[ForgePullRequest], forged: list[ForgePullRequest], at: int
) -> None:
    theirs = [_by_a_stranger(one, place) for place, one in enumerate(forged)]
    shouted = tuple(
        said(one.pull_request.number, place, f"/complete-session\n/session move #{place}", "mallory")
        for place, one in enumerate([*prs, *theirs])
    )
    assert entries(rebuilt(*prs, *theirs, comments=shouted, at=at).collection) == entries(
        rebuilt(*prs, at=at).collection
    )


def _by_a_stranger(one: ForgePullRequest, place: int) -> ForgePullRequest:
    """A fork's, or one of somebody who may not write; its number is its own."""
    mallory = person("mallory")
    number = str(100 + place)
    pull_request = replace(one.pull_request, number=number, author=mallory.login, author_id=mallory.id)
    where = None if place % 2 else one.repository
    return replace(one, pull_request=pull_request, author=mallory, head_repository=where)


@given(prs=pull_requests(), at=MINUTES)
def test_what_is_rebuilt_on_what_was_synced_is_the_same(prs: list[ForgePullRequest], at: int) -> None:
    first = rebuilt(*prs, at=at)
    synced = synced_file(*first.collection)
    assert {s.id: s.prs for s in rebuilt(*prs, at=at, sessions=synced).collection} == {
        s.id: s.prs for s in first.collection
    }


def test_an_empty_repository_has_no_sessions() -> None:
    found = rebuild(Snapshot(repository="octo/app"), all_signatures(POLICY), NOW)
    assert (sessions(found), found.recorded, found.commands) == ({}, {}, ())
