"""What installing and removing the merge driver takes."""

import sys
from collections.abc import Iterator

from pr_sessions.cli.setup.block_steps import without_block
from pr_sessions.cli.setup.ignore_block import with_block
from pr_sessions.cli.setup.merge_driver import ATTRIBUTES, command_line, leftovers, registered
from pr_sessions.cli.setup.steps import Act, Step
from pr_sessions.stores.files import MIB, read_bytes
from pr_sessions.stores.repository import Repository


def to_install(repository: Repository) -> Iterator[Step]:
    """The line in `.gitattributes`, and the command in the clone's configuration."""
    path = repository.root / ".gitattributes"
    present = read_bytes(path, 16 * MIB)
    wanted = with_block(present, ATTRIBUTES)
    if wanted is not None and wanted != present:
        yield Step(Act.WRITE, path, "git joins the session file instead of merging its lines", wanted)
    if repository.common_dir and registered(repository.root) != command_line(sys.executable):
        yield Step(Act.REGISTER, repository.common_dir / "config", f"merge driver, run by {sys.executable}")


def to_remove(repository: Repository) -> Iterator[Step]:
    """Both again."""
    if repository.common_dir is None:
        return
    yield from without_block(repository.root / ".gitattributes")
    if leftovers(repository.root):
        yield Step(Act.UNREGISTER, repository.common_dir / "config", "merge driver")
