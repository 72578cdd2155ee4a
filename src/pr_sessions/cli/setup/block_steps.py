"""What taking our marked lines out of somebody's file takes."""

from collections.abc import Iterator
from pathlib import Path

from pr_sessions.cli.setup.ignore_block import with_block
from pr_sessions.cli.setup.steps import Act, Step
from pr_sessions.stores.files import MIB, read_bytes


def without_block(path: Path) -> Iterator[Step]:
    """The file without our lines; no file, if it held nothing else; nothing, if it holds none."""
    present = read_bytes(path, 16 * MIB)
    rest = with_block(present, ())
    if rest is None and present is not None:
        yield Step(Act.REMOVE, path, "held nothing but our lines")
    elif rest is not None and rest != present:
        yield Step(Act.WRITE, path, "without our lines", rest)
