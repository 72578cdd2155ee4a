"""What reviewers of a session should know, as Markdown for a comment. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from pr_sessions.live.budget import Breach
from pr_sessions.live.markdown import code, table, text
from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.view import SessionView
from pr_sessions.live.wording import (
    breach_words,
    clock,
    counted,
    ended,
    listed,
    name,
    reference,
    references,
    time_left,
)
from pr_sessions.sessions.globs import matches_any
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.policy import GateMode, Policy
from pr_sessions.sessions.reasons import LADDER, NO_REASON, clause
from pr_sessions.sessions.session import Placement, State

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
    """What a digest tells of.

    Attributes:
        breaches: budgets that the session's agents exceed.
    """

    view: SessionView
    snapshot: Snapshot
    live: Live
    policy: Policy
    breaches: tuple[Breach, ...] = ()


def digest(subject: Subject, at: datetime | None) -> str:
    """Everything about a session, at most 60,000 characters.

    Args:
        subject: the session.
        at: the time of writing; `None` leaves out what time alone changes.
    """
    head = f"{_title(subject)}\n\n{_facts(subject)}  \n{_end(subject, at)}"
    foot = [f"<sub>pr-sessions, as of {clock(at)}</sub>"] if at else []
    parts = [part for section in _SECTIONS if (part := section(subject))]
    return "\n\n".join([head, *_fitting(parts, LONGEST - len(head) - 100), *foot])


def link(session_id: str, anchor: str) -> str:
    """What the other pull requests of the session carry: true for as long as they are in it, whatever joins them."""
    return f"Part of session {name(session_id)}: see the digest in {reference(anchor)}."


def _title(subject: Subject) -> str:
    agents = [text(agent) for agent in subject.view.agents] or [text(subject.view.session.author)]
    count = counted(len(subject.view.session.prs), "pull request")
    return f"### A session of {count} by {listed(agents, MOST_OTHERS)}"


def _facts(subject: Subject) -> str:
    session = subject.view.session
    states = [one.pull_request.state for one in subject.view.pull_requests]
    found = [f"{states.count(state)} {state.value}" for state in State if state in states]
    return " · ".join([name(session.id), f"since {clock(session.started)}", *filter(None, [", ".join(found)])])


def _end(subject: Subject, at: datetime | None) -> str:
    """How it ended, or when it will."""
    completion, ends = subject.view.session.completion, subject.view.ends
    if completion:
        return f"**Completed** {ended(completion, subject.policy)}. This digest stays as it is."
    if ends is None:
        return "It goes on until somebody completes it."
    left = f", {time_left(ends, at)}," if at else ""
    return f"It ends at **{clock(ends)}**{left} if nothing more happens."


def _breached(subject: Subject) -> str:
    lines = [f"> {breach_words(breach, text)}." for breach in subject.breaches[:MOST_OTHERS]]
    return "\n".join(["> [!WARNING]", *lines]) if lines else ""


def _order(subject: Subject) -> str:
    seen = subject.view
    if not seen.review:
        return "Nothing is left to review."
    below = {upper: lower for chain in seen.stacks for lower, upper in pairwise(chain)}
    rows = [_row(subject, place, number, below) for place, number in enumerate(seen.review[:MOST_ROWS], 1)]
    columns = 4 if any(row[3] for row in rows) else 3
    shown = table([row[:columns] for row in rows], ["Review", "Pull request", "Files", "Built on"][:columns])
    left_out = len(seen.review) - MOST_ROWS
    return f"{shown}\n\n... and {left_out} more" if left_out > 0 else shown


def _row(subject: Subject, place: int, number: str, below: Mapping[str, str]) -> list[str]:
    told, files = subject.snapshot.pull_requests[number].pull_request, subject.snapshot.files.get(number)
    size = told.files_changed if files is None else len(files)
    named = f"{reference(number)} {text(told.title, TITLE)}".rstrip()
    return [str(place), named, "?" if size is None else str(size), reference(below[number]) if number in below else ""]


def _alone(subject: Subject) -> str:
    found = subject.view.independent
    if not found or len(subject.view.open) == 1:
        return ""
    return (
        f"**On their own**, in any order: {references(found)}"
        if len(found) > 1
        else f"**On its own**: {references(found)}"
    )


def _overlapping(subject: Subject) -> str:
    """Files by the pull requests that change them: pairs alone would name a file many times."""
    found: dict[tuple[str, ...], list[str]] = {}
    for path, numbers in _changed_by_several(subject).items():
        found.setdefault(tuple(sorted(numbers, key=number_order)), []).append(path)
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), [number_order(number) for number in item[0]]))
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
    """The pull request, with its session where that is another one."""
    home = subject.live.home(number)
    elsewhere = home is not None and home.id != subject.view.session.id
    return f"{reference(number)} of {name(home.id)}" if home and elsewhere else reference(number)


def _unread(subject: Subject) -> str:
    unknown = [number for number in subject.view.open if number not in subject.snapshot.files]
    return f"What {references(unknown)} changes could not be read: overlaps may be missing." if unknown else ""


def _waiting(subject: Subject) -> str:
    """Which checks wait; the same whatever pull request it was written for."""
    policy, goes_on = subject.policy, subject.view.session.completion is None
    if not (goes_on and policy.gate is GateMode.ENFORCE and policy.gate_checks and policy.gate_workflow):
        return ""
    checks = listed([code(check) for check in policy.gate_checks], MOST_OTHERS)
    told = (
        f"**Checks that wait** for the end of the session: {checks}. "
        "Approval, ready for review and auto-merge start them for one pull request."
    )
    at_once = [number for number in subject.view.open if _is_always_checked(subject, number)]
    return (
        f"{told} Because of the files that change there, they do not wait in {references(at_once)}."
        if at_once
        else told
    )


def _is_always_checked(subject: Subject, number: str) -> bool:
    files = subject.snapshot.files.get(number, ())
    return any(matches_any(subject.policy.gate_always, file.filename) for file in files)


def _why(subject: Subject) -> str:
    facts = subject.view.session.pull_requests
    placed = {n: [_placed(facts[n].placement) if n in facts else NO_REASON] for n in subject.view.session.prs}
    evidence = {n: [clause(found, code) for found in facts[n].evidence] for n in placed if n in facts}
    together = table(_grouped(placed), ["Together because", "Pull requests"])
    automatic = table(_grouped(evidence), ["Automatic because", "Pull requests"])
    return _folded("Why they are together", f"{together}\n\n{automatic}")


def _grouped(reasons: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Each reason once, with the pull requests that it holds for."""
    found: dict[str, list[str]] = {}
    for number, words in reasons.items():
        for reason in words:
            found.setdefault(reason, []).append(number)
    return [[reason, references(numbers)] for reason, numbers in list(found.items())[:MOST_OTHERS]]


def _placed(placement: Placement | None) -> str:
    if placement is None or placement.rung not in LADDER:
        return NO_REASON
    return f"{text(placement.by)} put it there by hand" if placement.by else LADDER[placement.rung]


def _commands(subject: Subject) -> str:
    commands = _COMMANDS if subject.view.session.completion else f"{_COMPLETE}\n{_COMMANDS}"
    return _folded("Commands", f"For people with write access, alone on a line of a comment:\n\n{commands}")


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


# In the order in which they stand.
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
    """Those that fit: names that somebody made long to do harm may fill one of them."""
    for part in parts:
        if len(part) + 2 <= room:
            room -= len(part) + 2
            yield part
