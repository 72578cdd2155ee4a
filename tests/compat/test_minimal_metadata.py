"""The state file by way of `minimal_metadata_system`."""

import json
from pathlib import Path
from typing import Any

import pytest

from pr_sessions.compat import minimal_metadata_system as module
from pr_sessions.compat.minimal_metadata_system import SessionStateManager
from pr_sessions.tracker import open_tracker

ID = "bob-20251122-1000"


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state file that stands alone, outside git."""
    path = tmp_path / "alone/state.json"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "SESSION_STATE_FILE", path)
    return path


def stored(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


def test_a_registered_pull_request_is_found_both_ways(alone: Path) -> None:
    manager = SessionStateManager()
    for number in (10, "9", "#9"):
        assert manager.register_pr(number, ID, {"author": "bob", "title": "Billing"})
    assert stored(alone) | {"last_updated": None} == {
        "version": "1.0",
        "last_updated": None,
        "pr_to_session": {"9": ID, "10": ID},
        "session_to_prs": {ID: ["9", "10"]},
        "session_metadata": {ID: {"author": "bob", "title": "Billing"}},
    }
    assert (manager.get_session_for_pr(9), manager.get_prs_for_session(ID)) == (ID, ["9", "10"])
    assert manager.get_session_metadata(ID) == {"author": "bob", "title": "Billing"}


def test_a_pull_request_is_in_one_session(alone: Path) -> None:
    manager = SessionStateManager(state_file=alone)
    manager.register_pr("1", ID)
    manager.register_pr("1", "ann-1")
    assert (manager.get_prs_for_session(ID), manager.get_prs_for_session("ann-1")) == ([], ["1"])


def test_removing_and_clearing(alone: Path) -> None:
    manager = SessionStateManager()
    for number in (1, 2, 3):
        manager.register_pr(number, ID)
    assert (manager.remove_pr(1), manager.remove_pr(1)) == (True, False)
    assert manager.get_prs_for_session(ID) == ["2", "3"]
    assert (manager.clear_session(ID), manager.clear_session(ID)) == (True, False)
    assert stored(alone)["pr_to_session"] == {}


def test_what_is_unknown_is_nothing(alone: Path) -> None:
    manager = SessionStateManager()
    answers = (manager.get_session_for_pr(1), manager.get_prs_for_session(ID), manager.get_session_metadata(ID))
    assert (*answers, manager.get_session_for_pr("x"), alone.exists()) == (None, [], {}, None, False)


@pytest.mark.parametrize(("pr", "session_id"), [("x", ID), (None, ID), (1, "../x"), (1, None), (True, ID)])
def test_what_cannot_be_registered_is_not(alone: Path, pr: Any, session_id: Any) -> None:
    assert SessionStateManager().register_pr(pr, session_id) is False
    assert not alone.exists()


@pytest.mark.parametrize("data", [b"{", b"", b"[]", b'{"pr_to_session": []}', b'{"session_to_prs": {"a": 5}}'])
def test_a_corrupt_state_file_is_never_overwritten(
    alone: Path, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    alone.parent.mkdir()
    alone.write_bytes(data)
    manager = SessionStateManager()
    manager.register_pr(1, ID)
    assert manager.get_session_for_pr(1) == ID
    manager.remove_pr(1)
    manager.clear_session(ID)
    assert module.extract_session_id_from_state(1) is None
    assert alone.read_bytes() == data
    assert "warning:" in capsys.readouterr().err


def test_in_a_repository_the_session_holds_it_too(repo: Path) -> None:
    SessionStateManager().register_pr(7, ID, {"author": "bob"})
    session = open_tracker(repo).session(ID)
    assert (session.prs, session.author) == (("7",), "bob")
    (repo / ".cursor/data/session_state.json").unlink()
    assert module.extract_session_id_from_state(7) == ID


def test_a_repository_whose_sessions_cannot_be_read_still_has_the_state_file(repo: Path) -> None:
    path = repo / "docs/metrics/auto_pr_sessions.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{")
    manager = SessionStateManager()
    manager.register_pr(7, ID)
    assert (manager.get_session_for_pr(7), path.read_bytes()) == (ID, b"{")


def test_the_minimal_marker_holds_the_real_id(alone: Path) -> None:
    comment = f"<!-- 🤖 Auto-PR: Session {ID} -->"
    assert SessionStateManager().get_minimal_pr_marker(ID) == comment
    assert module.format_session_metadata_minimal(ID, "Fix") == ("🤖 Fix", comment)
    assert module.format_session_metadata_minimal("--> x", "Fix") == ("Fix", "")


def test_the_commands(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manager = SessionStateManager()
    manager.register_pr(7, ID)
    state = repo / ".cursor/data/session_state.json"
    document = stored(state) | {"session_metadata": {ID: {}, "gone-1": {}}}
    state.write_text(json.dumps(document))

    def run(*arguments: str) -> tuple[int, Any]:
        code = module.main(arguments)
        return code, json.loads(capsys.readouterr().out)

    assert run("extract", "7") == (0, {"pr_number": "7", "session_id": ID})
    assert run("extract", "8") == (1, {"pr_number": "8", "session_id": None})
    assert run("export") == (0, document)
    assert run("cleanup") == (0, {"removed": ["gone-1"], "count": 1})
    counts = {"state_file": str(state), "exists": True, "total_prs": 1, "total_sessions": 1}
    code, status = run("status")
    assert (code, {**status, "last_updated": None}) == (0, {**counts, "last_updated": None})
