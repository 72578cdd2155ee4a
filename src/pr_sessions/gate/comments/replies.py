"""Replies to commands in comments: what happened, or why not and what to write instead. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from msgspec import Struct

from pr_sessions.core.explain import BASES, attribution_clause
from pr_sessions.core.gate import waits_until
from pr_sessions.core.lifecycle import runs_out
from pr_sessions.core.models import Completion, Session, State
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.gate.assess import Assessment
from pr_sessions.gate.commands import TRIGGER, Command, CommandKind, is_of_box, parse_commands, was_applied
from pr_sessions.gate.comments.bot_comments import replied_to
from pr_sessions.gate.rebuild import NO_SESSION, RebuiltSessions, Snapshot, rebuild
from pr_sessions.gate.wording import clock, counted, ended, name, reference, references, text

MOST = 10  # comments that one job replies to
_TICK = timedelta(microseconds=1)
_UNSURE = "Not everything could be looked at just now, so this is no answer yet. Ask again with `/session status`."
_USAGE = "Write `/session move #12`, `/session move new`, or `/session move` and a session's id."


class Reply(Struct, frozen=True):
    """A reply; `key` is the id of the comment with the command."""

    number: str
    key: str
    text: str


def replies(assessment: Assessment) -> tuple[Reply, ...]:
    """Return the missing replies to people with write access on the event's pull request, one for each comment.

    Where anything is unknown, which outsiders may bring about, the reply says no more than that.
    """
    unanswered = unanswered_commands(assessment.snapshot, assessment.app)
    commands = [command for command in unanswered if command.number == assessment.event.number]
    by_comment = [tuple(group) for _, group in groupby(commands, key=lambda command: command.comment)]
    return tuple(_reply(assessment, group) for group in by_comment[:MOST])


def unanswered_commands(snapshot: Snapshot, app: str) -> tuple[Command, ...]:
    """Return the commands of people with write access that have no reply yet, oldest first."""
    answered = replied_to(snapshot.comments, app)
    open_comments = (c for c in snapshot.comments if (c.number, str(c.id)) not in answered and not is_of_box(c))
    return tuple(command for command in parse_commands(open_comments) if snapshot.writers.get(command.by.lower()))


def _reply(assessment: Assessment, commands: Sequence[Command]) -> Reply:
    """Return the reply to one comment.

    The comment has its effect by being there. What it did is seen by the sessions just before it and at its time.
    """
    first = commands[0]
    before = rebuild(assessment.snapshot, assessment.rules, first.at - _TICK)
    after = rebuild(assessment.snapshot, assessment.rules, first.at)
    lines = [_line(assessment, command, before, after) for command in commands]
    lines = [_UNSURE] if assessment.snapshot.unknowns else lines
    return Reply(first.number, str(first.comment), "\n".join(lines))


def _line(assessment: Assessment, command: Command, before: RebuiltSessions, after: RebuiltSessions) -> str:
    if command.kind is CommandKind.STATUS:
        return _status(assessment, command.number)
    session = after.session_of(command.number)
    previous = None if _is_stored(assessment.snapshot, command) else before.session_of(command.number)
    problem = _problem(command, after)
    if command.kind is CommandKind.COMPLETE and session is None:
        return f"Nothing was completed: {_outside(command.number, after)}"
    if command.kind is CommandKind.COMPLETE and session:
        if problem:
            return f"Nothing was completed: {text(problem)}."
        return _completed(previous, session, assessment.policy)
    if problem or session is None:
        why = "" if command.problem else f": {text(problem)}"
        return f"Nothing was moved{why}. {_USAGE}"
    return _moved(command, previous, session)


def _is_stored(snapshot: Snapshot, command: Command) -> bool:
    """Return whether a command has had its effect already: a team's server records before it replies."""
    session = snapshot.sessions.for_pull_request(command.number) if snapshot.sessions else None
    if session is None or snapshot.sessions is None:
        return False
    if command.kind is CommandKind.COMPLETE:
        return session.completion == Completion(command.at, TRIGGER)
    return was_applied(snapshot.sessions, command)


def _problem(command: Command, after: RebuiltSessions) -> str:
    """Return why a command changed nothing, in words; empty where it did."""
    key = (command.comment, command.kind)
    problems = (applied.problem for applied in after.commands if (applied.comment, applied.kind) == key)
    return next(problems, command.problem)


def _moved(command: Command, previous: Session | None, session: Session) -> str:
    others = [number for number in session.prs if number != command.number]
    company = f", with {references(others)}" if others else ""
    if previous is not None and previous.id == session.id:
        return f"{reference(command.number)} is in session {name(session.id)} already{company}."
    return f"Moved: {reference(command.number)} is in session {name(session.id)}{company or ', alone'}."


def _completed(previous: Session | None, session: Session, policy: Policy) -> str:
    if session.completion is None:
        return f"Session {name(session.id)} goes on: somebody reopened it later."
    if previous is not None and previous.id == session.id and previous.completion == session.completion:
        return f"Session {name(session.id)} is complete already: {ended(session.completion, session, policy)}."
    count = counted(len(session.prs), "pull request")
    checks = " The checks that waited for it are started." if policy.gate is GateMode.ENFORCE else ""
    return f"Session {name(session.id)} is complete, with {count}.{checks}"


def _status(assessment: Assessment, number: str) -> str:
    session, policy = assessment.rebuilt.session_of(number), assessment.policy
    if session is None:
        return _outside(number, assessment.rebuilt)
    prs = [pr.pull_request for n in session.prs if (pr := assessment.snapshot.pull_requests.get(n))]
    still_open = sum(1 for pr in prs if pr.state is State.OPEN)
    size = f"{counted(len(session.prs), 'pull request')}, {still_open} open"
    return " ".join(
        [f"Session {name(session.id)} has {size}.", *_end(session, policy, assessment.at), *_reason(session, number)]
    )


def _end(session: Session, policy: Policy, at: datetime) -> Iterator[str]:
    if session.completion:
        yield f"It completed: {ended(session.completion, session, policy)}."
        return
    if ends := runs_out(session, policy):
        yield f"It ends at {clock(ends)} if nothing more happens."
    start = waits_until(session, policy) if session.runs and policy.gate is GateMode.ENFORCE else None
    if start and start > at:
        yield f"Checks wait until {clock(start)}."


def _reason(session: Session, number: str) -> Iterator[str]:
    record = session.pull_requests.get(number)
    attribution = record.attribution if record else None
    if attribution and attribution.basis in BASES:
        yield f"{reference(number)} is in it because {attribution_clause(attribution, text)}."


def _outside(number: str, rebuilt: RebuiltSessions) -> str:
    """Return why a pull request is in no session."""
    recorded = rebuilt.recorded.get(number)
    if number in rebuilt.excluded:
        why = f"it has the label `{NO_SESSION}`"
    elif rebuilt.trusted.get(number) is False:
        why = "its author may not write to this repository"
    elif recorded and not recorded.verdict.is_auto:
        why = "nothing tells that an agent opened it"
    else:
        return f"{reference(number)} is in no session."
    return f"{reference(number)} is in no session: {why}."
