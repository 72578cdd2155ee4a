"""What agents' own logs say about pull requests: ids, numbers, branches and times; no word of a conversation.

Claude Code writes a `pr-link` when the address of a pull request first shows up in a session, and again when the
session is resumed. That is no creation. Codex writes no pull request, but the branch on which a conversation began.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BufferedReader, FileIO
from typing import IO

from msgspec import DecodeError, Raw, Struct

from pr_sessions.core.agents import Agent, Confidence, Evidence, Role
from pr_sessions.core.json_text import decode
from pr_sessions.core.models import PullRequestRecord
from pr_sessions.core.runs import run_key
from pr_sessions.core.times import read_time
from pr_sessions.core.urls import PullRequestAddress, pull_request_addresses
from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.io.files import files_in, is_folder, names_in
from pr_sessions.io.folder import open_file
from pr_sessions.io.places import Place

LONGEST_LINE = 1 << 20
DEEPEST = 8
# A pull request is reported a little before or after the work that opened it.
SLACK = timedelta(minutes=5)
_RUN = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)


class Work(Struct):
    """One run of an agent, as its log shows it.

    Attributes:
        run: the vendor's id; of a session that the cloud knows, too, the cloud's.
        also: the ids of that session on this machine.
        links: the addresses of pull requests that showed up.
        branches: that were checked out.
        repository: the address of the remote; empty where the log has none.
    """

    agent: str
    run: str
    also: set[str] = set()
    links: set[str] = set()
    branches: set[str] = set()
    repository: str = ""
    began: datetime | None = None
    last: datetime | None = None


class Link(Struct, frozen=True, order=True):
    """A run that had part in a pull request.

    Attributes:
        assisted: whether nothing confirms that the run opened it.
    """

    number: str
    assisted: bool
    agent: str
    run: str

    @property
    def as_agent(self) -> Agent:
        """The agent as a pull request's record has it."""
        role = Role.ASSISTED if self.assisted else Role.OPENED
        evidence = (Evidence("transcript", self.agent),)
        return Agent(self.agent, role, Confidence.CERTAIN, evidence, (run_key(self.run),))


class Links(Struct, frozen=True):
    """What logs say about one clone.

    Attributes:
        links: to pull requests that are known.
        unknown: how many other pull requests of the clone they name.
        elsewhere: how many pull requests of other repositories they name.
    """

    links: tuple[Link, ...]
    unknown: int = 0
    elsewhere: int = 0


class _Line(Struct, rename="camel"):
    type: str | None = None
    session_id: str | None = None
    timestamp: str | None = None
    git_branch: str | None = None
    pr_url: str | None = None
    bridge_session_id: str | None = None
    payload: Raw = Raw()


class _Git(Struct):
    branch: str | None = None
    repository_url: str | None = None


class _Conversation(Struct):
    id: str = ""
    parent_thread_id: str | None = None
    git: _Git | None = None


def read_transcripts(folders: Iterable[Place]) -> tuple[Work, ...]:
    """Return the runs of all logs below the folders, by agent and id; links and what cannot be read are passed over."""
    works: dict[tuple[str, str], Work] = {}
    clouds: dict[str, str] = {}
    for place in (place for folder in folders for place in _logs(folder, DEEPEST)):
        try:
            descriptor = open_file(place, os.O_RDONLY)
        except OSError:
            continue
        with BufferedReader(FileIO(descriptor)) as file:
            read = _read_codex if place.name.startswith("rollout-") else _read_claude
            read(_lines(file), works, clouds)
    return _in_the_cloud(works.values(), clouds)


def read_cloud_ids(folder: Place, runs: Iterable[str]) -> dict[str, str]:
    """Return the ids in Claude's cloud by those on this machine, of the runs that the cloud knows.

    Args:
        folder: of Claude Code's logs, which has a folder for each project.
        runs: their ids on this machine, by which their logs are named.
    """
    clouds: dict[str, str] = {}
    try:
        projects = [folder / name for name in names_in(folder)]
    except UnreadableFile:
        return clouds
    for place in (project / f"{run}.jsonl" for run in runs if _RUN.fullmatch(run) for project in projects):
        with suppress(OSError, UnreadableFile), BufferedReader(FileIO(open_file(place, os.O_RDONLY))) as file:
            _read_claude(_lines(file, b"bridgeSessionId"), {}, clouds)
    return {run: clouds[run] for run in runs if run in clouds}


def find_links(
    works: Iterable[Work],
    records: Mapping[str, PullRequestRecord],
    recorded: Callable[[PullRequestAddress], str],
    is_own: Callable[[str], bool],
) -> Links:
    """Return which runs had part in which pull requests of a clone.

    A run opened a pull request where it was on its head branch and at work when that was opened; otherwise it assisted.

    Args:
        works: what was read.
        records: what is known of the clone's pull requests, by number.
        recorded: returns the id under which the clone records a pull request; one of another repository has a `#`.
        is_own: whether an address of a remote leads to the clone's repository.
    """
    links: list[Link] = []
    unknown: set[str] = set()
    elsewhere: set[str] = set()
    for work in works:
        numbers = {recorded(address) for url in work.links for address in pull_request_addresses(url)}
        elsewhere |= {number for number in numbers if "#" in number}
        unknown |= {number for number in numbers - elsewhere if number not in records}
        if work.repository and is_own(work.repository):
            numbers |= {number for number, record in records.items() if _is_on_branch(work, record)}
        known = (number for number in numbers if number in records)
        links += [Link(number, not _opened(work, records[number]), work.agent, work.run) for number in known]
    return Links(tuple(sorted(links)), len(unknown), len(elsewhere))


def _is_on_branch(work: Work, record: PullRequestRecord) -> bool:
    return record.branch in work.branches and record.branch != record.base


def _opened(work: Work, record: PullRequestRecord) -> bool:
    if not (record.created and work.began and work.last):
        return False
    return _is_on_branch(work, record) and work.began - SLACK <= record.created <= work.last + SLACK


def _logs(folder: Place, depth: int) -> Iterator[Place]:
    try:
        files, names = files_in(folder), names_in(folder)
    except UnreadableFile:
        return
    yield from (folder / name for name in sorted(files) if name.endswith(".jsonl"))
    for name in sorted(set(names) - set(files)) if depth else ():
        try:
            is_there = is_folder(folder / name)
        except UnreadableFile:
            continue  # A link, which may lead anywhere.
        if is_there:
            yield from _logs(folder / name, depth - 1)


def _lines(file: IO[bytes], wanted: bytes = b"") -> Iterator[_Line]:
    """Yield the lines that hold what is wanted and can be read; longer ones hold text and nothing else."""
    is_rest = False
    while piece := file.readline(LONGEST_LINE):
        was_rest, is_rest = is_rest, not piece.endswith(b"\n")
        if was_rest or (is_rest and len(piece) == LONGEST_LINE) or wanted not in piece:
            continue
        try:
            yield decode(piece, _Line)
        except (DecodeError, UnicodeDecodeError, RecursionError):
            continue


def _read_claude(lines: Iterable[_Line], works: dict[tuple[str, str], Work], clouds: dict[str, str]) -> None:
    for line in lines:
        if not line.session_id or not _RUN.fullmatch(line.session_id):
            continue
        work = works.setdefault(("claude-code", line.session_id), Work("claude-code", line.session_id))
        _note_time(work, line.timestamp)
        if line.git_branch:
            work.branches.add(line.git_branch)
        if line.bridge_session_id and _RUN.fullmatch(line.bridge_session_id):
            clouds[line.session_id] = cloud_id(line.bridge_session_id)
        if line.type == "pr-link" and line.pr_url:
            work.links.update(address.url for address in pull_request_addresses(line.pr_url[:500]))


def cloud_id(bridge_session_id: str) -> str:
    """Return the id of a session of Claude's cloud as links spell it: its other spelling begins with `cse_`."""
    return re.sub(r"\Acse_", "session_", bridge_session_id)


def _read_codex(lines: Iterable[_Line], works: dict[tuple[str, str], Work], _: dict[str, str]) -> None:
    work: Work | None = None
    for line in lines:
        if line.type == "session_meta" and work is None:
            work = _conversation(line.payload, works)
        if work:
            _note_time(work, line.timestamp)


def _conversation(payload: Raw, works: dict[tuple[str, str], Work]) -> Work | None:
    """Return the run of a file; what an agent of it does belongs to the conversation that started that."""
    try:
        conversation = decode(bytes(payload), _Conversation)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None
    run = conversation.parent_thread_id or conversation.id
    if not _RUN.fullmatch(run):
        return None
    work = works.setdefault(("codex", run), Work("codex", run))
    if conversation.git and conversation.git.branch:
        work.branches.add(conversation.git.branch)
        work.repository = conversation.git.repository_url or work.repository
    return work


def _in_the_cloud(works: Iterable[Work], clouds: Mapping[str, str]) -> tuple[Work, ...]:
    """Return the runs under their ids in the cloud, where they have one; several local ones may be one there."""
    merged: dict[tuple[str, str], Work] = {}
    for work in works:
        run = clouds.get(work.run, work.run)
        known = merged.setdefault((work.agent, run), Work(work.agent, run, repository=work.repository))
        known.also |= {work.run} - {run}
        known.links |= work.links
        known.branches |= work.branches
        for moment in filter(None, (work.began, work.last)):
            _extend(known, moment)
    return tuple(merged[key] for key in sorted(merged))


def _note_time(work: Work, text: str | None) -> None:
    if moment := _time(text):
        _extend(work, moment)


def _extend(work: Work, moment: datetime) -> None:
    work.began = min(moment, work.began or moment)
    work.last = max(moment, work.last or moment)


def _time(text: str | None) -> datetime | None:
    try:
        return read_time(text, UTC) if text else None
    except InvalidValue:
        return None
