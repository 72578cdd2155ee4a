"""Sessions for a terminal: one of them, and the overview that `status` prints."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.models import Basis, PullRequestRecord, Session, Stack, State, Totals
from pr_sessions.core.stacks import recorded_stacks
from pr_sessions.core.summary import Overview, SessionSummary
from pr_sessions.core.visible_text import one_line, one_line_around
from pr_sessions.render.terminal import clock, heading, plural, span, table, word

ID_WIDTH = 60
_INFERRED: Mapping[Basis, str] = {
    Basis.AGENT_RUN: "an agent's run",
    Basis.STACK: "a stack of the forge",
    Basis.COMMITS: "inferred from the commits of an agent's pull requests",
    Basis.TIME: "inferred from author and time alone",
}


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


def session_lines(summary: SessionSummary) -> Iterator[str]:
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
    yield from table([row for row in rows if row[1]])


def overview_lines(overview: Overview) -> Iterator[str]:
    """Yield the current session, the counts, and the latest sessions."""
    yield heading("Current session")
    if overview.current:
        yield from (f"  {line}" for line in session_lines(overview.current))
    else:
        yield "  none in this working tree; begin one: pr-sessions start"
    yield ""
    prs, completed = plural(overview.pull_requests, "pull request"), overview.completed
    unattributed = f", {overview.unattributed} unattributed" if overview.unattributed else ""
    yield f"{len(overview.active)} active, {len(completed)} completed, {prs}{unattributed}"
    if overview.active:
        rows = [
            (one_line_around(each.session.id, ID_WIDTH), describe_status(each), numbers(each.session.prs, 40))
            for each in overview.active
        ]
        yield from ("", heading("Active"), *table(rows))
    if overview.recent:
        ends = f"latest {overview.recent[0].session.id}, oldest {completed[0]}"
        yield from ("", heading(f"Completed ({one_line(ends, 440)})"))
        recent = [_recent_row(each.session) for each in overview.recent]
        yield from table(recent, ("session", "trigger", "when", "lasted", "PRs"))


def list_lines(summaries: Iterable[SessionSummary], unattributed: Mapping[str, PullRequestRecord]) -> Iterator[str]:
    """Yield a row for each session, then the pull requests that are in none."""
    rows = [_list_row(summary) for summary in summaries]
    if unattributed:
        rows.append(("in no session", *("-" * 4), numbers(tuple(unattributed)), "-"))
    yield from table(rows, ("session", "author", "status", "started", "lasted", "PRs", "trigger"))
    records = unattributed.items()
    taken_out = [n for n, record in records if record.attribution and record.attribution.basis is Basis.MANUAL]
    if taken_out:
        yield f"  of these taken out manually: {numbers(taken_out)}"


def pull_request_lines(session: Session) -> Iterator[str]:
    """Yield a row for each pull request of a session; nothing without any."""
    header = ("PR", "state", "files", "tests", "docs", "author", "agents", "placed by")
    records = session.pull_requests
    rows = [(n, *(_record_cells(records[n]) if n in records else "-" * (len(header) - 1))) for n in session.prs]
    if rows:
        yield ""
        yield from table(rows, header)
    for stack, prs in recorded_stacks(records):
        yield f"  {stack_clause(stack)}: {one_line(' <- '.join(prs), 100)}"


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


def _list_row(summary: SessionSummary) -> tuple[str, ...]:
    session = summary.session
    marks = ["inferred"] if session.rests_on is Basis.TIME else []
    marks += [f"{len(session.manual)} manual"] if session.manual else []
    marks += ["merged"] if session.merged else []
    marks += ["reopened"] if session.reopened else []
    return (
        one_line_around(session.id, ID_WIDTH),
        one_line(session.author, 30),
        summary.status.value,
        clock(session.started),
        span(session.duration if session.completion else session.active_time),
        f"{len(session.prs)} ({', '.join(marks)})" if marks else str(len(session.prs)),
        one_line(session.completion.trigger) if session.completion else "-",
    )


def _record_cells(record: PullRequestRecord) -> tuple[str, ...]:
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
    return tuple("-" if cell in (None, "") else one_line(str(cell), 40) for cell in cells)
