"""What putting the gate's files into a repository takes, and taking them out again."""

from collections.abc import Iterator
from pathlib import Path

from pr_sessions.cli.setup.gate_files import PATHS, gate_files, is_ours, is_untouched
from pr_sessions.cli.setup.steps import Act, Step
from pr_sessions.errors import InvalidValue
from pr_sessions.stores.files import MIB, read_bytes
from pr_sessions.stores.repository import Repository

# In the order of `PATHS`.
_WHAT = dict(
    zip(
        PATHS,
        (
            "the gate: what its workflows run",
            "the gate: what is installed for that, by hash",
            "the gate: started by events and a schedule",
            "the gate: asked by your own workflows",
            "the gate: the last job of a workflow that asked",
        ),
        strict=True,
    )
)


def to_install(repository: Repository) -> Iterator[Step]:
    """Every file that is missing, or that another version wrote and nobody has changed.

    Raises:
        InvalidValue: outside git, so on no forge.
    """
    if repository.git_dir is None:
        raise InvalidValue(f"{repository.root} is not in git, so GitHub runs nothing for it", "run `git init` first")
    for name, data in _wanted().items():
        present = read_bytes(repository.root / name, MIB)
        if present is None or (is_untouched(present) and not _same(present, data)):
            yield Step(Act.WRITE, repository.root / name, _WHAT[name], data)


def in_the_way(repository: Repository) -> tuple[Path, ...]:
    """Files of these names that stay as they are: somebody else's, or ours that somebody has changed."""
    return tuple(path for path, data in _present(repository) if not is_untouched(data))


def to_remove(repository: Repository) -> Iterator[Step]:
    """Every file that is as some version of ours wrote it."""
    for path, data in _present(repository):
        if is_untouched(data):
            yield Step(Act.REMOVE, path, "the gate, as init --github wrote it")


def changed(repository: Repository) -> tuple[Path, ...]:
    """Files of ours that somebody has changed."""
    return tuple(path for path, data in _present(repository) if is_ours(data) and not is_untouched(data))


def _wanted() -> dict[str, bytes]:
    from importlib.metadata import version

    return dict(gate_files(version("pr-sessions")))


def _present(repository: Repository) -> Iterator[tuple[Path, bytes]]:
    for name in PATHS:
        path = repository.root / name
        data = read_bytes(path, MIB)
        if data is not None:
            yield path, data


def _same(present: bytes, wanted: bytes) -> bool:
    return present.replace(b"\r\n", b"\n") == wanted
