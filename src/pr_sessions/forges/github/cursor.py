"""How far imports have come, kept in the clone's folder: addresses, times and tags of answers, never an answer."""

from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from pr_sessions.errors import UnreadableFile
from pr_sessions.stores.files import MIB, read_bytes, replace_file

MOST_REPOSITORIES = 100


class Cursor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far one import has come.

    Attributes:
        rules: what the rules were by which pull requests were taken or left; by other rules it begins anew.
        page: the page of the list by creation that is to be read next; it may have been read already.
        reached: the highest number that is recorded from that list.
        since: nothing that was opened earlier is looked at.
        known_to: every change up to then is recorded.
        etag: GitHub's tag of the list by change, as it was then.
    """

    rules: str
    page: str
    reached: int = 0
    since: datetime | None = None
    known_to: datetime | None = None
    etag: str | None = None

    def covers(self, since: datetime | None) -> bool:
        """Whether an import from that time on can go on from here."""
        return self.since is None or (since is not None and since >= self.since)


class Cursors:
    """The cursors of all repositories that this clone imports from."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def get(self, repository: str) -> Cursor | None:
        """The cursor of a repository, if there is one that can be read: without it, all is read once more."""
        return self._all().get(repository.casefold())

    def put(self, repository: str, cursor: Cursor) -> None:
        """Keeps it; of too many repositories the one that was imported longest ago is forgotten.

        Raises:
            CannotWrite: the disk, the folder or its permissions refuse.
        """
        if self._path is None:
            return
        name = repository.casefold()
        others = [(key, kept) for key, kept in self._all().items() if key != name]
        kept = dict([*others[-(MOST_REPOSITORIES - 1) :], (name, cursor)])
        replace_file(self._path, msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")

    def _all(self) -> dict[str, Cursor]:
        try:
            data = read_bytes(self._path, MIB) if self._path else None
            return msgspec.json.decode(data, type=dict[str, Cursor]) if data else {}
        except (UnreadableFile, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {}
