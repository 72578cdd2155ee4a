"""`pr-sessions import`."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

import click

from pr_sessions.cli import options, output
from pr_sessions.sessions.session import PullRequest
from pr_sessions.tracker import Imported, Tracker


@click.command("import")
@click.argument("file", required=False, type=click.File("rb"))
@click.option(
    "--git", "revisions", is_flag=False, flag_value="", metavar="[RANGE]", help="This repository's history, or a range."
)
@options.as_json
def command(file: IO[bytes] | None, revisions: str | None, json: bool) -> None:
    r"""Record pull requests of the past.

    FILE holds one JSON object a line with number, title, body, author, created_at and more, or an array of them; - is
    stdin. The order does not matter, and a second time changes nothing.

    \b
    Examples:
      pr-sessions import pull_requests.jsonl
      pr-sessions import --git
      pr-sessions import --git v1.0..main
    """
    if (file is None) is (revisions is None):
        raise click.UsageError("Give either a FILE or --git.")
    tracker = options.tracker()
    told = _from_git(tracker, revisions or "") if file is None else _from_file(tracker, file)
    imported = tracker.record_all(told, _watched)
    data = {
        "read": imported.read,
        "automatic": imported.automatic,
        "attributed": imported.attributed,
        "unattributed": imported.unattributed,
        "not_automatic": imported.read - imported.automatic,
        "added": imported.added,
        "sessions": imported.sessions,
        "changed": imported.changed,
    }
    output.show(data, _text(imported), as_json=json)


def _from_file(tracker: Tracker, file: IO[bytes]) -> Iterator[PullRequest]:
    from pr_sessions.history.jsonl import lines_of, read_dated

    return read_dated(lines_of(file), output.one_line(file.name, 200), tracker.zone)


def _from_git(tracker: Tracker, revisions: str) -> Iterator[PullRequest]:
    from pr_sessions.history.git_history import read_history
    from pr_sessions.history.grouping import dated

    return map(dated, read_history(tracker.repository.root, revisions or None))


def _watched(told: Sequence[PullRequest]) -> Iterable[PullRequest]:
    """How far the work is, for those who watch."""
    if not sys.stderr.isatty():
        yield from told
        return
    with click.progressbar(told, label="Recording", file=sys.stderr) as bar:
        yield from bar


def _text(imported: Imported) -> Iterator[str]:
    yield f"Read {output.plural(imported.read, 'pull request')}"
    rows = [
        ("automatic", f"{imported.automatic}"),
        ("attributed", f"{imported.attributed} in {output.plural(len(imported.sessions), 'session')}"),
        ("unattributed", f"{imported.unattributed}"),
        ("not automatic", f"{imported.read - imported.automatic}"),
        ("new", f"{imported.added}"),
    ]
    yield from output.table(rows)
    if not imported.read:
        yield "Nothing to record was found there."
    elif not imported.automatic:
        yield "Nothing was recorded: none of them is automatic."
    elif not imported.changed:
        yield "Nothing changed: all of this was known."
