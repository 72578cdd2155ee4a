"""Pull requests of the past, read from JSON Lines or one JSON array."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from itertools import islice
from typing import IO, Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.sessions.session import PullRequest, State
from pr_sessions.sessions.times import read_time

MAX_LINE = 64 << 20
_BOM = b"\xef\xbb\xbf"
_NUMBER = re.compile(r"(?:[\w.-]+/[\w.-]+#)?[1-9][0-9]{0,17}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{12,64}", re.ASCII | re.IGNORECASE)
MAX_COMMITS = 250
_STATES = {"open": State.OPEN, "opened": State.OPEN, "closed": State.CLOSED, "merged": State.MERGED}
_HINT = 'each line is one JSON object in UTF-8, such as {"number": 12, "title": "Fix", "author": "ann"}'

Count = Annotated[int, Meta(ge=0)]


T = TypeVar("T")


class _User(Struct):
    login: str
    id: int | None = None


class _Ref(Struct):
    ref: str


class _Label(Struct):
    name: str


class _Commit(Struct):
    oid: str | None = None
    sha: str | None = None
    message: str | None = None
    email: str | None = None


class _Row(Struct):
    """The keys that are read, as our own exports and GitHub's API spell them; all others are passed over."""

    number: int | str
    title: str | None = None
    body: str | None = None
    author: str | _User | None = None
    user: _User | None = None
    author_id: int | None = None
    labels: list[str | _Label] | None = None
    branch: str | None = None
    head: str | _Ref | None = None
    base: str | _Ref | None = None
    state: str | None = None
    created_at: str | None = None
    closed_at: str | None = None
    merged_at: str | None = None
    changed_files: Count | None = None
    files: list[Any] | None = None
    test_files_added: Count | None = None
    doc_files: Count | None = None
    # GitHub's API has a count here.
    commits: list[_Commit | str] | int | None = None


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of an open file; of one that `read_jsonl` refuses for its length, no more than that is read."""
    return iter(lambda: file.readline(MAX_LINE + 1), b"")


def read_jsonl(lines: Iterable[bytes], name: str, zone: tzinfo) -> Iterator[PullRequest]:
    """The pull requests of a file, one JSON object a line, or all in one JSON array.

    Args:
        lines: the file's lines, as from `lines_of`.
        name: what messages call the file.
        zone: where times without a zone were written.

    Raises:
        UnreadableFile: a line is no pull request, or longer than `MAX_LINE`. The message names file, line and reason.
    """
    yield from (pull_request for _, pull_request in _placed(lines, name, zone))


def read_dated(lines: Iterable[bytes], name: str, zone: tzinfo) -> Iterator[PullRequest]:
    """The same for an import, which goes by time: each one must say when it was opened.

    Raises:
        UnreadableFile: as `read_jsonl`, and where `created_at` is missing.
    """
    for place, pull_request in _placed(lines, name, zone):
        if pull_request.created is None:
            raise UnreadableFile(
                f"{place}: pull request {pull_request.number} has no created_at",
                "pull requests find their sessions by time: add when it was opened, such as 2025-11-22T10:00:00Z",
            )
        yield pull_request


def _placed(lines: Iterable[bytes], name: str, zone: tzinfo) -> Iterator[tuple[str, PullRequest]]:
    for place, record in _records(lines, name):
        row = _decode(record, _Row, place)
        try:
            yield place, _pull_request(row, zone)
        except InvalidValue as error:
            raise UnreadableFile(f"{place}: {error}", error.hint) from error


def _records(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, bytes | msgspec.Raw]]:
    """Where each record stands, and its JSON text."""
    texts = ((at, text) for at, line in enumerate(lines, start=1) if (text := _text(line, at, name)))
    for at, text in texts:
        if text.startswith(b"["):
            place = f"{name}, array at line {at}"
            items = _decode(_joined(text, texts, place), list[msgspec.Raw], place)
            yield from ((f"{name}, item {count}", item) for count, item in enumerate(items, start=1))
        else:
            yield f"{name}, line {at}", text


def _text(line: bytes, at: int, name: str) -> bytes:
    _check_length(len(line), f"{name}, line {at}")
    return (line.removeprefix(_BOM) if at == 1 else line).strip()


def _joined(first: bytes, rest: Iterable[tuple[int, bytes]], place: str) -> bytes:
    pieces, length = [first], len(first)
    for _, text in rest:
        pieces.append(text)
        length += len(text)
        _check_length(length, place)
    return b"\n".join(pieces)


def _check_length(length: int, place: str) -> None:
    if length > MAX_LINE:
        raise UnreadableFile(f"{place}: longer than {MAX_LINE >> 20} MiB", _HINT)


def _decode(text: bytes | msgspec.Raw, into: type[T], place: str) -> T:
    try:
        return msgspec.json.decode(text, type=into)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableFile(f"{place}: {error}", _HINT) from error


def _pull_request(row: _Row, zone: tzinfo) -> PullRequest:
    author = row.author or row.user
    commits = row.commits if isinstance(row.commits, list) else []
    told = [commit for commit in commits if isinstance(commit, _Commit)]
    return PullRequest(
        number=_number(row.number),
        title=row.title or "",
        body=row.body or "",
        author=author.login if isinstance(author, _User) else author or "",
        author_id=author.id if isinstance(author, _User) else row.author_id,
        labels=tuple(label.name if isinstance(label, _Label) else label for label in row.labels or ()),
        commit_messages=tuple(commit.message or "" for commit in told),
        commit_authors=tuple(commit.email for commit in told if commit.email and "@" in commit.email),
        files_changed=row.changed_files if row.changed_files is not None else _length(row.files),
        test_files_added=row.test_files_added,
        docs_updated=None if row.doc_files is None else row.doc_files > 0,
        state=_state(row),
        branch=row.branch or _ref(row.head),
        base=_ref(row.base),
        commits=_commits(commits),
        created=_time(row.created_at, zone),
        closed=_time(row.closed_at, zone),
        merged=_time(row.merged_at, zone),
    )


def _length(files: list[Any] | None) -> int | None:
    return None if files is None else len(files)


def _commits(said: Iterable[_Commit | str]) -> tuple[str, ...]:
    """Hashes, bare or as GitHub's API and its command line tell them; anything else is no hash."""
    hashes = (one if isinstance(one, str) else one.oid or one.sha or "" for one in said)
    return tuple(sha for sha in islice(hashes, MAX_COMMITS) if _HASH.fullmatch(sha))


def _number(said: int | str) -> str:
    number = str(said)
    if not _NUMBER.fullmatch(number):
        raise InvalidValue(f"not a pull request number: {number[:40]!r}", "write it like 12, or owner/name#12")
    return number


def _state(row: _Row) -> State | None:
    """What it says, but `closed` with a time of merging is merged, as in GitHub's API."""
    if row.merged_at:
        return State.MERGED
    if row.state is None:
        return State.CLOSED if row.closed_at else None
    state = _STATES.get(row.state.casefold())
    if state is None:
        raise InvalidValue(f"not a state of a pull request: {row.state[:40]!r}", "write open, closed or merged")
    return state


def _ref(said: str | _Ref | None) -> str | None:
    return (said.ref if isinstance(said, _Ref) else said) or None


def _time(said: str | None, zone: tzinfo) -> datetime | None:
    return None if said is None else read_time(said, zone)
