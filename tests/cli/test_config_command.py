import os
from pathlib import Path

import pytest
from ground import CONFIG, AsNobody, Cli, tree, write

BAD = "timeout_minutes: -1\nshare: nowhere\ntimezone: UTC\n"


def test_every_setting_has_its_value_and_its_origin(cli: Cli, repo: Path) -> None:
    write(repo / CONFIG, "timeout_minutes: 45\n\nminimal_metadata: true\n")
    settings = {s["key"]: (s["value"], s["origin"]) for s in cli("config", "--json").json["settings"]}
    assert settings == {
        "timeout_minutes": (45, f"{repo / CONFIG}:1"),
        "idle_warning_minutes": (15, "default"),
        "auto_pr_patterns": (
            ["^auto-pr:", "^wip:", r"^\[auto\]", "^checkpoint:", "^cursor-session", "^🤖"],
            "default",
        ),
        "completion_markers": (
            [
                "ready for review",
                "ready to review",
                "final pr",
                "[session-complete]",
                "[ready]",
                "done with session",
            ],
            "default",
        ),
        "loose_completion_markers": (False, "default"),
        "min_files_for_manual": (5, "default"),
        "enable_timeout_completion": (True, "default"),
        "enable_heuristic_completion": (False, "default"),
        "enable_heuristic_detection": (False, "default"),
        "time_zone": ("UTC", "default"),
        "track": ("opened", "default"),
        "people": ("shown", "default"),
        "share": ("commit", "default"),
        "sync_branch": ("pr-sessions", "default"),
        "keep_days": ("off", "default"),
        "minimal_metadata": (True, f"{repo / CONFIG}:3"),
        "signatures": ([], "default"),
        "signatures_off": ([], "default"),
        "mark": ("none", "default"),
        "hooks.ask_forge": (False, "default"),
        "gate": ("advisory", "default"),
        "gate.always": (
            [
                ".github/**",
                "**/*.lock",
                "**/package-lock.json",
                "**/npm-shrinkwrap.json",
                "**/pnpm-lock.yaml",
                "**/bun.lockb",
                "**/go.sum",
                "**/packages.lock.json",
                "**/gradle.lockfile",
            ],
            "default",
        ),
        "gate.checks": ([], "default"),
        "gate.workflow": ("off", "default"),
        "gate.assisted": (False, "default"),
        "gate.max_wait": (30, "default"),
        "gate.open_budget": ("off", "default"),
        "gate.over_budget": ("warn", "default"),
        "gate.dashboard": (False, "default"),
        "comment": ("auto", "default"),
    }


def test_for_people_it_is_a_table(cli: Cli, repo: Path) -> None:
    write(repo / CONFIG, "timeout_minutes: 45\n")
    lines = cli("config").out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["setting", "value", "origin"],
        ["timeout_minutes", "45", f"{repo / CONFIG}:1"],
        ["idle_warning_minutes", "15", "default"],
    ]


def test_a_wrong_setting_shows_as_its_default_and_is_told_of(cli: Cli, repo: Path) -> None:
    write(repo / CONFIG, BAD)
    result = cli("config", "--json")
    said = f"warning: {repo / CONFIG}:3: unknown setting 'timezone': it changes nothing; did you mean time_zone?"
    assert (result.code, result.err.splitlines()) == (0, ["2 mistakes; see them: pr-sessions config --check", said])
    assert [s["value"] for s in result.json["settings"] if s["key"] == "timeout_minutes"] == [30]
    assert [m["place"] for m in result.json["mistakes"]] == [f"{repo / CONFIG}:{line}" for line in (1, 2)]


def test_check_names_every_mistake_with_its_place_and_fails(cli: Cli, repo: Path) -> None:
    write(repo / CONFIG, BAD)
    result = cli("config", "--check")
    assert (result.code, result.out) == (
        1,
        (
            f"{repo / CONFIG}:1: timeout_minutes: must be from 5 to 120 minutes, not -1\n"
            "  hint: the default is 30\n"
            f"{repo / CONFIG}:2: share: must be commit, branch or local\n"
            "  hint: commit: git tracks the session file; branch: `pr-sessions sync` carries it; local: never\n"
            f"{repo / CONFIG}:3: note: unknown setting 'timezone': it changes nothing; did you mean time_zone?\n"
            f"2 mistakes in {repo / CONFIG}\n"
        ),
    )


def test_notes_do_not_fail(cli: Cli, repo: Path) -> None:
    write(repo / CONFIG, "completion_markers:\n  - finished\n")
    result = cli("config", "--check", "--json")
    assert (result.code, result.json) == (
        0,
        {
            "path": str(repo / CONFIG),
            "valid": True,
            "mistakes": [],
            "notes": [
                {
                    "place": f"{repo / CONFIG}:1",
                    "message": "'finished' does not complete a session unless loose_completion_markers is true",
                }
            ],
        },
    )


def test_nothing_configured_has_no_mistakes(cli: Cli, repo: Path) -> None:
    write(repo / CONFIG, "")
    assert cli("config", "--check").out == f"No mistakes in {repo / CONFIG}\n"


def test_a_file_that_is_not_there_is_not_said_to_be_right(cli: Cli, repo: Path) -> None:
    assert cli("config", "--check").out == f"There is no {repo / CONFIG}: the defaults count.\n"


def test_what_is_no_yaml_gets_a_hint_too(cli: Cli, repo: Path) -> None:
    write(repo / CONFIG, "share: [\n")
    result = cli("config", "--check")
    assert (result.code, result.out.splitlines()[1]) == (
        1,
        "  hint: each setting is one `key: value` line; quote text that holds any of : # [ ] { }",
    )


def test_text_that_is_no_utf_8_is_an_error_with_its_line(cli: Cli, repo: Path) -> None:
    write(repo / CONFIG, "")
    (repo / CONFIG).write_bytes(b"a: 1\nb: \xff\n")
    result = cli("config", "--check")
    assert (result.code, result.err) == (
        1,
        f"error: {repo / CONFIG}:2: not UTF-8 text\nhint: save the file as UTF-8\n",
    )


def test_a_configuration_that_may_not_be_read_is_an_error(open_repo: Path, as_nobody: AsNobody) -> None:
    write(open_repo / CONFIG, "")
    (open_repo / CONFIG).chmod(0)
    for command in ("config", "status", "init"):
        code, out, err = as_nobody(open_repo, command)
        assert (code, out, err) == (
            1,
            "",
            (
                f"error: cannot read {open_repo / CONFIG}: permission denied\n"
                f"hint: give yourself read permission for {open_repo / CONFIG}\n"
            ),
        )


@pytest.mark.parametrize("command", ["where", "doctor", "config", "status"])
@pytest.mark.parametrize("prepared", [False, True])
def test_looking_writes_nothing(cli: Cli, repo: Path, command: str, prepared: bool) -> None:
    if prepared:
        cli("init")
        cli("start")
        cli("add", "1", "--title", "auto-pr: x", "--author", "bot")
    before = tree(repo)
    assert cli(command).code == 0
    assert cli(command, "--json").code == 0
    assert tree(repo) == before


def test_a_setting_of_a_newer_version_is_said_by_the_next_command_that_somebody_sees(cli: Cli, repo: Path) -> None:
    cli("init")
    write(repo / CONFIG, "time_zone: UTC\ngate.chekcs: [test]\n")
    record = (repo / CONFIG).stat()
    os.utime(repo / CONFIG, ns=(record.st_atime_ns, record.st_mtime_ns - 3600 * 10**9))
    said = f"warning: {repo / CONFIG}:2: unknown setting 'gate.chekcs': it changes nothing; did you mean gate.checks?\n"
    assert [cli(*words).err for words in (["drain"], ["status"], ["status"], ["list"])] == ["", said, "", ""]
    assert cli("config", "--check").code == 0


def test_a_wrong_value_still_fails(cli: Cli, repo: Path) -> None:
    cli("init")
    write(repo / CONFIG, "later: 1\nshare: nowhere\n")
    failed = cli("status")
    assert (failed.code, f"{repo / CONFIG}:2: share: must be commit, branch or local" in failed.err) == (1, True)
