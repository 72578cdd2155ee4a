"""Parts that are shown of a history as of what is open."""

from collections.abc import Iterable, Iterator, Sequence

from pr_sessions.cli.looking.shortened import WIDTH, some
from pr_sessions.cli.output import heading, one_line, plural, table
from pr_sessions.history.overview import AgentCount

Asked = tuple[str, Sequence[str], str]


def agent_lines(agents: Iterable[AgentCount]) -> list[str]:
    """Those that had part, with how sure that is; a hint says so."""
    rows = [(one_line(a.name, 40), a.role.value, plural(a.pull_requests, "pull request"), a.confidence) for a in agents]
    return [heading("Agents"), *some(table(rows))] if rows else []


def stack_lines(stacks: Iterable[Sequence[str]]) -> list[str]:
    """A chain to a line."""
    lines = [one_line(f"  {' <- '.join(f'#{number}' for number in chain)}", WIDTH) for chain in stacks]
    return [heading("Stacks, each built on the one before"), *some(lines)] if lines else []


def asked_lines(asked: Sequence[Asked], *, in_session: bool) -> Iterator[str]:
    """What was asked for a session: each rung, the sessions that it named, and what it saw."""
    if not asked:
        return
    rows = [(rung, one_line(seen, 44), one_line(", ".join(found) or "nothing", 24)) for rung, found, seen in asked]
    yield from ("", heading("What was asked, the strongest first"), *table(rows))
    if in_session and not asked[-1][1]:
        yield "  So it began a session of its own."
