"""Repair: what has to be done so that the session files can be read again, and say everything that any copy says.

Steps are values: the same list is shown by a dry run and carried out by a real one.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from functools import partial, reduce
from itertools import count
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.policy import Policy
from pr_sessions.errors import NewerVersion, NotARepository, UnreadableFile
from pr_sessions.git.commands import run_git
from pr_sessions.git.discovery import find_repository, worktrees
from pr_sessions.git.repository import Repository, prepare_state
from pr_sessions.io.files import exists, read_bytes, remove_file, replace_file
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place
from pr_sessions.maintenance import repair_sources as find
from pr_sessions.maintenance.repair_sources import Source
from pr_sessions.storage.base import BackupKind
from pr_sessions.storage.files.archives import Archives, settled
from pr_sessions.storage.files.backups import take
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.git_merge import decide_unknown
from pr_sessions.storage.files.half_merged import refuse_half_merged
from pr_sessions.storage.files.marker import read_marker
from pr_sessions.storage.files.merge import merge_collections
from pr_sessions.storage.files.people import without_people
from pr_sessions.storage.files.pr_index import read_index
from pr_sessions.storage.files.repair import BASE, OURS, THEIRS
from pr_sessions.storage.files.run_ids import add_run_ids
from pr_sessions.storage.files.session_file import parse


class StepKind(StrEnum):
    """What happens to a path. `JOIN` only says where sessions come from; `RESOLVE` tells git's index."""

    BACK_UP = "back up"
    QUARANTINE = "quarantine"
    JOIN = "join"
    WRITE = "write"
    REMOVE = "remove"
    RESOLVE = "resolve"


class Step(Struct, frozen=True):
    """One change.

    Attributes:
        purpose: in a few words.
        data: the whole content that is kept, put aside or written.
    """

    kind: StepKind
    path: Place
    purpose: str
    data: bytes = b""


class Repair(Struct, frozen=True):
    """Everything that has to be done."""

    steps: tuple[Step, ...] = ()


def carry_out(plan: Callable[[], Repair], repository: Repository, now: datetime) -> Repair:
    """Plan under the lock and do it; take no lock where nothing is to be done.

    Every file is put aside before another takes its place, so that a repair that was cut short can be run again.

    Raises:
        Busy: another process holds the lock.
        CannotWrite: the disk, a folder or its permissions refuse; the steps before are done.
        GitFailed: git refuses.
    """
    if not plan().steps:
        return Repair()
    prepare_state(repository)
    with locked(repository.lock):
        repair = plan()
        _keep_run_ids(repository)
        for step in repair.steps:
            _do(step, repository, now)
    return repair


def _keep_run_ids(repository: Repository) -> None:
    """Keep the vendors' ids of runs, which the files will no longer hold, for the user of this clone alone."""
    sides = (side for stages in find.merges(repository).values() for side in stages.values())
    contents = [parsed for source in (*find.files(repository), *sides) for parsed in source.documents]
    if repository.run_ids:
        add_run_ids(repository.run_ids, {key: run for parsed in contents for key, run in parsed.run_ids.items()})


def _do(step: Step, repository: Repository, now: datetime) -> None:
    match step.kind:
        case StepKind.BACK_UP:
            take(step.path, step.data, now, BackupKind.REPAIR)
        case StepKind.QUARANTINE | StepKind.WRITE:
            replace_file(step.path, step.data)
        case StepKind.REMOVE:
            remove_file(step.path)
        case StepKind.RESOLVE:
            run_git(repository.root, "--literal-pathspecs", "add", "--", str(step.path))
        case StepKind.JOIN:
            pass


def plan(repository: Repository, policy: Policy, zone: tzinfo, now: datetime) -> Repair:
    """Return everything that is not as it should be; nothing where all is.

    Args:
        repository: what is repaired.
        policy: whether what is written names people.
        zone: where naive times were written.
        now: the time.

    Raises:
        NewerVersion: a newer pr-sessions wrote one of the files.
        UnreadableFile: a file may not be read at all, for its permissions or its size.
    """
    quarantine = _Quarantine(repository, now)
    return Repair((*_session_steps(repository, policy, zone, quarantine), *_other_steps(repository, zone, quarantine)))


def trees_to_repair(repository: Repository) -> dict[Path, str]:
    """Return the roots of the other working trees that need a repair of their own, each with the reason."""
    try:
        others = [root for root in worktrees(repository) if root != repository.root]
    except UnreadableFile:
        return {}  # `doctor` says that git's folder may not be looked into.
    return {root: reason for root in others if (reason := _problem_of_tree(root))}


def repair_command(root: Path) -> str:
    """Return what to type to repair a working tree."""
    from shlex import quote

    return f"cd {quote(str(root))} && pr-sessions doctor --repair"


def _problem_of_tree(root: Path) -> str:
    try:
        tree = find_repository(root)
        paths = (tree.session_file, *Archives.next_to((tree.session_file,)).paths())
        for path in paths:
            data = read_bytes(path)
            if data is not None:
                parse(data, str(path))
        refuse_half_merged(tree, paths)
    except NotARepository:
        return ""  # Gone meanwhile.
    except UnreadableFile as error:
        return str(error)
    return ""


class _Quarantine:
    """Names in the quarantine, each given once."""

    def __init__(self, repository: Repository, now: datetime) -> None:
        self._folder = repository.quarantine
        self._stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        self._given: set[Place] = set()

    def step(self, path: Place, problem: str, data: bytes) -> Step:
        """Return the step that puts a copy of the file aside."""
        names = (f"{self._stamp}{f'-{n}' if n > 1 else ''}-{path.name}" for n in count(1))
        free = next(p for name in names if (p := self._folder / name) not in self._given and not exists(p))
        self._given.add(free)
        return Step(StepKind.QUARANTINE, free, problem, data)


def _session_steps(repository: Repository, policy: Policy, zone: tzinfo, quarantine: _Quarantine) -> Iterator[Step]:
    files = find.files(repository)
    merging = find.merges(repository)
    broken = [source for source in files if source.problem]
    has_ids = any(parsed.run_ids for source in files for parsed in source.documents)
    if not (broken or merging or has_ids):
        return
    sides = [side for stages in merging.values() for side in _decided(stages)]
    # A half-merged file need not be complete where git's index holds both sides.
    complete = [side.path for side in sides if side.recovered.complete]
    needed = [*sides, *(source for source in files if complete.count(source.path) < len((OURS, THEIRS)))]
    sources = [*files, *sides, *_fallbacks(repository, needed)]
    sessions = without_people(_merge(sources, zone) or FileSessions(zone=zone), policy).rewritten()
    archived = _archived(repository, (*files, *sides), zone)
    archives = {name: without_people(archive, policy).rewritten() for name, archive in archived.items()}
    before = _merge(files, zone)
    if before is not None:
        yield Step(StepKind.BACK_UP, repository.backups, "what could be read before", before.to_bytes())
    for source in (*broken, *(side for side in sides if side.problem)):
        yield quarantine.step(source.path, source.problem, source.data)
    for source in sources:
        if source.documents:
            ids = {entry.id for parsed in source.documents for entry in parsed.entries}
            yield Step(StepKind.JOIN, source.path, f"{source.label}: {_sessions(len(ids))}")
    yield from _write_archives(repository, files, archives)
    yield from _write_documents(repository, files, sessions, archives.values())
    for path in merging:
        yield Step(StepKind.RESOLVE, path, "tells git that the merge of it is done")


def _decided(stages: Mapping[int, Source]) -> list[Source]:
    """Return both sides, with the fields that we do not know as the base decides them."""
    base, sides = stages.get(BASE), [source for stage, source in stages.items() if stage != BASE]
    if base is None or [len(s.documents) for s in (*sides, base)] != [1, 1, 1]:
        return sides
    pair = decide_unknown(base.documents[0], sides[0].documents[0], sides[1].documents[0])
    return [
        replace(side, recovered=replace(side.recovered, documents=(decided,)))
        for side, decided in zip(sides, pair, strict=True)
    ]


def _fallbacks(repository: Repository, present: Collection[Source]) -> Iterator[Source]:
    """Yield older states, where something of the present one cannot be read."""
    if all(source.recovered.complete for source in present):
        return
    yield from find.from_backups(repository)
    broken = {repository.archive / s.path.name for s in present if s.problem and _is_archive(repository, s)}
    for path in (repository.session_file, *sorted(broken)):
        committed = find.newest_in_history(repository, path) if repository.git_dir else None
        yield from (committed,) if committed else ()
    if any(source.path == repository.clone_sessions and source.problem for source in present):
        # What was recorded on other branches stands in no other file of this tree.
        yield from find.on_branches(repository)


def _merge(sources: Iterable[Source], zone: tzinfo) -> FileSessions | None:
    collections = [FileSessions(parsed, zone) for source in sources for parsed in source.documents]
    return reduce(merge_collections, collections) if collections else None


def _write_documents(
    repository: Repository, files: Iterable[Source], sessions: FileSessions, archives: Iterable[FileSessions]
) -> Iterator[Step]:
    """Yield the clone's own document first, as always; without what the archives say alike."""
    present = {source.path: source.data for source in files}
    archived_ids = settled(sessions, archives)
    data, purpose = sessions.to_bytes(archived_ids), _sessions(len(sessions) - len(archived_ids))
    for path in (repository.clone_sessions, repository.session_file):
        if path and present.get(path) != data:
            yield Step(StepKind.WRITE, path, purpose, data)


def _is_archive(repository: Repository, source: Source) -> bool:
    return source.path.parent in Archives.next_to(repository.documents).folders


def _archived(repository: Repository, sources: Iterable[Source], zone: tzinfo) -> dict[str, FileSessions]:
    """Return what the archives say in all their places and sides, as far as it can be read, by their names."""
    archives = [source for source in sources if _is_archive(repository, source)]
    names = sorted({source.path.name for source in archives})
    merged = {name: _merge((source for source in archives if source.path.name == name), zone) for name in names}
    return {name: sessions for name, sessions in merged.items() if sessions is not None}


def _write_archives(
    repository: Repository, files: Iterable[Source], archived: Mapping[str, FileSessions]
) -> Iterator[Step]:
    """Let every archive say in all its places what can be read of it; the session file has the rest."""
    present = {source.path: source for source in files if _is_archive(repository, source)}
    archives = Archives.next_to(repository.documents)
    for name, sessions in archived.items():
        data = sessions.to_bytes()
        differing = (path for path in archives.places(name) if path not in present or present[path].data != data)
        yield from (Step(StepKind.WRITE, path, _sessions(len(sessions)), data) for path in differing)
    for path in present:
        if path.name not in archived:
            yield Step(StepKind.REMOVE, path, "stands in the quarantine; the session file has what other copies say")


def _sessions(number: int) -> str:
    return f"{number} session{'' if number == 1 else 's'}"


def _other_steps(repository: Repository, zone: tzinfo, quarantine: _Quarantine) -> Iterator[Step]:
    """Put files aside that hold no sessions of their own, or only old ones; nothing has to take their place."""
    checks: list[tuple[Place, Callable[[Place], object]]] = [
        (repository.marker, partial(read_marker, zone=zone)),
        (repository.pr_index, read_index),
    ]
    checks += [(backup.path, _check_backup) for backup in find.backups(repository) if backup.ours]
    for path, check in checks:
        try:
            check(path)
        except UnreadableFile as error:
            yield quarantine.step(path, str(error), read_bytes(path) or b"")
            yield Step(StepKind.REMOVE, path, "stands in the quarantine")


def _check_backup(path: Place) -> None:
    with suppress(NewerVersion):
        parse(read_bytes(path) or b"", str(path))
