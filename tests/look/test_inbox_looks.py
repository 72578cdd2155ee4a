"""Where last looks at the inbox are kept."""

import stat
from pathlib import Path

import pytest

import scene
from inboxes import NOW, REPOSITORY, inbox_of, open_pr
from pr_sessions.core.inbox_last_look import LastLook, looked
from pr_sessions.git.discovery import find_repository
from pr_sessions.git.repository import prepare_state
from pr_sessions.look.inbox_looks import LastLooks, last_looks, users_looks

ROWS = inbox_of((open_pr(1), open_pr(2, repository="acme/docs"))).rows
LOOK = looked(LastLook(), ROWS, ROWS, NOW)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path / "state")}


def in_clone(tmp_path: Path, environ: dict[str, str], *, prepared: bool) -> LastLooks:
    repository = find_repository(scene.committed(tmp_path / "clone"))
    if prepared:
        prepare_state(repository)
    return last_looks("github.com", REPOSITORY, repository, environ)


def files(root: Path) -> dict[str, str]:
    found = (path for path in root.rglob("inbox.json"))
    return {str(path.relative_to(root)): oct(stat.S_IMODE(path.stat().st_mode)) for path in found}


def test_the_clones_own_repository_is_kept_in_the_clone_and_others_in_the_users_folder(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    looks = in_clone(tmp_path, environ, prepared=True)
    looks.write({"Acme/Shop": LOOK, "acme/docs": LastLook(at=NOW)})

    assert files(tmp_path) == {"clone/.git/pr-sessions/inbox.json": "0o600", "state/pr-sessions/inbox.json": "0o600"}
    assert looks.read([REPOSITORY, "acme/docs", "acme/new"]) == {
        REPOSITORY: LOOK,
        "acme/docs": LastLook(at=NOW),
        "acme/new": LastLook(),
    }


def test_a_clone_that_was_not_set_up_gets_no_file(tmp_path: Path, environ: dict[str, str]) -> None:
    in_clone(tmp_path, environ, prepared=False).write({REPOSITORY: LOOK})
    assert files(tmp_path) == {"state/pr-sessions/inbox.json": "0o600"}


def test_neither_names_nor_titles_are_kept(tmp_path: Path, environ: dict[str, str]) -> None:
    last_looks("github.com", "", None, environ).write({REPOSITORY: LOOK})
    text = (tmp_path / "state/pr-sessions/inbox.json").read_text()
    assert [word for word in ("acme", "shop", "Change", "ada", "main") if word in text] == []


def test_repositories_of_one_name_on_two_hosts_are_two(tmp_path: Path, environ: dict[str, str]) -> None:
    last_looks("github.com", "", None, environ).write({REPOSITORY: LOOK})
    assert last_looks("gitlab.com", "", None, environ).read([REPOSITORY]) == {REPOSITORY: LastLook()}


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"a": 1}', b"\xff", b'{"a": {"prs": {"b": "c"}}}'])
def test_what_cannot_be_read_is_as_if_nothing_was_seen(tmp_path: Path, environ: dict[str, str], data: bytes) -> None:
    place = tmp_path / "state/pr-sessions/inbox.json"
    place.parent.mkdir(parents=True)
    place.write_bytes(data)
    looks = last_looks("github.com", "", None, environ)

    assert looks.read([REPOSITORY]) == {REPOSITORY: LastLook()}
    looks.write({REPOSITORY: LOOK})
    assert looks.read([REPOSITORY]) == {REPOSITORY: LOOK}


def test_a_relative_state_folder_counts_for_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert users_looks({"XDG_STATE_HOME": "state"}).path == str(tmp_path / ".local/state/pr-sessions/inbox.json")
