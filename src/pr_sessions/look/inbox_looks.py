"""Where a person's last looks at the inbox are kept: in the clone, or in their own folder for other repositories.

https://specifications.freedesktop.org/basedir-spec/latest/
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from pr_sessions.core.inbox import Inbox, Row
from pr_sessions.core.inbox_last_look import LastLook, looked, repository_key
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
        of_clone: the repository of this clone, `owner/name`; empty for none.
        clone: its file; `None` where the clone was not set up, so that looking leaves nothing in it.
        user: the file for all others.
    """

    host: str
    of_clone: str
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

    def note(self, inbox: Inbox, shown: Iterable[Row], *, is_whole: bool) -> None:
        """Note a look at the inbox.

        Args:
            inbox: all of it.
            shown: the rows that the person saw.
            is_whole: whether the inbox has all that is open: what it lacks is forgotten then.

        Raises:
            CannotWrite: the disk, the folder or its permissions refuse.
        """
        every: dict[str, list[Row]] = defaultdict(list)
        saw: dict[str, list[Row]] = defaultdict(list)
        for row in inbox.rows:
            every[row.repository].append(row)
        for row in shown:
            saw[row.repository].append(row)
        looks = self.read(inbox.repositories)
        self.write(
            {
                name: looked(last, every[name] if is_whole and not inbox.unknowns else None, saw[name], inbox.at)
                for name, last in looks.items()
            }
        )

    def _place(self, repository: str) -> Place:
        return self.clone if self.clone and repository.lower() == self.of_clone.lower() else self.user


def last_looks(host: str, of_clone: str, repository: Repository | None, environ: Mapping[str, str]) -> LastLooks:
    """Return the files for what is read on a host, in a clone of a repository or in none."""
    clone = repository.last_looks if repository and is_prepared(repository) else None
    return LastLooks(host, of_clone, clone, users_looks(environ))


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
