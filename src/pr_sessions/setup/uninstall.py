"""The plan of `uninstall` in a repository, and what it keeps."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from pr_sessions.config.file import read
from pr_sessions.errors import InvalidConfiguration, UnreadableFile
from pr_sessions.git.repository import Repository, waiting_files
from pr_sessions.io.files import MIB, exists, is_folder, names_in, read_bytes
from pr_sessions.io.lock import next_in_line
from pr_sessions.io.places import Place
from pr_sessions.setup import commit_trailer, compatible_scripts, gate_files, ignore_block, merge_driver
from pr_sessions.setup.agent_hooks import files as agent_hooks
from pr_sessions.setup.agent_hooks.files import Scope, installed
from pr_sessions.setup.steps import Action, Step
from pr_sessions.storage.files.archives import Archives
from pr_sessions.storage.files.backups import list_backups
from pr_sessions.storage.files.pr_index import read_index


class Kept(Struct, frozen=True):
    """Something that `uninstall` keeps, and why."""

    path: Place
    why: str


def plan(repository: Repository, environ: Mapping[str, str]) -> tuple[Step, ...]:
    """Return a step for everything that `init` or later work made and that holds no sessions."""
    return (
        *_files(repository),
        *_of_hooks(repository),
        *_ignore_lines(repository),
        *merge_driver.to_remove(repository),
        *compatible_scripts.to_remove(repository),
        *commit_trailer.to_remove(repository),
        *agent_hooks.to_remove(file for file in installed(repository, environ) if file.scope is not Scope.USER),
        *agent_hooks.to_disconnect(repository),
        *gate_files.to_remove(repository),
        *_last(repository),
    )


def kept(repository: Repository, environ: Mapping[str, str]) -> tuple[Kept, ...]:
    """Return what stays: session data, a configuration that was edited, hooks that serve other repositories."""
    files = [*reversed(repository.documents), *Archives.next_to(repository.documents).paths()]
    backups = [repository.backups] if repository.state and names_in(repository.backups) else []
    quarantine = [repository.quarantine] if names_in(repository.quarantine) else []
    copies = [backup.path for backup in list_backups(repository.session_file.parent)]
    data = (*filter(exists, files), *backups, *_waiting(repository), *quarantine, *copies)
    entries = [Kept(path, "session data") for path in data]
    if exists(repository.journal):
        entries.append(Kept(repository.journal, "who changed what and when"))
    if repository.run_ids and exists(repository.run_ids):
        entries.append(Kept(repository.run_ids, "vendors' ids of agents' runs, for you alone"))
    if is_folder(repository.analytics):
        entries.append(Kept(repository.analytics, "saved reports"))
    if exists(repository.config) and not _is_ours(repository.config):
        entries.append(Kept(repository.config, "not as init writes it; remove it yourself if nobody needs it"))
    if exists(repository.pr_index) and not _is_index(repository.pr_index):
        entries.append(Kept(repository.pr_index, "no index of pull requests; remove it yourself if nobody needs it"))
    why = "not as init --github wrote it; remove it yourself"
    entries += [Kept(path, why) for path in gate_files.changed(repository)]
    return (*entries, *_kept_hooks(repository, environ))


def _kept_hooks(repository: Repository, environ: Mapping[str, str]) -> Iterator[Kept]:
    for file in installed(repository, environ):
        if file.scope is Scope.USER and file.commands:
            name = file.host.name
            why = f"your own hooks, for every repository; they go with: pr-sessions uninstall --agents {name}"
            yield Kept(file.path, why)
        elif file.scope is not Scope.USER and file.problem:
            yield Kept(file.path, f"{file.problem}; remove our hooks yourself")


def _waiting(repository: Repository) -> list[Place]:
    """Return the folder of events, if it holds some that are not among the sessions yet."""
    return [repository.pending] if repository.pending and waiting_files(repository.pending) else []


def _files(repository: Repository) -> Iterator[Step]:
    if exists(repository.config) and _is_ours(repository.config):
        yield Step(Action.REMOVE, repository.config, "configuration, as init wrote it")
    copies = {"policy": "copy of the configuration", "signatures": "copy of the signatures of agents"}
    caches = [
        (place, what)
        for stem, what in copies.items()
        for place in _in_state(repository, stem)
        if place.name.endswith(".json")
    ]
    index = [(repository.pr_index, "index of pull requests")] if _is_index(repository.pr_index) else []
    for path, what in (
        (repository.marker, "marker of the current session"),
        *index,
        (repository.paused, "switch that pauses tracking"),
        *caches,
        *([(repository.last_looks, "what was seen of the inbox")] if repository.last_looks else []),
    ):
        if exists(path):
            yield Step(Action.REMOVE, path, what)


def _of_hooks(repository: Repository) -> Iterator[Step]:
    """Remove what hooks leave except events, and their empty files."""
    logs = _in_state(repository, "hook.log")
    yield from (Step(Action.REMOVE, log, "what went wrong in a hook") for log in logs)
    folder = repository.pending
    if folder and not _waiting(repository):
        yield from (
            Step(Action.REMOVE, folder / name, "lock and empty files of hooks") for name in sorted(names_in(folder))
        )


def _in_state(repository: Repository, stem: str) -> list[Place]:
    """Return the files of the clone's own folder whose names begin so."""
    names = names_in(repository.state) if repository.state else ()
    return [repository.state / name for name in sorted(names) if repository.state and name.startswith(stem)]


def _ignore_lines(repository: Repository) -> Iterator[Step]:
    for path in (repository.gitignore, repository.exclude) if repository.exclude else ():
        yield from ignore_block.to_write(path, (), "")


def _last(repository: Repository) -> Iterator[Step]:
    """Remove the text that explains the folder, without which hooks do nothing; without sessions the lock, too."""
    if repository.readme and exists(repository.readme):
        yield Step(Action.REMOVE, repository.readme, "text that explains the folder; without it hooks are silent")
    folders = (repository.backups, repository.quarantine, *Archives.next_to(repository.documents).folders[:1])
    if repository.clone_sessions and (
        exists(repository.clone_sessions) or any(map(names_in, folders)) or _waiting(repository)
    ):
        return
    for path, what in ((next_in_line(repository.lock), "queue of the lock"), (repository.lock, "lock")):
        if exists(path):
            yield Step(Action.REMOVE, path, what)


def _is_index(path: Place) -> bool:
    """Tell whether the file in the place of the index is one."""
    try:
        read_index(path)
    except UnreadableFile:
        return False
    return True


def _is_ours(config: Place) -> bool:
    """Tell whether the configuration is as `init` wrote it."""
    from pr_sessions.config.template import initial_text

    try:
        parsed = read(config)
        data = read_bytes(config, MIB)
    except (InvalidConfiguration, UnreadableFile):
        return False
    policy = parsed.policy
    mark = policy.mark if "mark" in parsed.origins else None
    track = policy.track if "track" in parsed.origins else None
    asks = policy.ask_forge if "hooks.ask_forge" in parsed.origins else None
    return data == initial_text(policy.time_zone, policy.share, mark, track, ask_forge=asks).encode()
