"""Sessions for a terminal: one of them, and the overview that `status` prints."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.models import Basis, PullRequestRecord, Session, Stack, State, Status, Totals
from pr_sessions.core.stacks import recorded_stacks
from pr_sessions.core.summary import Overview, SessionSummary
from pr_sessions.core.visible_text import one_line, one_line_around
from pr_sessions.render.table import (
    Cell,
    Column,
    Line,
    Span,
    Table,
    TableRow,
    Tone,
    link_or_none,
    plain_lines,
    table_lines,
)
from pr_sessions.render.terminal import clock, cut, dim, heading, plural, span, word

if TYPE_CHECKING:
    from pr_sessions.look.refresh import Refreshed

ID_WIDTH = 60
_INFERRED: Mapping[Basis, str] = {
    Basis.AGENT_RUN: "an agent's run",
    Basis.STACK: "a stack of the forge",
    Basis.COMMITS: "inferred from the commits of an agent's pull requests",
    Basis.TIME: "inferred from author and time alone",
}


_SIGNS = {
    Status.ACTIVE: (Tone.GOOD, "●"),
    Status.WARNING: (Tone.BUSY, "●"),
    Status.IDLE: (Tone.BUSY, "○"),
    Status.COMPLETED: (Tone.DIM, "✓"),
}
_STATES = {State.OPEN: (Tone.GOOD, "●"), State.MERGED: (Tone.NAME, "✓"), State.CLOSED: (Tone.BAD, "✗")}


def session_name(session: Session) -> str:
    """Return its id as a heading; that of an old file may hold anything."""
    return heading(one_line(session.id, 200))


def completed_note(session: Session) -> str:
    """Return a message that another operation ended it: `completed ada-20251122-1000 (timeout)`."""
    trigger = session.completion.trigger if session.completion else "unknown"
    return f"completed {one_line(session.id, 200)} ({one_line(trigger)})"


def describe_status(summary: SessionSummary) -> str:
    """Return its status in a few words: `active, 21 min left`, `completed: timeout`."""
    if summary.session.completion:
        return f"completed: {one_line(summary.session.completion.trigger)}"
    if summary.expiry is None or not summary.policy.enable_timeout_completion:
        return summary.status.value
    if summary.expiry < summary.at:
        return f"{summary.status}, ran out at {clock(summary.expiry)}"
    left = summary.minutes_left or 0
    return f"{summary.status}, {f'{left} min' if left < 120 else f'{left // 60} h'} left"


def status_span(summary: SessionSummary, text: str) -> Span:
    """Return what is said of a session's status, with its sign."""
    tone, sign = _SIGNS.get(summary.status, (Tone.PLAIN, ""))
    return Span(text, tone, sign)


def session_lines(summary: SessionSummary) -> Iterator[Line]:
    """Yield its name, times and totals."""
    session = summary.session
    yield f"{session_name(session)} ({describe_status(summary)})"
    rows = [
        ("title", one_line(session.title)),
        ("author", one_line(session.author)),
        ("started", clock(session.started)),
        ("last activity", clock(session.last_activity)),
        ("completed", f"{clock(session.completion.at)} after {span(session.duration)}" if session.completion else ""),
        ("pull requests", numbers(session.prs)),
        ("changed", _changed(session.totals)),
        ("agents at work", one_line(", ".join(" ".join((run.agent, run.id, *run.also)) for run in session.runs), 200)),
        ("rests on", inferred_from(session)),
        ("also known as", one_line(", ".join(session.aliases), 200)),
        *corrections(session),
    ]
    yield from table_lines([row for row in rows if row[1]])


def overview_lines(overview: Overview) -> Iterator[Line]:
    """Yield the current session, the counts, and the latest sessions."""
    yield heading("Current session")
    if overview.current:
        yield from (f"  {line}" for line in plain_lines(session_lines(overview.current)))
    else:
        yield "  none in this working tree; begin one: pr-sessions start"
    yield ""
    prs, completed = plural(overview.pull_requests, "pull request"), overview.completed
    unattributed = f", {overview.unattributed} unattributed" if overview.unattributed else ""
    yield f"{len(overview.active)} active, {len(completed)} completed, {prs}{unattributed}"
    if overview.active:
        rows = [
            (
                one_line_around(each.session.id, ID_WIDTH),
                status_span(each, describe_status(each)),
                numbers(each.session.prs, 40),
            )
            for each in overview.active
        ]
        yield from ("", heading("Active"), *table_lines(rows))
    if overview.recent:
        ends = f"latest {overview.recent[0].session.id}, oldest {completed[0]}"
        yield from ("", heading(f"Completed ({one_line(ends, 440)})"))
        recent = [_recent_row(each.session) for each in overview.recent]
        yield from table_lines(recent, ("session", "trigger", "when", "lasted", "PRs"))


def list_lines(
    summaries: Sequence[SessionSummary],
    unattributed: Mapping[str, PullRequestRecord],
    *,
    left_out: int = 0,
    page: str = "",
    now: "Refreshed | None" = None,
) -> Iterator[Line]:
    """Yield a row for each session, then the pull requests that are in none.

    Args:
        summaries: the sessions that are shown.
        unattributed: by number.
        left_out: how many more sessions there are.
        page: where people read pull requests, up to the number; empty if not known.
        now: what the forge says of them, if it was asked.
    """
    rows = [(*_list_row(each, page), *(_present_cells(each.session, now) if now else ())) for each in summaries]
    header = ["session", "author", "status", "started", "lasted", "PRs", "trigger", *(("open", "title") if now else ())]
    if unattributed:
        rows.append(("in no session", *("-" * 4), numbers(tuple(unattributed)), *("-" * (len(header) - 6))))
    yield from _list_table(rows, header)
    if left_out:
        yield dim(f"  ... and {left_out} more: --all")
    records = unattributed.items()
    taken_out = [n for n, record in records if record.attribution and record.attribution.basis is Basis.MANUAL]
    if taken_out:
        yield f"  of these taken out manually: {numbers(taken_out)}"
    yield from refreshed_lines(now)


def pull_request_lines(session: Session, page: str = "", now: "Refreshed | None" = None) -> Iterator[Line]:
    """Yield a row for each pull request of a session; nothing without any. The arguments are those of `list_lines`."""
    header = ["PR", "state", "files", "tests", "docs", "author", "agents", "placed by", *(["title"] if now else [])]
    records = session.pull_requests
    rows = []
    for number in session.prs:
        present = now.pull_requests.get(number) if now else None
        cells = list(_record_cells(records[number]) if number in records else "-" * 7)
        if present and present.state:
            cells[0] = _state_span(present.state)
        cells += [one_line(present.title, 60) if present else "-"] if now else []
        rows.append((_number(number, page), *cells))
    if rows:
        yield ""
        yield from table_lines(rows, header)
    for stack, prs in recorded_stacks(records):
        yield f"  {stack_clause(stack)}: {one_line(' <- '.join(prs), 100)}"
    yield from refreshed_lines(now)


def refreshed_lines(now: "Refreshed | None") -> Iterator[str]:
    """Yield what the forge was asked for and did not say."""
    if now and now.unknowns:
        yield from ("", heading(f"Not read from {now.source}"), *cut([f"  {one_line(u, 200)}" for u in now.unknowns]))


def stack_clause(stack: Stack) -> str:
    """Return which stack of the forge it is: `stack 50 into main, of 5`."""
    base = f" into {one_line(stack.base, 60)}" if stack.base else ""
    return f"stack {stack.number}{base}{f', of {stack.size}' if stack.size else ''}"


def agent_label(agent: Agent) -> str:
    """Return its name, and what it did where it is not known to have opened the pull request."""
    if agent.confidence is Confidence.HINT:
        return f"{agent.name} (hint)"
    return agent.name if agent.role is Role.OPENED else f"{agent.name} ({role(agent)})"


def role(agent: Agent) -> str:
    """Return its role; one that only a newer version knows is `unknown (WORD)`."""
    return word(agent.role_label, known=agent.role is not Role.UNKNOWN)


def inferred_from(session: Session) -> str:
    """Return what put it together, where nobody started or named it; empty otherwise."""
    return _INFERRED.get(session.rests_on, "")


def corrections(session: Session) -> Iterator[tuple[str, str]]:
    """Yield a row for each manual correction of the session itself."""
    for merging in session.merged:
        by = one_line(merging.by)
        yield "merged manually", f"{one_line(merging.id, 80)}, by {by} at {clock(merging.at)}"
    for split in session.split:
        by = one_line(split.by)
        yield "split manually", f"from a merge: was {one_line(split.id, 80)}, by {by} at {clock(split.at)}"
    if session.reopened:
        by = one_line(session.reopened.by)
        yield "reopened manually", f"by {by}: no end up to {clock(session.reopened.at)} counts"


def numbers(prs: Sequence[str], width: int = 60) -> str:
    """Return `2 (41, 42)`, cut where there are too many; `0` without any."""
    return one_line(f"{len(prs)} ({', '.join(prs)})" if prs else "0", width)


def _changed(totals: Totals) -> str:
    if totals == Totals():
        return ""
    docs = ", documentation" if totals.docs_updated else ""
    return f"{plural(totals.files_changed, 'file')}, {plural(totals.test_files_added, 'new test file')}{docs}"


def _recent_row(session: Session) -> tuple[str, ...]:
    end = session.completion
    trigger, at = (one_line(end.trigger), end.at) if end else ("-", None)
    return one_line_around(session.id, ID_WIDTH), trigger, clock(at), span(session.duration), numbers(session.prs, 40)


def _list_table(rows: Sequence[Sequence[Cell]], header: Sequence[str]) -> list[Line]:
    """Return the table of `list`, of which a narrow terminal leaves out what says least."""
    if not rows:
        return table_lines(rows)
    dropped = {"lasted": 1, "trigger": 2, "started": 3, "author": 4, "open": 5}
    names = ("session", "title")
    columns = tuple(Column(title, dropped.get(title, 0), shrinks=title in names) for title in header)
    return [Table(columns, tuple(TableRow(tuple(row)) for row in rows))]


def _present_cells(session: Session, now: "Refreshed") -> tuple[str, str]:
    """Return how many of its pull requests that were read are open, and its title, else that of the first open one."""
    present = [now.pull_requests[number] for number in session.prs if number in now.pull_requests]
    is_open = [each for each in present if each.state is State.OPEN]
    title = session.title or next((each.title for each in (*is_open, *present)), "")
    words = "" if len(present) == len(session.prs) else " read"
    return f"{len(is_open)} of {len(present)}{words}" if present else "not read", one_line(title, 60) or "-"


def _number(number: str, page: str) -> Span:
    """Return a pull request's number, which leads to it where it is one of the clone's own."""
    return Span(number, link=link_or_none(f"{page}{number}") if page and number.isdecimal() else "")


def _state_span(state: State) -> Span:
    tone, sign = _STATES[state]
    return Span(state.value, tone, sign)


def _list_row(summary: SessionSummary, page: str) -> tuple[Cell, ...]:
    session = summary.session
    links = [link for number in session.prs if (link := _number(number, page).link)]
    marks = ["inferred"] if session.rests_on is Basis.TIME else []
    marks += [f"{len(session.manual)} manual"] if session.manual else []
    marks += ["merged"] if session.merged else []
    marks += ["reopened"] if session.reopened else []
    return (
        Span(one_line_around(session.id, ID_WIDTH), link=links[-1] if links else ""),
        one_line(session.author, 30),
        status_span(summary, summary.status.value),
        clock(session.started),
        span(session.duration if session.completion else session.active_time),
        f"{len(session.prs)} ({', '.join(marks)})" if marks else str(len(session.prs)),
        one_line(session.completion.trigger) if session.completion else "-",
    )


def _record_cells(record: PullRequestRecord) -> tuple[Cell, ...]:
    attribution, placed = record.attribution, None
    if attribution:
        basis = word(attribution.label, known=attribution.basis is not Basis.UNKNOWN)
        placed = f"{basis} ({attribution.by})" if attribution.by else basis
    cells = (
        word(record.state, known=isinstance(record.state, State)) if record.state else None,
        record.files_changed,
        record.test_files_added,
        None if record.docs_updated is None else ("no", "yes")[record.docs_updated],
        record.author,
        ", ".join(agent_label(agent) for agent in record.agents),
        placed,
    )
    texts = ("-" if cell in (None, "") else one_line(str(cell), 40) for cell in cells)
    state, *rest = texts
    return (_state_span(record.state) if isinstance(record.state, State) else state, *rest)
