"""The compatible scripts; the original's are kept as `<name>.original`, and `uninstall` restores them."""

import re
import sys
from collections.abc import Iterator

from pr_sessions.errors import CannotWrite
from pr_sessions.git.repository import Repository
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import Place
from pr_sessions.setup.steps import Action, Step

# The original never names our package: its session file ends in `auto_pr_sessions.json`.
_OURS = re.compile(rb"\bpr_sessions\.(?:compat|scripts)\b")


def to_install(repository: Repository) -> Iterator[Step]:
    """Write every script that is missing or differs.

    Raises:
        CannotWrite: a foreign script and its `.original` are both there.
    """
    from pr_sessions.compat.install import script_files

    for name, data in script_files().items():
        path = repository.place(name)
        present = read_bytes(path)
        if present == data:
            continue
        if present is not None and not is_ours(present):
            copy = _original(path)
            if read_bytes(copy) not in (None, present):
                raise CannotWrite(
                    f"{path} is not ours, and {copy} already keeps another one",
                    f"move one of them away, then run it again: {copy}",
                )
            yield Step(Action.WRITE, copy, "the original's script, kept for uninstall", present)
        yield Step(Action.WRITE, path, "compatible script", data)
    yield from _to_record(repository)


def to_renew(repository: Repository) -> Iterator[Step]:
    """Replace scripts that another version wrote, and renew what runs them."""
    from pr_sessions.compat.install import script_files

    files = script_files()
    for path in outdated(repository):
        yield Step(Action.WRITE, path, "compatible script", files[path.below])
    if records_another_version(repository):
        yield from _to_record(repository)


def outdated(repository: Repository) -> tuple[Place, ...]:
    """Return the scripts that another version wrote: those of 0.1.0 import modules from their folder."""
    from pr_sessions.compat.install import script_files

    places = {repository.place(name): data for name, data in script_files().items()}
    return tuple(
        path for path, data in places.items() if (present := read_bytes(path)) != data and is_ours(present or b"")
    )


def records_another_version(repository: Repository) -> bool:
    """Tell whether the clone records what runs its scripts as 0.1.0 did, which these scripts do not use."""
    from pr_sessions.compat.install import recorded

    record = recorded(repository.root) if repository.common_dir else None
    return record is not None and record.interpreter is not None and record.stub is None


def to_remove(repository: Repository) -> Iterator[Step]:
    """Remove every script of ours, of any version, and restore the original's."""
    from pr_sessions.compat.install import Recorded, recorded, script_files

    for path in sorted(repository.place(name) for name in script_files()):
        present, copy = read_bytes(path), _original(path)
        if present is None or not is_ours(present):
            continue
        original = read_bytes(copy)
        if original is None:
            yield Step(Action.REMOVE, path, "compatible script")
        else:
            yield Step(Action.WRITE, path, "the original's script, as it was", original)
            yield Step(Action.REMOVE, copy, "its copy")
    nothing = Recorded(None, None)
    if repository.common_dir and recorded(repository.root) != nothing:
        place = Place(repository.common_dir, "config")
        yield Step(Action.FORGET, place, "interpreter of the scripts", settings=nothing.settings)


def is_ours(data: bytes) -> bool:
    """Tell whether `init --scripts` of any version wrote a script."""
    return _OURS.search(data) is not None


def _to_record(repository: Repository) -> Iterator[Step]:
    from pr_sessions.compat.install import recorded, this_program

    program = this_program()
    if repository.common_dir and recorded(repository.root) != program:
        place, what = Place(repository.common_dir, "config"), f"the scripts fall back on {sys.executable}"
        yield Step(Action.RECORD, place, what, settings=program.settings)


def _original(path: Place) -> Place:
    return path.with_name(f"{path.name}.original")
