"""Commands that correct what is recorded: `link`, `unlink`, `move`, `merge`, `undo`, `log`."""

from collections.abc import Iterator

import click

from pr_sessions.cli import options
from pr_sessions.core.summary import SessionSummary
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import InvalidValue
from pr_sessions.render import terminal
from pr_sessions.render.json import entry_json, merged_json, moved_json, parted_json, session_json
from pr_sessions.render.outcomes import entry_details, entry_lines, merged_lines, moved_sentence, parted_lines
from pr_sessions.render.sessions import describe_status
from pr_sessions.tracker import AuditEntry, Tracker
from pr_sessions.tracker.corrections import Undone


@click.command("link")
@click.argument("pr", type=options.Number(acts=True))
@click.argument("session", type=options.SessionName())
@options.as_json
def link_command(pr: str, session: str, json: bool) -> None:
    r"""Put a pull request into a session.

    Nothing automatic moves it from there.

    \b
    Examples:
      pr-sessions link 42 ada-20251122-1000
    """
    tracker = options.tracker()
    moved = tracker.link(pr, options.existing_id(tracker, session))
    terminal.show(moved_json(moved), [moved_sentence(moved)], as_json=json)


@click.command("unlink")
@click.argument("pr", type=options.Number(acts=True))
@options.as_json
def unlink_command(pr: str, json: bool) -> None:
    r"""Take a pull request out of its session.

    Nothing automatic puts it into one again.

    \b
    Examples:
      pr-sessions unlink 42
    """
    moved = options.tracker().unlink(pr)
    terminal.show(moved_json(moved), [moved_sentence(moved)], as_json=json)


@click.command("move")
@click.argument("pr", type=options.Number(acts=True))
@click.argument("session", required=False, type=options.SessionName())
@click.option("--new", is_flag=True, help="Begin a session of its own.")
@options.as_json
def move_command(pr: str, session: str | None, new: bool, json: bool) -> None:
    r"""Move a pull request to another session, or to a new one.

    \b
    Examples:
      pr-sessions move 42 ada-20251122-1000
      pr-sessions move 42 --new
    """
    if new is (session is not None):
        raise click.UsageError("Name a session, or say --new.")
    tracker = options.tracker()
    session_id = None if session is None else options.existing_id(tracker, session)
    moved = tracker.move(pr, session_id)
    terminal.show(moved_json(moved), [moved_sentence(moved)], as_json=json)


@click.command("merge")
@click.argument("first", type=options.SessionName(), metavar="SESSION")
@click.argument("second", type=options.SessionName(), metavar="SESSION")
@click.option("--dry-run", is_flag=True, help="Show which id and author would survive; change nothing.")
@options.as_json
def merge_command(first: str, second: str, dry_run: bool, json: bool) -> None:
    r"""Make two sessions one.

    The id and the author that sort first survive; the other id stays as an alias.

    \b
    Examples:
      pr-sessions merge ada-20251122-1000 ada-20251122-1130
    """
    tracker = options.tracker()
    ids = [options.existing_id(tracker, name) for name in (first, second)]
    merged = tracker.preview_merge(*ids) if dry_run else tracker.merge(*ids)
    data = {
        "session": session_json(SessionSummary(merged.session, tracker.policy, tracker.now())),
        **merged_json(merged),
        "dry_run": dry_run,
    }
    lines = merged_lines(merged, "Would merge" if dry_run else "Merged")
    terminal.show(data, lines, as_json=json)


@click.command("undo")
@click.argument("change", metavar="[ID]", required=False)
@options.as_json
def undo_command(change: str | None, json: bool) -> None:
    r"""Undo the last correction, or one by its ID.

    A requested completion counts as a correction. `log` shows the IDs. To undo somebody else's change, confirm on a
    terminal or pass the ID. Fails if something has changed since.

    \b
    Examples:
      pr-sessions undo
      pr-sessions undo 3f9a0c
    """
    tracker = options.tracker()
    if not tracker.paused:
        entry = tracker.to_undo(change)
        when = f"by {one_line(entry.by)} at {terminal.clock(entry.at)}"
        terminal.note(f"Taking back {one_line(entry.operation)} {entry.id} {when}: {entry_details(entry)}")
        _agree(entry, tracker, named=change is not None)
        change = entry.id
    undone = tracker.undo(change)
    session = undone.session
    summary = SessionSummary(session, tracker.policy, tracker.now()) if session else None
    data = {
        "undone": undone.entry.operation,
        "id": undone.entry.id,
        "by": undone.entry.by,
        "moved": moved_json(undone.moved) if undone.moved else None,
        "session": session_json(summary) if summary else None,
        "parted": parted_json(undone.parted) if undone.parted else None,
        "merged": merged_json(undone.merged) if undone.merged else None,
    }
    lines = [f"Took {undone.entry.operation} of {terminal.clock(undone.entry.at)} back"]
    lines += [f"  {line}" for line in _now(undone, summary)]
    terminal.show(data, lines, as_json=json)


def _agree(entry: AuditEntry, tracker: Tracker, *, named: bool) -> None:
    """Let nobody take back somebody else's change without knowing it.

    Raises:
        InvalidValue: it is somebody else's, and nobody agreed.
    """
    by = one_line(entry.by)
    if entry.by == tracker.author():
        return
    if terminal.can_ask():
        if not click.confirm(f"This is a change of {by}. Take it back?", default=False, err=True):
            raise InvalidValue(f"{entry.operation} {entry.id} of {by} stays", "nothing was changed")
    elif not named:
        raise InvalidValue(
            f"the last change is one of {by}, and you are {one_line(tracker.author())}",
            f"to take it back all the same, name it: pr-sessions undo {entry.id}",
        )


def _now(undone: Undone, summary: SessionSummary | None) -> Iterator[str]:
    if undone.moved:
        yield moved_sentence(undone.moved)
    if undone.parted:
        yield from parted_lines(undone.parted)
    if undone.merged:
        yield from merged_lines(undone.merged, "Merged")
    if summary:
        yield f"{summary.session.id} is {describe_status(summary)}"


@click.command("log")
@click.option("--limit", type=click.IntRange(1), default=20, help="Maximum number. [default: 20]")
@options.as_json
def log_command(limit: int, json: bool) -> None:
    r"""Show who changed what, when and why.

    Newest first. The journal belongs to this clone and is cut when it gets long.

    \b
    Examples:
      pr-sessions log
    """
    log = options.tracker().audit_log()
    entries = log.entries[::-1][:limit]
    if log.unreadable:
        lines = terminal.plural(log.unreadable, "line")
        terminal.note(f"{lines} of the journal cannot be read: a crash may have cut it")
    data = {"changes": [entry_json(entry) for entry in entries], "unreadable": log.unreadable}
    terminal.show(data, entry_lines(entries), as_json=json)
