"""JSON is bounded by 100 levels wherever it comes in: no reader takes what another one refuses."""

import ast
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

import pr_sessions
from pr_sessions.compat.minimal_metadata_system import read_state
from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.past import Cursors
from pr_sessions.forges.github.transport import Response, failed
from pr_sessions.forges.tool import decode_output
from pr_sessions.gate.event import read_event
from pr_sessions.hooks import payload
from pr_sessions.importers.jsonl import read_jsonl
from pr_sessions.io.places import Place
from pr_sessions.io.strict_json import DEEPEST
from pr_sessions.setup.agent_hooks import json_text
from pr_sessions.storage.files import event_queue as pending
from pr_sessions.storage.files import journal, pr_index
from pr_sessions.storage.files.marker import read_marker
from pr_sessions.storage.files.repair import recover
from pr_sessions.storage.files.session_file import parse

AT = "2025-11-22T10:00:00Z"
SOURCE = Path(pr_sessions.__file__).parent


def with_deep(members: str, depth: int) -> bytes:
    """A JSON object with these members, and one whose value stands inside so many objects and lists."""
    opened = "".join('{"a":' if level % 2 else "[" for level in range(depth - 1))
    closed = "".join("}" if level % 2 else "]" for level in reversed(range(depth - 1)))
    return f'{{{members}, "deep": {opened}1{closed}}}'.encode()


def written(data: bytes, folder: Path, name: str = "file.json") -> Place:
    """A file of these bytes."""
    (folder / name).write_bytes(data)
    return Place(folder, name)


def _marker(folder: Path, depth: int) -> object:
    return read_marker(written(with_deep(f'"session_id": "a", "last_updated": "{AT}"', depth), folder), UTC)


def _repaired(_: Path, depth: int) -> object:
    return recover(with_deep('"version": "1.0"', depth), "x").complete


def _journal(folder: Path, depth: int) -> object:
    members = f'"id": "1", "at": "{AT}", "by": "a", "what": "link", "why": ""'
    return journal.read(written(with_deep(members, depth), folder)).entries


def _pending(folder: Path, depth: int) -> object:
    members = f'"v": 1, "at": "{AT}", "host": "codex", "run": "r", "event": "start", "root": "/x"'
    written(with_deep(members, depth) + b"\n", folder, "events.jsonl")
    return any(batch.events for batch in pending.peek(Place(folder)))


def _event(folder: Path, depth: int) -> object:
    data = with_deep('"schedule": "5 4 * * *"', depth)
    (folder / "event.json").write_bytes(data)
    return not read_event(folder / "event.json", repository="ada/shop").problem


def _refusal(folder: Path, depth: int) -> object:
    answer = Response(status=400, headers={}, body=with_deep('"message": "because"', depth))
    return "because" in str(failed(answer, "GET /x", None, datetime(2025, 11, 22, tzinfo=UTC)))


def _cursor(folder: Path, depth: int) -> object:
    data = b'{"ada/shop":' + with_deep('"rules": "1", "page": "2"', depth - 1) + b"}"
    return Cursors(written(data, folder)).get("ada/shop")


# What a reader makes of a value inside so many objects and lists; false or an error where it refuses.
READERS: dict[str, Callable[[Path, int], object]] = {
    "a session file or an archive": lambda _, depth: parse(with_deep('"version": "1.0"', depth), "x"),
    "a session file that is repaired": lambda _, depth: recover(with_deep('"version": "1.0"', depth), "x").complete,
    "a marker": _marker,
    "the index": lambda folder, depth: pr_index.sessions_by_number(
        written(with_deep('"pr_to_session": {"1": "a"}', depth), folder)
    ),
    "the scripts' state": lambda folder, depth: read_state(written(with_deep('"pr_to_session": {}', depth), folder)),
    "the journal": _journal,
    "events that wait": _pending,
    "a workflow's event": _event,
    "JSON Lines": lambda _, depth: list(read_jsonl([with_deep('"number": 1', depth)], "x", UTC)),
    "a JSON array of pull requests": lambda _, depth: list(
        read_jsonl([b"[" + with_deep('"number": 1', depth - 1) + b"]"], "x", UTC)
    ),
    "what gh and glab print": lambda _, depth: decode_output(with_deep('"x": 1', depth).decode(), dict, "gh"),
    "why GitHub refused": _refusal,
    "how far an import came": _cursor,
    "a hook's payload": lambda _, depth: payload.parse(with_deep('"x": 1', depth).decode()),
    "an agent's settings": lambda _, depth: json_text.parse(with_deep('"x": 1', depth).decode(), "x").root,
}


@pytest.mark.parametrize("name", READERS)
def test_a_hundred_levels_are_read(name: str, tmp_path: Path) -> None:
    assert READERS[name](tmp_path, DEEPEST)


@pytest.mark.parametrize("depth", [DEEPEST + 1, 900, 50_000])
@pytest.mark.parametrize("name", READERS)
def test_more_are_refused(name: str, depth: int, tmp_path: Path) -> None:
    with suppress(PrSessionsError):
        assert not READERS[name](tmp_path, depth)


# What decodes JSON without the bound, and why that is no entrance.
WITHOUT = {
    "core/json_text.py": "the bound itself",
    "core/merge_json.py": "what we have just encoded",
    "storage/files/record_codec.py": "what we have just encoded",
    "storage/cursors.py": "what we have just encoded; what comes in is bounded",
    "compat/session_analytics.py": "what we have just encoded",
    "render/json.py": "what we have just encoded",
    "compat/sheet.py": "what we have just encoded",
    "importers/jsonl.py": "where one document ends; each is decoded within the bound then",
    "server/api/openapi.py": "what we have just encoded",
    "server/auth/attempts.py": "what we have signed",
    "server/intake/delivery.py": "an envelope; the server's tests send deep ones",
    "server/reconcile/state.py": "what we have stored",
    "setup/agent_hooks/host_rules.py": "a single string",
    "hooks/payload.py": "bounded there, tested above",
    "setup/agent_hooks/json_text.py": "a single string",
    "setup/agent_hooks/registration.py": "a single string",
    "setup/current_session_id.py": "a script of the standard library alone; it prints an id or nothing",
}
_DECODERS = {"raw_decode", "JSONDecoder", "Decoder", "make_scanner"}
_CALLS = {"loads", "load", "json.loads", "json.load", "json.decode", "msgspec.json.decode"}


def _decoders(path: Path) -> Iterator[int]:
    """Lines that decode JSON by a library."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name.rpartition(".")[2] in _DECODERS or name in _CALLS:
            yield node.lineno


def test_json_is_decoded_within_the_bound_everywhere() -> None:
    found = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if list(_decoders(path))}
    assert found == set(WITHOUT)
