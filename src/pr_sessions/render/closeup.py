"""What `look --why` says of one pull request, for a terminal."""

from collections.abc import Iterator
from textwrap import wrap

from pr_sessions.core.agents import Involvement
from pr_sessions.core.explain import involvement_clause
from pr_sessions.core.gate import Decision
from pr_sessions.core.visible_text import columns, one_line, one_line_around
from pr_sessions.look.survey import Closeup
from pr_sessions.render.explanation import agent_lines, candidate_lines, why_automatic
from pr_sessions.render.inference import inferred_by
from pr_sessions.render.survey import block, pattern_lines, unknown_lines
from pr_sessions.render.table import Line, table_lines
from pr_sessions.render.terminal import MOST_ROWS, WIDTH, age, clock, cut, file_list, heading


def closeup_lines(closeup: Closeup) -> Iterator[Line]:
    """Yield everything about one pull request, of a history or of a forge."""
    pr, survey = closeup.pull_request, closeup.survey
    yield heading(f"#{pr.number} is {'automatic' if pr.is_auto else 'not automatic'}")
    yield from table_lines(_record(closeup))
    if pr.is_auto:
        yield from why_automatic(pr.explanation)
    else:
        if not survey.at and pr.involvement is Involvement.NO_SIGN:
            yield from ("", *pattern_lines(survey.patterns))
        yield from agent_lines(pr.agents)
    if closeup.decision:
        rows = list(_decision_rows("today", closeup.decision))
        rows += _decision_rows("when opened", pr.at_opening) if pr.at_opening else []
        yield from ("", heading("Its checks, by the gate"), *table_lines(rows))
    yield from (
        "",
        heading("Its session" if pr.explanation.session_id or pr.is_auto or survey.at else "The work around it"),
    )
    yield from _group(closeup)
    yield from candidate_lines(pr.explanation)
    yield from _neighbours(closeup)
    if unknowns := unknown_lines(closeup.unknowns):
        yield from ("", *unknowns)


def _record(closeup: Closeup) -> list[tuple[str, str]]:
    pr, at = closeup.pull_request, closeup.survey.at
    rows = [("title", one_line(pr.title)), ("author", one_line(pr.author or "unknown"))]
    if at:
        trusted = "yes" if closeup.is_trusted else "no: what it says of itself does not count"
        state = f"{closeup.state.value if closeup.state else 'unknown'}{', a draft' if pr.is_draft else ''}"
        branch = f"{pr.branch or 'unknown'} into {pr.base or 'unknown'}{', of a fork' if pr.is_fork else ''}"
        rows += [("believed", trusted), ("opened", f"{clock(pr.opened)}, {age(pr.opened, at)} ago"), ("state", state)]
    else:
        branch = f"{pr.branch or 'unknown'} into {pr.base}" if pr.base else pr.branch or "unknown"
        merged = f"{clock(pr.merged)} by {pr.kind} {(pr.commit or '')[:10]}"
        rows += [("opened", clock(pr.opened)), ("merged", merged)]
    unknown = "unknown" if at else "unknown: the clone is shallow"
    files = unknown if pr.files is None else file_list(pr.files, 60)
    rows += [("branch", one_line(branch)), ("files", one_line(files))]
    clause = involvement_clause(pr.agents, closeup.counts, one_line)
    first, *others = wrap(clause, WIDTH - 16, break_on_hyphens=False)
    return [*rows, ("agents", first), *(("", line) for line in others)]


def _decision_rows(when: str, decision: Decision) -> Iterator[tuple[str, str]]:
    """Yield a decision of the gate, and a row for each reason."""
    from pr_sessions.core.gate import words

    waits = "wait for the end of its session" if decision.skip else "could wait for the end of its session"
    yield when, waits if decision.postpone else "run at once"
    yield from (("", one_line(words(reason, str), 64)) for reason in decision.reasons)


def _group(closeup: Closeup) -> Iterator[str]:
    survey, session_id = closeup.survey, closeup.pull_request.explanation.session_id
    if survey.at is None:
        group = survey.group_of(closeup.pull_request.number)
        yield from block(group, survey, MOST_ROWS) if group else ["  None: no session fits, or several equally well."]
        if survey.learnt and (session_id or "").startswith("inferred-"):
            yield from inferred_by(survey.learnt)
        return
    group = next((each for each in survey.sessions if each.session_id == session_id), None) if session_id else None
    if group:
        yield from block(group, survey, MOST_ROWS)
    else:
        yield f"  {one_line_around(session_id, 40)}, nothing of it is open" if session_id else "  None."


def _neighbours(closeup: Closeup) -> Iterator[str]:
    number, survey = closeup.pull_request.number, closeup.survey
    which = "that are open and" if survey.at else "around it that"
    title = f"Others {which} touch the same files"
    rows = []
    for pair in closeup.overlaps:
        neighbour = next(n for n in pair.numbers if n != number)
        who = f" {one_line(survey.pull_requests[neighbour].who, 24)}" if survey.at else ""
        start = f"  #{neighbour}{who}: "
        rows.append(one_line(f"{start}{file_list(pair.files, WIDTH - columns(start))}", WIDTH))
    if rows:
        yield from ("", heading(title), *cut(rows))
