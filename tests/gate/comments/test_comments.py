"""What is planned to be said: when, where, how often; what is there is edited and never doubled."""

from itertools import pairwise
from typing import Any

import pytest
from events import assessed
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from snapshots import POLICY, app, ended, fork, said, snapshot, told

from examples import few
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Attribution, Basis, PullRequestRecord
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Commenting, People, Policy, Track
from pr_sessions.forges.base import ChangedFile, Comment
from pr_sessions.gate.comments.bot_comments import CommentKind, read_bot_comment, session_comments
from pr_sessions.gate.comments.publish import MOST_NEW, CommentWrite, plan
from pr_sessions.gate.rebuild import Snapshot
from scene import minute

CURSOR, CLAUDE, US = app("cursor"), app("claude"), app("github-actions[bot]")
ONE, TWO, THREE = told(12, 0, CURSOR), told(13, 5, CURSOR), told(14, 8, CURSOR)
OTHER = told(20, 6, CLAUDE)
SAME = (ChangedFile("same.py"),)


def planned(
    seen: Snapshot, number: int = 12, minutes: float = 24, policy: Policy = POLICY, **more: Any
) -> tuple[CommentWrite, ...]:
    return plan(assessed(seen, number, minutes, policy, **more)).writes


def short(writes: tuple[CommentWrite, ...]) -> list[tuple[str, str, str, int | None]]:
    return [(write.number, write.kind.value, write.key, write.comment) for write in writes]


def written(seen: Snapshot, writes: tuple[CommentWrite, ...], minutes: float) -> Snapshot:
    """The comments after the writes; ids of new ones go on from the highest."""
    comments = {one.id: one for one in seen.comments}
    for write in writes:
        made = comments.get(write.comment or 0)
        new = said(write.number, minutes, write.body, US, comment_id=1 + max(comments, default=0))
        comments[(made or new).id] = replace(made, body=write.body, updated=minute(minutes)) if made else new
    return replace(seen, comments=tuple(comments.values()))


def after(seen: Snapshot, minutes: float, number: int = 12, policy: Policy = POLICY) -> Snapshot:
    return written(seen, planned(seen, number, minutes, policy), minutes)


def bodies(seen: Snapshot) -> dict[str, str]:
    """By number, what stands there of our session comments."""
    return {number: told.comment.body for number, told in session_comments(seen.comments, "github-actions").items()}


BOTH = [
    ("12", "digest", "cursor-20251122-1000", None),
    ("13", "link", "cursor-20251122-1000", None),
]


# When something is said.


@pytest.mark.parametrize("number", [12, 13])
def test_two_pull_requests_of_a_session_get_a_digest_and_a_link_whichever_the_event_is_about(number: int) -> None:
    assert short(planned(snapshot(ONE, TWO, OTHER), number)) == BOTH


def test_a_session_of_one_pull_request_is_nothing_to_talk_about() -> None:
    found = plan(assessed(snapshot(ONE, OTHER)))
    assert (found.writes, found.notes) == (
        (),
        ("nothing to say: no second pull request, no overlap, no breached budget",),
    )


def test_an_overlap_with_another_session_is() -> None:
    seen = snapshot(ONE, OTHER, files={"12": SAME, "20": SAME})
    assert short(planned(seen)) == [("12", "digest", "cursor-20251122-1000", None)]


def test_a_breached_budget_is() -> None:
    devins = ("158243242+devin-ai-integration[bot]@users.noreply.github.com",)
    one = told(12, 0, "ada", title="auto-pr: x", commit_authors=devins)
    seen = snapshot(one, told(13, 60, "ada", commit_authors=devins))
    policy = replace(POLICY, open_budget=1)
    (write,) = planned(seen, 13, 61, policy)

    assert (write.number, "has 2 open pull requests; gate.open_budget allows 1." in write.body) == ("13", True)


def test_where_nothing_is_open_nobody_is_told() -> None:
    assert planned(snapshot(ended(ONE, 10), ended(TWO, 11))) == ()


def test_a_session_that_completed_as_it_got_its_second_pull_request_is_told_of() -> None:
    done = told(13, 5, CURSOR, title="auto-pr: work [session-complete]")
    assert short(planned(snapshot(ONE, done), 13)) == BOTH


@pytest.mark.parametrize(
    ("seen", "policy", "name", "note"),
    [
        (
            snapshot(ONE, TWO),
            replace(POLICY, comment=Commenting.NEVER),
            "pull_request",
            "nothing is said: comment: never",
        ),
        (
            snapshot(told(12, 0, CURSOR, labels=("no-session",)), TWO),
            POLICY,
            "pull_request",
            "nothing to say: no second pull request, no overlap, no breached budget",
        ),
        (
            snapshot(fork(12), TWO),
            POLICY,
            "pull_request",
            "nothing is said: the token of a fork's pull request only reads",
        ),
        (
            snapshot(fork(12), TWO),
            POLICY,
            "pull_request_review",
            "nothing is said: the token of a fork's pull request only reads",
        ),
    ],
)
def test_where_nothing_may_be_said_nothing_is(seen: Snapshot, policy: Policy, name: str, note: str) -> None:
    comments = (said(12, 20, "/session status"),) if policy.comment is Commenting.NEVER else ()
    found = plan(assessed(replace(seen, comments=comments), 12, 24, policy, name))

    assert (found.writes, found.notes) == ((), (note,))


def test_where_something_could_not_be_read_nothing_is_said_that_might_be_wrong_but_who_asks_is_told_so() -> None:
    asked = (said(12, 20, "/session status"), said(12, 21, "/session status", "mallory"))
    found = plan(assessed(snapshot(ONE, TWO, comments=asked, unknowns=("the list: down",))))

    assert (short(found.writes), found.notes) == (
        [("12", "answer", str(1_000_000 + 1200), None)],
        ("nothing is said where something is in doubt", "the list: down"),
    )
    assert found.writes[0].text == (
        "Not everything could be looked at just now, so this is no answer yet. Ask again with `/session status`."
    )


def test_where_the_settings_could_not_be_read_nobody_is_told_anything() -> None:
    seen = snapshot(ONE, TWO, comments=(said(12, 20, "/session status"),), unknowns=("no configuration",))
    assert plan(assessed(seen, is_policy_known=False)).writes == ()


# What is there.


@pytest.mark.parametrize("number", [12, 13, 14])
@pytest.mark.parametrize("minutes", [24, 24.5, 29, 33])
def test_an_event_that_changes_nothing_writes_nothing(number: int, minutes: float) -> None:
    seen = after(snapshot(ONE, TWO, THREE, OTHER), 24)
    assert planned(seen, number, minutes) == ()


def test_a_new_pull_request_gets_its_line_and_the_digest_is_edited() -> None:
    seen = after(snapshot(ONE, TWO), 10)
    more = replace(seen, pull_requests=snapshot(ONE, TWO, THREE).pull_requests)

    assert short(planned(more, 14, 12)) == [
        ("12", "digest", "cursor-20251122-1000", 1),
        ("14", "link", "cursor-20251122-1000", None),
    ]
    assert bodies(after(more, 12, 14))["12"].startswith(
        "<!-- pr-sessions: digest cursor-20251122-1000 -->\n<!-- edits: 1, content: "
    )


def test_within_two_minutes_only_what_is_new_is_written() -> None:
    seen = replace(after(snapshot(ONE, TWO), 10), pull_requests=snapshot(ONE, TWO, THREE).pull_requests)
    assert short(planned(seen, 14, 11.9)) == [("14", "link", "cursor-20251122-1000", None)]


@pytest.mark.parametrize("asked", ["/complete-session", "/session status"])
def test_an_answered_command_does_not_wait(asked: str) -> None:
    seen = replace(after(snapshot(ONE, TWO), 10), pull_requests=snapshot(ONE, TWO, THREE).pull_requests)
    seen = replace(seen, comments=(*seen.comments, said(12, 10.5, asked)))

    assert short(planned(seen, 12, 11))[:2] == [
        ("12", "answer", str(1_000_000 + 630), None),
        ("12", "digest", "cursor-20251122-1000", 1),
    ]


def test_a_session_that_completed_is_told_at_once_and_then_rests() -> None:
    done = told(14, 11, CURSOR, title="auto-pr: work [session-complete]")
    seen = replace(after(snapshot(ONE, TWO), 10.5), pull_requests=snapshot(ONE, TWO, done).pull_requests)
    seen = after(seen, 11, 14)
    later = replace(seen, pull_requests=snapshot(ended(ONE, 20), TWO, done).pull_requests)

    assert "**Completed** 2025-11-22 10:11 UTC" in bodies(seen)["12"]
    assert planned(later, 13, 200) == ()


def test_a_session_that_ran_out_and_goes_on_after_all_is_told_again() -> None:
    seen = after(after(snapshot(ONE, TWO), 10), 40)
    late = replace(seen, pull_requests=snapshot(ONE, TWO, told(14, 30, CURSOR)).pull_requests)

    assert ("**Completed**" in bodies(seen)["12"], "It ends at" in bodies(after(late, 43, 14))["12"]) == (True, True)


def test_the_more_often_a_comment_was_edited_the_longer_it_rests_and_it_never_stays_old() -> None:
    seen, minutes = after(snapshot(ONE, TWO), 10), 10.0
    edited = []
    while minutes < 34:
        minutes += 0.5
        seen = replace(
            seen, pull_requests=snapshot(told(12, 0, CURSOR, title=f"auto-pr: {minutes}"), TWO).pull_requests
        )
        writes = planned(seen, 12, minutes)
        seen, edited = written(seen, writes, minutes), [*edited, *(minutes for _ in writes)]

    assert [late - early for early, late in pairwise(edited)] == [2, 2, 3, 4, 5, 6]
    assert planned(after(seen, 60), 12, 600) == ()


@pytest.mark.parametrize("by", ["mallory", "ada"])
def test_what_a_person_forges_is_nobodys_comment(by: str) -> None:
    there = bodies(after(snapshot(ONE, TWO), 10))
    forged = tuple(said(number, 11, body, by) for number, body in there.items())

    assert short(planned(snapshot(ONE, TWO, comments=forged))) == BOTH


def test_what_another_app_repeats_is_nobodys_comment() -> None:
    there = bodies(after(snapshot(ONE, TWO), 10))
    repeated = tuple(said(number, 11, body, app("echo[bot]")) for number, body in there.items())

    assert short(planned(snapshot(ONE, TWO, comments=repeated))) == BOTH


def test_a_session_whose_file_tells_of_another_repository_is_told_of_in_this_one() -> None:
    elsewhere = PullRequestRecord(attribution=Attribution(Basis.MANUAL, minute(0)))
    began = replace(begin("cursor-20251122-1000", "cursor", minute(-1)), pull_requests={"a/b#3": elsewhere})

    assert short(planned(snapshot(ONE, TWO, sessions=InMemorySessions(began)))) == BOTH


def test_of_two_digests_of_a_race_the_first_is_kept_up_to_date() -> None:
    seen = after(snapshot(ONE, TWO), 10)
    twice = said(12, 10, bodies(seen)["12"], US, comment_id=99)
    seen = replace(seen, comments=(*seen.comments, twice), pull_requests=snapshot(ONE, TWO, THREE).pull_requests)

    assert short(planned(seen, 14, 20))[0] == ("12", "digest", "cursor-20251122-1000", 1)


def test_many_links_are_written_in_several_jobs() -> None:
    prs = [told(n, n / 10, CURSOR) for n in range(1, 31)]
    seen, counts = snapshot(*prs), []
    for event in range(4):
        writes = planned(seen, 1, 25 + event)
        seen, counts = written(seen, writes, 25 + event), [*counts, len(writes)]

    assert counts == [MOST_NEW, MOST_NEW, MOST_NEW, 0]


# With the dashboard, a session has one comment.

DASHBOARD = replace(POLICY, dashboard=True)


def test_with_the_dashboard_a_session_has_one_comment_on_its_lowest_open_pull_request() -> None:
    seen = snapshot(THREE, TWO, ended(ONE, 9))
    assert short(planned(seen, 14, 20, DASHBOARD)) == [("13", "digest", "cursor-20251122-1000", None)]


def test_with_the_dashboard_the_comment_moves_on_when_its_pull_request_is_closed() -> None:
    seen = after(snapshot(ONE, TWO, THREE), 20, policy=DASHBOARD)
    seen = replace(seen, pull_requests=snapshot(ended(ONE, 23), TWO, THREE).pull_requests)
    assert short(planned(seen, 12, 24, DASHBOARD)) == [
        ("13", "digest", "cursor-20251122-1000", None),
        ("12", "link", "cursor-20251122-1000", 1),
    ]


def test_with_the_dashboard_the_comment_stays_where_it_is_once_nothing_is_open() -> None:
    seen = after(snapshot(ONE, TWO, THREE), 20, policy=DASHBOARD)
    seen = replace(seen, pull_requests=snapshot(*(ended(one, 23) for one in (ONE, TWO, THREE))).pull_requests)
    assert short(planned(seen, 13, 24, DASHBOARD)) == [("12", "digest", "cursor-20251122-1000", 1)]


def test_switching_the_dashboard_on_keeps_comments_that_are_there_true() -> None:
    seen = after(snapshot(ONE, TWO), 20)
    seen = replace(seen, pull_requests=snapshot(ended(ONE, 23), TWO, THREE).pull_requests)
    assert short(planned(seen, 12, 24, DASHBOARD)) == [
        ("13", "digest", "cursor-20251122-1000", 2),
        ("12", "link", "cursor-20251122-1000", 1),
    ]


# Sessions join, pull requests move.


def test_when_sessions_join_each_comment_takes_its_new_part() -> None:
    far = (told(21, 40, CURSOR), told(22, 45, CURSOR))
    seen = after(after(snapshot(ONE, TWO, *far), 46), 46, 21)
    parts = {number: own_of(body) for number, body in bodies(seen).items()}
    bridge = replace(seen, pull_requests=snapshot(ONE, TWO, *far, told(15, 25, CURSOR)).pull_requests)
    joined = {number: own_of(body) for number, body in bodies(after(bridge, 46.5, 15)).items()}

    assert parts == {
        "12": (CommentKind.DIGEST, "cursor-20251122-1000"),
        "13": (CommentKind.LINK, "cursor-20251122-1000"),
        "21": (CommentKind.DIGEST, "cursor-20251122-1040"),
        "22": (CommentKind.LINK, "cursor-20251122-1040"),
    }
    assert joined == dict.fromkeys(("13", "15", "21", "22"), (CommentKind.LINK, "cursor-20251122-1000")) | {
        "12": (CommentKind.DIGEST, "cursor-20251122-1000")
    }


def own_of(body: str) -> tuple[CommentKind, str]:
    found = read_bot_comment(Comment(1, US, body), "github-actions")
    assert found
    return found.kind, found.key


@pytest.mark.parametrize(
    ("number", "parts", "words"),
    [
        (
            13,
            {"12": CommentKind.DIGEST, "13": CommentKind.LINK, "14": CommentKind.LINK, "20": CommentKind.DIGEST},
            {"13": "see the digest in #13.", "14": "see the digest in #12."},
        ),
        (
            12,
            {"12": CommentKind.DIGEST, "13": CommentKind.DIGEST, "14": CommentKind.LINK, "20": CommentKind.LINK},
            {"14": "see the digest in #13.", "20": "see the digest in #12."},
        ),
    ],
)
def test_when_a_pull_request_moves_both_sessions_are_told_anew(
    number: int, parts: dict[str, CommentKind], words: dict[str, str]
) -> None:
    seen = after(snapshot(ONE, TWO, THREE, OTHER), 10)
    moved = replace(seen, comments=(*seen.comments, said(number, 10.5, "/session move #20", comment_id=50)))
    found = after(moved, 11, number)
    if number == 13:
        parts, words = (
            parts | {"13": CommentKind.DIGEST, "20": CommentKind.LINK},
            words | {"20": "see the digest in #13."},
        )
        words.pop("13")

    assert {n: own_of(body)[0] for n, body in bodies(found).items()} == parts
    assert {n: bodies(found)[n].rpartition(": ")[2] for n in words} == words
    assert planned(found, number, 11.5) == ()


def test_what_is_taken_out_of_sessions_says_so_where_it_said_something() -> None:
    seen = after(snapshot(ONE, TWO, THREE), 10)
    labelled = told(12, 0, CURSOR, labels=("no-session",))
    found = after(replace(seen, pull_requests=snapshot(labelled, TWO, THREE).pull_requests), 14)

    assert {n: own_of(body) for n, body in bodies(found).items()} == {
        "12": (CommentKind.LINK, "none"),
        "13": (CommentKind.DIGEST, "cursor-20251122-1005"),
        "14": (CommentKind.LINK, "cursor-20251122-1005"),
    }
    assert bodies(found)["12"].endswith("\nThis pull request is in no session.")
    assert planned(found, 12, 20) == ()


def test_a_session_that_lost_all_but_one_keeps_its_digest_up_to_date() -> None:
    seen = after(snapshot(ONE, TWO), 10)
    found = after(replace(seen, comments=(*seen.comments, said(13, 10.5, "/session move new", comment_id=50))), 11, 13)

    assert "### A session of 1 pull request by cursor" in bodies(found)["12"]
    assert "### A session of 1 pull request by cursor" in bodies(found)["13"]


# Whatever happens.

SAID = st.sampled_from(["/complete-session", "/session move new", "/session move #12", "/session status", "Nice!"])
HAPPENS = st.tuples(st.integers(0, 4), st.floats(0, 40), st.none() | SAID, st.booleans())


@few
@given(st.lists(HAPPENS, max_size=12))
def test_each_pull_request_has_one_comment_of_ours_and_a_repeated_event_writes_nothing(
    events: list[tuple[int, float, str | None, bool]],
) -> None:
    prs = {n: told(12 + n, 12 * n, CURSOR if n % 2 else CLAUDE) for n in range(5)}
    seen, minutes = snapshot(), 0.0
    for place, (n, later, words, out) in enumerate(events):
        minutes += later
        one = prs[n] if not out else told(12 + n, 12 * n, CURSOR, labels=("no-session",))
        there = {pr.pull_request.number: pr for pr in seen.pull_requests.values()} | {one.pull_request.number: one}
        new = (said(12 + n, minutes, words, "bob", comment_id=10_000 * (place + 1)),) if words else ()
        minutes = max(minutes, 12.0 * n)
        seen = replace(snapshot(*there.values()), comments=(*seen.comments, *new))
        seen = after(seen, minutes, 12 + n)
        assert planned(seen, 12 + n, minutes) == ()
    ours = [read_bot_comment(comment, "github-actions") for comment in seen.comments]
    places = [one.comment.number for one in ours if one and one.kind is not CommentKind.REPLY]
    replies = [one.key for one in ours if one and one.kind is CommentKind.REPLY]

    assert (len(places), len(replies)) == (len(set(places)), len(set(replies)))


# Where people are hidden.


def test_no_comment_names_a_person_who_worked_with_an_agent() -> None:
    policy = Policy(track=Track.AGENTS, people=People.HIDDEN)
    run = "Claude-Session: https://claude.ai/code/session_01AbCdEfGhIjKlMnOpQrStUv"
    made = [told(n, minutes, title="Fix", commit_messages=(f"Fix\n\n{run}",)) for n, minutes in ((12, 0), (13, 45))]
    writes = planned(snapshot(*made), 12, 50, policy)
    assert [(write.number, write.kind) for write in writes] == [("12", CommentKind.DIGEST), ("13", CommentKind.LINK)]
    assert [write.number for write in writes if "ada" in write.body] == []
