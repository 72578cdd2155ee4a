import pytest

from pr_sessions.errors import NewerVersion, UnreadableFile
from pr_sessions.stores.document import Document, Entry, format_document, parse
from pr_sessions.stores.strict_json import way_out

NAME = "sessions.json"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[]", "it holds no object"),
        (b'"text"', "it holds no object"),
        (b'{"active_sessions": []}', "active_sessions is no object"),
        (b'{"completed_sessions": {}}', "completed_sessions is no list"),
        (b'{"active_sessions": {"a": []}}', "active_sessions.a is no object"),
        (b'{"completed_sessions": [{"session_id": "a"}, 5]}', "completed_sessions[1] is no object"),
        (b'{"completed_sessions": [{}]}', "completed_sessions[0] has no session_id"),
        (b'{"completed_sessions": [{"session_id": ""}]}', "completed_sessions[0] has no session_id"),
        (b'{"completed_sessions": [{"session_id": 7}]}', "completed_sessions[0] has no session_id"),
        (b'{"version": "one"}', "version 'one' is no version"),
        (b'{"version": null}', "version 'None' is no version"),
        (b'{"version": "\xc2\xb2"}', "version '²' is no version"),
        (b'{"version": "' + b"9" * 5000 + b'"}', f"version '{'9' * 40}' is no version"),
        (b"", "it is empty"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_session_file_says_why_and_where(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile) as error:
        parse(data, NAME)
    assert (str(error.value), error.value.hint) == (f"cannot read {NAME}: {reason}", way_out(NAME))


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
    assert parse(data, NAME) == Document(entries, {"later": [1], "last_updated": "now"}, NAME)


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
    document = Document((Entry("a", {"session_id": "a", "x": [None, 1.5]}, completed=False),), {"later": {}}, NAME)
    read = parse(format_document(document.entries, document.top), NAME)
    assert (read.entries, read.top["later"]) == (document.entries, {})
