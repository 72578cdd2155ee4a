import pytest
from msgspec import json

from pr_sessions.core.json_text import repair_hint
from pr_sessions.errors import NewerVersion, UnreadableFile
from pr_sessions.storage.files.session_file import Entry, SessionFile, format_document, parse

NAME = "sessions.json"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[]", "it holds no object"),
        (b'"text"', "it holds no object"),
        (b'{"active_sessions": []}', "active_sessions is no object"),
        (b'{"completed_sessions": {}}', "completed_sessions is no list"),
        (b'{"version": "1.0", "unattributed": [1]}', "unattributed is no object"),
        (b'{"version": "one"}', "version 'one' is no version"),
        (b'{"version": null}', "version 'None' is no version"),
        (b'{"name": "package", "version": "1.2.3"}', "version '1.2.3' is no version"),
        (b'{"version": "1."}', "version '1.' is no version"),
        (b'{"version": "\xc2\xb2"}', "version '²' is no version"),
        (b'{"version": "' + b"9" * 5000 + b'"}', f"version '{'9' * 40}' is no version"),
        (b"", "it is empty"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_session_file_says_why_and_where(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile) as error:
        parse(data, NAME)
    assert (str(error.value), error.value.hint) == (f"cannot read {NAME}: {reason}", repair_hint(NAME))


@pytest.mark.parametrize(
    "value",
    [
        {"name": "package", "private": True},
        {"AWS_SECRET_ACCESS_KEY": "x"},
        {"Version": 1},
        {"last_updated": "2025-11-22T10:00:00Z"},
        {"unattributed": {}},
        {"data": {"version": "1.0", "active_sessions": {}, "completed_sessions": []}},
    ],
    ids=lambda value: next(iter(value)),
)
def test_an_object_of_another_program_is_no_session_file(value: dict[str, object]) -> None:
    with pytest.raises(UnreadableFile) as error:
        parse(json.encode(value), NAME)
    assert (str(error.value), error.value.hint) == (
        (
            f"cannot read {NAME}: it is no session file, which has at least one of version, active_sessions, "
            "completed_sessions"
        ),
        (
            f"nothing was changed. Move {NAME} away if it belongs to something else; "
            "`pr-sessions doctor --repair` puts it into the quarantine and restores the sessions from other copies"
        ),
    )


@pytest.mark.parametrize("key", ["version", "active_sessions", "completed_sessions"])
def test_one_identifying_field_makes_an_object_a_session_file(key: str) -> None:
    value = {"version": "1.0", "active_sessions": {}, "completed_sessions": []}[key]
    assert parse(json.encode({"later": 1, key: value}), NAME).top["later"] == 1


@pytest.mark.parametrize("version", ["2.0", "2", "10.1"])
def test_a_newer_version_is_refused(version: str) -> None:
    with pytest.raises(NewerVersion) as error:
        parse(b'{"version": "%s"}' % version.encode(), NAME)
    assert str(error.value) == f"{NAME} has version {version}; this pr-sessions understands 1.0"


@pytest.mark.parametrize("data", [b"{}", b'{"version": "1.9"}', b'{"version": 1}', b'{"active_sessions": null}'])
def test_a_file_without_sessions_is_one(data: bytes) -> None:
    assert parse(data, NAME).entries == ()


def test_every_session_is_found_in_the_order_of_the_file() -> None:
    data = b"""{"active_sessions": {"b": {"session_id": "b", "x": 1}, "a": {}}, "later": [1],
        "completed_sessions": [{"session_id": "d"}, {"session_id": "c"}], "last_updated": "now"}"""
    entries = (
        Entry("b", {"session_id": "b", "x": 1}, completed=False),
        Entry("a", {}, completed=False),
        Entry("d", {"session_id": "d"}, completed=True),
        Entry("c", {"session_id": "c"}, completed=True),
    )
    assert parse(data, NAME) == SessionFile(entries, {"later": [1], "last_updated": "now"}, NAME)


def test_the_file_is_indented_text_that_people_read() -> None:
    entries = [Entry("é", {"session_id": "é"}, completed=False), Entry("d", {"session_id": "d"}, completed=True)]
    assert (
        format_document(entries, {"zebra": {"b": 1, "a": 2}, "last_updated": "now"}).decode()
        == """{
  "version": "1.0",
  "last_updated": "now",
  "active_sessions": {
    "é": {
      "session_id": "é"
    }
  },
  "completed_sessions": [
    {
      "session_id": "d"
    }
  ],
  "zebra": {
    "a": 2,
    "b": 1
  }
}
"""
    )


def test_what_is_formatted_is_read_again() -> None:
    document = SessionFile((Entry("a", {"session_id": "a", "x": [None, 1.5]}, completed=False),), {"later": {}}, NAME)
    read = parse(format_document(document.entries, document.top), NAME)
    assert (read.entries, read.top["later"]) == (document.entries, {})


def test_what_is_no_session_is_kept_and_is_none() -> None:
    active = {"a": {"session_id": 7}, "b": 5, "": {"x": 1}}
    completed = [{"session_id": "c"}, 5, {}, {"session_id": ""}, {"session_id": 7}]
    data = json.encode({"active_sessions": active, "completed_sessions": completed})
    document = parse(data, NAME)
    assert [(entry.id, entry.completed) for entry in document.entries] == [("a", False), ("c", True)]
    written = json.decode(format_document(document.entries, document.top))
    assert (written["active_sessions"], written["completed_sessions"]) == (active, completed)
