"""`pr-sessions diff`."""

import os
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from pr_sessions.cli import options
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.render import terminal
from pr_sessions.tracker import Tracker, resolve_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pr_sessions.core.models import PullRequestRecord, Session
    from pr_sessions.git.repository import Repository


@click.command("diff")
@click.argument("target", type=options.SessionName(), metavar="SESSION|PR|ROW")
@click.option("--stat", is_flag=True, help="Only files, with the number of changed lines.")
@click.option("--refresh", is_flag=True, help="Ask GitHub which are open, and at which commit.")
@options.as_json
def diff_command(target: str, stat: bool, refresh: bool, json: bool) -> None:
    r"""Show what the open pull requests of a session change together.

    Merges them in the order of review on top of their base, up to the first conflict, without touching the working
    tree. Each hunk names its pull requests. Commits count as this clone has them, and states as they were recorded.

    With --refresh also a row of the inbox: a session that only the forge shows, a stack, or a burst.

    \b
    Examples:
      pr-sessions diff ada-20251122-1000
      pr-sessions diff 42 --stat
      pr-sessions diff stack-50 --refresh
      pr-sessions diff 42 | git apply
    """
    from pr_sessions.look.session_diff import merged_in_order
    from pr_sessions.render import screen, session_diff

    tracker = options.tracker()
    whole, github = _whole(tracker, target, refresh=refresh), options.github_host()
    shown = merged_in_order(
        tracker.repository, whole.id, whole.records, github=github, shas=whole.heads if refresh else None
    )
    if json:
        terminal.show(session_diff.session_diff_json(shown, with_hunks=not stat), (), as_json=True)
    elif stat:
        terminal.show({}, session_diff.stat_lines(shown), as_json=False)
    elif terminal.on_a_runner():
        terminal.show({}, session_diff.diff_lines(shown), as_json=False)
    elif screen.is_drawn():
        text = "".join(f"{line}\n" for line in session_diff.diff_lines(shown))
        screen.print_drawn(click.unstyle(text) if os.environ.get("NO_COLOR") else text)
    else:
        terminal.print_bytes(session_diff.diff_patch(shown))


def _session(tracker: Tracker, target: str) -> "Session":
    """Return the session of that name, or that a pull request is in."""
    from pr_sessions.core.urls import read_reference

    try:
        number = options.number_in(tracker.repository, read_reference(target))
    except InvalidValue:
        return resolve_session(tracker.sessions(), target)
    try:
        return tracker.find(number)
    except NotFound:
        # An id may look like a number.
        with suppress(NotFound, InvalidValue):
            return resolve_session(tracker.sessions(), target)
        raise


class _Whole(Struct, frozen=True):
    """What is merged.

    Attributes:
        id: of the session or row.
        records: by number.
        heads: the last commits by number, as the forge names them; empty where it was not asked.
    """

    id: str
    records: "Mapping[str, PullRequestRecord]"
    heads: "Mapping[str, str]"


def _whole(tracker: Tracker, target: str, *, refresh: bool) -> _Whole:
    """Return what a name stands for: a session that is recorded, else a row of the inbox."""
    try:
        session = _session(tracker, target)
    except NotFound as error:
        if not refresh:
            hint = f"record it, or ask the forge: pr-sessions diff {shlex.quote(target)} --refresh"
            raise NotFound(str(error), hint) from None
        return _row(tracker, target)
    if not refresh:
        return _Whole(session.id, session.pull_requests, {})
    records, heads = _refreshed(tracker.repository, session.pull_requests)
    return _Whole(session.id, records, heads)


def _row(tracker: Tracker, target: str) -> _Whole:
    """Return a row of the inbox as the forge has it."""
    from pr_sessions.cli.inbox_reading import read_inbox
    from pr_sessions.core.inbox_view import find_row
    from pr_sessions.core.models import PullRequestRecord, State
    from pr_sessions.look.inbox_source import find_source

    repository = tracker.repository
    source = find_source((), "", repository, os.environ)
    if source.why_not:
        raise NotFound(source.why_not, "only a forge knows rows that are not recorded: pr-sessions list")
    row = find_row(read_inbox(source, repository).rows, target)
    records = {
        pr.number: PullRequestRecord(
            state=State.OPEN, branch=pr.branch, base=pr.base, stack=pr.stack, files_changed=pr.file_count
        )
        for pr in row.prs
    }
    return _Whole(row.id, records, {pr.number: pr.head_sha for pr in row.prs})


def _refreshed(
    repository: "Repository", records: "Mapping[str, PullRequestRecord]"
) -> "tuple[Mapping[str, PullRequestRecord], Mapping[str, str]]":
    """Return what GitHub says of the pull requests that are recorded, and the last commit of each."""
    from msgspec.structs import replace

    from pr_sessions.cli.open_look import fetch_pull_requests
    from pr_sessions.core.ids import repository_of

    numbers = [number for number in records if not repository_of(number)]
    fetched = fetch_pull_requests(repository.root, numbers)
    stated = {
        number: replace(records[number], state=known.state, branch=known.branch, base=known.base)
        for number, each in fetched.items()
        for known in [each.pull_request]
    }
    return stated, {number: each.head_sha for number, each in fetched.items()}
