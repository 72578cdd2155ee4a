import json
from pathlib import Path

import pytest

from pr_sessions.sessions.session import Facts, Session
from pr_sessions.stores.pr_index import agrees, look_up, rebuild
from scene import START, look, minute

ONE = Session(
    id="one",
    author="ada",
    started=START,
    last_activity=minute(5),
    title="Billing",
    pull_requests={"10": Facts(), "9": Facts()},
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
def path(tmp_path: Path) -> Path:
    return tmp_path / ".cursor/data/session_state.json"


def spoil(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


HOSTILE = {
    "empty": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a text": b'"10"',
    "no object of numbers": b'{"pr_to_session": ["10"]}',
    "null": b'{"pr_to_session": null}',
    "lists for ids": b'{"pr_to_session": {"10": ["one"], "9": {}, "11": 5}}',
    "a key twice": b'{"pr_to_session": {"10": "one", "10": "two"}}',
    "a conflict": b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> side\n",
    "deep": b"[" * 100_000,
}


class TestRebuilding:
    def test_gives_the_specified_fields(self, path: Path) -> None:
        rebuild(path, (ONE, TWO, EMPTY))
        assert json.loads(path.read_text()) == INDEX

    def test_is_text_for_people(self, path: Path) -> None:
        rebuild(path, (ONE, TWO))
        assert path.read_bytes().startswith(b'{\n  "version": "1.0",\n')
        assert "Émile" in path.read_text(encoding="utf-8")

    def test_of_what_it_says_already_writes_nothing(self, path: Path) -> None:
        assert rebuild(path, (ONE, TWO))
        before = look(path.parent)
        assert not rebuild(path, (ONE, TWO))
        assert look(path.parent) == before

    @pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
    def test_mends_whatever_stands_there(self, path: Path, data: bytes) -> None:
        spoil(path, data)
        rebuild(path, (ONE, TWO, EMPTY))
        assert json.loads(path.read_text()) == INDEX


class TestLookingUp:
    @pytest.mark.parametrize(("number", "session_id"), [("9", "one"), ("11", "two"), ("12", None)])
    def test_gives_the_session_s_id(self, path: Path, number: str, session_id: str | None) -> None:
        rebuild(path, (ONE, TWO))
        assert look_up(path, number) == session_id

    @pytest.mark.parametrize("order", [(ONE, TWO), (TWO, ONE)])
    def test_of_two_that_list_a_number_the_one_with_facts_holds_it(
        self, path: Path, order: tuple[Session, ...]
    ) -> None:
        rebuild(path, order)
        assert look_up(path, "10") == "one"

    def test_without_an_index_nothing_is_known(self, path: Path) -> None:
        assert look_up(path, "10") is None

    @pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
    def test_what_cannot_be_understood_says_nothing_and_stays(self, path: Path, data: bytes) -> None:
        spoil(path, data)
        assert look_up(path, "10") is None
        assert path.read_bytes() == data


class TestAgreeing:
    def test_with_the_sessions_that_it_was_made_of(self, path: Path) -> None:
        rebuild(path, (ONE, TWO))
        assert agrees(path, (ONE, TWO, EMPTY))

    def test_not_with_others(self, path: Path) -> None:
        rebuild(path, (ONE, TWO))
        assert not agrees(path, (ONE,))

    def test_takes_sessions_that_can_be_read_only_once(self, path: Path) -> None:
        rebuild(path, iter((ONE, TWO)))
        assert agrees(path, iter((ONE, TWO)))
