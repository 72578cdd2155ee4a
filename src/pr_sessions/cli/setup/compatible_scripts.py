"""The compatible scripts in their folder; those of the original stand back as `<name>.original` and come back."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from pr_sessions.cli.setup.steps import Act, Step
from pr_sessions.errors import CannotWrite
from pr_sessions.stores.files import read_bytes
from pr_sessions.stores.repository import Repository

# The original never names our package: its session file ends in `auto_pr_sessions.json`.
_OURS = re.compile(rb"\bpr_sessions\.scripts\b")


def to_install(repository: Repository) -> Iterator[Step]:
    """Every script that is missing or says something else.

    Raises:
        CannotWrite: a foreign script and its `.original` are both there.
    """
    from pr_sessions.scripts.install import script_files

    for name, data in script_files().items():
        path = repository.root / name
        present = read_bytes(path)
        if present == data:
            continue
        if present is not None and not is_ours(present):
            yield _stand_back(path, present)
        yield Step(Act.WRITE, path, "compatible script", data)
    if repository.common_dir and _recorded(repository) != sys.executable:
        what = f"the scripts fall back on {sys.executable}"
        yield Step(Act.RECORD, repository.common_dir / "config", what)


def to_remove(repository: Repository) -> Iterator[Step]:
    """Every script of ours, of whatever version, and the way back for the original's."""
    from pr_sessions.scripts.install import script_files

    for path in sorted(repository.root / name for name in script_files()):
        present, copy = read_bytes(path), _original(path)
        if present is None or not is_ours(present):
            continue
        original = read_bytes(copy)
        if original is None:
            yield Step(Act.REMOVE, path, "compatible script")
        else:
            yield Step(Act.WRITE, path, "the original's script, as it was", original)
            yield Step(Act.REMOVE, copy, "its copy")
    if repository.common_dir and _recorded(repository) is not None:
        yield Step(Act.FORGET, repository.common_dir / "config", "interpreter of the scripts")


def is_ours(data: bytes) -> bool:
    """Whether a script is one that `init --scripts` wrote, by whatever version and for whatever interpreter."""
    return _OURS.search(data) is not None


def _recorded(repository: Repository) -> str | None:
    from pr_sessions.scripts.install import recorded_interpreter

    return recorded_interpreter(repository.root)


def _original(path: Path) -> Path:
    return path.with_name(f"{path.name}.original")


def _stand_back(path: Path, present: bytes) -> Step:
    copy = _original(path)
    if read_bytes(copy) not in (None, present):
        raise CannotWrite(
            f"{path} is not ours, and {copy} already keeps another one",
            f"move one of them away, then run it again: {copy}",
        )
    return Step(Act.WRITE, copy, "the original's script, kept for uninstall", present)
