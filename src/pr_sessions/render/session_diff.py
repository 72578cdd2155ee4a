"""The common diff of a session's open pull requests: for people, as a patch, and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import click

from pr_sessions.core.conflicts import ConflictPlace
from pr_sessions.core.visible_text import one_line, visible
from pr_sessions.git.merged_diff import DiffFile, DiffHunk, Stop
from pr_sessions.look.session_diff import SessionDiff
from pr_sessions.render.terminal import plural, table

_FEW = 5
_COLOURS = {"+": "green", "-": "red"}


def diff_lines(shown: SessionDiff) -> Iterator[str]:
    """Yield the diff for people. The signs say without colours what was added and removed."""
    yield from (click.style(visible(line), bold=True) for line in notes(shown))
    for each in shown.diff.files:
        for line in each.file.header:
            yield click.style(_text(line), bold=True)
        for hunk in each.hunks:
            yield click.style(_text(_heading(hunk)), fg="cyan")
            for line in hunk.hunk.lines:
                text = _text(line)
                yield click.style(text, fg=_COLOURS[text[0]]) if text[:1] in _COLOURS else text


def diff_patch(shown: SessionDiff) -> bytes:
    """Return the diff as `git apply` takes it: the notes are in lines that it skips."""
    comments = (f"{visible(line)}\n".encode(errors="backslashreplace") for line in notes(shown))
    files = (
        b"".join((*each.file.header, *(_heading(hunk) + b"".join(hunk.hunk.lines) for hunk in each.hunks)))
        for each in shown.diff.files
    )
    return b"".join((*comments, *files))


def stat_lines(shown: SessionDiff) -> Iterator[str]:
    """Yield one line for each file, with its pull requests and how many lines were added and removed."""
    yield from (visible(line.removeprefix("# ")) for line in notes(shown))
    files = shown.diff.files
    rows = [(one_line(file_path(each), 80), _numbers(each.numbers), _size(each)) for each in files]
    if rows:
        yield from table(rows)
    added, removed = (sum(each.count(sign) for each in files) for sign in (b"+", b"-"))
    yield f"{plural(len(files), 'file')} changed, +{added} -{removed}"


def session_diff_json(shown: SessionDiff, *, with_hunks: bool) -> dict[str, Any]:
    """Return the diff; of each file and hunk the pull requests that it comes from."""
    stop = shown.diff.stop
    return {
        "session_id": shown.session_id,
        "base": {"ref": shown.base.name, "sha": shown.base.sha},
        "prs": list(shown.order),
        "heads": {number: {"ref": head.name, "sha": head.sha} for number, head in shown.heads.items()},
        "merged": list(shown.diff.merged),
        "stop": _stop_json(stop) if stop else None,
        "not_merged": list(shown.not_merged),
        "missing": list(shown.missing),
        "fetch": shown.fetch or None,
        "elsewhere": dict(shown.elsewhere),
        "files": [_file_json(each, with_hunks=with_hunks) for each in shown.diff.files],
    }


def notes(shown: SessionDiff) -> Iterator[str]:
    """Yield what was merged and what was not, each line as a comment of a patch."""
    base = f"{_short(shown.base.name)} {shown.base.sha[:12]}"
    yield f"# {shown.session_id} on {base}: {_numbers(shown.diff.merged) or 'nothing'} merged"
    if shown.diff.stop:
        yield f"# stopped at #{shown.diff.stop.number}: {_why(shown.diff.stop)}"
        yield f"# not merged: {_numbers(shown.not_merged)}"
    if shown.missing:
        yield f"# not in this clone: {_numbers(shown.missing)}; fetch them: {shown.fetch}"
    for number, branch in shown.elsewhere.items():
        yield f"# not merged: #{number}, which is meant for {one_line(branch)}"


def _why(stop: Stop) -> str:
    if stop.why:
        return stop.why
    against = ["the base"] if stop.with_base else [f"#{number}" for number in stop.against]
    shown = [_place(path, list(places)) for path, places in groupby(stop.places[:_FEW], key=lambda place: place.path)]
    more = f" and {len(stop.places) - _FEW} more" if len(stop.places) > _FEW else ""
    conflict = f"it conflicts with {', '.join(against) or 'what was merged before'}"
    return f"{conflict} in {', '.join(shown)}{more}" if shown else conflict


def _place(path: str, places: Sequence[ConflictPlace]) -> str:
    lines = "".join(
        f" {place.first}{f'-{place.last}' if place.last != place.first else ''}" for place in places if place.first
    )
    kinds = sorted({place.kind for place in places} - {"content"})
    kind = f" ({', '.join(kinds)})" if kinds else ""
    return f"{one_line(path, 100)}{lines}{kind}"


def _heading(hunk: DiffHunk) -> bytes:
    """Return `@@ -1,2 +3,4 @@ #14 #15 text`; programs read what stands between the signs only."""
    ranges, _, rest = hunk.hunk.heading.removeprefix(b"@@").partition(b"@@")
    return b"@@%b@@ %b%b" % (ranges, _numbers(hunk.numbers, " ").encode(), rest)


def _text(line: bytes) -> str:
    # `visible` leaves colours, which are ours alone.
    return visible(line.rstrip(b"\n").decode("utf-8", "replace").replace("\x1b", "\\x1b"))


def _numbers(numbers: Iterable[str], between: str = ", ") -> str:
    return between.join(f"#{number}" for number in numbers)


def _short(name: str) -> str:
    return one_line(name.removeprefix("refs/").removeprefix("remotes/").removeprefix("heads/"))


def file_path(each: DiffFile) -> str:
    """Return the path of a file, with the one before where it was renamed."""
    new, old = (
        path.decode("utf-8", "replace") if path is not None else None for path in (each.file.new, each.file.old)
    )
    return f"{old} => {new}" if old and new and old != new else new or old or ""


def _size(each: DiffFile) -> str:
    return "binary" if each.file.is_binary else f"+{each.count(b'+')} -{each.count(b'-')}"


def _stop_json(stop: Stop) -> dict[str, Any]:
    places = [
        {"path": place.path, "first": place.first or None, "last": place.last or None, "kind": place.kind}
        for place in stop.places
    ]
    against = list(stop.against)
    return {
        "pr": stop.number,
        "with_base": stop.with_base,
        "against": against,
        "places": places,
        "why": stop.why or None,
    }


def _file_json(each: DiffFile, *, with_hunks: bool) -> dict[str, Any]:
    new, old = (
        path.decode("utf-8", "replace") if path is not None else None for path in (each.file.new, each.file.old)
    )
    fields: dict[str, Any] = {
        "path": new or old,
        "old_path": old,
        "prs": list(each.numbers),
        "added": each.count(b"+"),
        "removed": each.count(b"-"),
        "binary": each.file.is_binary,
    }
    return fields | ({"hunks": _hunks_json(each.hunks)} if with_hunks else {})


def _hunks_json(hunks: Sequence[DiffHunk]) -> list[dict[str, Any]]:
    return [
        {
            "prs": list(each.numbers),
            "old": [each.hunk.old, each.hunk.old_count],
            "new": [each.hunk.new, each.hunk.new_count],
            "lines": [line.rstrip(b"\n").decode("utf-8", "replace") for line in each.hunk.lines],
        }
        for each in hunks
    ]
