import json
import re
from pathlib import Path

import pytest

from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.errors import UnreadableFile
from pr_sessions.io.places import Place
from pr_sessions.storage.files.pr_index import agrees, rebuild, sessions_by_number
from scene import START, look, minute, on_disk

ONE = Session(
    id="one",
    author="ada",
    started=START,
    last_activity=minute(5),
    title="Billing",
    pull_requests={"10": PullRequestRecord(), "9": PullRequestRecord()},
)
TWO = Session(id="two", author="Émile", carried=("10", "11"))
EMPTY = Session(id="empty", author="ada", started=START, last_activity=minute(50))
INDEX = {
    "version": "1.0",
    "last_updated": "2025-11-22T10:05:00Z",
    "pr_to_session": {"10": "one", "11": "two", "9": "one"},
    "session_to_prs": {"one": ["9", "10"], "two": ["10", "11"]},
    "session_metadata": {
        "one": {"author": "ada", "timestamp": "2025-11-22T10:00:00Z", "title": "Billing"},
        "two": {"author": "Émile", "timestamp": None, "title": ""},
    },
}


@pytest.fixture
def path(tmp_path: Path) -> Place:
    return Place(tmp_path, ".cursor/data/session_state.json")


def spoil(path: Place, data: bytes) -> None:
    on_disk(path.parent).mkdir(parents=True, exist_ok=True)
    on_disk(path).write_bytes(data)


INDEXES = {
    "an empty one": b"{}",
    "lists for ids": b'{"pr_to_session": {"10": ["one"], "9": {}, "11": 5}}',
    "one part": b'{"session_metadata": {}, "more": 1}',
}
OTHER = {
    "another program's": b'{"name": "package", "version": "1.0"}',
    "empty": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a text": b'"10"',
    "no object of numbers": b'{"pr_to_session": ["10"]}',
    "null": b'{"pr_to_session": null}',
    "a key twice": b'{"pr_to_session": {"10": "one", "10": "two"}}',
    "a conflict": b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> side\n",
    "deep": b"[" * 100_000,
}
HOSTILE = {**INDEXES, **OTHER}


class TestRebuilding:
    def test_gives_the_specified_fields(self, path: Place) -> None:
        rebuild(path, (ONE, TWO, EMPTY))
        assert json.loads(on_disk(path).read_text()) == INDEX

    def test_is_text_for_people(self, path: Place) -> None:
        rebuild(path, (ONE, TWO))
        assert on_disk(path).read_bytes().startswith(b'{\n  "version": "1.0",\n')
        assert "Émile" in on_disk(path).read_text(encoding="utf-8")

    def test_of_what_it_says_already_writes_nothing(self, path: Place) -> None:
        assert rebuild(path, (ONE, TWO))
        before = look(on_disk(path.parent))
        assert not rebuild(path, (ONE, TWO))
        assert look(on_disk(path.parent)) == before

    @pytest.mark.parametrize("data", INDEXES.values(), ids=INDEXES)
    def test_replaces_an_index_whatever_it_says(self, path: Place, data: bytes) -> None:
        spoil(path, data)
        rebuild(path, (ONE, TWO, EMPTY))
        assert json.loads(on_disk(path).read_text()) == INDEX

    @pytest.mark.parametrize("data", OTHER.values(), ids=OTHER)
    def test_never_replaces_what_is_no_index(self, path: Place, data: bytes) -> None:
        spoil(path, data)
        with pytest.raises(UnreadableFile, match=re.escape(f"cannot read {path}: ")):
            rebuild(path, (ONE, TWO, EMPTY))
        assert on_disk(path).read_bytes() == data

    def test_says_what_is_missing(self, path: Place) -> None:
        spoil(path, OTHER["another program's"])
        with pytest.raises(UnreadableFile) as error:
            rebuild(path, ())
        assert (str(error.value), error.value.hint) == (
            (
                f"cannot read {path}: it is no index of pull requests, which has at least one of pr_to_session, "
                "session_to_prs, session_metadata"
            ),
            "nothing was changed. Move it away: the next command that writes makes the index anew",
        )


class TestLookingUp:
    @pytest.mark.parametrize(("number", "session_id"), [("9", "one"), ("11", "two"), ("12", None)])
    def test_gives_the_session_s_id(self, path: Place, number: str, session_id: str | None) -> None:
        rebuild(path, (ONE, TWO))
        assert sessions_by_number(path).get(number) == session_id

    @pytest.mark.parametrize("order", [(ONE, TWO), (TWO, ONE)])
    def test_of_two_that_list_a_number_the_one_with_facts_holds_it(
        self, path: Place, order: tuple[Session, ...]
    ) -> None:
        rebuild(path, order)
        assert sessions_by_number(path).get("10") == "one"

    def test_without_an_index_nothing_is_known(self, path: Place) -> None:
        assert sessions_by_number(path).get("10") is None

    @pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
    def test_what_cannot_be_understood_says_nothing_and_stays(self, path: Place, data: bytes) -> None:
        spoil(path, data)
        assert sessions_by_number(path).get("10") is None
        assert on_disk(path).read_bytes() == data


class TestAgreeing:
    def test_with_the_sessions_that_it_was_made_of(self, path: Place) -> None:
        rebuild(path, (ONE, TWO))
        assert agrees(path, (ONE, TWO, EMPTY))

    def test_not_with_others(self, path: Place) -> None:
        rebuild(path, (ONE, TWO))
        assert not agrees(path, (ONE,))

    def test_takes_sessions_that_can_be_read_only_once(self, path: Place) -> None:
        rebuild(path, iter((ONE, TWO)))
        assert agrees(path, iter((ONE, TWO)))
