from pathlib import Path

import pytest

from pr_sessions.core.agents import Agent, Run
from pr_sessions.core.ids import is_valid_id
from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.core.runs import run_key, run_session_id, session_with_ids, stored_key, without_ids
from pr_sessions.io.places import Place
from pr_sessions.storage.files.run_ids import add_run_ids, read_run_ids
from strategies import at

RAW = "session_01AbCdEfGhIjKlMnOpQrStUv"
KEY = "9d0d4b6d1bd9bf4ee9a1"


def test_the_key_of_an_id_is_the_beginning_of_a_salted_hash() -> None:
    from hashlib import sha256

    assert run_key(RAW) == sha256(b"pr-sessions run\0" + RAW.encode()).hexdigest()[:20]


def test_a_key_in_a_document_is_itself_and_an_id_of_an_earlier_version_becomes_one() -> None:
    assert (stored_key(KEY), stored_key(RAW)) == (KEY, run_key(RAW))


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        (f"run devin {RAW}", f"run devin {run_key(RAW)}"),
        (f"run devin {RAW}, which is somebody else's", f"run devin {run_key(RAW)}, which is somebody else's"),
        (f"run devin {RAW}, codex x", f"run devin {run_key(RAW)}, codex {run_key('x')}"),
        (f"run devin {KEY}", f"run devin {KEY}"),
        ("no id of an agent's run", "no id of an agent's run"),
    ],
)
def test_the_reason_of_an_earlier_version_loses_the_ids(detail: str, expected: str) -> None:
    assert without_ids(detail) == expected


@pytest.mark.parametrize(
    ("author", "repository", "taken", "expected"),
    [
        ("ada", "", [], "devin-9d0d4b6d1b"),
        ("ada", "", ["devin-9d0d4b6d1b"], "devin-9d0d4b6d1b-ada"),
        ("ada", "", ["devin-9d0d4b6d1b", "devin-9d0d4b6d1b-ada"], "devin-9d0d4b6d1b-ada-2"),
        ("ada", "org/b", [], "devin-9d0d4b6d1b-org-b"),
    ],
)
def test_the_id_of_a_session_is_made_of_its_run(author: str, repository: str, taken: list[str], expected: str) -> None:
    assert run_session_id("devin", KEY, author, repository, taken.__contains__) == expected
    assert is_valid_id(expected)


def test_ids_are_kept_for_the_user_alone(tmp_path: Path) -> None:
    path = Place(tmp_path, "runs.json")
    assert read_run_ids(path) == {}
    add_run_ids(path, {KEY: RAW})
    add_run_ids(path, {"0" * 20: "other"})
    assert read_run_ids(path) == {KEY: RAW, "0" * 20: "other"}
    assert (tmp_path / "runs.json").stat().st_mode & 0o777 == 0o600


def test_ids_that_are_known_are_not_written_again(tmp_path: Path) -> None:
    path = Place(tmp_path, "runs.json")
    add_run_ids(path, {KEY: RAW})
    (tmp_path / "runs.json").chmod(0o400)
    add_run_ids(path, {KEY: RAW})
    assert (tmp_path / "runs.json").stat().st_mode & 0o777 == 0o400


def test_a_damaged_file_holds_no_ids(tmp_path: Path) -> None:
    (tmp_path / "runs.json").write_text('{"a": 1}')
    assert read_run_ids(Place(tmp_path, "runs.json")) == {}


def test_only_ids_that_are_known_here_are_shown() -> None:
    runs = (Run("devin", KEY, at(0), at(0)), Run("devin", "0" * 20, at(0), at(0)))
    records = {"1": PullRequestRecord(agents=(Agent("devin", runs=(KEY,)),))}
    session = session_with_ids(Session(id="a", runs=runs, pull_requests=records), {KEY: RAW})
    assert [run.id for run in session.runs] == [RAW, "0" * 20]
    assert session.pull_requests["1"].agents == (Agent("devin", runs=(RAW,)),)
