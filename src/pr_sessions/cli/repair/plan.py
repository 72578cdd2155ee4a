"""What has to be done so that the session files can be read again, and say everything that any copy says."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from functools import reduce
from itertools import count
from pathlib import Path

from msgspec.structs import replace

from pr_sessions.cli.repair import sources
from pr_sessions.cli.repair.sources import Source
from pr_sessions.cli.repair.steps import Act, Repair, Step
from pr_sessions.errors import NewerVersion, UnreadableFile
from pr_sessions.stores.archives import Archives, settled
from pr_sessions.stores.backups import Backup
from pr_sessions.stores.base_fields import decide_unknown
from pr_sessions.stores.book import Book
from pr_sessions.stores.book_join import join_books
from pr_sessions.stores.conflicts import BASE, OURS, THEIRS
from pr_sessions.stores.document import Document, parse
from pr_sessions.stores.files import read_bytes
from pr_sessions.stores.marker import read_marker
from pr_sessions.stores.repository import Repository
from pr_sessions.stores.strict_json import read_json


def plan(repository: Repository, zone: tzinfo, now: datetime) -> Repair:
    """Everything that is not as it should be; nothing where all is.

    Raises:
        NewerVersion: a newer pr-sessions wrote one of the files.
        UnreadableFile: a file may not be read at all, for its permissions or its size.
    """
    aside = _Quarantine(repository, now)
    mending = _sessions(repository, zone, aside)
    return replace(mending, steps=(*mending.steps, *_others(repository, zone, aside)))


class _Quarantine:
    """Names in the quarantine, each given once."""

    def __init__(self, repository: Repository, now: datetime) -> None:
        self._folder = repository.quarantine
        self._stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        self._given: set[Path] = set()

    def step(self, path: Path, problem: str, data: bytes) -> Step:
        """Puts a copy of the file aside."""
        names = (f"{self._stamp}{f'-{n}' if n > 1 else ''}-{path.name}" for n in count(1))
        free = next(p for name in names if (p := self._folder / name) not in self._given and not p.exists())
        self._given.add(free)
        return Step(Act.QUARANTINE, free, problem, data)


def _sessions(repository: Repository, zone: tzinfo, aside: _Quarantine) -> Repair:
    files = sources.files(repository, zone)
    merging = sources.merges(repository, zone)
    broken = [source for source in files if source.found.problem]
    if not broken and not merging:
        return Repair()
    sides = [side for stages in merging.values() for side in _decided(stages)]
    told = [*files, *sides, *_fallbacks(repository, zone, _needed(files, sides))]
    book = _join(told, zone) or Book(Document(), zone)
    shelves = _shelves(repository, (*files, *sides), zone)
    steps = (
        *_back_up(repository, files, zone),
        *(aside.step(source.path, source.found.problem, source.data) for source in (*broken, *_broken(sides))),
        *(Step(Act.JOIN, source.path, _telling(source)) for source in told if source.documents),
        *_archives(repository, files, shelves),
        *_write(repository, files, book, shelves.values()),
        *(Step(Act.RESOLVE, path, "tells git that the merge of it is done") for path in merging),
    )
    missing = dict.fromkeys(i for source in told for i in source.found.broken)
    return Repair(steps, tuple(i for i in missing if not _knows(book, i)))


def _decided(stages: Mapping[int, Source]) -> list[Source]:
    """Both sides, with the fields that we do not know as the base decides them."""
    base, sides = stages.get(BASE), [source for stage, source in stages.items() if stage != BASE]
    if base is None or [len(s.documents) for s in (*sides, base)] != [1, 1, 1]:
        return sides
    pair = decide_unknown(base.documents[0], sides[0].documents[0], sides[1].documents[0])
    return [
        replace(side, found=replace(side.found, documents=(document,)))
        for side, document in zip(sides, pair, strict=True)
    ]


def _needed(files: Iterable[Source], sides: Collection[Source]) -> list[Source]:
    """The tellings that must be complete: a half-merged file need not, where git's index holds both sides."""
    complete = [side.path for side in sides if side.found.complete]
    return [*sides, *(source for source in files if complete.count(source.path) < len((OURS, THEIRS)))]


def _fallbacks(repository: Repository, zone: tzinfo, present: Collection[Source]) -> Iterator[Source]:
    """Older states, where something of the present one cannot be read."""
    if all(source.found.complete for source in present):
        return
    yield from sources.from_backups(repository, zone)
    broken = {repository.archive / s.path.name for s in present if s.found.problem and _is_archive(repository, s)}
    for path in (repository.session_file, *sorted(broken)):
        committed = sources.newest_in_history(repository, path, zone) if repository.git_dir else None
        yield from (committed,) if committed else ()
    if any(source.path == repository.document and source.found.problem for source in present):
        # What was recorded on other branches stands in no other file of this tree.
        yield from sources.on_branches(repository, zone)


def _broken(found: Iterable[Source]) -> list[Source]:
    return [source for source in found if source.found.problem]


def _join(told: Iterable[Source], zone: tzinfo) -> Book | None:
    books = [Book(document, zone) for source in told for document in source.documents]
    return reduce(join_books, books) if books else None


def _back_up(repository: Repository, files: Iterable[Source], zone: tzinfo) -> Iterator[Step]:
    """As for every change: what could be read before, whole."""
    before = _join(files, zone)
    if before is not None:
        yield Step(Act.BACK_UP, repository.backups, "what could be read before", before.to_bytes())


def _write(repository: Repository, files: Iterable[Source], book: Book, shelves: Iterable[Book]) -> Iterator[Step]:
    """The clone's own document first, as always; without what the archives say alike."""
    there = {source.path: source.data for source in files}
    gone = settled(book, shelves)
    count = len(book) - len(gone)
    data, what = book.to_bytes(gone), f"{count} session{'' if count == 1 else 's'}"
    for path in (repository.document, repository.session_file):
        if path and there.get(path) != data:
            yield Step(Act.WRITE, path, what, data)


def _is_archive(repository: Repository, source: Source) -> bool:
    return source.path.parent in Archives.beside(repository.documents).folders


def _shelves(repository: Repository, told: Iterable[Source], zone: tzinfo) -> dict[str, Book]:
    """What the archives say in all their places and sides, as far as it can be read, by their names."""
    held = [source for source in told if _is_archive(repository, source)]
    names = sorted({source.path.name for source in held})
    books = {name: _join((source for source in held if source.path.name == name), zone) for name in names}
    return {name: book for name, book in books.items() if book is not None}


def _archives(repository: Repository, files: Iterable[Source], shelves: Mapping[str, Book]) -> Iterator[Step]:
    """Every archive says in all its places what can be read of it; the session file has the rest."""
    held = {source.path: source for source in files if _is_archive(repository, source)}
    archives = Archives.beside(repository.documents)
    for name, book in shelves.items():
        data, what = book.to_bytes(), f"{len(book)} session{'' if len(book) == 1 else 's'}"
        differing = (path for path in archives.places(name) if path not in held or held[path].data != data)
        yield from (Step(Act.WRITE, path, what, data) for path in differing)
    for path in held:
        if path.name not in shelves:
            yield Step(Act.REMOVE, path, "stands in the quarantine; the session file has what other copies say")


def _telling(source: Source) -> str:
    ids = {entry.id for document in source.documents for entry in document.entries}
    return f"{source.what}: {len(ids)} session{'' if len(ids) == 1 else 's'}"


def _knows(book: Book, name: str) -> bool:
    """Whether a session of that id, or facts of that pull request, are there."""
    return book.get(name) is not None or name in book.unattributed


def _others(repository: Repository, zone: tzinfo, aside: _Quarantine) -> Iterator[Step]:
    """Files that hold no sessions of their own, or only old ones: put aside, nothing has to take their place."""
    for path, problem in (
        (repository.marker, _why_no_marker(repository.marker, zone)),
        (repository.pr_index, _why_no_json(repository.pr_index)),
        *((backup.path, _why_no_backup(backup)) for backup in sources.backups(repository) if backup.ours),
    ):
        if problem:
            yield aside.step(path, problem, read_bytes(path) or b"")
            yield Step(Act.REMOVE, path, "stands in the quarantine")


def _why_no_marker(path: Path, zone: tzinfo) -> str:
    try:
        read_marker(path, zone)
    except UnreadableFile as error:
        return str(error)
    return ""


def _why_no_json(path: Path) -> str:
    data = read_bytes(path)
    try:
        read_json(data if data is not None else b"{}", str(path))
    except UnreadableFile as error:
        return str(error)
    return ""


def _why_no_backup(backup: Backup) -> str:
    data = read_bytes(backup.path)
    try:
        parse(data or b"", str(backup.path))
    except NewerVersion:
        return ""
    except UnreadableFile as error:
        return str(error)
    return ""
