"""The job summary: what was decided and why, the session, and what could not be found out, as Markdown. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from pr_sessions.history.relations import Overlap
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.markdown import code, table, text
from pr_sessions.live.reasons import clauses
from pr_sessions.live.view import SessionView
from pr_sessions.live.wording import breach_words, clock, counted, ended, listed, name, reference, time_left
from pr_sessions.sessions.gate import Reason, Why
from pr_sessions.sessions.policy import GateMode

MOST_ROWS = 50
MOST_LINES = 20
MOST_FILES = 3

WAITING = """\
Nothing speaks against waiting. They run when the session completes or runs out, and when the pull request is \
approved, is marked as ready for review or is set to merge by itself."""
WOULD_WAIT = (
    "Nothing speaks against waiting. `gate: advisory` skips nothing; with `gate: enforce` they would have waited."
)


def summary(judgement: Judgement) -> str:
    """Everything that a reader of the run should know, the decision first."""
    session = _session(judgement.view, judgement) if judgement.view else ()
    asked = f"{counted(judgement.requests, 'request')} to GitHub."
    return "\n\n".join((*_decided(judgement), *session, *_budget(judgement), *_doubts(judgement), asked)) + "\n"


def headline(judgement: Judgement) -> str:
    """The decision in one line of plain text, without a full stop."""
    number = judgement.event.number or judgement.standing.number
    whose = f"The checks of #{number}" if number else "The checks"
    if judgement.decision.skip:
        return f"{whose} wait for the end of its session"
    if _would_wait(judgement):
        return f"{whose} run; they could have waited for the end of its session"
    return f"{whose} run at once"


def _would_wait(judgement: Judgement) -> bool:
    return judgement.decision.postpone and judgement.policy.gate is GateMode.ADVISORY


def _decided(judgement: Judgement) -> Iterator[str]:
    yield f"### {headline(judgement)}"
    if judgement.decision.reasons:
        yield _list(f"Because {clause}" for clause in _clauses(judgement.decision.reasons))
    elif judgement.decision.skip or _would_wait(judgement):
        yield WAITING if judgement.decision.skip else WOULD_WAIT


def _clauses(reasons: Sequence[Reason]) -> Iterator[str]:
    yield from clauses([reason for reason in reasons if reason.why is not Why.ALWAYS], text)
    yield from clauses([reason for reason in reasons if reason.why is Why.ALWAYS], code)


def _session(view: SessionView, judgement: Judgement) -> Iterator[str]:
    yield f"#### Session {name(view.session.id)}"
    yield " ".join((_counts(view), *_agents(view), *_end(view, judgement)))
    if view.review:
        yield "To review, in this order:"
        yield _some_rows([_row(number, view) for number in view.review])
    if view.overlaps:
        yield "Pairs that change the same files:"
        yield _list(map(_overlap, view.overlaps))
    if view.stacks:
        yield "Each is built on the one before:"
        yield _list(", ".join(f"#{number}" for number in chain) for chain in view.stacks)


def _counts(view: SessionView) -> str:
    by = f" by {text(view.session.author)}" if view.session.author else ""
    return f"{counted(len(view.session.prs), 'pull request')}{by}, {len(view.open)} open."


def _agents(view: SessionView) -> Iterator[str]:
    if view.agents:
        yield f"Agents: {', '.join(map(text, view.agents[:MOST_LINES]))}."


def _end(view: SessionView, judgement: Judgement) -> Iterator[str]:
    if view.session.completion:
        yield f"It completed: {ended(view.session.completion, judgement.policy)}."
    elif view.ends:
        yield f"It runs out {time_left(view.ends, judgement.at)}, at {clock(view.ends)}, if nothing more happens."


def _overlap(pair: Overlap) -> str:
    return f"{' and '.join(map(reference, pair.numbers))}: {listed([*map(code, pair.files)], MOST_FILES)}"


def _row(number: str, view: SessionView) -> tuple[str, str, str]:
    one = next(one.pull_request for one in view.pull_requests if one.pull_request.number == number)
    return f"#{number}", text(one.title), "on its own" if number in view.independent and len(view.open) > 1 else ""


def _some_rows(rows: Sequence[Sequence[str]]) -> str:
    more = len(rows) - MOST_ROWS
    rest = [("", f"and {more} more", "")] if more > 0 else []
    width = 3 if any(row[2] for row in rows) else 2
    return table([row[:width] for row in (*rows[:MOST_ROWS], *rest)], ("Review", "Title", "")[:width])


def _budget(judgement: Judgement) -> Iterator[str]:
    if judgement.breaches:
        yield "#### Too many open pull requests"
        yield _list(breach_words(breach, text) for breach in judgement.breaches)


def _doubts(judgement: Judgement) -> Iterator[str]:
    """What could not be found out, where the reasons do not tell all of it."""
    told = [reason.detail for reason in judgement.decision.reasons if reason.why is Why.DOUBT][:1]
    if doubts := [doubt for doubt in judgement.doubts if doubt not in told]:
        yield "#### Not known for sure"
        yield _list(text(doubt, 300) for doubt in doubts)


def _list(lines: Iterable[str]) -> str:
    every = [f"- {line}" for line in lines]
    more = len(every) - MOST_LINES
    return "\n".join([*every[:MOST_LINES], *([f"- and {more} more"] if more > 0 else [])])
