"""`pr-sessions log`."""

from collections.abc import Iterator
from typing import Any

import click

from pr_sessions.cli import options, output
from pr_sessions.sessions.times import write_time
from pr_sessions.stores.journal import Change

_PARTS = {"pr": "pull request {}", "session": "{}", "absorbed": "absorbed {}", "before": "before {}", "after": "now {}"}
_LISTS = {"sessions": "began", "prs": "opened", "ended": "ended"}


@click.command("log")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@options.as_json
def command(limit: int, json: bool) -> None:
    r"""Show who changed what, when and why.

    The newest first. The journal is this clone's own; it holds ids and numbers, and is cut when it gets long.

    \b
    Examples:
      pr-sessions log
      pr-sessions log --limit 100 --json
    """
    from pr_sessions.tracker.corrections import Corrections

    log = Corrections(options.tracker()).log()
    changes = log.changes[::-1][:limit]
    if log.unreadable:
        output.note(f"{output.plural(log.unreadable, 'line')} of the journal cannot be read: a crash may have cut it")
    data = {"changes": [_view(change) for change in changes], "unreadable": log.unreadable}
    rows = [_row(change) for change in changes]
    output.show(data, output.table(rows, ("when", "who", "what", "why", "")), as_json=json)


def _view(change: Change) -> dict[str, Any]:
    told = dict(change.told)
    return {
        "id": change.id,
        "at": write_time(change.at),
        "by": change.by,
        "what": change.what,
        "why": change.why,
        **{key: told[key] for key in sorted(told) if key not in ("id", "at", "by", "what", "why")},
    }


def _row(change: Change) -> tuple[str, ...]:
    what = ", ".join(_parts(change))
    words = (change.by, change.what, change.why)
    return (output.clock(change.at), *(output.one_line(word, 30) for word in words), output.one_line(what, 120))


def _parts(change: Change) -> Iterator[str]:
    for key, words in _PARTS.items():
        if key in change.told:
            yield words.format(change.told[key] or "in no session")
    for key in ("read", "added", "updated"):
        if key in change.told:
            yield f"{change.told[key]} {key}"
    for key, words in _LISTS.items():
        found = change.told.get(key)
        if isinstance(found, list) and found:
            yield f"{words} {len(found)}: {', '.join(map(str, found))}"
