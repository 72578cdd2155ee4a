"""Our own comments are found by their first line and their author, and by nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snapshots import app, said

from pr_sessions.core.ids import is_valid_id
from pr_sessions.gate.comments.bot_comments import (
    BotComment,
    CommentKind,
    content_hash,
    read_bot_comment,
    replied_to,
    session_comments,
    session_key,
    state_line,
    with_mark,
)
from rendering import HOSTILE, shown

APP = "github-actions"
US = app(f"{APP}[bot]")
KEYS = st.text(alphabet="abAB09_.-", min_size=1, max_size=200)


@given(st.sampled_from(CommentKind), KEYS, HOSTILE, st.integers(0, 50), st.booleans())
def test_what_is_written_is_found_again(kind: CommentKind, key: str, text: str, edits: int, final: bool) -> None:
    body = with_mark(kind, key, text, state=state_line(edits, content_hash(text), content_hash(key), final=final))
    comment = said(1, 0, body, US)

    assert read_bot_comment(comment, APP) == BotComment(
        comment=comment,
        kind=kind,
        key=key,
        edits=edits,
        content=content_hash(text),
        outline=content_hash(key),
        final=final,
    )


def test_the_hidden_lines_show_nothing() -> None:
    body = with_mark(
        CommentKind.DIGEST,
        "ada--x.-",
        "words",
        state=state_line(3, content_hash("words"), content_hash(""), final=True),
    )
    assert shown(body)[1] == "words"


def test_line_ends_of_a_browser_do_not_matter() -> None:
    body = with_mark(CommentKind.LINK, "s-1", "words", state=state_line(3, "0123456789ab", "ba9876543210", final=False))
    found = read_bot_comment(said(1, 0, body.replace("\n", "\r\n"), US), APP)

    assert found
    assert (found.kind, found.key, found.edits, found.content) == (CommentKind.LINK, "s-1", 3, "0123456789ab")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "words",
        " <!-- pr-sessions: digest s-1 -->",
        "words\n<!-- pr-sessions: digest s-1 -->",
        "> <!-- pr-sessions: digest s-1 -->",
        "<!-- pr-sessions: digest s-1 --> words",
        "<!-- pr-sessions: digest s 1 -->",
        "<!-- pr-sessions: digest -->",
        f"<!-- pr-sessions: digest {'s' * 201} -->",
        f"<!-- pr-sessions: digest {'s' * 100_000}",
        "<!-- pr-sessions: else s-1 -->",
    ],
)
def test_anything_else_is_no_comment_of_ours(body: str) -> None:
    assert read_bot_comment(said(1, 0, body, US), APP) is None


def test_a_person_writes_no_comment_of_ours() -> None:
    assert read_bot_comment(said(1, 0, with_mark(CommentKind.DIGEST, "s-1", "words"), "ada"), APP) is None


@pytest.mark.parametrize("second", ["", "words", "<!-- edits: x, content: 0 -->", "<!-- edits: 99999, content: 0 -->"])
def test_a_second_line_that_is_gone_is_none_of_an_edit(second: str) -> None:
    found = read_bot_comment(said(1, 0, f"<!-- pr-sessions: digest s-1 -->\n{second}", US), APP)

    assert found
    assert (found.edits, found.content, found.final) == (0, "", False)


def test_one_comment_tells_of_the_session_and_answers_are_counted_apart() -> None:
    comments = [
        said(1, 1, with_mark(CommentKind.REPLY, "7", "Moved."), US),
        said(1, 2, with_mark(CommentKind.LINK, "s-1", "There."), US),
        said(1, 3, with_mark(CommentKind.DIGEST, "s-1", "All."), US),
        said(2, 4, with_mark(CommentKind.DIGEST, "s-2", "All."), US),
    ]
    assert {number: (one.kind, one.key) for number, one in session_comments(comments, APP).items()} == {
        "1": (CommentKind.LINK, "s-1"),
        "2": (CommentKind.DIGEST, "s-2"),
    }
    assert replied_to(comments, APP) == {("1", "7")}


@given(HOSTILE)
def test_every_session_has_a_name_for_marks(session_id: str) -> None:
    key = session_key(session_id)
    assert is_valid_id(key)
    assert key == session_id or not is_valid_id(session_id)
