import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from ground import SESSION_FILE, Cli, Git, tree, write
from packaging.requirements import Requirement

from pr_sessions.cli.setup.gate_files import PATHS, gate_files, is_ours, is_untouched, own_action

ROOT = Path(__file__).parents[2]
OURS = version("pr-sessions")
GATE = ".github/workflows/pr-sessions-gate.yml"
ACTION = ".github/actions/pr-sessions/action.yml"
WORKFLOWS = {name: yaml.safe_load(data) for name, data in gate_files(OURS).items() if "/workflows/" in name}
JOBS = {f"{name}:{job}": body for name, flow in WORKFLOWS.items() for job, body in flow["jobs"].items()}


def test_it_writes_the_workflows_and_the_action_and_says_what_to_commit(cli: Cli, repo: Path) -> None:
    cli("init")
    assert cli("init", "--github").out == (
        f"Set up {repo}\n"
        "  write  .github/actions/pr-sessions/action.yml        the gate: what its workflows run\n"
        "  write  .github/actions/pr-sessions/requirements.txt  the gate: what is installed for that, by hash\n"
        "  write  .github/workflows/pr-sessions.yml             the gate: started by events and a schedule\n"
        "  write  .github/workflows/pr-sessions-gate.yml        the gate: asked by your own workflows\n"
        "  write  .github/workflows/pr-sessions-check.yml       the gate: the last job of a workflow that asked\n"
        "Next: git add .gitattributes .gitignore .cursor docs/metrics .github && git commit -m 'Track work sessions'\n"
        "Next: merge .github into the default branch, where the gate begins; it skips nothing without `gate: enforce`\n"
        "Next: pr-sessions start\n"
    )
    assert {name: (repo / name).read_bytes() for name in PATHS} == gate_files(OURS)


@pytest.mark.parametrize(("share", "paths"), [("local", ".cursor .github"), ("branch", ".gitignore .cursor .github")])
def test_what_to_commit_follows_the_share(cli: Cli, repo: Path, share: str, paths: str) -> None:
    following = cli("init", "--share", share, "--github", "--json").json["next"]
    assert following[0] == f"git add {paths} && git commit -m 'Track work sessions'"


def test_a_second_time_changes_nothing(cli: Cli, repo: Path) -> None:
    cli("init", "--github")
    before = tree(repo)
    assert cli("init", "--github").out == f"Nothing to do: {repo} is set up.\n"
    assert tree(repo) == before


def test_a_dry_run_writes_nothing_and_shows_what_a_real_one_does(cli: Cli, repo: Path) -> None:
    before = tree(repo)
    shown = cli("init", "--github", "--dry-run", "--json").json
    assert tree(repo) == before
    assert {**cli("init", "--github", "--json").json, "dry_run": True} == shown


def test_without_the_option_nothing_of_it_is_written(cli: Cli, repo: Path) -> None:
    cli("init")
    assert not (repo / ".github").exists()


def test_a_foreign_file_of_that_name_stays_and_is_told(cli: Cli, repo: Path) -> None:
    write(repo / GATE, "name: our own\n")
    result = cli("init", "--github", "--json").json
    assert (repo / GATE).read_text() == "name: our own\n"
    assert result["notes"] == [f"{GATE} is not as init --github writes it and stays; move it away to get ours"]
    assert {name for name in PATHS if (repo / name).is_file()} == set(PATHS)


def test_a_file_that_somebody_changed_stays_and_is_told_every_time(cli: Cli, repo: Path) -> None:
    cli("init", "--github")
    changed = (repo / GATE).read_text().replace("timeout-minutes: 5", "timeout-minutes: 9")
    (repo / GATE).write_text(changed)
    for _ in range(2):
        notes = cli("init", "--github", "--json").json["notes"]
        assert notes == [f"{GATE} is not as init --github writes it and stays; move it away to get ours"]
    assert (repo / GATE).read_text() == changed


def test_what_another_version_wrote_is_brought_up_to_date(cli: Cli, repo: Path) -> None:
    for name, data in gate_files("0.0.9").items():
        write(repo / name, data.decode())
    cli("init", "--github")
    assert {name: (repo / name).read_bytes() for name in PATHS} == gate_files(OURS)


def test_line_ends_that_git_changed_are_no_change(cli: Cli, repo: Path) -> None:
    cli("init", "--github")
    crlf = (repo / GATE).read_bytes().replace(b"\n", b"\r\n")
    (repo / GATE).write_bytes(crlf)
    assert cli("init", "--github").out == f"Nothing to do: {repo} is set up.\n"
    cli("uninstall")
    assert not (repo / GATE).exists()


def test_outside_git_there_is_no_gate(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused = cli("init", "--github")
    told = f"error: {tmp_path} is not in git, so GitHub runs nothing for it\nhint: run `git init` first\n"
    assert (refused.code, refused.err, list(tmp_path.iterdir())) == (1, told, [])


def test_uninstall_takes_all_of_it_out_again(cli: Cli, repo: Path, git: Git) -> None:
    cli("init", "--github")
    cli("uninstall")
    assert git(repo, "status", "--porcelain", "-uall") == f"?? {SESSION_FILE}"
    assert not (repo / ".github").exists()


def test_uninstall_leaves_what_is_not_as_we_wrote_it(cli: Cli, repo: Path) -> None:
    write(repo / ".github/workflows/ci.yml", "name: theirs\n")
    write(repo / ".github/workflows/pr-sessions.yml", "name: theirs, too\n")
    cli("init", "--github")
    with (repo / GATE).open("a") as file:
        file.write("# ours\n")
    kept = cli("uninstall", "--json").json["kept"]
    assert {"path": str(repo / GATE), "why": "not as init --github wrote it; remove it yourself"} in kept
    assert sorted(path.name for path in (repo / ".github").rglob("*.*")) == [
        "ci.yml",
        "pr-sessions-gate.yml",
        "pr-sessions.yml",
    ]


@pytest.mark.parametrize("name", PATHS)
def test_a_file_is_known_by_its_first_line(name: str) -> None:
    data = gate_files("1.2.3")[name]
    assert (is_ours(data), is_untouched(data)) == (True, True)
    assert (is_ours(data + b"#"), is_untouched(data + b"#")) == (True, False)
    assert data.startswith(b"# pr-sessions 1.2.3, init --github. SHA-256 of what follows: ")


@pytest.mark.parametrize(
    "data", [b"", b"name: x\n", b"# pr-sessions\n", b"\xff\xfe", b"# pr-sessions 1, init --github.\n"]
)
def test_other_files_are_not_as_we_wrote_them(data: bytes) -> None:
    assert not is_untouched(data)


def test_the_version_of_this_package_is_what_the_action_installs() -> None:
    action = gate_files("1.2.3")[ACTION].decode()
    assert re.findall(r"pr-sessions==\S+", action) == ["pr-sessions==1.2.3"]


def test_our_own_action_stands_at_our_own_root() -> None:
    assert (ROOT / "action.yml").read_text("utf-8") == own_action(), "out of date; mend it: make docs"


def test_both_actions_are_one_text_but_for_where_the_tool_comes_from() -> None:
    theirs, ours = (text.splitlines() for text in (gate_files(OURS)[ACTION].decode().split("\n", 1)[1], own_action()))
    different = [(a, b) for a, b in zip(theirs, ours, strict=True) if a != b]
    assert [a.split(" install ")[0] == b.split(" install ")[0] for a, b in different] == [True, True]


@pytest.mark.parametrize("name", [name for name in PATHS if name.endswith(".yml")])
def test_no_placeholder_is_left(name: str) -> None:
    assert re.findall(r"@[A-Z]+@", gate_files(OURS)[name].decode()) == []


@pytest.mark.parametrize(("name", "wanted"), [("requirements", "runtime"), ("build", "build")])
def test_what_is_installed_is_what_the_package_asks_for_with_a_hash_each(name: str, wanted: str) -> None:
    pinned = _pinned((ROOT / f"src/pr_sessions/cli/setup/github/{name}.txt").read_text("utf-8"))
    missing = [str(need) for need in _needs()[wanted] if pinned.get(need.name.lower(), "") not in need.specifier]
    assert missing == [], "choose again: make pins"


def test_no_address_stands_in_what_is_installed() -> None:
    for name in ("requirements.txt", "build.txt"):
        assert "://" not in (ROOT / f"src/pr_sessions/cli/setup/github/{name}").read_text("utf-8")


def _pinned(text: str) -> dict[str, str]:
    """Versions by name, of those that have a hash."""
    found = re.findall(
        r"^([A-Za-z0-9.-]+)==(\S+)(?: ;[^\\\n]*)? \\\n {4}--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE
    )
    assert len(found) == len(re.findall(r"^[A-Za-z]", text, re.MULTILINE))
    return dict(found)


def _needs() -> dict[str, list[Requirement]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    runtime = [*project["project"]["dependencies"], *extras["github"], *extras["patterns"]]
    return {
        "runtime": [Requirement(each) for each in runtime],
        "build": [Requirement(each) for each in project["build-system"]["requires"]],
    }


class TestWhatMayHappenThere:
    """The rules that a security-minded reader looks for first."""

    def test_nothing_may_be_done_but_what_a_job_asks_for(self) -> None:
        assert [flow["permissions"] for flow in WORKFLOWS.values()] == [{}, {}, {}]
        reading = {"contents": "read", "pull-requests": "read"}
        assert {name.rpartition("/")[2]: body["permissions"] for name, body in JOBS.items()} == {
            "pr-sessions.yml:gate": reading,
            "pr-sessions.yml:comment": {"contents": "read", "pull-requests": "write"},
            "pr-sessions.yml:check": reading | {"checks": "write", "actions": "write"},
            "pr-sessions.yml:sweep": reading | {"checks": "write", "actions": "write"},
            "pr-sessions-gate.yml:gate": reading,
            "pr-sessions-check.yml:check": reading | {"checks": "write"},
        }

    def test_every_job_has_an_end_and_does_not_cut_another_one_off(self) -> None:
        own = [body for body in JOBS.values() if "steps" in body]
        assert [body["timeout-minutes"] <= 10 for body in own] == [True] * 5
        assert [body["concurrency"]["cancel-in-progress"] for body in own] == [False] * 5

    def test_only_one_action_is_somebody_else_s_and_it_is_a_commit(self) -> None:
        used = {step["uses"] for body in JOBS.values() for step in body.get("steps", ())}
        assert used == {"./.github/actions/pr-sessions", "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8"}

    def test_nothing_is_checked_out_but_our_action_from_the_default_branch(self) -> None:
        checkouts = [s["with"] for b in JOBS.values() for s in b.get("steps", ()) if "checkout" in s["uses"]]
        assert checkouts == 5 * [
            {
                "ref": "${{ github.event.repository.default_branch }}",
                "sparse-checkout": ".github/actions/pr-sessions",
                "sparse-checkout-cone-mode": False,
                "persist-credentials": False,
            }
        ]

    def test_no_expression_stands_in_a_script_and_no_script_in_a_workflow(self) -> None:
        action = yaml.safe_load(gate_files(OURS)[ACTION])
        assert [step["run"].count("${{") for step in action["runs"]["steps"]] == [0, 0]
        assert [step for body in JOBS.values() for step in body.get("steps", ()) if "run" in step] == []

    def test_the_token_reaches_the_one_step_that_asks(self) -> None:
        steps = yaml.safe_load(gate_files(OURS)[ACTION])["runs"]["steps"]
        assert [(step["id"], "token" in str(step).lower()) for step in steps] == [("install", False), ("run", True)]

    @pytest.mark.parametrize("word", ["pull_request_target", "workflow_run", "artifact", "actions/cache", "secrets."])
    def test_what_is_dangerous_is_not_used(self, word: str) -> None:
        assert [name for name, data in gate_files(OURS).items() if word.encode() in data] == []
