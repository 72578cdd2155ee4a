"""Commands are answered once, to people who may write; the answer says what came of it."""

import pytest
from events import assessed
from msgspec.structs import replace
from snapshots import POLICY, app, fork, said, snapshot, told

from pr_sessions.core.policy import GateMode
from pr_sessions.forges.base import Comment, ForgePullRequest
from pr_sessions.gate.comments.bot_comments import CommentKind, with_mark
from pr_sessions.gate.comments.replies import MOST, Reply, replies
from pr_sessions.gate.rebuild import rebuild
from rules import all_signatures
from scene import minute

CURSOR, CLAUDE, US = app("cursor"), app("claude"), app("github-actions[bot]")
PRS = (told(12, 0, CURSOR), told(13, 5, CURSOR), told(20, 6, CLAUDE))
USAGE = "Write `/session move #12`, `/session move new`, or `/session move` and a session's id."


def answered(*comments: Comment, number: int = 12, minutes: float = 24) -> list[str]:
    return [one.text for one in replies(assessed(snapshot(*PRS, comments=comments), number, minutes))]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("/complete-session", "Session `cursor-20251122-1000` is complete, with 2 pull requests."),
        ("/session move #20", "Moved: #12 is in session `claude-20251122-1006`, with #20."),
        ("/session move claude-20251122-1006", "Moved: #12 is in session `claude-20251122-1006`, with #20."),
        ("/session move new", "Moved: #12 is in session `cursor-20251122-1000-2`, alone."),
        ("/session move #13", "#12 is in session `cursor-20251122-1000` already, with #13."),
        ("/session move #99", f"Nothing was moved: no session holds #&#8203;99. {USAGE}"),
        ("/session move nobody", f"Nothing was moved: there is no session nobody. {USAGE}"),
        ("/session move", f"Nothing was moved. {USAGE}"),
        (
            "/session status",
            (
                "Session `cursor-20251122-1000` has 2 pull requests, 2 open. It ends at 2025-11-22 10:35 UTC if "
                "nothing more happens. #12 is in it because its author worked in this repository within the timeout."
            ),
        ),
    ],
)
def test_the_answer_says_what_came_of_it(asked: str, answer: str) -> None:
    assert answered(said(12, 20, asked)) == [answer]


@pytest.mark.parametrize("asked", ["/complete-session", "/session move #20", "/session move new", "/session move #99"])
def test_the_answer_is_the_same_where_the_sessions_hold_already_what_was_asked_for(asked: str) -> None:
    comment = said(12, 20, asked)
    before = snapshot(*PRS, comments=(comment,))
    stored = rebuild(before, all_signatures(POLICY), minute(21)).collection
    texts = [one.text for one in replies(assessed(replace(before, sessions=stored), 12, 24))]

    assert texts == answered(comment)


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        (
            "/complete-session",
            "/complete-session",
            "Session `cursor-20251122-1000` is complete already: 2025-11-22 10:20 UTC, by `/complete-session`.",
        ),
        ("/session move #20", "/session move #20", "#12 is in session `claude-20251122-1006` already, with #20."),
        (
            "/complete-session",
            "/session status",
            (
                "Session `cursor-20251122-1000` has 2 pull requests, 2 open. It completed: 2025-11-22 10:20 UTC, by "
                "`/complete-session`. #12 is in it because its author worked in this repository within the timeout."
            ),
        ),
        (
            "/session move #20",
            "/session status",
            (
                "Session `claude-20251122-1006` has 2 pull requests, 2 open. It ends at 2025-11-22 10:36 UTC if "
                "nothing more happens. #12 is in it because bob put it there manually."
            ),
        ),
    ],
)
def test_a_second_command_is_answered_by_what_the_first_one_did(first: str, second: str, answer: str) -> None:
    assert answered(said(12, 20, first, "bob"), said(12, 21, second))[1:] == [answer]


def test_a_session_that_ran_out_before_is_complete_already() -> None:
    (answer,) = answered(said(12, 60, "/complete-session"), minutes=61)
    assert answer == (
        "Session `cursor-20251122-1000` is complete already: 2025-11-22 10:35 UTC, after 30 minutes without activity."
    )


def test_all_commands_of_one_comment_are_answered_together() -> None:
    assert answered(said(12, 20, "Thanks!\n/session move #20\n/complete-session")) == [
        (
            "Moved: #12 is in session `claude-20251122-1006`, with #20.\n"
            "Session `claude-20251122-1006` is complete, with 2 pull requests."
        )
    ]


def test_in_enforce_completion_says_that_checks_start() -> None:
    policy = replace(POLICY, gate=GateMode.ENFORCE)
    (answer,) = replies(assessed(snapshot(*PRS, comments=(said(12, 20, "/complete-session"),)), policy=policy))
    assert answer.text.endswith("with 2 pull requests. The checks that waited for it are started.")


@pytest.mark.parametrize("asked", ["/complete-session", "/session status", "/session move #12", "/session move x y"])
@pytest.mark.parametrize("login", ["mallory", "somebody-of-whom-nobody-asked"])
def test_who_may_not_write_hears_nothing(asked: str, login: str) -> None:
    assert answered(said(12, 20, asked, login)) == []


@pytest.mark.parametrize(
    "body", ["Nice!", "> /complete-session", "```\n/complete-session\n```", "please /session status"]
)
def test_what_is_no_command_has_no_answer(body: str) -> None:
    assert answered(said(12, 20, body)) == []


def test_an_app_has_no_answer() -> None:
    assert answered(said(12, 20, "/complete-session", CLAUDE)) == []


def test_commands_below_other_pull_requests_are_answered_by_their_own_events() -> None:
    asked = said(13, 20, "/session status")
    assert (answered(asked), len(answered(asked, number=13))) == ([], 1)


def test_each_comment_is_answered_once() -> None:
    first, second = said(12, 20, "/session status", comment_id=5), said(12, 21, "/session status", comment_id=6)
    there = said(12, 22, with_mark(CommentKind.REPLY, "5", "Moved."), US)
    found = replies(assessed(snapshot(*PRS, comments=(first, second, there))))

    assert [(one.number, one.key) for one in found] == [("12", "6")]


@pytest.mark.parametrize(
    "forged",
    [
        said(12, 21, with_mark(CommentKind.REPLY, "5", "Moved."), "mallory"),
        said(12, 21, f"see\n{with_mark(CommentKind.REPLY, '5', 'Moved.')}", US),
        said(13, 21, with_mark(CommentKind.REPLY, "5", "Moved."), US),
    ],
)
def test_an_answer_is_believed_of_an_app_only_on_its_first_line_and_in_its_place(forged: Comment) -> None:
    assert len(answered(said(12, 20, "/session status", comment_id=5), forged)) == 1


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (told(12, 0, CURSOR, labels=("no-session",)), "it has the label `no-session`"),
        (fork(12), "its author may not write to this repository"),
        (told(12, title="Fix"), "nothing tells that an agent opened it"),
    ],
)
def test_what_is_in_no_session_says_why(one: ForgePullRequest, why: str) -> None:
    comments = (said(12, 20, "/session status"), said(12, 21, "/complete-session"))
    found = replies(assessed(snapshot(one, comments=comments)))

    assert [answer.text for answer in found] == [
        f"#12 is in no session: {why}.",
        f"Nothing was completed: #12 is in no session: {why}.",
    ]


def test_many_commands_are_answered_in_several_jobs() -> None:
    comments = tuple(said(12, 10 + n / 10, "/session status", comment_id=n) for n in range(1, 26))
    found = replies(assessed(snapshot(*PRS, comments=comments)))

    assert ([one.key for one in found], found[0]) == (
        [str(n) for n in range(1, MOST + 1)],
        Reply("12", "1", found[0].text),
    )


def test_of_one_moment_all_commands_count() -> None:
    comments = (said(12, 20, "/complete-session", comment_id=1), said(12, 20, "/complete-session", comment_id=2))
    assert [text.partition(",")[0] for text in answered(*comments)] == [
        "Session `cursor-20251122-1000` is complete"
    ] * 2


@pytest.mark.parametrize(("minutes", "more"), [(24, " Checks wait until 2025-11-22 10:30 UTC."), (31, "")])
def test_of_an_agents_run_the_status_says_until_when_checks_wait(minutes: float, more: str) -> None:
    body = "https://claude.ai/code/session_01AbCdEfGhIjKlMnOpQrStUv"
    seen = snapshot(told(20, 0, CLAUDE, body=body), comments=(said(20, 20, "/session status"),))
    enforce = replace(POLICY, gate=GateMode.ENFORCE)

    (reply,) = replies(assessed(seen, 20, minutes, enforce))

    ends = f"It ends at 2025-11-23 10:00 UTC if nothing more happens.{more} #20 is in it because"
    assert ends in reply.text
