"""What reviewers of a session should know, as Markdown for a comment. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from pr_sessions.core.explain import attribution_clause, evidence_clause
from pr_sessions.core.gate import waits_until
from pr_sessions.core.ids import number_order
from pr_sessions.core.models import State
from pr_sessions.core.paths import matches_any
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.gate.rebuild import RebuiltSessions, Snapshot
from pr_sessions.gate.status import Breach, SessionView
from pr_sessions.gate.wording import (
    breach_words,
    clock,
    code,
    counted,
    ended,
    listed,
    name,
    reference,
    references,
    table,
    text,
    time_left,
    unread_words,
)

LONGEST = 60_000  # GitHub takes 65,536 characters
MOST_ROWS = 30
MOST_OTHERS = 10  # of whatever has no row of its own: names, groups of files, reasons
MOST_FILES = 3
TITLE = 80
PATH = 100

_COMPLETE = "- `/complete-session` ends the session"
_COMMANDS = """\
- `/session move #12` moves this pull request to that one's session; `/session move new` to one of its own
- `/session status` tells where this pull request stands"""


class Subject(Struct, frozen=True, kw_only=True):
    """The session of a digest, and what was fetched for it.

    Attributes:
        breaches: budgets that the session's agents exceed.
    """

    view: SessionView
    snapshot: Snapshot
    rebuilt: RebuiltSessions
    policy: Policy
    breaches: tuple[Breach, ...] = ()


def digest(subject: Subject, at: datetime | None) -> str:
    """Return what reviewers should know of a session, at most 60,000 characters.

    Args:
        subject: the session.
        at: the time of writing; `None` leaves out what time alone changes.
    """
    head = f"{_title(subject)}\n\n{_record(subject)}  \n{_end(subject, at)}"
    foot = [f"<sub>pr-sessions, as of {clock(at)}</sub>"] if at else []
    parts = [part for section in _SECTIONS if (part := section(subject))]
    return "\n\n".join([head, *_fitting(parts, LONGEST - len(head) - 100), *foot])


def link(session_id: str, anchor: str) -> str:
    """Return what the other pull requests of the session carry: it stays true for as long as they are in it."""
    return f"Part of session {name(session_id)}: see the digest in {reference(anchor)}."


def _title(subject: Subject) -> str:
    agents = [text(agent) for agent in subject.view.agents] or [text(subject.view.session.author)]
    count = counted(len(subject.view.session.prs), "pull request")
    return f"### A session of {count} by {listed(agents, MOST_OTHERS)}"


def _record(subject: Subject) -> str:
    session = subject.view.session
    states = [pr.pull_request.state for pr in subject.view.pull_requests]
    counts = [f"{states.count(state)} {state.value}" for state in State if state in states]
    return " · ".join([name(session.id), f"since {clock(session.started)}", *filter(None, [", ".join(counts)])])


def _end(subject: Subject, at: datetime | None) -> str:
    """Return how the session ended, or when it will."""
    completion, ends = subject.view.session.completion, subject.view.ends
    if completion:
        return f"**Completed** {ended(completion, subject.view.session, subject.policy)}. This digest stays as it is."
    if ends is None:
        return "It goes on until somebody completes it."
    left = f", {time_left(ends, at)}," if at else ""
    return f"It ends at **{clock(ends)}**{left} if nothing more happens."


def _breached(subject: Subject) -> str:
    lines = [f"> {breach_words(breach, text)}." for breach in subject.breaches[:MOST_OTHERS]]
    return "\n".join(["> [!WARNING]", *lines]) if lines else ""


def _order(subject: Subject) -> str:
    view = subject.view
    if not view.review:
        return "Nothing is left to review."
    below = {upper: lower for chain in view.stacks for lower, upper in pairwise(chain)}
    rows = [_row(subject, place, number, below) for place, number in enumerate(view.review[:MOST_ROWS], 1)]
    columns = 4 if any(row[3] for row in rows) else 3
    shown = table([row[:columns] for row in rows], ["Review", "Pull request", "Files", "Built on"][:columns])
    left_out = len(view.review) - MOST_ROWS
    return f"{shown}\n\n... and {left_out} more" if left_out > 0 else shown


def _row(subject: Subject, place: int, number: str, below: Mapping[str, str]) -> list[str]:
    pr, files = subject.snapshot.pull_requests[number].pull_request, subject.snapshot.files.get(number)
    size = pr.files_changed if files is None else len(files)
    named = f"{reference(number)} {text(pr.title, TITLE)}".rstrip()
    return [str(place), named, "?" if size is None else str(size), reference(below[number]) if number in below else ""]


def _alone(subject: Subject) -> str:
    independent = subject.view.independent
    if not independent or len(subject.view.open) == 1:
        return ""
    return (
        f"**On their own**, in any order: {references(independent)}"
        if len(independent) > 1
        else f"**On its own**: {references(independent)}"
    )


def _overlapping(subject: Subject) -> str:
    """Return files by the pull requests that change them: pairs alone would name a file many times."""
    by_numbers: dict[tuple[str, ...], list[str]] = {}
    for path, numbers in _changed_by_several(subject).items():
        by_numbers.setdefault(tuple(sorted(numbers, key=number_order)), []).append(path)
    ranked = sorted(by_numbers.items(), key=lambda item: (-len(item[1]), [number_order(number) for number in item[0]]))
    rows = [
        [listed([code(path, PATH) for path in paths], MOST_FILES), ", ".join(_owned(subject, n) for n in numbers)]
        for numbers, paths in ranked[:MOST_OTHERS]
    ]
    if len(ranked) > MOST_OTHERS:
        rows.append([counted(sum(len(paths) for _, paths in ranked[MOST_OTHERS:]), "more file"), ""])
    return table(rows, ["Files that several change", "Pull requests"]) if rows else ""


def _changed_by_several(subject: Subject) -> Mapping[str, set[str]]:
    numbers: dict[str, set[str]] = {}
    for overlap in subject.view.overlaps:
        for path in overlap.files:
            numbers.setdefault(path, set()).update(overlap.numbers)
    return numbers


def _owned(subject: Subject, number: str) -> str:
    """Return the pull request, with its session where that is another one."""
    session = subject.rebuilt.session_of(number)
    elsewhere = session is not None and session.id != subject.view.session.id
    return f"{reference(number)} of {name(session.id)}" if session and elsewhere else reference(number)


def _unread(subject: Subject) -> str:
    unknown = [number for number in subject.view.open if number not in subject.snapshot.files]
    sentences = [f"What {references(unknown)} changes could not be read: overlaps may be missing."] if unknown else []
    if subject.view.unread:
        sentences.append(unread_words(subject.view.unread))
    return " ".join(sentences)


def _waiting(subject: Subject) -> str:
    """Return which checks wait; the same whichever pull request the event is about."""
    policy, goes_on = subject.policy, subject.view.session.completion is None
    if not (goes_on and policy.gate is GateMode.ENFORCE and policy.gate_checks and policy.gate_workflow):
        return ""
    checks = listed([code(check) for check in policy.gate_checks], MOST_OTHERS)
    waiting = (
        f"**Checks that wait** {_until(subject)}: {checks}. "
        "Approval, ready for review and auto-merge start them for one pull request."
    )
    at_once = [number for number in subject.view.open if _is_always_checked(subject, number)]
    return (
        f"{waiting} Because of the files that change there, they do not wait in {references(at_once)}."
        if at_once
        else waiting
    )


def _until(subject: Subject) -> str:
    """Return until when checks wait: those of an agent's run no longer than `gate.max_wait`."""
    session = subject.view.session
    start = waits_until(session, subject.policy) if session.runs else None
    return f"until **{clock(start)}** if nothing more happens" if start else "for the end of the session"


def _is_always_checked(subject: Subject, number: str) -> bool:
    files = subject.snapshot.files.get(number, ())
    return any(matches_any(subject.policy.gate_always, file.filename) for file in files)


def _why(subject: Subject) -> str:
    session, record = subject.view.session, subject.view.session.pull_requests
    placed = {n: [attribution_clause(record[n].attribution if n in record else None, text)] for n in session.prs}
    evidence = {n: [evidence_clause(each, code) for each in record[n].evidence] for n in placed if n in record}
    together = table(_grouped(placed), ["Together because", "Pull requests"])
    automatic = table(_grouped(evidence), ["Automatic because", "Pull requests"])
    return _folded("Why they are together", f"{together}\n\n{automatic}")


def _grouped(reasons: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return each reason once, with the pull requests that it holds for."""
    numbers_by_reason: dict[str, list[str]] = {}
    for number, words in reasons.items():
        for reason in words:
            numbers_by_reason.setdefault(reason, []).append(number)
    return [[reason, references(numbers)] for reason, numbers in list(numbers_by_reason.items())[:MOST_OTHERS]]


def _commands(subject: Subject) -> str:
    commands = _COMMANDS if subject.view.session.completion else f"{_COMPLETE}\n{_COMMANDS}"
    return _folded("Commands", f"For people with write access, alone on a line of a comment:\n\n{commands}")


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


# In their order in the digest.
_SECTIONS: Sequence[Callable[[Subject], str]] = (
    _breached,
    _order,
    _alone,
    _overlapping,
    _unread,
    _waiting,
    _why,
    _commands,
)


def _fitting(parts: Sequence[str], room: int) -> Iterator[str]:
    """Yield the parts that fit: names that are long to do harm may fill one of them."""
    for part in parts:
        if len(part) + 2 <= room:
            room -= len(part) + 2
            yield part
