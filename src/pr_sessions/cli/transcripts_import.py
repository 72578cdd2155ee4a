"""`import --transcripts`: what agents' own logs on this machine say about the clone's pull requests."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pr_sessions.core.models import PullRequest, PullRequestRecord
from pr_sessions.core.runs import run_key
from pr_sessions.core.urls import PullRequestAddress, remote_address
from pr_sessions.errors import NotFound
from pr_sessions.git.remotes import is_of_clone, read_remotes, recorded_id
from pr_sessions.importers.transcripts import Links, find_links, read_transcripts, with_assistance
from pr_sessions.io.files import is_folder
from pr_sessions.io.places import Place, followed
from pr_sessions.render import terminal
from pr_sessions.tracker import Tracker

# Where an agent keeps its logs: the variable that moves its folder, the folder in the home, and the logs below it.
_PLACES = (("CLAUDE_CONFIG_DIR", ".claude", "projects"), ("CODEX_HOME", ".codex", "sessions"))


def run(tracker: Tracker, folder: str, environ: Mapping[str, str], *, as_json: bool) -> None:
    """Record what logs say of known pull requests, and print what came of it.

    Args:
        tracker: of the clone.
        folder: of the logs; "" for those where the agents keep them.
        environ: may say where that is.
        as_json: for programs.

    Raises:
        NotFound: there is no such folder.
    """
    records = _records(tracker)
    links = _links(tracker, _folders(folder, environ), records)
    tracker.workspace.keep_run_ids({run_key(link.run): link.run for link in links.links})
    opened = [link for link in links.links if not link.assisted]
    assisted = [link for link in links.links if link.assisted]
    imported = tracker.record_all(
        PullRequest(number=link.number, created=records[link.number].created, agents=(link.as_agent,))
        for link in opened
    )
    with tracker.change(tracker.now(), complete_expired=False) as change:
        before = change.sessions
        change.sessions = with_assistance(before, assisted)
        change.note("import", "transcripts", read=len(assisted))
        changed = imported.changed or change.sessions is not before
    view = {
        "opened": len(opened),
        "assisted": len(assisted),
        "unknown": links.unknown,
        "elsewhere": links.elsewhere,
        "sessions": imported.sessions,
        "changed": changed,
    }
    terminal.show(view, _text(view), as_json=as_json)


def _text(view: Mapping[str, Any]) -> Iterator[str]:
    yield f"Read {terminal.plural(view['opened'] + view['assisted'], 'link')} to pull requests"
    yield from terminal.table(
        [
            ("opened", f"{view['opened']} in {terminal.plural(len(view['sessions']), 'session')}"),
            ("assisted", f"{view['assisted']}"),
            ("not known here", f"{view['unknown']}"),
            ("other repositories", f"{view['elsewhere']}"),
        ]
    )
    if view["unknown"]:
        yield "Not known here: not imported (pr-sessions import --git, --github, --gitlab), or not tracked."
    if not view["opened"] + view["assisted"]:
        yield "No link to a pull request that is known here was found."
    elif not view["changed"]:
        yield "Nothing changed: all of this was known."


def _folders(folder: str, environ: Mapping[str, str]) -> tuple[Place, ...]:
    if folder:
        place = followed(folder)
        if not is_folder(place):
            raise NotFound(f"no folder {folder}", "give a folder with logs, or none for those of the agents here")
        return (place,)
    return tuple(
        followed(Path(environ.get(variable) or Path.home() / folder_name) / below)
        for variable, folder_name, below in _PLACES
    )


def _records(tracker: Tracker) -> dict[str, PullRequestRecord]:
    """Return what is known of the pull requests of this repository, by number."""
    sessions = tracker.sessions()
    records = {**sessions.all_unattributed()}
    for session in sessions:
        records |= session.pull_requests
    return {number: record for number, record in records.items() if "#" not in number}


def _links(tracker: Tracker, folders: tuple[Place, ...], records: Mapping[str, PullRequestRecord]) -> Links:
    root = tracker.repository.root
    remotes = read_remotes(root) if tracker.repository.git_dir else ()

    @cache
    def recorded(address: PullRequestAddress) -> str:
        return recorded_id(address, remotes)

    @cache
    def is_own(url: str) -> bool:
        address = remote_address(url)
        return bool(address and remotes and is_of_clone(root, address))

    return find_links(read_transcripts(folders), records, recorded, is_own)
