import re
import tomllib
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import yaml
from ground import SESSION_FILE, Cli, Git, tree, write
from packaging.requirements import Requirement

from gate_sources import WHEEL, repository, wheel
from pr_sessions.core.policy import GateMode
from pr_sessions.errors import InvalidValue, PrSessionsError, UnreadableFile
from pr_sessions.git.repository import CONFIG
from pr_sessions.setup.gate_files import gate_files, is_ours, is_untouched, own_action
from pr_sessions.setup.gate_source import Commit, Source, Wheel, find_source, package_digest, running_digest

ROOT = Path(__file__).parents[2]
OURS = version("pr-sessions")
SOURCE = Commit("https://github.com/octocat/pr-sessions", "0" * 40, "1" * 64)


def files_from(source: Source) -> Mapping[str, bytes]:
    """What `init --github` writes for enforce, which is most."""
    return gate_files(OURS, source, GateMode.ENFORCE)


AROUND, GATE = ".github/workflows/pr-sessions.yml", ".github/workflows/pr-sessions-gate.yml"
SWEEP, DASHBOARD = (f".github/workflows/pr-sessions-{name}.yml" for name in ("sweep", "dashboard"))
ACTION = ".github/actions/pr-sessions/action.yml"
WORKFLOWS = {name: yaml.safe_load(data) for name, data in files_from(SOURCE).items() if "/workflows/" in name}
FILES = tuple(files_from(SOURCE))
JOBS = {f"{name}:{job}": body for name, flow in WORKFLOWS.items() for job, body in flow["jobs"].items()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the package that runs."""
    return wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def gate(cli: Cli, built: Path) -> Cli:
    """`init --github` with that wheel."""

    def call(*arguments: str) -> Any:
        return cli("init", "--github", "--from", str(built), *arguments)

    return call


@pytest.fixture
def expected(built: Path) -> Callable[[], Mapping[str, bytes]]:
    """What it writes, by path."""
    return lambda: gate_files(OURS, find_source(str(built)), GateMode.ADVISORY)


def written(repo: Path) -> dict[str, bytes]:
    """What there is of it, by path."""
    found = (path for path in (repo / ".github").rglob("*") if path.is_file())
    return {path.relative_to(repo).as_posix(): path.read_bytes() for path in found}


def test_it_writes_the_workflows_and_the_action_and_says_what_to_commit(
    cli: Cli, gate: Cli, repo: Path, expected: Any
) -> None:
    cli("init")
    assert gate().out == (
        f"Set up {repo}\n"
        + "".join(
            f"  write  .github/{name:<54}  the gate: {what}\n"
            for name, what in (
                ("actions/pr-sessions/action.yml", "what its workflows run"),
                ("actions/pr-sessions/requirements.txt", "what is installed for that, by hash"),
                ("actions/pr-sessions/tool.txt", "the wheel of pr-sessions, by hash"),
                ("workflows/pr-sessions.yml", "started by events"),
                ("workflows/pr-sessions-gate.yml", "asked by your own workflows"),
                ("workflows/pr-sessions-check.yml", "the last job of a workflow that asked"),
                (f"actions/pr-sessions/{WHEEL}", "pr-sessions itself"),
            )
        )
        + "Cost: about 8,400 minutes of GitHub Actions a month, with gate: advisory and 40 pull requests of agents a "
        "day; a public repository pays for none\n"
        "Next: git add .gitattributes .gitignore .cursor docs/metrics .github"
        " && git commit -m 'Track work sessions'\n"
        "Next: merge .github into the default branch, where the gate begins; it skips nothing: gate: advisory\n"
        "Next: pr-sessions start\n"
    )
    assert written(repo) == expected()


@pytest.mark.parametrize(("share", "paths"), [("local", ".cursor .github"), ("branch", ".gitignore .cursor .github")])
def test_what_to_commit_follows_the_share(gate: Cli, repo: Path, share: str, paths: str) -> None:
    following = gate("--share", share, "--json").json["next"]
    assert following[0] == f"git add {paths} && git commit -m 'Track work sessions'"


def test_the_dashboard_is_a_setting_and_a_workflow(gate: Cli, repo: Path) -> None:
    workflow, config = repo / DASHBOARD, repo / CONFIG
    before = gate("--json").json["minutes_a_month"]
    assert not workflow.exists()
    after = gate("--dashboard", "--json").json
    assert ("gate.dashboard: true" in config.read_text(), workflow.exists()) == (True, True)
    assert after["minutes_a_month"] - before == 30 * (3 * 40 + 24)
    gate()
    assert workflow.exists()
    config.write_text(config.read_text().replace("gate.dashboard: true", "gate.dashboard: false"))
    gate()
    assert not workflow.exists()


def test_the_dashboard_goes_with_github(cli: Cli) -> None:
    refused = cli("init", "--dashboard")
    assert (refused.code, "--dashboard goes with --github" in refused.err) == (2, True)


def test_a_second_time_changes_nothing(gate: Cli, repo: Path) -> None:
    gate()
    before = tree(repo)
    assert gate().out == f"Nothing to do: {repo} is set up.\n"
    assert tree(repo) == before


def test_a_dry_run_writes_nothing_and_shows_what_a_real_one_does(gate: Cli, repo: Path) -> None:
    before = tree(repo)
    shown = gate("--dry-run", "--json").json
    assert tree(repo) == before
    assert {**gate("--json").json, "dry_run": True} == shown


def test_without_the_option_nothing_of_it_is_written(cli: Cli, repo: Path) -> None:
    cli("init")
    assert not (repo / ".github").exists()


def test_a_foreign_file_of_that_name_stays_and_is_told(gate: Cli, repo: Path, expected: Any) -> None:
    write(repo / GATE, "name: our own\n")
    result = gate("--json").json
    assert (repo / GATE).read_text() == "name: our own\n"
    assert result["notes"] == [f"{GATE} is not as init --github writes it and stays; move it away to get ours"]
    assert set(written(repo)) == set(expected())


def test_a_file_that_somebody_changed_stays_and_is_told_every_time(gate: Cli, repo: Path) -> None:
    gate()
    changed = (repo / GATE).read_text().replace("timeout-minutes: 5", "timeout-minutes: 9")
    (repo / GATE).write_text(changed)
    for _ in range(2):
        notes = gate("--json").json["notes"]
        assert notes == [f"{GATE} is not as init --github writes it and stays; move it away to get ours"]
    assert (repo / GATE).read_text() == changed


def test_what_another_version_wrote_is_brought_up_to_date(gate: Cli, repo: Path, expected: Any) -> None:
    older = Wheel("pr_sessions-0.0.9-py3-none-any.whl", b"an older one", "0" * 64)
    for name, data in gate_files("0.0.9", older, GateMode.ENFORCE).items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_bytes(data)
    gate()
    assert written(repo) == expected()


@pytest.fixture
def of_0_1_0(repo: Path) -> dict[str, bytes]:
    """The action and the workflows as version 0.1.0 wrote them, in the repository."""
    before = ROOT / "tests/version_0_1_0/gate"
    folders = {"action.yml": Path(ACTION).parent}
    files = {
        str(folders.get(path.name, Path(GATE).parent) / path.name): path.read_bytes()
        for path in sorted(before.glob("*.yml"))
    }
    for name, data in files.items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_bytes(data)
    return files


def test_what_0_1_0_wrote_gets_the_new_commands(
    gate: Cli, repo: Path, expected: Any, of_0_1_0: dict[str, bytes]
) -> None:
    assert all(b"command: " in data or b"set -- ci" in data for data in of_0_1_0.values())
    assert gate("--json").json["notes"] == []
    assert written(repo) == expected()


def test_what_0_1_0_wrote_is_removed(cli: Cli, repo: Path, of_0_1_0: dict[str, bytes]) -> None:
    cli("uninstall")
    assert [name for name in of_0_1_0 if (repo / name).exists()] == []


def test_line_ends_that_git_changed_are_no_change(cli: Cli, gate: Cli, repo: Path) -> None:
    gate()
    crlf = (repo / GATE).read_bytes().replace(b"\n", b"\r\n")
    (repo / GATE).write_bytes(crlf)
    assert gate().out == f"Nothing to do: {repo} is set up.\n"
    cli("uninstall")
    assert not (repo / GATE).exists()


def test_outside_git_there_is_no_gate(gate: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused = gate()
    told = f"error: {tmp_path} is not in git, so GitHub runs nothing for it\nhint: run `git init` first\n"
    assert (refused.code, refused.err, list(tmp_path.iterdir())) == (1, told, [])


def test_uninstall_takes_all_of_it_out_again(cli: Cli, gate: Cli, repo: Path, git: Git) -> None:
    gate()
    cli("uninstall")
    assert git(repo, "status", "--porcelain", "-uall") == f"?? {SESSION_FILE}"
    assert not (repo / ".github").exists()


def test_uninstall_leaves_what_is_not_as_we_wrote_it(cli: Cli, gate: Cli, repo: Path) -> None:
    write(repo / ".github/workflows/ci.yml", "name: theirs\n")
    write(repo / ".github/workflows/pr-sessions.yml", "name: theirs, too\n")
    gate()
    with (repo / GATE).open("a") as file:
        file.write("# ours\n")
    kept = cli("uninstall", "--json").json["kept"]
    assert {"path": str(repo / GATE), "why": "not as init --github wrote it; remove it yourself"} in kept
    assert sorted(path.name for path in (repo / ".github").rglob("*.*")) == [
        "ci.yml",
        "pr-sessions-gate.yml",
        "pr-sessions.yml",
    ]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_known_by_its_first_line(name: str) -> None:
    data = gate_files("1.2.3", SOURCE, GateMode.ENFORCE)[name]
    assert (is_ours(data), is_untouched(data)) == (True, True)
    assert (is_ours(data + b"#"), is_untouched(data + b"#")) == (True, False)
    assert data.startswith(b"# pr-sessions 1.2.3, init --github. SHA-256 of what follows: ")


@pytest.mark.parametrize(
    "data", [b"", b"name: x\n", b"# pr-sessions\n", b"\xff\xfe", b"# pr-sessions 1, init --github.\n"]
)
def test_other_files_are_not_as_we_wrote_them(data: bytes) -> None:
    assert not is_untouched(data)


NAMED = re.compile(r"pip install (?![^\n]*(?:-r |\"\$))[^\n]*|pr-sessions==\S*")


@pytest.mark.parametrize("source", [SOURCE, Wheel(WHEEL, b"x", "1" * 64)], ids=["commit", "wheel"])
def test_nothing_is_installed_by_a_name_without_a_hash(source: Any) -> None:
    files = {name: data.decode() for name, data in files_from(source).items() if not name.endswith(".whl")}
    installing = re.findall(r"pip install [^\n]*", files[ACTION])

    assert [NAMED.findall(text) for text in files.values()] == [[]] * len(files)
    assert [("--require-hashes" in one) or ("--no-index" in one) for one in installing] == [True, True]


@pytest.mark.parametrize("source", [SOURCE, Wheel(WHEEL, b"x", "1" * 64)], ids=["commit", "wheel"])
def test_what_is_installed_is_compared_with_what_was_recorded_before_it_runs(source: Any) -> None:
    install, run = (step["run"] for step in yaml.safe_load(files_from(source)[ACTION])["runs"]["steps"])

    assert f'expected="{"1" * 64}"' in install
    assert install.rindex("pip install") < install.index('!= "$expected"')
    assert ("-m pr_sessions" in install, "-m pr_sessions" in run) == (False, True)


class TestMode:
    """The workflows follow the setting `gate` at the time of `init --github`."""

    @pytest.fixture
    def set_to(self, repo: Path, gate: Cli) -> Callable[[str], Any]:
        """Set up with a mode: `set_to("enforce")`."""

        def call(mode: str) -> Any:
            write(
                repo / CONFIG, f"time_zone: UTC\nshare: commit\ngate: {mode}\ngate.checks: [x]\ngate.workflow: ci.yml\n"
            )
            return gate()

        return call

    def test_advisory_reacts_to_four_events_and_has_no_schedule(self, repo: Path, gate: Cli) -> None:
        gate()
        on = yaml.safe_load((repo / AROUND).read_text())[True]
        assert on == {"pull_request": {"types": ["opened", "synchronize", "ready_for_review", "closed"]}}
        assert not (repo / SWEEP).exists()

    def test_enforce_sweeps_hourly_and_every_ten_minutes_while_something_waits(self, repo: Path, set_to: Any) -> None:
        told = set_to("enforce").out
        crons = [yaml.safe_load((repo / name).read_text())[True]["schedule"] for name in (AROUND, SWEEP)]
        assert crons == [[{"cron": "59 * * * *"}], [{"cron": "4-59/10 * * * *"}]]
        assert "about 12,960 minutes of GitHub Actions a month, with gate: enforce" in told

    def test_another_mode_brings_its_files_alone(self, repo: Path, set_to: Any, expected: Any) -> None:
        set_to("enforce")
        set_to("advisory")
        assert written(repo) == expected()

    @pytest.mark.parametrize(
        ("written_for", "now", "said"),
        [
            ("advisory", "enforce", "enforce postpones nothing: the workflows in .github are those of gate: advisory"),
            ("enforce", "advisory", "those of gate: enforce, which cost more minutes than gate: advisory needs"),
        ],
    )
    def test_files_of_another_mode_are_found(
        self, repo: Path, cli: Cli, set_to: Any, written_for: str, now: str, said: str
    ) -> None:
        set_to(written_for)
        fits = [cli(*command).out.count("workflows in .github") for command in (("config", "--check"), ("doctor",))]
        config = repo / CONFIG
        config.write_text(config.read_text().replace(f"gate: {written_for}", f"gate: {now}"))
        checked, examined = cli("config", "--check", "--json").json, cli("doctor", "--json").json
        assert fits == [0, 0]
        assert [said in note["message"] for note in checked["notes"]] == [True]
        assert [said in one["problem"] for one in examined["findings"] if "workflows" in one["problem"]] == [True]

    def test_a_dashboard_without_its_workflow_is_found(self, repo: Path, cli: Cli, set_to: Any) -> None:
        set_to("advisory")
        with (repo / CONFIG).open("a") as config:
            config.write("gate.dashboard: true\n")
        said = "gate.dashboard: true shows nothing: its workflow is missing"
        assert [said in note["message"] for note in cli("config", "--check", "--json").json["notes"]] == [True]


class TestFrom:
    """From where the action installs the tool."""

    def test_without_it_nothing_is_written(self, cli: Cli, repo: Path) -> None:
        refused = cli("init", "--github")
        assert (refused.code, "--github needs --from" in refused.err, "\nhint: --from git+https://" in refused.err) == (
            2,
            True,
            True,
        )
        assert not (repo / ".github").exists()
        assert not (repo / ".cursor").exists()

    def test_it_goes_with_github(self, cli: Cli, repo: Path) -> None:
        refused = cli("init", "--from", "x.whl")
        assert (refused.code, "--from goes with --github" in refused.err, (repo / ".cursor").exists()) == (
            2,
            True,
            False,
        )

    def test_a_wheel_is_copied_and_pinned_by_its_hash(self, gate: Cli, repo: Path, built: Path) -> None:
        gate()
        folder = repo / ".github/actions/pr-sessions"
        assert (folder / WHEEL).read_bytes() == built.read_bytes()
        digest = sha256(built.read_bytes()).hexdigest()
        assert (folder / "tool.txt").read_text().endswith(f"\n${{GITHUB_ACTION_PATH}}/{WHEEL} --hash=sha256:{digest}\n")
        assert not (folder / "build.txt").exists()

    def test_a_commit_is_fetched_by_its_hash_and_its_digest_recorded(
        self, cli: Cli, repo: Path, tmp_path: Path
    ) -> None:
        text = repository(tmp_path / "tool")
        assert cli("init", "--github", "--from", text).code == 0
        action = (repo / ACTION).read_text()
        url, _, commit = text.removeprefix("git+").rpartition("@")
        assert f'fetch -q --depth 1 --no-tags "{url}" "{commit}"' in action
        assert f'expected="{running_digest()}"' in action
        assert not (repo / ".github/actions/pr-sessions/tool.txt").exists()

    def test_what_the_other_form_wrote_goes(self, cli: Cli, gate: Cli, repo: Path, tmp_path: Path) -> None:
        gate()
        cli("init", "--github", "--from", repository(tmp_path / "tool"))
        assert sorted(path.name for path in (repo / ".github/actions/pr-sessions").iterdir()) == [
            "action.yml",
            "build.txt",
            "requirements.txt",
        ]

    def test_a_wheel_that_somebody_changed_stays(self, cli: Cli, gate: Cli, repo: Path) -> None:
        gate()
        copied = repo / ".github/actions/pr-sessions" / WHEEL
        copied.write_bytes(b"another")
        stays = (
            f".github/actions/pr-sessions/{WHEEL} is not as init --github writes it and stays; move it away to get ours"
        )
        assert gate("--json").json["notes"] == [stays]
        cli("uninstall")
        assert copied.read_bytes() == b"another"

    def test_it_says_that_git_ignores_wheels(self, gate: Cli, repo: Path) -> None:
        write(repo / ".gitignore", "*.whl\n")
        assert gate("--json").json["notes"] == [
            f"git ignores the wheel: git add --force .github/actions/pr-sessions/{WHEEL}"
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "pr-sessions",
            "pr-sessions==0.1.0",
            "git+https://github.com/octocat/pr-sessions",
            "git+https://github.com/octocat/pr-sessions@main",
            "git+https://github.com/octocat/pr-sessions@v0.1.0",
            f"git+https://github.com/octocat/pr-sessions@{'a' * 39}",
            f"git+https://token@github.com/octocat/pr-sessions@{'a' * 40}",
            f"git+http://github.com/octocat/pr-sessions@{'a' * 40}",
            f"git+ext::sh -c x@{'a' * 40}",
            f'git+https://github.com/"$(id)"@{"a" * 40}',
            f"git+https://github.com/octocat/pr-sessions@{'a' * 40}\n",
            f"git+--upload-pack=x@{'a' * 40}",
            "https://example.org/pr_sessions-0.1.0-py3-none-any.whl.txt",
            "other-0.1.0-py3-none-any.whl",
            "",
        ],
    )
    def test_nothing_else_is_taken(self, text: str) -> None:
        with pytest.raises(InvalidValue, match="not a commit or a wheel of pr-sessions"):
            find_source(text)

    def test_another_pr_sessions_than_the_one_that_runs_is_refused(self, tmp_path: Path) -> None:
        changed = {"__main__.py": b"print('another')"}
        sources = [
            str(wheel(tmp_path / "dist", {f"pr_sessions/{name}": data for name, data in changed.items()})),
            repository(tmp_path / "tool", {f"src/pr_sessions/{name}": data for name, data in changed.items()}),
        ]
        for text in sources:
            with pytest.raises(InvalidValue, match="holds another pr-sessions than the one that runs"):
                find_source(text)

    @pytest.mark.parametrize(
        "name", ["evil.pth", "sitecustomize.py", "pr_sessions-0.1.0.data/scripts/git", "../x", "click/x"]
    )
    def test_a_wheel_installs_nothing_else(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InvalidValue, match="which is none of ours"):
            find_source(str(wheel(tmp_path, {name: b"import os"})))

    def test_what_python_keeps_of_the_package_is_part_of_the_digest(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidValue, match="another pr-sessions"):
            find_source(str(wheel(tmp_path, {"pr_sessions/__pycache__/errors.cpython-311.pyc": b"x"})))

    @pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + b"\0" * 18])
    def test_a_file_that_is_no_wheel_is_an_error(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / WHEEL).write_bytes(data)
        with pytest.raises(PrSessionsError):
            find_source(str(tmp_path / WHEEL))

    def test_a_wheel_that_unpacks_to_too_much_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / WHEEL
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            archive.writestr("pr_sessions/x", b"\0" * (65 << 20))
        with pytest.raises(UnreadableFile, match="too much"):
            find_source(str(path))

    def test_a_wheel_that_is_missing_and_a_commit_that_is_not_there(self, tmp_path: Path) -> None:
        text = repository(tmp_path / "tool")
        with pytest.raises(InvalidValue, match="there is no wheel"):
            find_source(str(tmp_path / WHEEL))
        with pytest.raises(PrSessionsError, match="cannot be read"):
            find_source(f"{text[:-40]}{'0' * 40}")

    def test_a_link_in_the_commit_is_refused(self, tmp_path: Path) -> None:
        folder = tmp_path / "tool"
        (folder / "src/pr_sessions").mkdir(parents=True)
        (folder / "src/pr_sessions/link.py").symlink_to("/etc/passwd")
        with pytest.raises(InvalidValue, match="holds no src/pr_sessions of files"):
            find_source(repository(folder))

    def test_the_digest_is_that_of_names_and_contents(self) -> None:
        one = {"a.py": b"1", "b/c.py": b"2"}
        others = [{"a.py": b"1"}, {"a.py": b"2", "b/c.py": b"1"}, {"a.py": b"1", "b/d.py": b"2"}, {"a.py": b"12"}]
        assert package_digest(one) not in map(package_digest, others)
        assert package_digest(dict(reversed(one.items()))) == package_digest(one)


def test_our_own_action_stands_at_our_own_root() -> None:
    assert (ROOT / "action.yml").read_text("utf-8") == own_action(), "out of date; mend it: make docs"


def test_both_actions_are_one_text_but_for_where_the_tool_comes_from() -> None:
    theirs, ours = (yaml.safe_load(text) for text in (files_from(SOURCE)[ACTION], own_action()))
    scripts = [action["runs"]["steps"][0].pop("run").splitlines() for action in (theirs, ours)]
    shared = set(scripts[0]) & set(scripts[1])

    assert theirs == ours
    assert [[line for line in script if line not in shared and "pip" not in line] for script in scripts] == [
        [
            f'expected="{SOURCE.digest}"',
            'source="$RUNNER_TEMP/pr-sessions-source"',
            'git init -q "$source"',
            f'git -C "$source" fetch -q --depth 1 --no-tags "{SOURCE.url}" "{SOURCE.commit}"',
            f'git -C "$source" -c core.autocrlf=false checkout -q --force --detach "{SOURCE.commit}"',
        ],
        ['expected="$(digest "$GITHUB_ACTION_PATH/src")"'],
    ]


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".yml")])
def test_no_placeholder_is_left(name: str) -> None:
    assert re.findall(r"@[A-Z]+@", files_from(SOURCE)[name].decode()) == []


@pytest.mark.parametrize(("name", "wanted"), [("requirements", "runtime"), ("build", "build")])
def test_what_is_installed_is_what_the_package_asks_for_with_a_hash_each(name: str, wanted: str) -> None:
    pinned = _pinned((ROOT / f"src/pr_sessions/setup/github/{name}.txt").read_text("utf-8"))
    missing = [str(need) for need in _needs()[wanted] if pinned.get(need.name.lower(), "") not in need.specifier]
    assert missing == [], "choose again: make pins"


def test_no_address_stands_in_what_is_installed() -> None:
    for name in ("requirements.txt", "build.txt"):
        assert "://" not in (ROOT / f"src/pr_sessions/setup/github/{name}").read_text("utf-8")


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
        assert [flow["permissions"] for flow in WORKFLOWS.values()] == [{}, {}, {}, {}]
        reading = {"contents": "read", "pull-requests": "read"}
        working = {"contents": "read", "pull-requests": "write", "checks": "write", "actions": "write"}
        assert {name.rpartition("/")[2]: body["permissions"] for name, body in JOBS.items()} == {
            "pr-sessions.yml:fork": reading,
            "pr-sessions.yml:event": working,
            "pr-sessions.yml:sweep": working,
            "pr-sessions-gate.yml:gate": reading,
            "pr-sessions-check.yml:check": reading | {"checks": "write"},
            "pr-sessions-sweep.yml:sweep": working,
        }

    def test_in_advisory_mode_a_job_writes_comments_and_nothing_else(self) -> None:
        workflow = yaml.safe_load(gate_files(OURS, SOURCE, GateMode.ADVISORY)[AROUND])
        assert {name: body["permissions"] for name, body in workflow["jobs"].items()} == {
            "fork": {"contents": "read", "pull-requests": "read"},
            "event": {"contents": "read", "pull-requests": "write"},
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
        action = yaml.safe_load(files_from(SOURCE)[ACTION])
        assert [step["run"].count("${{") for step in action["runs"]["steps"]] == [0, 0]
        assert [step for body in JOBS.values() for step in body.get("steps", ()) if "run" in step] == []

    def test_the_token_reaches_the_one_step_that_asks(self) -> None:
        steps = yaml.safe_load(files_from(SOURCE)[ACTION])["runs"]["steps"]
        assert [(step["id"], "token" in str(step).lower()) for step in steps] == [("install", False), ("run", True)]

    @pytest.mark.parametrize("word", ["pull_request_target", "workflow_run", "artifact", "actions/cache", "secrets."])
    def test_what_is_dangerous_is_not_used(self, word: str) -> None:
        assert [name for name, data in files_from(SOURCE).items() if word.encode() in data] == []
