from pathlib import Path

import pytest
from ground import CONFIG, SESSION_FILE, Cli, Git, tree, write


@pytest.mark.parametrize("options", [(), ("--share", "local"), ("--scripts",)])
@pytest.mark.parametrize("ignored", [None, b"", b"*.pyc\n", b"*.pyc"])
def test_after_init_the_tree_is_as_before_but_for_session_data(
    cli: Cli, repo: Path, git: Git, options: tuple[str, ...], ignored: bytes | None
) -> None:
    if ignored is not None:
        (repo / ".gitignore").write_bytes(ignored)
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "ignore")
    exclude = (repo / ".git/info/exclude").read_bytes()
    cli("init", *options)
    cli("uninstall")
    assert git(repo, "status", "--porcelain", "-uall") == f"?? {SESSION_FILE}"
    assert (repo / ".git/info/exclude").read_bytes() == exclude
    assert not (repo / ".git/pr-sessions").exists()
    assert not (repo / ".cursor").exists()


def test_session_data_stays_and_is_named(cli: Cli, repo: Path) -> None:
    cli("init")
    cli("start", "--author", "ada")
    before = (repo / SESSION_FILE).read_bytes()
    assert cli("uninstall").out == (
        f"Removed from {repo}\n"
        "  remove      .cursor/config/session_config.yaml  configuration, as init wrote it\n"
        "  remove      .cursor/.session_id                 marker of the current session\n"
        "  remove      .git/pr-sessions/pending/lock       lock and empty files of hooks\n"
        "  remove      .gitignore                          held nothing but our lines\n"
        "  remove      .gitattributes                      held nothing but our lines\n"
        "  unregister  .git/config                         merge driver\n"
        "  remove      .git/pr-sessions/README             text that explains the folder; without it hooks are silent\n"
        "Kept\n"
        "  docs/metrics/auto_pr_sessions.json  session data\n"
        "  .git/pr-sessions/sessions.json      session data\n"
        "  .git/pr-sessions/backups            session data\n"
        "  .git/pr-sessions/journal.jsonl      who changed what and when\n"
    )
    assert (repo / SESSION_FILE).read_bytes() == before
    assert (repo / ".git/pr-sessions/sessions.json").read_bytes() == before


def test_a_dry_run_writes_nothing_and_shows_what_a_real_one_does(cli: Cli, repo: Path) -> None:
    cli("init", "--scripts")
    cli("start")
    before = tree(repo)
    shown = cli("uninstall", "--dry-run", "--json").json
    assert tree(repo) == before
    assert {**cli("uninstall", "--json").json, "dry_run": True} == shown


def test_a_configuration_that_somebody_changed_stays(cli: Cli, repo: Path) -> None:
    cli("init")
    with (repo / CONFIG).open("a") as file:
        file.write("timeout_minutes: 45\n")
    kept = cli("uninstall", "--json").json["kept"]
    assert {"path": str(repo / CONFIG), "why": "not as init writes it; remove it yourself if nobody needs it"} in kept
    assert (repo / CONFIG).is_file()


@pytest.mark.parametrize("config", ["timeout_minutes: [", "\xff", "nonsense: 1\n"])
def test_it_works_whatever_the_configuration_holds(cli: Cli, repo: Path, config: str) -> None:
    cli("init")
    (repo / CONFIG).write_bytes(config.encode("latin-1"))
    assert cli("uninstall").code == 0
    assert (repo / CONFIG).is_file()


def test_a_second_time_there_is_nothing_to_remove(cli: Cli, repo: Path) -> None:
    cli("init")
    cli("uninstall")
    before = tree(repo)
    assert cli("uninstall").out.startswith("Nothing to remove.\n")
    assert tree(repo) == before


def test_a_script_that_somebody_changed_stays(cli: Cli, repo: Path) -> None:
    cli("init", "--scripts")
    (repo / ".cursor/scripts/session_cli.py").write_text("mine")
    cli("uninstall")
    assert [path.name for path in (repo / ".cursor/scripts").iterdir()] == ["session_cli.py"]


def test_a_folder_outside_git_keeps_its_session_file(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plain").mkdir()
    monkeypatch.chdir(tmp_path / "plain")
    cli("init")
    cli("uninstall")
    assert [path for path in (tmp_path / "plain").rglob("*") if path.is_file()] == [tmp_path / "plain" / SESSION_FILE]


def test_a_script_of_somebody_s_own_that_uses_ours_stays(cli: Cli, repo: Path) -> None:
    cli("init", "--scripts")
    own = repo / ".cursor/scripts/nightly.py"
    own.write_text("from pr_sessions.compat import monitor_sessions\n")
    cli("uninstall")
    assert list(own.parent.iterdir()) == [own]


def test_what_is_no_index_stays_and_is_named(cli: Cli, repo: Path) -> None:
    cli("init")
    index = repo / ".cursor/data/session_state.json"
    write(index, '{"name": "package"}')
    assert (
        "  .cursor/data/session_state.json     no index of pull requests; remove it yourself if nobody needs it\n"
        in cli("uninstall").out
    )
    assert index.read_text() == '{"name": "package"}'
