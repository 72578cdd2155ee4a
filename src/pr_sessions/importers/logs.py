"""Record what agents' own logs on this machine say: runs of pull requests, and which ids are of one run."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.agents import merge_agents
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.merge import with_record
from pr_sessions.core.models import PullRequest, PullRequestRecord
from pr_sessions.core.one_run import with_one_run
from pr_sessions.core.runs import run_key
from pr_sessions.core.urls import PullRequestAddress, remote_address
from pr_sessions.git.remotes import is_of_clone, read_remotes, recorded_id
from pr_sessions.importers.transcripts import Link, Links, Work, find_links, read_cloud_ids, read_transcripts
from pr_sessions.io.places import Place, followed
from pr_sessions.storage.base import Scope
from pr_sessions.tracker import Tracker

L = TypeVar("L", bound=SessionCollection)
# Where an agent keeps its logs: the variable that moves its folder, the folder in the home, and the logs below it.
_CLAUDE = ("CLAUDE_CONFIG_DIR", ".claude", "projects")
_CODEX = ("CODEX_HOME", ".codex", "sessions")


class LogsImported(Struct, frozen=True):
    """What the logs came to.

    Attributes:
        opened: how many pull requests of the clone a run opened; of each run once.
        assisted: how many a run assisted in.
        unknown: how many other pull requests of the clone the logs name.
        elsewhere: how many of other repositories.
        sessions: ids of the sessions of those that were opened.
        changed: whether anything of it was new.
    """

    opened: int
    assisted: int
    unknown: int
    elsewhere: int
    sessions: tuple[str, ...]
    changed: bool


def log_folders(environ: Mapping[str, str]) -> tuple[Place, ...]:
    """Return where the agents keep their logs."""
    return (_folder(environ, *_CLAUDE), _folder(environ, *_CODEX))


def import_logs(tracker: Tracker, folders: Iterable[Place]) -> LogsImported:
    """Record, in one change, which runs had part in pull requests that are known; nothing is moved by a mere link.

    Args:
        tracker: of the clone.
        folders: of the logs.
    """
    works = read_transcripts(folders)
    with tracker.change(tracker.now(), complete_expired=False) as change:
        before = change.sessions
        records = _records(before)
        links = _links(tracker, works, records)
        change.run_ids |= {run_key(link.run): link.run for link in links.links}
        change.sessions = _with_whole_runs(before, works)
        opened = [link for link in links.links if not link.assisted]
        assisted = [link for link in links.links if link.assisted]
        recorded = tracker.record_in(
            change,
            [
                PullRequest(number=link.number, created=records[link.number].created, agents=(link.as_agent,))
                for link in opened
            ],
        )
        # Recording may have made a session of a run that has another id.
        change.sessions = _with_whole_runs(with_assistance(change.sessions, assisted), works)
        change.run_ids |= _ids_of_held(change.sessions, works)
        change.note("import", "transcripts", read=len(links.links))
        after = change.sessions
    ids = {session.id for each in recorded if each.session and (session := after.get(each.session.id))}
    changed = after is not before
    return LogsImported(len(opened), len(assisted), links.unknown, links.elsewhere, tuple(sorted(ids)), changed)


def learn_cloud_ids(tracker: Tracker, environ: Mapping[str, str]) -> None:
    """Give the runs at work here their ids in Claude's cloud, which its log may name long after the run began."""
    current = [run for each in tracker.everywhere() for run in each.session.runs]
    missing = [run.id for run in current if run.agent == "claude-code" and not run.also]
    ids = tracker.run_ids() if missing else {}
    clouds = read_cloud_ids(_folder(environ, *_CLAUDE), [ids[key] for key in missing if key in ids])
    if not clouds:
        return
    works = [Work("claude-code", cloud, also={run}) for run, cloud in clouds.items()]
    with tracker.change(tracker.now(), Scope(), complete_expired=False) as change:
        change.sessions = _with_whole_runs(change.sessions, works)
        change.run_ids |= _ids_of_held(change.sessions, works)
        change.note("hook", "two ids of one run")


def with_assistance(sessions: L, links: Iterable[Link]) -> L:
    """Return the sessions with the agents that assisted in their pull requests, which stay where they are."""
    for link in links:
        session, unattributed = sessions.for_pull_request(link.number), sessions.unattributed(link.number)
        if session and (record := session.pull_requests.get(link.number)):
            sessions = sessions.put(with_record(session, link.number, _assisted(record, link)))
        elif unattributed:
            sessions = sessions.put_unattributed(link.number, _assisted(unattributed, link))
    return sessions


def _assisted(record: PullRequestRecord, link: Link) -> PullRequestRecord:
    return replace(record, agents=merge_agents(record.agents, (link.as_agent,)))


def _folder(environ: Mapping[str, str], variable: str, folder: str, below: str) -> Place:
    return followed(Path(environ.get(variable) or Path.home() / folder) / below)


def _records(sessions: SessionCollection) -> dict[str, PullRequestRecord]:
    """Return what is known of the pull requests of this repository, by number."""
    records = {**sessions.all_unattributed()}
    for session in sessions:
        records |= session.pull_requests
    return {number: record for number, record in records.items() if "#" not in number}


def _links(tracker: Tracker, works: Sequence[Work], records: Mapping[str, PullRequestRecord]) -> Links:
    root = tracker.repository.root
    remotes = read_remotes(root) if tracker.repository.git_dir else ()

    @cache
    def recorded(address: PullRequestAddress) -> str:
        return recorded_id(address, remotes)

    @cache
    def is_own(url: str) -> bool:
        address = remote_address(url)
        return bool(address and remotes and is_of_clone(root, address))

    return find_links(works, records, recorded, is_own)


def _ids(work: Work) -> dict[str, str]:
    return {run_key(run): run for run in (work.run, *work.also)}


def _with_whole_runs(sessions: L, works: Iterable[Work]) -> L:
    for work in works:
        if work.also:
            sessions = with_one_run(sessions, work.agent, _ids(work).keys())
    return sessions


def _ids_of_held(sessions: SessionCollection, works: Iterable[Work]) -> dict[str, str]:
    """Return the ids of the runs with several that sessions here hold, by their keys."""
    whole_runs = (_ids(work) for work in works if work.also)
    return {key: run for ids in whole_runs if any(map(sessions.for_run, ids)) for key, run in ids.items()}
