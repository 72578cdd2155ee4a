"""The inbox as Markdown, for files and for an issue. Whatever people wrote is escaped, and calls nobody."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from pr_sessions.core.conflicts import Conflict, MergeResult
from pr_sessions.core.inbox import Inbox, Mark, Row
from pr_sessions.core.inbox_view import Part, View, parts
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.gate.wording import clock, code, counted, listed, table, text
from pr_sessions.render.inbox import stranger_words
from pr_sessions.render.inbox_words import CHECKS, SECTIONS, open_words, review_words, row_title, states
from pr_sessions.render.table import link_or_none

MOST_NUMBERS = 10
MOST_PAIRS = 2
MOST_LINES = 20
_COLUMNS = ("", "Pull requests", "What", "State", "Why", "Next")
_MARKS = {Mark.NEW: "new", Mark.CHANGED: "changed", None: ""}


def inbox_markdown(inbox: Inbox, view: View) -> str:
    """Return the rows by section, each with its reason and what to do next; ends with a line break."""
    return "\n".join(_lines(inbox, view)).rstrip("\n") + "\n"


def pull_request_link(pr: OpenPullRequest) -> str:
    """Return a pull request's number, which leads to it where its address is known."""
    address = quote(link_or_none(pr.address), safe=":/#?=&%-._~")
    return f"[{text(f'#{pr.number}', 30)}]({address})" if address else text(f"#{pr.number}", 30)


def _lines(inbox: Inbox, view: View) -> Iterator[str]:
    name = listed([text(repository) for repository in inbox.repositories], 3) or "this clone"
    source = text(inbox.source) or "this clone"
    yield f"**{name}**: {open_words(inbox)}, read {clock(inbox.at)} from {source}"
    yield ""
    yield from markdown_sections(inbox, view)


def markdown_sections(inbox: Inbox, view: View) -> Iterator[str]:
    """Yield the lines of all sections, exceeded budgets and what was not read."""
    for part in parts(inbox, view):
        yield from _part(part, inbox)
    exceeded = [each for each in inbox.budgets if each.is_exceeded]
    if exceeded:
        lines = [f"{text(b.agent)}: {len(b.numbers)} open without a review, {b.limit} allowed" for b in exceeded]
        yield from ("## Over `gate.open_budget`", "", *_items(lines), "")
    if inbox.unknowns:
        yield from ("## Not read", "", *_items([text(unknown, 200) for unknown in inbox.unknowns]))


def _part(part: Part, inbox: Inbox) -> Iterator[str]:
    title = SECTIONS[part.section] if part.section else "Snoozed"
    yield from (f"## {title}: {part.count}", "")
    if part.rows:
        # Marks have a column where there are some.
        columns = slice(0 if any(row.mark for row in inbox.rows) else 1, None)
        yield table([_cells(row, inbox)[columns] for row in part.rows], _COLUMNS[columns])
        yield ""
    if part.left_out and part.rows:
        yield from (f"and {counted(part.left_out, 'more row')}", "")


def _cells(row: Row, inbox: Inbox) -> tuple[str, ...]:
    links = listed([pull_request_link(pr) for pr in row.prs], MOST_NUMBERS)
    name = text(row_title(row)) + (" (inferred)" if row.is_inferred else "")
    agents = f" ({text(', '.join(row.agents))})" if row.agents else ""
    untried = [pair for pair in row.conflicts if pair.attempt.result is MergeResult.NOT_TRIED]
    why = [text(row.reason, 300), *(_pair(pair, row.numbers) for pair in untried[:MOST_PAIRS])]
    why += [text(fact, 200) for fact in dict.fromkeys(stranger_words(row, inbox))]
    return _MARKS[row.mark], links, name + agents, _states(row), "; ".join(why), text(row.next, 300)


def _states(row: Row) -> str:
    """Return review, checks and what stands beside them; of several pull requests each word once."""
    words = (word for pr in row.prs for word in (review_words(pr), CHECKS[pr.checks], *states(pr)))
    return text(", ".join(dict.fromkeys(words)), 200)


def _pair(conflict: Conflict, numbers: Sequence[str]) -> str:
    neighbour = next((number for number in conflict.numbers if number not in numbers), conflict.numbers[1])
    return f"same file as {text(f'#{neighbour}', 30)}, merge not tried: {code(conflict.files[0])}"


def _items(lines: Sequence[str]) -> list[str]:
    more = [f"- and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return [*(f"- {line}" for line in lines[:MOST_LINES]), *more]
