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
    from collections.abc import Mapping, Sequence

    from pr_sessions.core.models import PullRequestRecord, Session
    from pr_sessions.git.pull_request_refs import NamedCommit
    from pr_sessions.git.remotes import Remote
    from pr_sessions.git.repository import Repository
    from pr_sessions.render.session_diff import SessionDiff


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
    from pr_sessions.render import screen, session_diff

    tracker = options.tracker()
    shown = _merged(tracker, _whole(tracker, target, refresh=refresh), refresh=refresh)
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


def _merged(tracker: Tracker, whole: _Whole, *, refresh: bool) -> "SessionDiff":
    from pr_sessions.core.open_heads import common_base, meant_elsewhere, open_in_review_order
    from pr_sessions.git.merged_diff import Head, merge_in_order
    from pr_sessions.git.pull_request_refs import fetch_command, find_heads, here_only, main_remote
    from pr_sessions.git.remotes import read_remotes
    from pr_sessions.render.session_diff import SessionDiff

    repository, records, shas = tracker.repository, whole.records, whole.heads
    if repository.git_dir is None:
        raise NotFound(f"{repository.root} is not a git repository", "a diff needs the commits of pull requests")
    order = open_in_review_order(records)
    if not order:
        raise NotFound(f"no pull request of {whole.id} is open", f"see them: pr-sessions show {whole.id}")
    remotes = read_remotes(repository.root)
    elsewhere = meant_elsewhere(records, order)
    wanted = [number for number in order if number not in elsewhere]
    base, base_branch = _base(repository, common_base(records, order), remotes)
    # A fork's branch may be named as the base is.
    branches = {number: branch if (branch := records[number].branch) != base_branch else None for number in wanted}
    named = {number: shas[number] for number in wanted if number in shas}
    heads = here_only(repository, named) if refresh else find_heads(repository, branches)
    missing = [number for number in wanted if number not in heads]
    fetch = fetch_command(missing, main_remote(remotes), options.forge_of_clone(remotes)) if missing else ""
    if not heads:
        raise NotFound(f"this clone lacks the commits of {', '.join(f'#{n}' for n in missing)}", f"fetch them: {fetch}")
    commits = [Head(number, heads[number].sha) for number in wanted if number in heads]
    diff = merge_in_order(repository.git_dir, base.sha, commits)
    return SessionDiff(
        session_id=whole.id, order=order, heads=heads, base=base, diff=diff, fetch=fetch, elsewhere=elsewhere
    )


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


def _base(repository: "Repository", branch: str | None, remotes: "Sequence[Remote]") -> "tuple[NamedCommit, str]":
    """Return the tip of the branch that they are meant for, and its name; that of the main branch if none is known."""
    from pr_sessions.git.pull_request_refs import find_base, main_remote
    from pr_sessions.git.start import find_start

    branch = branch or find_start(repository, None).name.removeprefix("origin/")
    names = dict.fromkeys((main_remote(remotes), "origin", *(remote.name for remote in remotes)))
    base = find_base(repository, branch, names)
    if base is None:
        raise NotFound(f"this clone has no branch {branch}", f"fetch it: git fetch {main_remote(remotes)} {branch}")
    return base, branch
