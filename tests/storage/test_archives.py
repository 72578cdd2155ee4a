"""Archives: what is looked into, what moves, and books that become one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given

from examples import few
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Completion, Session
from pr_sessions.io.places import Place
from pr_sessions.storage.files.archives import Archives, Wanted, due, mentions, oldest_kept
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_apart, merge_collections
from pr_sessions.storage.files.session_file import format_document, parse
from scene import START, minute, on_disk
from strategies import tellings


@few
@given(tellings(3))
def test_united_books_are_joined_books(told: list[FileSessions]) -> None:
    settled = [
        FileSessions(parse(merge_collections(collection, FileSessions()).to_bytes(), "x")) for collection in told
    ]
    joined = merge_collections(merge_collections(settled[0], settled[1]), settled[2])
    assert merge_apart(settled).to_bytes() == joined.to_bytes()


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        (b'"prs": ["42"]', "42", True),
        (b'"prs": [7, 42]', "42", True),
        (b'"prs": [\n  42\n]', "42", True),
        (b'"prs": ["142", "421"]', "42", False),
        (b'"at": "2025-10-42T"', "42", False),
        (b'"acme/api#42": {}', "acme/api#42", True),
        (b'"acme\\/api#42": {}', "acme/api#42", True),
        (b'"ada.b-1"', "ada-b-1", False),
    ],
)
def test_what_may_mention_a_name(text: bytes, name: str, *, found: bool) -> None:
    assert mentions(text, [name]) is found


def ended(name: str, at: datetime) -> Session:
    session = begin(name, "ada", at - timedelta(minutes=5))
    return Session(id=session.id, author="ada", started=session.started, completion=Completion(at, "manual"))


def test_what_is_due_goes_to_the_month_of_its_end_in_utc() -> None:
    times = {
        "a": datetime(2025, 9, 30, 23, 59, 59, tzinfo=UTC),
        "b": datetime(2025, 10, 1, tzinfo=UTC),
        "c": START,
        "d": datetime(2025, 10, 2, tzinfo=UTC),
    }
    collection = FileSessions().put(*(ended(i, at) for i, at in times.items()), begin("e", "ada", minute(-90 * 1440)))
    found = due(collection, START, {"d"})
    assert {month: list(part.kept) for month, part in found.items()} == {"2025-09": ["a"], "2025-10": ["b"]}


def test_no_limit_lies_before_all_time() -> None:
    assert oldest_kept(START, timedelta(days=30)) == START - timedelta(days=30)
    assert [oldest_kept(START, None), oldest_kept(START, timedelta(days=999_999))] == [None, None]


def test_only_wanted_months_are_read(tmp_path: Path) -> None:
    archives = Archives.next_to((Place(tmp_path, "own/sessions.json"), Place(tmp_path, "tree/auto_pr_sessions.json")))
    for folder in archives.folders:
        on_disk(folder).mkdir(parents=True)
        for month, told in (("2025-08", "1"), ("2025-09", "2"), ("2025-10", "3")):
            on_disk(folder / archives.name(month)).write_bytes(format_document((), {"told": told}))
        on_disk(folder / "notes.json").write_bytes(b"of somebody else")
    on_disk(archives.folders[0] / archives.name("2025-08")).unlink()

    def read(wanted: Wanted | None) -> list[str]:
        return sorted({path.name[-12:-5] for path in archives.read(wanted)})

    assert read(None) == ["2025-08", "2025-09", "2025-10"]
    assert read(Wanted()) == ["2025-08"], "one that is not in all places"
    assert read(Wanted(frozenset({"2"}))) == ["2025-08", "2025-09"]
    assert read(Wanted(since=datetime(2025, 10, 31, tzinfo=UTC))) == ["2025-08", "2025-10"]
