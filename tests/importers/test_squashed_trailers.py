"""After a squash the trailers of the commits name their session, unless they name several."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.core.evidence_text import Form, Mark, find_mark
from pr_sessions.importers.merge_message import announcement

Git = Callable[..., str]
ADA, EVE = "ada-20251122-1000", "eve-20251122-1100"


def mark_of(message: str) -> Mark | None:
    told = announcement(message, is_merge=False)
    assert told is not None
    return find_mark(told.title, told.body)


def test_git_itself_keeps_none(clone: Path, git: Git) -> None:
    git(clone, "switch", "-q", "-c", "side")
    for session_id in (ADA, ADA):
        git(clone, "commit", "-q", "--allow-empty", "-m", "Work", "-m", f"Session-ID: {session_id}")
    (clone / "new.txt").write_text("x")
    git(clone, "add", "new.txt")
    git(clone, "commit", "-q", "-m", "More", "-m", f"Session-ID: {EVE}")
    git(clone, "switch", "-q", "main")
    git(clone, "merge", "-q", "--squash", "side")
    git(clone, "commit", "-q", "--no-edit")
    message = git(clone, "log", "-1", "--format=%B")
    assert (message.count("Session-ID"), find_mark("", message)) == (3, None)


@pytest.mark.parametrize(
    ("message", "mark"),
    [
        # GitHub, one commit: its own message.
        (f"Work (#5)\n\nText.\n\nSession-ID: {ADA}", Mark(ADA, Form.TRAILER)),
        # GitHub, several: one below the other.
        (f"Work (#5)\n\n* Work\n\nSession-ID: {ADA}\n\n* More\n\nSession-ID: {EVE}", None),
        (f"Work (#5)\n\n* Work\n\nSession-ID: {ADA}\n\n* More\n\nSession-ID: {ADA}", Mark(ADA, Form.TRAILER)),
        (f"Work (#5)\n\n* Work\n\nSession-ID: {ADA}\n\n* More", Mark(ADA, Form.TRAILER)),
        # GitHub, with other authors: theirs is the last paragraph.
        (
            f"Work (#5)\n\n* Work\n\nSession-ID: {ADA}\n\n---------\n\nCo-authored-by: E <e@x.y>",
            Mark(ADA, Form.TRAILER),
        ),
        (f"Work (#5)\n\nText.\n\nSession-ID: {ADA}\n\nCo-authored-by: Eve <e@x.y>", Mark(ADA, Form.TRAILER)),
        # Bitbucket and Azure DevOps: a list of messages.
        (
            f"Merged in side (pull request #5)\n\nWork\n\n* Work\n\nSession-ID: {ADA}\n\n* More\n\nSession-ID: {EVE}",
            None,
        ),
        (f"Merged PR 5: Work\n\n- Work\n\nSession-ID: {ADA}\n\n- More", Mark(ADA, Form.TRAILER)),
        # The pull request's own mark counts whatever the commits say.
        (f"Work (#5)\n\n[cursor-session: {ADA}]\n", Mark(ADA, Form.FULL)),
    ],
)
def test_what_forges_make_of_it(message: str, mark: Mark | None) -> None:
    assert mark_of(message) == mark
