"""Pull requests of the past, read from JSON Lines, JSON arrays, or the pages of a forge's API."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from typing import IO, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.json_text import decode
from pr_sessions.core.models import PullRequest
from pr_sessions.core.urls import PullRequestAddress
from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.importers.rows import read_row

MAX_LINE = 64 << 20
_BLANK = re.compile(r"\s*")
_BOM = b"\xef\xbb\xbf"
_HINT = 'each line is one JSON object in UTF-8, such as {"number": 12, "title": "Fix", "author": "ann"}'

T = TypeVar("T")
Record = Callable[[PullRequestAddress], str]


class _Page(Struct):
    """A page of Bitbucket's API."""

    values: list[msgspec.Raw]


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of an open file; of one that `read_jsonl` refuses for its length, no more than that is read."""
    return iter(lambda: file.readline(MAX_LINE + 1), b"")


def read_jsonl(lines: Iterable[bytes], name: str, zone: tzinfo) -> Iterator[PullRequest]:
    """Yield the pull requests of a file: one JSON object a line, or arrays, or pages as a forge's API returns them.

    Args:
        lines: the file's lines, as from `lines_of`.
        name: what messages call the file.
        zone: where times without a zone were written.

    Raises:
        UnreadableFile: something is no pull request, or longer than `MAX_LINE`. The message names file, place and
            reason.
    """
    yield from (pull_request for _, pull_request in _placed(lines, name, zone))


def read_dated(
    lines: Iterable[bytes], name: str, zone: tzinfo, recorded: Record | None = None
) -> Iterator[PullRequest]:
    """Yield the same for an import, which goes by time: each one must say when it was opened.

    Args:
        lines: as for `read_jsonl`.
        name: as for `read_jsonl`.
        zone: as for `read_jsonl`.
        recorded: returns the id of a pull request whose row has its address; the row's number if not given.

    Raises:
        UnreadableFile: as `read_jsonl`, and where `created_at` is missing.
    """
    for place, pull_request in _placed(lines, name, zone, recorded):
        if pull_request.created is None:
            raise UnreadableFile(
                f"{place}: pull request {pull_request.number} has no created_at",
                "pull requests find their sessions by time: add when it was opened, such as 2025-11-22T10:00:00Z; "
                "with gh, name createdAt after --json",
            )
        yield pull_request


def _placed(
    lines: Iterable[bytes], name: str, zone: tzinfo, recorded: Record | None = None
) -> Iterator[tuple[str, PullRequest]]:
    for place, record in _records(lines, name):
        try:
            row = read_row(bytes(record), zone)
            address = row.address if recorded else None
            number = recorded(address) if recorded and address else row.pull_request.number
            yield place, replace(row.pull_request, number=number)
        except msgspec.DecodeError as error:
            raise UnreadableFile(f"{place}: {error}", _HINT) from error
        except InvalidValue as error:
            raise UnreadableFile(f"{place}: {error}", error.hint) from error


def _records(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, bytes | msgspec.Raw]]:
    """Yield where each record is, and its JSON text."""
    is_first = True
    for at, text in (texts := _texts(lines, name)):
        kind = "array" if text.startswith(b"[") else "object" if is_first and _goes_on(text) else None
        is_first = False
        if kind is None:
            yield from _page(text, f"{name}, line {at}")
            continue
        place = f"{name}, {kind} at line {at}"
        for part in _parts(_joined(text, texts, place), place):
            yield from _items(part, name, place)


def _goes_on(text: bytes) -> bool:
    """Return whether an object continues in the next line, as where somebody had it printed to be read."""
    return text.startswith(b"{") and not text.endswith(b"}")


def _items(text: bytes, name: str, place: str) -> Iterator[tuple[str, bytes | msgspec.Raw]]:
    """Yield the pull requests of an array, of an array of pages (`gh api --slurp`), or of one page."""
    if not text.startswith(b"["):
        yield from _page(text, place)
        return
    for count, raw in enumerate(_decode(text, list[msgspec.Raw], place), start=1):
        item = bytes(raw)
        if not item.startswith(b"["):
            yield from _page(item, f"{name}, item {count}")
            continue
        for inner, each in enumerate(_decode(item, list[msgspec.Raw], f"{name}, page {count}"), start=1):
            yield f"{name}, page {count}, item {inner}", each


def _page(text: bytes, place: str) -> Iterator[tuple[str, bytes | msgspec.Raw]]:
    if b'"values"' not in text or "values" not in _decode(text, dict[str, msgspec.Raw], place):
        yield place, text
        return
    for count, item in enumerate(_decode(text, _Page, place).values, start=1):
        yield f"{place}, value {count}", item


def _parts(text: bytes, place: str) -> Iterator[bytes]:
    """Yield the one document of a text, or the arrays that stand in a row, as older versions of `gh api` print them."""
    try:
        _decode(text, msgspec.Raw, place)
    except UnreadableFile:
        yield from _split(text) or [text]
    else:
        yield text


def _split(text: bytes) -> list[bytes]:
    """Return the documents that stand in a row; empty where they are none."""
    decoder, parts, at = json.JSONDecoder(), [], 0
    try:
        whole = text.decode()
        while at < len(whole):
            _, end = decoder.raw_decode(whole, at)
            parts.append(whole[at:end].encode())
            blank = _BLANK.match(whole, end)
            at = blank.end() if blank else end
    except (ValueError, RecursionError):
        return []
    return parts


def _texts(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not empty, with their numbers."""
    for at, line in enumerate(lines, start=1):
        _check_length(len(line), f"{name}, line {at}")
        if text := (line.removeprefix(_BOM) if at == 1 else line).strip():
            yield at, text


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


def _decode(text: bytes, into: type[T], place: str) -> T:
    try:
        return decode(text, into)
    except msgspec.DecodeError as error:
        raise UnreadableFile(f"{place}: {error}", _HINT) from error
