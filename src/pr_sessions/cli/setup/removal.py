"""What `uninstall` has to do in a repository, and what it leaves."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from pr_sessions.cli.setup import agent_hooks, commit_hook_steps, compatible_scripts, gate_steps, merge_driver_steps
from pr_sessions.cli.setup.block_steps import without_block
from pr_sessions.cli.setup.installation import exclude_file
from pr_sessions.cli.setup.steps import Act, Step, exists
from pr_sessions.errors import InvalidConfiguration, UnreadableFile
from pr_sessions.stores.archives import Archives
from pr_sessions.stores.backups import list_backups
from pr_sessions.stores.configuration import read
from pr_sessions.stores.files import MIB, read_bytes
from pr_sessions.stores.lock import next_in_line
from pr_sessions.stores.pending_files import waiting_files
from pr_sessions.stores.repository import Repository


class Kept(Struct, frozen=True):
    """Something that `uninstall` leaves, and why."""

    path: Path
    why: str


def plan(repository: Repository, environ: Mapping[str, str]) -> tuple[Step, ...]:
    """Everything that `init` or the work after it made, and that holds no sessions."""
    return (
        *_files(repository),
        *_of_hooks(repository),
        *_ignore_lines(repository),
        *merge_driver_steps.to_remove(repository),
        *compatible_scripts.to_remove(repository),
        *commit_hook_steps.to_remove(repository),
        *agent_hooks.to_remove(agent_hooks.of_this_repository(repository, environ)),
        *agent_hooks.to_disconnect(repository),
        *gate_steps.to_remove(repository),
        *_last(repository),
    )


def kept(repository: Repository, environ: Mapping[str, str]) -> tuple[Kept, ...]:
    """What stays: session data, a configuration that somebody wrote, hooks that serve other repositories."""
    found = [Kept(path, "session data") for path in _session_data(repository)]
    if exists(repository.journal):
        found.append(Kept(repository.journal, "who changed what and when"))
    if repository.analytics.is_dir():
        found.append(Kept(repository.analytics, "saved reports"))
    if exists(repository.config) and not _is_ours(repository.config):
        found.append(Kept(repository.config, "not as init writes it; remove it yourself if nobody needs it"))
    found += [
        Kept(path, "not as init --github wrote it; remove it yourself") for path in gate_steps.changed(repository)
    ]
    return (*found, *_kept_hooks(repository, environ))


def _kept_hooks(repository: Repository, environ: Mapping[str, str]) -> Iterator[Kept]:
    for one in agent_hooks.of_this_user(environ):
        if one.commands:
            why = f"your own hooks, for every repository; they go with: pr-sessions uninstall --agents {one.host.name}"
            yield Kept(one.path, why)
    for one in agent_hooks.of_this_repository(repository, environ):
        if one.problem:
            yield Kept(one.path, f"{one.problem}; take our hooks out by hand")


def _session_data(repository: Repository) -> list[Path]:
    files = [*reversed(repository.documents), *Archives.beside(repository.documents).paths()]
    by_hand = [backup.path for backup in list_backups(repository.session_file.parent)]
    folder = [repository.backups] if repository.state and _holds_something(repository.backups) else []
    aside = [repository.quarantine] if _holds_something(repository.quarantine) else []
    return [*(path for path in files if exists(path)), *folder, *_waiting(repository), *aside, *by_hand]


def _waiting(repository: Repository) -> list[Path]:
    """The folder of events, while it holds some that are not among the sessions yet."""
    return [repository.pending] if repository.pending and waiting_files(repository.pending) else []


def _files(repository: Repository) -> Iterator[Step]:
    if exists(repository.config) and _is_ours(repository.config):
        yield Step(Act.REMOVE, repository.config, "configuration, as init wrote it")
    copies = {"policy*.json": "copy of the configuration", "signatures*.json": "copy of the signatures of agents"}
    state = repository.state
    caches = [(cache, what) for name, what in copies.items() for cache in sorted(state.glob(name))] if state else []
    for path, what in (
        (repository.marker, "marker of the current session"),
        (repository.pr_index, "index of pull requests"),
        (repository.paused, "switch that pauses tracking"),
        *caches,
    ):
        if exists(path):
            yield Step(Act.REMOVE, path, what)


def _of_hooks(repository: Repository) -> Iterator[Step]:
    """What hooks leave beside events, and their empty files."""
    logs = sorted(repository.state.glob("hook.log*")) if repository.state else []
    yield from (Step(Act.REMOVE, log, "what went wrong in a hook") for log in logs)
    folder = repository.pending
    if folder and folder.is_dir() and not _waiting(repository):
        yield from (Step(Act.REMOVE, path, "lock and empty files of hooks") for path in sorted(folder.iterdir()))


def _ignore_lines(repository: Repository) -> Iterator[Step]:
    exclude = exclude_file(repository)
    for path in (repository.root / ".gitignore", exclude) if exclude else ():
        yield from without_block(path)


def _last(repository: Repository) -> Iterator[Step]:
    """The text that explains the folder, by which hooks know that they are wanted; without sessions the lock, too."""
    if repository.readme and exists(repository.readme):
        yield Step(Act.REMOVE, repository.readme, "text that explains the folder; without it hooks are silent")
    if repository.document and (
        exists(repository.document) or any(map(_holds_something, _folders(repository))) or _waiting(repository)
    ):
        return
    for path, what in ((next_in_line(repository.lock), "queue of the lock"), (repository.lock, "lock")):
        if exists(path):
            yield Step(Act.REMOVE, path, what)


def _folders(repository: Repository) -> tuple[Path, ...]:
    return (repository.backups, repository.quarantine, *Archives.beside(repository.documents).folders[:1])


def _is_ours(config: Path) -> bool:
    """Whether nobody changed the configuration since `init` wrote it."""
    from pr_sessions.stores.configuration_text import initial_text

    try:
        parsed = read(config)
        data = read_bytes(config, MIB)
    except (InvalidConfiguration, UnreadableFile):
        return False
    mark = parsed.policy.mark if "mark" in parsed.origins else None
    return data == initial_text(parsed.policy.time_zone, parsed.policy.share, mark).encode()


def _holds_something(folder: Path) -> bool:
    return exists(folder) and any(folder.iterdir())
