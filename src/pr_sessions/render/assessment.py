"""An assessment for people, for programs and for the runner: the decision, or everything that led to it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, json
from msgspec.structs import asdict

from pr_sessions.core.explain import explain_recorded
from pr_sessions.core.gate import PullRequestStatus, Why, clauses, waits_until
from pr_sessions.core.policy import GateMode
from pr_sessions.core.visible_text import one_line, visible_json
from pr_sessions.gate.assess import Assessment
from pr_sessions.gate.status import SessionView
from pr_sessions.gate.wording import (
    breach_words,
    clock,
    code,
    ended,
    listed,
    name,
    reference,
    table,
    text,
    time_left,
    unread_words,
)
from pr_sessions.render import terminal
from pr_sessions.render.explanation import basis_lines, why_automatic
from pr_sessions.render.json import explanation_json, time_json
from pr_sessions.render.table import Line

WIDTH = 160
MOST_ROWS = 50
MOST_LINES = 20
MOST_FILES = 3
WAITING = """\
Nothing speaks against waiting. They run when the session completes or runs out, when an agent's run in it is \
quiet for longer than `gate.max_wait`, and when the pull request is approved, is marked as ready for review or is set \
to merge by itself."""
WOULD_WAIT = (
    "Nothing speaks against waiting. `gate: advisory` skips nothing; with `gate: enforce` they would have waited."
)
# Keys of the JSON document that differ from the names in the code.
_STATUS_KEYS = {"trusted": "believed", "is_session_active": "live", "unknowns": "doubts"}
_COMMAND_KEYS = {"kind": "ask"}


def view(assessment: Assessment, *, whole: bool) -> dict[str, Any]:
    """The decision in JSON; with `whole` everything."""
    decided = {
        "number": _number(assessment) or None,
        **_typed(assessment),
        "gate": assessment.policy.gate.value,
        "reasons": [{"why": reason.why.value, "detail": reason.detail} for reason in assessment.decision.reasons],
        "breaches": list(assessment.breaches),
        "doubts": list(assessment.snapshot.unknowns),
        "requests": assessment.requests,
    }
    return decided | (_everything(assessment) if whole else {})


def lines(assessment: Assessment, *, whole: bool) -> Iterator[Line]:
    """The same for people."""
    why = "; ".join(clauses(assessment.decision.reasons, _short))
    yield f"{headline(assessment)}{f': {why}' if why else ''}."
    if whole:
        yield from _part("What happened", _event(assessment))
        if recorded := assessment.rebuilt.recorded.get(_number(assessment)):
            explanation = explain_recorded(recorded)
            yield from why_automatic(explanation, otherwise="Nothing says that it is.")
            yield from basis_lines(explanation)
        yield from _part("How it stands", _status(assessment.status))
        yield from _part("Its session", _session(assessment.view, assessment))
        yield from _part("Who is believed", _trusted(assessment))
        yield from _part("What people asked for", _commands(assessment))
        yield from _part("What could not be found out", [(_short(unknown), "") for unknown in assessment.unknowns])
        yield ""
        yield f"{terminal.plural(assessment.requests, 'request')} to GitHub."


def _number(assessment: Assessment) -> str:
    return assessment.event.number or assessment.status.number


def _typed(assessment: Assessment) -> dict[str, Any]:
    """Return the step's outputs, typed."""
    outputs = dict(step_outputs(assessment))
    prs = list(assessment.view.session.prs) if assessment.view else []
    flags = {key: value == "true" for key, value in outputs.items() if key not in ("session_id", "prs")}
    return flags | {"session_id": assessment.status.session_id, "prs": prs}


def _everything(assessment: Assessment) -> dict[str, Any]:
    event, recorded = assessment.event, assessment.rebuilt.recorded.get(_number(assessment))
    return {
        "at": time_json(assessment.at),
        "event": {
            "name": event.name,
            "action": event.action,
            "repository": event.repository,
            "sha": event.sha,
            "by": event.sender.login,
            "at": time_json(event.at),
            "problem": event.problem or None,
        },
        **(explanation_json(explain_recorded(recorded)) if recorded else {}),
        "standing": _named(assessment.status, _STATUS_KEYS),
        "session": _session_view(assessment.view) if assessment.view else None,
        "believed": assessment.rebuilt.trusted,
        "writers": assessment.snapshot.writers,
        "commands": [_named(command, _COMMAND_KEYS) for command in assessment.rebuilt.commands],
    }


def _named(value: Struct, keys: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a value, some of them under other keys."""
    return {keys.get(key, key): field for key, field in asdict(value).items()}


def _session_view(view: SessionView) -> dict[str, Any]:
    return {
        "open": list(view.open),
        "review": list(view.review),
        "stacks": list(view.stacks),
        "independent": list(view.independent),
        "overlaps": list(view.overlaps),
        "agents": list(view.agents),
        "ends": time_json(view.ends),
    }


def _part(title: str, rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    every = list(rows)
    if every:
        yield from ("", terminal.heading(title), *terminal.table(every[:MOST_ROWS]))
    if more := every[MOST_ROWS:]:
        yield terminal.dim(f"  ... and {len(more)} more")


def _event(assessment: Assessment) -> Iterator[tuple[str, str]]:
    event = assessment.event
    yield "event", _short(f"{event.name or 'unknown'} {event.action}".strip())
    yield "where", _short(event.repository or "unknown")
    yield "by", _short(event.sender.login or "unknown")
    yield "looked at", terminal.clock(assessment.at)
    if event.problem:
        yield "problem", _short(event.problem)


def _status(status: PullRequestStatus) -> Iterator[tuple[str, str]]:
    yield "state", status.state.value if status.state else "unknown"
    for label, holds in (
        ("from a fork, or unknown", status.is_fork),
        ("author believed", status.trusted),
        ("automatic", status.is_auto),
        ("made with an agent", status.is_assisted),
        ("left out by a label", status.excluded),
        ("session goes on", status.is_session_active),
        ("quiet for longer than checks wait", status.is_session_quiet),
        ("approved", status.approved),
        ("ready for review", status.ready),
        ("merges by itself", status.auto_merge),
    ):
        yield label, "yes" if holds else "no"
    files = status.files
    yield "files", "unknown" if files is None else _short(f"{len(files)}: {', '.join(files[:20])}")


def _session(view: SessionView | None, assessment: Assessment) -> Iterator[tuple[str, str]]:
    if view is None:
        return
    end = view.session.completion
    yield "id", _short(view.session.id)
    yield "pull requests", _short(", ".join(view.session.prs))
    yield "to review", _short(", ".join(view.review) or "none")
    yield "agents", _short(", ".join(view.agents) or "none")
    yield "ends", _short(end.trigger) if end else time_left(view.ends, assessment.at) if view.ends else "not by itself"


def _trusted(assessment: Assessment) -> Iterator[tuple[str, str]]:
    for number, trusted in assessment.rebuilt.trusted.items():
        yield f"the author of #{number}", "yes" if trusted else "no"
    for login, may_write in assessment.snapshot.writers.items():
        yield _short(login), "yes" if may_write else "no"


def _commands(assessment: Assessment) -> Iterator[tuple[str, str, str]]:
    for command in assessment.rebuilt.commands:
        yield (
            f"#{command.number}",
            _short(f"{command.kind} {command.target}".strip()),
            _short(f"{command.by}, {terminal.clock(command.at)}"),
        )


def _short(text: str) -> str:
    return one_line(text, WIDTH)


def step_outputs(assessment: Assessment) -> Mapping[str, str]:
    """Return the documented outputs, by name."""
    status, decision = assessment.status, assessment.decision
    return {
        "is_auto_pr": _word(status.is_auto),
        "session_id": status.session_id or "",
        "should_skip_scoring": _word(decision.skip),
        "would_skip": _word(decision.postpone),
        "session_completed": _word(status.trigger is not None),
        "gate": assessment.policy.gate if assessment.is_policy_known else "",
        "prs": visible_json(json.encode(assessment.view.session.prs if assessment.view else ()).decode()),
    }


def _word(holds: bool) -> str:
    return "true" if holds else "false"


def summary(assessment: Assessment) -> str:
    """Return the job summary in Markdown: the decision and why, the session, and what is unknown."""
    parts = [*_decided(assessment), *(_session_summary(assessment.view, assessment) if assessment.view else ())]
    if assessment.breaches:
        parts += ["#### Too many open pull requests", _list(breach_words(each, text) for each in assessment.breaches)]
    # The reasons show the first unknown already.
    shown = [reason.detail for reason in assessment.decision.reasons if reason.why is Why.UNKNOWN][:1]
    if unknowns := [unknown for unknown in assessment.unknowns if unknown not in shown]:
        parts += ["#### Not known for sure", _list(text(unknown, 300) for unknown in unknowns)]
    return "\n\n".join((*parts, f"{terminal.plural(assessment.requests, 'request')} to GitHub.")) + "\n"


def headline(assessment: Assessment) -> str:
    """Return the decision in one line of plain text, without a full stop."""
    number = assessment.event.number or assessment.status.number
    whose = f"The checks of #{number}" if number else "The checks"
    if assessment.decision.skip:
        return f"{whose} wait for the end of its session"
    if _would_wait(assessment):
        return f"{whose} run; they could have waited for the end of its session"
    return f"{whose} run at once"


def _would_wait(assessment: Assessment) -> bool:
    return assessment.decision.postpone and assessment.policy.gate is GateMode.ADVISORY


def _decided(assessment: Assessment) -> Iterator[str]:
    yield f"### {headline(assessment)}"
    if assessment.decision.reasons:
        always = [reason for reason in assessment.decision.reasons if reason.why is Why.ALWAYS]
        others = [reason for reason in assessment.decision.reasons if reason.why is not Why.ALWAYS]
        yield _list(f"Because {clause}" for clause in (*clauses(others, text), *clauses(always, code)))
    elif assessment.decision.skip or _would_wait(assessment):
        yield f"{WAITING}{_start(assessment)}" if assessment.decision.skip else WOULD_WAIT


def _start(assessment: Assessment) -> str:
    """Return when checks start that wait for an agent's run, whose session ends much later."""
    session = assessment.view.session if assessment.view else None
    start = waits_until(session, assessment.policy) if session and session.runs else None
    return f" They wait until {clock(start)} if nothing more happens." if start else ""


def _session_summary(view: SessionView, assessment: Assessment) -> Iterator[str]:
    yield f"#### Session {name(view.session.id)}"
    by = f" by {text(view.session.author)}" if view.session.author else ""
    sentences = [f"{terminal.plural(len(view.session.prs), 'pull request')}{by}, {len(view.open)} open."]
    if view.agents:
        sentences.append(f"Agents: {', '.join(map(text, view.agents[:MOST_LINES]))}.")
    if view.session.completion:
        sentences.append(f"It completed: {ended(view.session.completion, view.session, assessment.policy)}.")
    elif view.ends:
        left, at = time_left(view.ends, assessment.at), clock(view.ends)
        sentences.append(f"It runs out {left}, at {at}, if nothing more happens.")
    yield " ".join(sentences)
    if view.review:
        yield "To review, in this order:"
        yield _review_table(view)
    if view.overlaps:
        yield "Pairs that change the same files:"
        yield _list(
            f"{' and '.join(map(reference, pair.numbers))}: {listed([*map(code, pair.files)], MOST_FILES)}"
            for pair in view.overlaps
        )
    if view.unread:
        yield unread_words(view.unread)
    if view.stacks:
        yield "Each is built on the one before:"
        yield _list(", ".join(f"#{number}" for number in chain) for chain in view.stacks)


def _review_table(view: SessionView) -> str:
    titles = {pr.pull_request.number: pr.pull_request.title for pr in view.pull_requests}
    alone = set(view.independent) if len(view.open) > 1 else set()
    rows = [(f"#{n}", text(titles[n]), "on its own" if n in alone else "") for n in view.review]
    width = 3 if any(row[2] for row in rows) else 2
    more = len(rows) - MOST_ROWS
    rest = [("", f"and {more} more", "")] if more > 0 else []
    return table([row[:width] for row in (*rows[:MOST_ROWS], *rest)], ("Review", "Title", "")[:width])


def _list(lines: Iterable[str]) -> str:
    every = [f"- {line}" for line in lines]
    more = len(every) - MOST_LINES
    return "\n".join([*every[:MOST_LINES], *([f"- and {more} more"] if more > 0 else [])])
