"""`pr-sessions show`."""

from collections.abc import Iterator

import click

from pr_sessions.cli import agents_text, options, output, session_text, views
from pr_sessions.sessions.session import Facts, Placement, Session

_HEADER = ("PR", "state", "files", "tests", "docs", "author", "agents", "placed by")


@click.command("show")
@click.argument("session")
@options.as_json
def command(session: str, json: bool) -> None:
    r"""Show one session with its pull requests.

    \b
    Examples:
      pr-sessions show ada-20251122-1000
      pr-sessions show ada-20251122-1000 --json
    """
    tracker = options.tracker()
    found, now = tracker.session(session), tracker.now()
    if found.id != session:
        output.note(f"{output.one_line(session, 200)} became part of {output.one_line(found.id, 200)}")
    rows = list(_rows(found))
    lines = [*session_text.summary(found, tracker, now), *(["", *output.table(rows, _HEADER)] if rows else [])]
    output.show(views.with_pull_requests(found, tracker, now), lines, as_json=json)


def _rows(session: Session) -> Iterator[tuple[str, ...]]:
    for number in session.prs:
        facts = session.pull_requests.get(number)
        yield (number, *_cells(facts)) if facts else (number, *("-" * (len(_HEADER) - 1)))


def _placed(placement: Placement) -> str:
    return placement.rung.label + (f" ({placement.by})" if placement.by else "")


def _cells(facts: Facts) -> tuple[str, ...]:
    docs = None if facts.docs_updated is None else ("no", "yes")[facts.docs_updated]
    placed = _placed(facts.placement) if facts.placement else None
    cells = (
        facts.state,
        facts.files_changed,
        facts.test_files_added,
        docs,
        facts.author,
        ", ".join(agents_text.short(agent) for agent in facts.agents),
        placed,
    )
    return tuple("-" if cell in (None, "") else output.one_line(str(cell), 40) for cell in cells)
