import json
from pathlib import Path

import pytest
from ground import DOCUMENT, SESSION_FILE, Cli, write

AT = ("--at", "2025-11-22T10:00:00Z")
BY_HAND = "docs/metrics/auto_pr_sessions.backup.20251122.json"


def sessions(path: Path) -> list[str]:
    document = json.loads(path.read_text())
    return [*document["active_sessions"], *(s["session_id"] for s in document["completed_sessions"])]


def document(*ids: str) -> str:
    records = [
        {"session_id": i, "author": "a", "started": "2025-11-01T10:00:00Z", "completed": "2025-11-01T11:00:00Z"}
        for i in ids
    ]
    return json.dumps({"version": "1.0", "active_sessions": {}, "completed_sessions": records})


def test_a_backup_holds_everything_and_is_named(cli: Cli, repo: Path) -> None:
    cli("start", "--author", "ada", *AT)
    path = Path(cli("backup", "--json").json["backup"])
    assert path.parent == repo / ".git/pr-sessions/backups"
    assert path.read_bytes() == (repo / SESSION_FILE).read_bytes()
    assert cli("backup").out.startswith(f"Kept a copy in {repo / '.git/pr-sessions/backups/auto_pr_sessions.'}")


@pytest.mark.usefixtures("repo")
def test_where_nothing_is_known_there_is_nothing_to_keep(cli: Cli) -> None:
    result = cli("backup")
    assert (result.code, result.out) == (0, "There is nothing to keep a copy of yet.\n")
    assert cli("backup", "--json").json == {"backup": None}


def test_the_list_shows_the_newest_first_with_what_each_holds(cli: Cli, repo: Path) -> None:
    write(repo / BY_HAND, document("a-1", "b-2"))
    write(repo / ".git/pr-sessions/backups/auto_pr_sessions.20251123T100000Z.repair.json", document("a-1"))
    write(repo / "docs/metrics/auto_pr_sessions.20251120T100000Z.manual.json", document())
    write(repo / ".git/pr-sessions/backups/auto_pr_sessions.20251121T100000Z.json", "broken")
    size = (repo / BY_HAND).stat().st_size
    rows = cli("backup", "list", "--json").json["backups"]
    assert [(row["name"], row["taken"], row["kind"], row["ours"], row["sessions"]) for row in rows] == [
        ("auto_pr_sessions.20251123T100000Z.repair.json", "2025-11-23T10:00:00Z", "repair", True, 1),
        ("auto_pr_sessions.backup.20251122.json", "2025-11-22T00:00:00Z", None, False, 2),
        ("auto_pr_sessions.20251121T100000Z.json", "2025-11-21T10:00:00Z", "automatic", True, None),
        ("auto_pr_sessions.20251120T100000Z.manual.json", "2025-11-20T10:00:00Z", "manual", False, 0),
    ]
    assert cli("backup", "list").out.splitlines()[2] == (
        f"  auto_pr_sessions.backup.20251122.json          2025-11-22        other      {size} bytes  2 sessions"
    )


@pytest.mark.usefixtures("repo")
def test_an_empty_list_says_so(cli: Cli) -> None:
    assert cli("backup", "list").out == "  (nothing)\n"
    assert cli("backup", "list", "--json").json == {"backups": []}


def test_a_backup_as_the_specification_makes_them_is_joined_in(cli: Cli, repo: Path) -> None:
    cli("start", "--author", "ada", *AT)
    present = sessions(repo / SESSION_FILE)
    write(repo / BY_HAND, document("old-20251101-1000"))
    result = cli("restore", "auto_pr_sessions.backup.20251122.json")
    assert result.out == (
        "Joined auto_pr_sessions.backup.20251122.json in: 1 session added, 0 updated. Nothing was removed.\n"
        "  + old-20251101-1000\n"
    )
    for file in (SESSION_FILE, DOCUMENT):
        assert sorted(sessions(repo / file)) == sorted([*present, "old-20251101-1000"])


def test_a_session_that_the_backup_knows_more_of_is_updated(cli: Cli, repo: Path) -> None:
    write(repo / SESSION_FILE, document("s-20251101-1000"))
    backup = json.loads(document("s-20251101-1000"))
    backup["completed_sessions"][0]["prs"] = ["7"]
    write(repo / BY_HAND, json.dumps(backup))
    result = cli("restore", BY_HAND.rpartition("/")[2], "--json").json
    assert result == {
        "backup": str(repo / BY_HAND),
        "added": [],
        "updated": ["s-20251101-1000"],
        "removed": [],
    }
    assert cli("find", "7", "--json").json["session"]["session_id"] == "s-20251101-1000"


def test_restoring_twice_adds_nothing_more(cli: Cli, repo: Path) -> None:
    write(repo / BY_HAND, document("s-20251101-1000"))
    cli("restore", BY_HAND.rpartition("/")[2])
    assert "0 sessions added, 0 updated" in cli("restore", BY_HAND.rpartition("/")[2]).out


def test_a_corrupt_session_file_is_not_overwritten_and_the_way_out_works(cli: Cli, repo: Path) -> None:
    write(repo / BY_HAND, document("s-20251101-1000"))
    write(repo / SESSION_FILE, " ")
    refused = cli("restore", BY_HAND.rpartition("/")[2])
    assert (refused.code, refused.err.splitlines()[0]) == (
        1,
        f"error: cannot read {repo / SESSION_FILE}: it is empty",
    )
    assert "`pr-sessions doctor --repair`" in refused.err
    assert (repo / SESSION_FILE).read_text() == " "
    assert not (repo / DOCUMENT).exists()
    assert cli("doctor", "--repair").code == 0
    assert sessions(repo / SESSION_FILE) == ["s-20251101-1000"]


def test_a_corrupt_backup_changes_nothing(cli: Cli, repo: Path) -> None:
    cli("start", *AT)
    before = (repo / SESSION_FILE).read_bytes()
    write(repo / BY_HAND, "{")
    refused = cli("restore", BY_HAND.rpartition("/")[2])
    assert (refused.code, f"cannot read {repo / BY_HAND}" in refused.err) == (1, True)
    assert (repo / SESSION_FILE).read_bytes() == before


@pytest.mark.parametrize("name", ["none.json", "../secret.json"])
@pytest.mark.usefixtures("repo")
def test_a_name_that_is_no_backup_is_refused(cli: Cli, name: str) -> None:
    refused = cli("restore", name)
    assert (refused.code, refused.err.splitlines()[-1]) == (1, "hint: `pr-sessions backup` takes one")


@pytest.mark.parametrize("name", ["20990101T000000Z", "20251122T095959Z", "backup.20251122"])
def test_what_the_repository_brought_is_restored_only_by_its_name(cli: Cli, repo: Path, name: str) -> None:
    brought = repo / f"docs/metrics/auto_pr_sessions.{name}.json"
    write(brought, document("brought-20251101-1000"))
    refused = cli("restore")
    assert (refused.code, refused.err) == (
        1,
        (
            f"error: no backup is known to be ours: those in {brought.parent} may have come with the repository\n"
            f"hint: name one that you trust, pr-sessions restore NAME; there are: {brought.name}\n"
        ),
    )
    own = Path(cli("start", *AT) and cli("backup", "--json").json["backup"])
    assert cli("restore", "--json").json["backup"] == str(own)
    assert "brought-20251101-1000" not in sessions(repo / SESSION_FILE)
    assert cli("restore", brought.name, "--json").json["added"] == ["brought-20251101-1000"]


def test_outside_git_every_copy_has_to_be_named(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plain").mkdir()
    monkeypatch.chdir(tmp_path / "plain")
    cli("init")
    cli("start", *AT)
    path = Path(cli("backup", "--json").json["backup"])
    assert path.parent == tmp_path / "plain/docs/metrics"
    assert (cli("restore").code, cli("restore", path.name).code) == (1, 0)


def test_the_copy_before_a_restore_and_before_a_repair_say_so(cli: Cli, repo: Path) -> None:
    cli("start", *AT)
    cli("backup")
    copy = cli("backup", "list", "--json").json["backups"][0]["name"]
    for name in (SESSION_FILE, ".git/pr-sessions/sessions.json"):
        (repo / name).unlink()
    cli("add", "7", "--title", "auto-pr: x", "--author", "bob")
    cli("restore", copy)
    write(repo / SESSION_FILE, "{")
    cli("doctor", "--repair")
    kinds = [row["kind"] for row in cli("backup", "list", "--json").json["backups"]]
    assert sorted(kinds) == ["manual", "repair", "restore"]


def test_a_name_of_the_first_release_is_restored(cli: Cli, repo: Path) -> None:
    write(repo / ".git/pr-sessions/backups/auto_pr_sessions.20251121T100000Z-2.json", document("old-20251101-1000"))
    assert cli("restore", "--json").json["added"] == ["old-20251101-1000"]
