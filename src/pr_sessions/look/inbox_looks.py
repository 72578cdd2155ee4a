"""Where a person's last looks at the inbox are kept: in the clone, or in their own folder for other repositories.

https://specifications.freedesktop.org/basedir-spec/latest/
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from pr_sessions.core.inbox_last_look import LastLook, repository_key
from pr_sessions.core.json_text import decode
from pr_sessions.errors import UnreadableFile
from pr_sessions.git.repository import Repository, is_prepared
from pr_sessions.io.files import MIB, read_bytes, replace_changed_file
from pr_sessions.io.places import Place, below_users_folder

MOST_REPOSITORIES = 200
_MOST_BYTES = 64 * MIB
_NEVER = datetime.min.replace(tzinfo=UTC)


class LastLooks(Struct, frozen=True):
    """The files.

    Attributes:
        host: of the forge.
        own: the repository of this clone, `owner/name`; empty for none.
        clone: its file; `None` where the clone was not set up, so that looking leaves nothing in it.
        user: the file for all others.
    """

    host: str
    own: str
    clone: Place | None
    user: Place

    def read(self, repositories: Iterable[str]) -> dict[str, LastLook]:
        """Return what was seen of repositories, by name; what cannot be read is as if nothing was."""
        files: dict[Place, Mapping[str, LastLook]] = {}
        looks = {}
        for name in repositories:
            place = self._place(name)
            kept = files.setdefault(place, _read(place))
            looks[name] = kept.get(repository_key(self.host, name), LastLook())
        return looks

    def write(self, looks: Mapping[str, LastLook]) -> None:
        """Keep what was seen of these repositories, by name.

        Raises:
            CannotWrite: the disk, the folder or its permissions refuse.
        """
        files: dict[Place, dict[str, LastLook]] = {}
        for name, look in looks.items():
            place = self._place(name)
            files.setdefault(place, dict(_read(place)))[repository_key(self.host, name)] = look
        for place, kept in files.items():
            newest = sorted(kept.items(), key=lambda item: item[1].at or _NEVER)[-MOST_REPOSITORIES:]
            replace_changed_file(place, msgspec.json.encode(dict(newest)) + b"\n")

    def _place(self, repository: str) -> Place:
        is_own = repository.lower() == self.own.lower()
        return self.clone if self.clone and is_own else self.user


def last_looks(host: str, own: str, repository: Repository | None, environ: Mapping[str, str]) -> LastLooks:
    """Return the files for what is read on a host, from a clone of `own` if there is one."""
    clone = repository.last_looks if repository and is_prepared(repository) else None
    return LastLooks(host, own, clone, users_looks(environ))


def users_looks(environ: Mapping[str, str]) -> Place:
    """Return the user's file: in `XDG_STATE_HOME`, which has to be absolute, or in `~/.local/state`."""
    named = Path(environ.get("XDG_STATE_HOME", ""))
    folder = named if named.is_absolute() else Path("~/.local/state").expanduser()
    place = below_users_folder(folder / "pr-sessions/inbox.json")
    return Place(place.root, place.below, 0o600)


def _read(place: Place) -> Mapping[str, LastLook]:
    try:
        return decode(read_bytes(place, _MOST_BYTES) or b"{}", dict[str, LastLook])
    except (UnreadableFile, msgspec.DecodeError):
        return {}
