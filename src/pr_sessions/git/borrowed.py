"""A throw-away bare repository that borrows a clone's objects, so that git may read and merge them undisturbed.

Nothing of the clone counts there but its objects: no configuration, attributes, merge or diff drivers, filters, hooks,
replacements or references; neither does anything of the user's or the system's. What git writes goes with it. A partial
or shallow clone lacks objects, and nothing is fetched.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.git.commands import GitFailed, isolated_environment, reading_command
from pr_sessions.io.files import MIB
from pr_sessions.io.gitdir import common_dir_of, content

if TYPE_CHECKING:
    from subprocess import Popen

_HEAD = "ref: refs/heads/none\n"
_SHA1 = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_SHA256 = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectFormat = sha256\n"
_CHUNK = 1 << 16
_IDS = (40, 64)


class Finished(Struct, frozen=True):
    """What a bounded run of git left.

    Attributes:
        status: git's exit status; negative where it was ended.
        output: what it printed, up to the limit.
        messages: the beginning of what it said on stderr.
    """

    status: int
    output: bytes
    messages: str


class BorrowedObjects(Struct, frozen=True):
    """The objects of a clone in a repository of their own.

    Attributes:
        git_dir: of the throw-away repository.
        is_shallow: the clone's history is cut.
        work_tree: the working tree that git looks at; `None` for none.
        index: its index.
    """

    git_dir: Path
    is_shallow: bool
    work_tree: Path | None = None
    index: Path | None = None

    def with_tree(self, work_tree: Path, index: Path) -> "BorrowedObjects":
        """Return the same with a working tree to look at. Git writes neither there nor to its index."""
        return replace(self, work_tree=work_tree, index=index)

    def run(
        self,
        *arguments: str,
        input: bytes = b"",  # noqa: A002 - subprocess's own word
        seconds: float = 30,
        most: int = 64 * MIB,
    ) -> Finished:
        """Run git within bounds.

        Args:
            arguments: git's own.
            input: what it reads.
            seconds: it is ended after them.
            most: the bytes after which it is ended.

        Raises:
            GitFailed: git is missing.
        """
        pieces: list[bytes] = []
        left = most
        with self._started(arguments, input, seconds) as (process, output, messages):
            while left > 0 and (piece := output.read(min(_CHUNK, left))):
                pieces.append(piece)
                left -= len(piece)
            if left <= 0:
                process.kill()
            status = process.wait()
            messages.seek(0)
            return Finished(status, b"".join(pieces), messages.read(_CHUNK).decode(errors="replace"))

    @contextmanager
    def running(
        self,
        *arguments: str,
        input: bytes = b"",  # noqa: A002 - as above
        seconds: float = 30,
    ) -> "Iterator[tuple[Popen[bytes], IO[bytes]]]":
        """Give git and what it prints while it still writes; it ends with the block, or after so many seconds.

        Raises:
            GitFailed: git is missing.
        """
        with self._started(arguments, input, seconds) as (process, output, _):
            yield process, output

    def commits(self, shas: Iterable[str]) -> frozenset[str]:
        """Return those that are here and commits. What is no full id in lower case is not."""
        asked = sorted({sha for sha in shas if len(sha) in _IDS and not sha.strip("0123456789abcdef")})
        if not asked:
            return frozenset()
        check = "--batch-check=%(objecttype) %(objectname)"
        printed = self.run("cat-file", check, input="\n".join(asked).encode() + b"\n").output.decode("ascii", "replace")
        return frozenset(line.removeprefix("commit ") for line in printed.splitlines() if line.startswith("commit "))

    def blobs(self, names: Sequence[bytes], *, largest: int, most: int, seconds: float = 30) -> dict[bytes, bytes]:
        """Return the content of blobs by their names, of those that are here and small.

        Args:
            names: as `TREE:PATH`, each once; a path may hold any byte but NUL.
            largest: the most bytes of one.
            most: the most bytes of all together.
            seconds: for each of two runs of git.
        """
        if not names:
            return {}
        check = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
        listed = self.run("cat-file", check, "-z", input=b"\0".join(names) + b"\0", seconds=seconds).output
        ids: dict[bytes, bytes] = {}
        for name, row in zip(names, _rows(listed, names), strict=False):
            if len(row) == 3 and row[1] == b"blob" and row[2].isdigit() and int(row[2]) <= min(largest, most):
                ids[name] = row[0]
                most -= int(row[2])
        asked = b"".join(id_ + b"\n" for id_ in ids.values())
        return dict(
            zip(ids, _contents(self.run("cat-file", "--batch", input=asked, seconds=seconds).output), strict=False)
        )

    @contextmanager
    def _started(
        self, arguments: Sequence[str], data: bytes, seconds: float
    ) -> "Iterator[tuple[Popen[bytes], IO[bytes], IO[bytes]]]":
        import subprocess
        import tempfile

        command = reading_command(*arguments, is_named_bare=True)
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as messages:
            given.write(data)
            given.seek(0)
            tree = {"GIT_WORK_TREE": str(self.work_tree), "GIT_INDEX_FILE": str(self.index)} if self.work_tree else {}
            try:
                process = subprocess.Popen(
                    command, cwd=self.work_tree or self.git_dir, env=isolated_environment(self.git_dir) | tree,
                    stdin=given, stdout=subprocess.PIPE, stderr=messages,
                )  # fmt: skip
            except OSError as error:
                raise GitFailed("git cannot be started", "install git, or put its folder on PATH") from error
            timer = Timer(max(seconds, 0), process.kill)
            timer.daemon = True
            timer.start()
            try:
                if process.stdout is not None:
                    yield process, process.stdout, messages
            finally:
                timer.cancel()
                process.kill()
                if process.stdout is not None:
                    process.stdout.close()
                process.wait()


@contextmanager
def borrow_objects(git_dir: Path, *, is_sha256: bool = False) -> Iterator[BorrowedObjects]:
    """Give the objects of a clone in a throw-away repository, which goes with the block.

    Args:
        git_dir: git's folder of the clone, or of one of its working trees.
        is_sha256: its object ids have 64 digits.

    Raises:
        OSError: there is no room for temporary files.
    """
    import tempfile

    common = Path(common_dir_of(str(git_dir)))
    with tempfile.TemporaryDirectory(prefix="pr-sessions-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for inner in ("objects/info", "refs"):
            (folder / inner).mkdir(parents=True)
        (folder / "HEAD").write_text(_HEAD)
        (folder / "config").write_text(_SHA256 if is_sha256 else _SHA1)
        # Quoted as git's `quote.c` reads it: a folder's name may hold a line feed.
        path = os.fsencode(common / "objects").replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
        (folder / "objects/info/alternates").write_bytes(b'"' + path + b'"\n')
        shallow = content(str(common / "shallow"))
        if shallow:
            (folder / "shallow").write_bytes(shallow)
        yield BorrowedObjects(folder, bool(shallow))


def _rows(output: bytes, names: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield the words of each answer; a missing name is repeated, and may hold line feeds."""
    start = 0
    for name in names:
        missing = name + b" missing\n"
        if output.startswith(missing, start):
            start += len(missing)
            yield []
            continue
        end = output.find(b"\n", start)
        yield output[start:end].split(b" ") if end >= 0 else []
        start = end + 1 if end >= 0 else len(output)


def _contents(output: bytes) -> Iterator[bytes]:
    """Yield the contents of `ID TYPE SIZE LF CONTENT LF`, repeated."""
    start = 0
    while (end := output.find(b"\n", start)) >= 0:
        size = output[start:end].rpartition(b" ")[2]
        if not size.isdigit():
            return
        start = end + 1
        yield output[start : start + int(size)]
        start += int(size) + 1
