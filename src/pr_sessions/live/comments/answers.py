"""Answers to commands in comments: what happened, or why not and what to write instead. Pure."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby

from msgspec import Struct

from pr_sessions.live.belief import NO_SESSION
from pr_sessions.live.commands import Ask, Command, commands_in
from pr_sessions.live.comments.own import answered
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.markdown import text
from pr_sessions.live.rebuild import Live, rebuild
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.wording import clock, counted, ended, name, reference, references
from pr_sessions.sessions.lifecycle import runs_out
from pr_sessions.sessions.policy import GateMode, Policy
from pr_sessions.sessions.reasons import LADDER
from pr_sessions.sessions.session import Session, State

MOST = 10  # comments that one job answers
_TICK = timedelta(microseconds=1)
_UNSURE = "Not everything could be looked at just now, so this is no answer yet. Ask again with `/session status`."
_USAGE = "Write `/session move #12`, `/session move new`, or `/session move` and a session's id."


class Answer(Struct, frozen=True):
    """What is said to somebody; `key` is the id of the comment that asked."""

    number: str
    key: str
    text: str


def answers(judgement: Judgement) -> tuple[Answer, ...]:
    """What is still to be said to people who may write, below the event's pull request; once for each comment.

    Where anything is in doubt, which strangers may bring about, whoever asked is told no more than that.
    """
    asked = [
        command for command in unanswered(judgement.snapshot, judgement.app) if command.number == judgement.event.number
    ]
    comments = [tuple(found) for _, found in groupby(asked, key=lambda command: command.comment)]
    return tuple(_answer(judgement, commands) for commands in comments[:MOST])


def unanswered(snapshot: Snapshot, app: str) -> tuple[Command, ...]:
    """The commands of people who may write that have no answer yet; oldest first."""
    there = answered(snapshot.comments, app)
    commands = commands_in(one for one in snapshot.comments if (one.number, str(one.id)) not in there)
    return tuple(command for command in commands if snapshot.writers.get(command.by.lower()))


def _answer(judgement: Judgement, commands: Sequence[Command]) -> Answer:
    """The comment did it by being there; what it did is seen by the sessions just before it and at its time."""
    first = commands[0]
    before = rebuild(judgement.snapshot, judgement.policy, first.at - _TICK)
    after = rebuild(judgement.snapshot, judgement.policy, first.at)
    lines = [_line(judgement, command, before, after) for command in commands]
    lines = [_UNSURE] if judgement.snapshot.doubts else lines
    return Answer(first.number, str(first.comment), "\n".join(lines))


def _line(judgement: Judgement, command: Command, before: Live, after: Live) -> str:
    if command.ask is Ask.STATUS:
        return _status(judgement, command.number)
    was, home, problem = before.home(command.number), after.home(command.number), _problem(command, after)
    if command.ask is Ask.COMPLETE and home is None:
        return f"Nothing was completed: {_outside(command.number, after)}"
    if command.ask is Ask.COMPLETE and home:
        return f"Nothing was completed: {text(problem)}." if problem else _completed(was, home, judgement.policy)
    if problem or home is None:
        why = "" if command.problem else f": {text(problem)}"
        return f"Nothing was moved{why}. {_USAGE}"
    return _moved(command, was, home)


def _problem(command: Command, after: Live) -> str:
    """Why nothing came of it, in words; empty where something did."""
    told = (one.problem for one in after.commands if (one.comment, one.ask) == (command.comment, command.ask))
    return next(told, command.problem)


def _moved(command: Command, was: Session | None, home: Session) -> str:
    others = [number for number in home.prs if number != command.number]
    beside = f", with {references(others)}" if others else ""
    if was is not None and was.id == home.id:
        return f"{reference(command.number)} is in session {name(home.id)} already{beside}."
    return f"Moved: {reference(command.number)} is in session {name(home.id)}{beside or ', alone'}."


def _completed(was: Session | None, home: Session, policy: Policy) -> str:
    if home.completion is None:
        return f"Session {name(home.id)} goes on: somebody reopened it later."
    if was is not None and was.id == home.id and was.completion == home.completion:
        return f"Session {name(home.id)} is complete already: {ended(home.completion, policy)}."
    count = counted(len(home.prs), "pull request")
    checks = " The checks that waited for it are started." if policy.gate is GateMode.ENFORCE else ""
    return f"Session {name(home.id)} is complete, with {count}.{checks}"


def _status(judgement: Judgement, number: str) -> str:
    home = judgement.live.home(number)
    if home is None:
        return _outside(number, judgement.live)
    told = [one.pull_request for n in home.prs if (one := judgement.snapshot.pull_requests.get(n))]
    still = sum(1 for one in told if one.state is State.OPEN)
    size = f"{counted(len(home.prs), 'pull request')}, {still} open"
    return " ".join([f"Session {name(home.id)} has {size}.", *_end(home, judgement.policy), *_reason(home, number)])


def _end(home: Session, policy: Policy) -> Iterator[str]:
    if home.completion:
        yield f"It completed: {ended(home.completion, policy)}."
    elif ends := runs_out(home, policy):
        yield f"It ends at {clock(ends)} if nothing more happens."


def _reason(home: Session, number: str) -> Iterator[str]:
    facts = home.pull_requests.get(number)
    if facts and facts.placement and facts.placement.rung in LADDER:
        by = f"{text(facts.placement.by)} put it there by hand" if facts.placement.by else LADDER[facts.placement.rung]
        yield f"{reference(number)} is in it because {by}."


def _outside(number: str, live: Live) -> str:
    """Why it is in no session."""
    recorded = live.recorded.get(number)
    if number in live.excluded:
        why = f"it has the label `{NO_SESSION}`"
    elif live.believed.get(number) is False:
        why = "its author may not write to this repository"
    elif recorded and not recorded.verdict.is_auto:
        why = "nothing tells that an agent opened it"
    else:
        return f"{reference(number)} is in no session."
    return f"{reference(number)} is in no session: {why}."
