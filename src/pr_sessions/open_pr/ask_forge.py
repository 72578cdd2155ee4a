"""Ask a forge about pull requests whose creation no hook saw, with the user's own `gh` or `glab`.

A hook may have seen the creating command and not what it printed; or it was not called at all, as where an agent waits
for a slow command by polling. A pull request counts as opened by a run if its forge says that the tool's own user
opened it while that run was at work, at that moment or from the branch that it had checked out.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from pr_sessions.core.agents import Role, Run
from pr_sessions.core.hook_events import BY_BRANCH
from pr_sessions.core.ids import clean
from pr_sessions.core.json_text import decode
from pr_sessions.core.runs import run_key
from pr_sessions.core.times import write_time
from pr_sessions.core.urls import pull_request_addresses
from pr_sessions.errors import Busy, PrSessionsError, UnreadableFile
from pr_sessions.forges.base import ForgeTool
from pr_sessions.forges.creations import Creation, creation, creations, login
from pr_sessions.forges.gh_and_glab import forge_at, forge_of
from pr_sessions.git.commands import ask_git
from pr_sessions.git.remotes import is_of_clone, push_remote, read_remotes, recorded_id
from pr_sessions.io import gitdir, hook_log
from pr_sessions.io.files import MIB, read_bytes, remove_file, replace_file
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place
from pr_sessions.storage.files.event_queue import add_opened
from pr_sessions.storage.files.questions import Question, read_questions, write_questions
from pr_sessions.tracker import Tracker

# `ASKS` of `hooks/deliver.py`.
SWITCH = "ask-forge"
QUESTIONS = "questions"
BEFORE = timedelta(minutes=3)  # of the end of a command, at most, it created a pull request
AFTER = timedelta(minutes=10)  # of the end of what is known of a command, it may go on where nobody sees it
TRAILING = timedelta(minutes=5)  # after its last event a run may still be at work
QUIET = timedelta(hours=1)  # after so long without an event, nothing is asked about a working tree
AGAIN = timedelta(minutes=5)  # between two questions about a branch that has not moved
_MOST = 10
_NOT_ASKED = ("main", "master")


class ConfirmedCreation(Struct, frozen=True):
    """A pull request that an agent opened, by its forge's word.

    Attributes:
        at: when, by the clock of the hooks, so that it falls into the session of its run.
    """

    question: Question
    creation: Creation
    at: datetime


def ask_forge(tracker: Tracker) -> tuple[ConfirmedCreation, ...]:
    """Record what the forge says about possible creations; nothing that goes wrong with it is raised.

    It does nothing unless the configuration says `hooks.ask_forge: true`, nor while another process is at it.
    """
    pending = tracker.repository.pending
    if pending is None or tracker.paused:
        return ()
    if not tracker.policy.ask_forge:
        remove_file(pending / SWITCH)
        remove_file(pending / QUESTIONS)
        return ()
    confirmed: tuple[ConfirmedCreation, ...] = ()
    with suppress(Busy), locked(pending / "asking.lock", wait=0.0):
        confirmed = _settle(tracker, pending)
    if confirmed:
        tracker.drain()
    return confirmed


def _settle(tracker: Tracker, pending: Place) -> tuple[ConfirmedCreation, ...]:
    now = tracker.now()
    questions = read_questions(pending / QUESTIONS)
    asked = _asked(pending)
    branches = dict(_branches(tracker, asked, now))
    confirmed: dict[str, ConfirmedCreation] = {}
    waiting: list[Question] = []
    for question in (*questions[:_MOST], *branches):
        try:
            opened = _creation(tracker, question, branches.get(question, ()))
        except PrSessionsError as error:
            _log(tracker, error)
            opened = None
        if opened:
            started = min((run.started for run in branches.get(question, ())), default=question.at)
            confirmed.setdefault(opened.address.url, ConfirmedCreation(question, opened, max(started, opened.created)))
        elif question.how != BY_BRANCH and not question.url and now < question.at + AFTER:
            waiting.append(question)
    for each in confirmed.values():
        add_opened(pending, _record(each))
    write_questions(pending / QUESTIONS, (*waiting, *questions[_MOST:]))
    asked |= {question.branch: write_time(now) for question in branches}
    replace_file(pending / SWITCH, msgspec.json.encode(dict(sorted(asked.items())[-_MOST * 10 :])), lasting=False)
    return tuple(confirmed.values())


def _asked(pending: Place) -> dict[str, str]:
    """Return when each branch was asked about; the switch is created where it is missing."""
    try:
        return decode(read_bytes(pending / SWITCH, MIB) or b"{}", dict[str, str])
    except (msgspec.DecodeError, UnreadableFile):
        return {}


def _branches(tracker: Tracker, asked: Mapping[str, str], now: datetime) -> Iterator[tuple[Question, tuple[Run, ...]]]:
    """Yield a question for each working tree with an agent on a pushed branch without a pull request, and the runs."""
    sessions, ids = tracker.sessions(), tracker.run_ids()
    for root, marker in tracker.workspace.activities().items():
        session = sessions.get(marker.session_id) if marker and now - marker.last_updated < QUIET else None
        clone = gitdir.find([str(root)]) if session and session.runs else None
        branch = gitdir.branch_in_head(clone.git_dir) if clone else None
        if session is None or not branch or branch in _NOT_ASKED:
            continue
        if any(record.branch == branch for record in session.pull_requests.values()):
            continue
        if asked.get(branch, "") > write_time(now - AGAIN):
            continue
        if ask_git(tracker.repository.root, "for-each-ref", "--count=1", f"refs/remotes/*/{branch}"):
            run = max(session.runs, key=lambda r: r.last_activity)
            # Events have the vendor's id, which this clone alone knows.
            if run_id := next((ids[key] for key in sorted(run.keys) if key in ids), ""):
                question = Question(at=now, host=run.agent, run=run_id, root=str(root), branch=branch, how=BY_BRANCH)
                yield question, session.runs


def _creation(tracker: Tracker, question: Question, runs: tuple[Run, ...]) -> Creation | None:
    """Return the pull request that the run opened; `None` if the forge knows none, or more than one."""
    root = tracker.repository.root
    if question.url:
        address = next(pull_request_addresses(question.url), None)
        if address is None or not is_of_clone(root, address.repository):
            return None
        forge = forge_of(root, address.repository)
        candidates: tuple[Creation | None, ...] = (creation(forge, address.number),)
    else:
        if not question.branch:
            return None
        forge = forge_at(root, push_remote(root, question.branch))
        candidates = creations(forge, question.branch)
    matching = [each for each in candidates if each and _is_by(question, runs, each) and not _is_known(tracker, each)]
    return matching[0] if len(matching) == 1 and _is_own_user(forge, matching[0]) else None


def _is_by(question: Question, runs: tuple[Run, ...], opened: Creation) -> bool:
    if question.branch and question.branch != opened.branch:
        return False
    if question.how != BY_BRANCH:
        return question.at - BEFORE <= opened.created <= question.at + AFTER
    at_work = [run for run in runs if _whole(run.started) <= opened.created <= run.last_activity + TRAILING]
    # Two agents in one working tree are not distinguished.
    return [run.agent for run in at_work] == [question.host] and run_key(question.run) in at_work[0].keys


def _whole(moment: datetime) -> datetime:
    """Return a time as forges have it, in whole seconds."""
    return moment.replace(microsecond=0)


def _is_known(tracker: Tracker, opened: Creation) -> bool:
    """Tell whether some agent is known to have opened it."""
    number = recorded_id(opened.address, read_remotes(tracker.repository.root))
    session = tracker.sessions().for_pull_request(number)
    record = session.pull_requests.get(number) if session else None
    return record is not None and any(agent.role is Role.OPENED for agent in record.agents)


def _is_own_user(forge: ForgeTool, opened: Creation) -> bool:
    return opened.author.casefold() == login(forge).casefold() != ""


def _record(confirmed: ConfirmedCreation) -> dict[str, object]:
    question, opened = confirmed.question, confirmed.creation
    return {
        "v": 1,
        "at": confirmed.at,
        "host": question.host,
        "run": question.run,
        "event": "opened",
        "root": question.root,
        "url": opened.address.url,
        "branch": opened.branch,
        "how": question.how,
    }


def _log(tracker: Tracker, error: PrSessionsError) -> None:
    if tracker.repository.hook_log:
        with suppress(OSError):
            hook_log.write(tracker.repository.hook_log, f"asking the forge: {clean(str(error), 200)}")
