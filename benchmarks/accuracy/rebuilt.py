"""Histories as lines of JSON, a commit a line, rebuilt as git repositories so that our own reader reads them."""

import gzip
import os
import subprocess
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.errors import NotFound, UnreadableFile
from pr_sessions.importers.git_history import read_whole_history
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import followed

ENDING = ".jsonl.gz"
LARGEST = 512 * 1024 * 1024
Time = Annotated[datetime, Meta(tz=True)]
_NO_PATH = frozenset({"", ".", "..", ".git", "git~1"})
_LAYOUT = f"a file NAME{ENDING} for each history, with a JSON object for each commit, parents first"


class Row(Struct, frozen=True):
    """One commit. People are name, address and time; a file is its status and its path."""

    sha: str
    parents: tuple[str, ...]
    author: tuple[str, str, Time]
    committer: tuple[str, str, Time]
    message: str
    files: tuple[tuple[str, str], ...]


class Rebuilt(Struct, frozen=True):
    """The pull requests of one history, oldest first, as our reader finds them in git.

    Attributes:
        messages: the whole message of the commit that brought each in, by number.
    """

    name: str
    pull_requests: tuple[HistoricPullRequest, ...]
    messages: Mapping[str, str]


class Histories(Struct, frozen=True):
    """What a folder holds.

    Attributes:
        broken: where a line could not be used, and why.
        digest: SHA-256 over the names and bytes of all files that were read.
    """

    histories: tuple[Rebuilt, ...]
    broken: tuple[str, ...]
    digest: str


def read_histories(folder: Path) -> Histories:
    """Read and rebuild every history of a folder; what cannot be used is left out and named.

    Raises:
        NotFound: there is no such folder, or no history with pull requests in it.
        UnreadableFile: a file cannot be read, or git cannot make a repository of it.
    """
    names = sorted(path.name.removesuffix(ENDING) for path in folder.glob(f"*{ENDING}"))
    if not names:
        raise NotFound(f"no histories in {folder}", f"what is read is {_LAYOUT}")
    broken: list[str] = []
    digest = sha256()
    histories = []
    for name in names:
        data = read_bytes(followed(folder / f"{name}{ENDING}")) or b""
        digest.update(f"{name} {len(data)}\n".encode() + data)
        history = _rebuilt(name, list(_rows(name, data, broken)))
        if history.pull_requests:
            histories.append(history)
        else:
            broken.append(f"{name}{ENDING}: it names no pull request")
    if not histories:
        raise NotFound(f"no pull requests in {folder}: {broken[0]}", f"what is read is {_LAYOUT}")
    return Histories(tuple(histories), tuple(broken), digest.hexdigest())


def _rows(name: str, data: bytes, broken: list[str]) -> Iterator[Row]:
    try:
        with gzip.open(BytesIO(data)) as file:
            text = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile(f"{name}{ENDING} cannot be unpacked: {error}", f"what is read is {_LAYOUT}") from error
    if len(text) > LARGEST:
        raise UnreadableFile(f"{name}{ENDING} holds more than {LARGEST} bytes", "split it")
    decode = msgspec.json.Decoder(Row).decode
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            yield decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            broken.append(f"{name}{ENDING}, line {number}: {error}")


def read_rows(folder: Path) -> dict[str, list[Row]]:
    """Read the commits of every history of a folder, by its name, without the lines that cannot be used.

    Raises:
        UnreadableFile: a file cannot be read or unpacked.
    """
    contents = {path.name.removesuffix(ENDING): path for path in sorted(folder.glob(f"*{ENDING}"))}
    return {name: list(_rows(name, read_bytes(followed(path)) or b"", [])) for name, path in contents.items()}


def make_repository(rows: Sequence[Row], root: Path) -> dict[str, str]:
    """Make a bare repository of these commits; return the id of each by its mark, `:1` for the first.

    Raises:
        UnreadableFile: git cannot make one.
    """
    marks = root.with_suffix(".marks")
    _git("init", "-q", "--bare", "-b", "main", str(root))
    stream = b"".join(_stream(rows))
    _git("-C", str(root), "fast-import", "--quiet", f"--export-marks={marks}", data=stream)
    return dict(line.split() for line in marks.read_text("ascii").splitlines())


def _rebuilt(name: str, rows: Sequence[Row]) -> Rebuilt:
    with TemporaryDirectory() as folder:
        root = Path(folder, "repository")
        shas = make_repository(rows, root)
        pull_requests = read_whole_history(root, is_named_bare=True).pull_requests
    messages = {shas[f":{n}"]: row.message for n, row in enumerate(rows, start=1)}
    return Rebuilt(name, pull_requests, {pr.number: messages[pr.sha] for pr in pull_requests})


def _git(*arguments: str, data: bytes = b"") -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], input=data, env=environment, capture_output=True, check=False)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").splitlines()
        raise UnreadableFile(f"git cannot rebuild a history: {lines[0] if lines else 'no reason given'}", "check it")


def _stream(rows: Sequence[Row]) -> Iterator[bytes]:
    """Yield what `git fast-import` reads, as its manual describes it.

    A commit whose parents are not there follows the one before it, so that all can be reached.
    """
    marks: dict[str, int] = {}
    for mark, row in enumerate(rows, start=1):
        message = row.message.encode(errors="replace")
        parents = [marks[parent] for parent in row.parents if parent in marks]
        yield f"commit refs/heads/main\nmark :{mark}\n".encode()
        yield f"author {_person(row.author)}\ncommitter {_person(row.committer)}\n".encode(errors="replace")
        yield b"data %d\n%s\n" % (len(message), message)
        yield from (f"{'merge' if n else 'from'} :{parent}\n".encode() for n, parent in enumerate(parents))
        if not parents:
            yield b"deleteall\n"
        for status, path in row.files:
            yield from _change(status, path, b"%d" % mark)
        marks[row.sha] = mark


def _change(status: str, path: str, content: bytes) -> Iterator[bytes]:
    if "\0" in path or not _NO_PATH.isdisjoint(path.casefold().split("/")):
        return  # git would refuse all for it
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    quoted = f'"{escaped}"'.encode(errors="replace")
    yield (
        b"D %s\n" % quoted if status == "D" else b"M 100644 inline %s\ndata %d\n%s\n" % (quoted, len(content), content)
    )


def _person(person: tuple[str, str, Time]) -> str:
    name, address = ("".join(c for c in text if c.isprintable() and c not in "<>") for text in person[:2])
    offset = (person[2].utcoffset() or timedelta(0)) // timedelta(minutes=1)
    zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}{abs(offset) % 60:02d}"
    return f"{name} <{address}> {int(person[2].timestamp())} {zone}"
