"""Why a pull request is automatic and why it is in its session, for a terminal."""

from collections.abc import Iterable, Iterator

from pr_sessions.core.agents import Agent, Confidence, Evidence
from pr_sessions.core.explain import (
    BASES,
    BasisResult,
    Explanation,
    Outcome,
    evidence_clause,
    involvement_clause,
    source,
)
from pr_sessions.core.explain import attribution_clause as basis_clause
from pr_sessions.core.models import Attribution, Basis
from pr_sessions.core.stacks import recorded_stacks
from pr_sessions.core.summary import SessionSummary
from pr_sessions.core.visible_text import one_line, one_line_around
from pr_sessions.render.sessions import corrections, describe_status, inferred_from, role, session_name, stack_clause
from pr_sessions.render.table import Line, table_lines
from pr_sessions.render.terminal import clock, heading, word

_AGENT_HEADER = ("agent", "role", "confidence", "by", "source")


def explanation_lines(explanation: Explanation, summary: SessionSummary | None) -> Iterator[Line]:
    """Yield why a pull request is in its session, or in none; `summary` is of that session."""
    number = explanation.number
    if summary:
        yield from _in_session(explanation, summary)
    else:
        yield f"Pull request {number} is in no session: {one_line(no_session_clause(explanation), 400)}."
        yield f"Put it into one: pr-sessions add {number} --session ID"
    if explanation.inferred:
        from pr_sessions.render.inference import inferred_session

        yield from ("", *inferred_session(explanation.number, *explanation.inferred))
    yield ""
    if explanation.is_auto:
        yield "It is automatic, because"
        yield from (f"  {clause}" for clause in evidence_clauses(explanation.evidence))
    else:
        yield "Nothing that is known of it says that it is automatic."
    from pr_sessions.core.sign_counts import SignCounts

    yield f"Involvement: {one_line(involvement_clause(explanation.agents, SignCounts(), one_line), 400)}."
    yield from agent_lines(explanation.agents)
    yield from basis_lines(explanation)


def evidence_clauses(evidence: Iterable[Evidence]) -> list[str]:
    """Return what makes a pull request automatic, one clause each."""
    return [evidence_clause(each, one_line) for each in evidence]


def attribution_clause(attribution: Attribution | None) -> str:
    """Return why a pull request is in its session, as one clause."""
    clause = basis_clause(attribution, one_line)
    if attribution is None or attribution.basis is Basis.NONE:
        return clause
    if attribution.basis is Basis.UNKNOWN:
        return f"{clause}: {one_line(attribution.label, 40)}"
    if attribution.by:
        return f"{clause} at {clock(attribution.at)}"
    return f"{clause} ({one_line(attribution.detail, 120)})" if attribution.detail else clause


def no_session_clause(explanation: Explanation) -> str:
    """Return why a pull request is in no session, as one clause."""
    attribution = explanation.attribution
    if attribution and attribution.basis is Basis.MANUAL:
        return f"{one_line(attribution.by) or 'somebody'} took it out manually at {clock(attribution.at)}"
    if explanation.would_join:
        return f"none fitted when it was recorded; recorded again now, it would go to {explanation.would_join}"
    if explanation.equal_matches:
        return f"several fit equally well: {one_line(', '.join(explanation.equal_matches), 200)}"
    return "no author is known, and no session is current in this working tree"


def why_automatic(explanation: Explanation, otherwise: str = "") -> Iterator[Line]:
    """Yield a part of the output: what makes it automatic, or the other text, and the agents that were involved."""
    clauses = evidence_clauses(explanation.evidence) or ([otherwise] if otherwise else [])
    if clauses:
        yield from ("", heading("Why automatic"), *(f"  {clause}" for clause in clauses))
    yield from agent_lines(explanation.agents)


def agent_lines(agents: Iterable[Agent]) -> Iterator[Line]:
    """Yield a row for each piece of evidence of an agent; nothing without agents."""
    rows = [row for agent in agents for row in _agent_rows(agent)]
    if rows:
        yield ""
        yield from table_lines(rows, _AGENT_HEADER)


def basis_lines(explanation: Explanation) -> Iterator[Line]:
    """Yield a row for each basis: which one decided, which ones are stronger, and what each found."""
    yield ""
    yield "What can put a pull request into a session, strongest first; only something stronger would move it:"
    yield from table_lines([_basis_row(result) for result in explanation.bases])


def candidate_lines(explanation: Explanation) -> Iterator[Line]:
    """Yield a row for each basis that was evaluated: what it saw, and the sessions that it named."""
    candidates = explanation.candidates
    if not candidates:
        return
    rows = [
        (each.basis.label, one_line(each.detail, 44), one_line_around(", ".join(each.candidates) or "nothing", 24))
        for each in candidates
    ]
    yield from ("", heading("What was asked, the strongest first"), *table_lines(rows))
    if explanation.session and not candidates[-1].candidates:
        yield "  So it began a session of its own."


def _in_session(explanation: Explanation, summary: SessionSummary) -> Iterator[Line]:
    session, attribution = summary.session, explanation.attribution
    why = attribution_clause(attribution)
    yield f"Pull request {explanation.number} is in {session_name(session)}, because {why}."
    end = session.completion.at if session.completion else None
    rows = [
        ("recorded", clock(attribution.at if attribution else None)),
        ("session", describe_status(summary)),
        ("its span", f"{clock(session.started)} to {clock(end or session.latest)}"),
        ("rests on", inferred_from(session)),
        ("source", _marker_source(explanation)),
        ("shares a commit", _shared_commit(explanation)),
        ("stack", _stack(explanation)),
        ("also known as", one_line(", ".join(session.aliases), 200)),
        *corrections(session),
    ]
    yield from table_lines([row for row in rows if row[1]])


def _marker_source(explanation: Explanation) -> str:
    """Return who vouches for a marker: it is text like any other, and a stranger may have copied it."""
    if explanation.basis is not Basis.MARKER:
        return ""
    author = explanation.sole_author
    return one_line(f"its author; nothing else in the session is by {author}", 200) if author else "its author"


def _shared_commit(explanation: Explanation) -> str:
    if explanation.basis is not Basis.COMMITS:
        return ""
    return one_line(f"with {', '.join(explanation.shares_commit_with) or 'no other'}", 200)


def _stack(explanation: Explanation) -> str:
    """Return its place in a stack of the forge, and what else of the stack is in its session."""
    records = explanation.session.pull_requests if explanation.session else {}
    containing = (each for each in recorded_stacks(records) if explanation.number in each[1])
    stack, prs = next(containing, (None, ()))
    if stack is None:
        return ""
    position = place.position if (place := records[explanation.number].stack) else 0
    where = f"place {position} in {stack_clause(stack)}" if position else stack_clause(stack)
    return one_line(f"{where}; here {' <- '.join(prs)}", 200)


def _agent_rows(agent: Agent) -> Iterator[tuple[str, ...]]:
    confidence = word(agent.confidence_label, known=agent.confidence is not Confidence.UNKNOWN)
    cells = (one_line(agent.name, 40), role(agent), confidence)
    for evidence in agent.evidence:
        yield (*cells, one_line(f"{evidence.rule}: {evidence.detail}", 80), source(evidence))
        cells = ("", "", "")
    if not agent.evidence:
        yield (*cells, "-", "unknown")


def _basis_row(result: BasisResult) -> tuple[str, str, str]:
    mark, detail = f"   {result.outcome.value}", result.detail
    if result.outcome is Outcome.DECIDED:
        mark, meaning = "-> decided", BASES[result.basis]
        detail = meaning if detail == meaning else f"{meaning} ({detail})"
    elif result.sessions:
        detail = f"{detail}: {', '.join(result.sessions)}"
    return mark, result.basis.label, one_line(detail, 160)
