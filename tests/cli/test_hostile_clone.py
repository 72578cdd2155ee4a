"""A clone whose git configuration names a program wherever it can: commands that only look run none of them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line import Cli, Git

import pr_sessions
from pr_sessions.git.commands import acting_environment
from pr_sessions.hooks.detach import STUB
from pr_sessions.setup.agent_hooks.commands import KEY, Shell, portable
from pr_sessions.setup.merge_driver import Program, command_line

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs are scripts")

MISSING = "0123456789012345678901234567890123456789"
SIGNED = (
    "tree {tree}\nparent {parent}\nauthor A <a@b> 1763805600 +0000\ncommitter A <a@b> 1763805600 +0000\n"
    "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nStep (#1)\n"
)


class Traps:
    """Programs that each leave a file with their name when they run."""

    def __init__(self, folder: Path) -> None:
        self._programs, self._traces = folder / "programs", folder / "traces"
        self._programs.mkdir(parents=True)
        self._traces.mkdir()

    def program(self, name: str) -> str:
        path = self._programs / name.replace("/", "_")
        path.write_text(f"#!/bin/sh\n: > '{self._traces}/{path.name}'\nexit 1\n")
        path.chmod(0o755)
        return str(path)

    def file(self, name: str) -> str:
        """A path that whoever writes there leaves as a trace."""
        return str(self._traces / name)

    def folder(self, *names: str) -> str:
        for name in names:
            self.program(name)
        return str(self._programs)

    def sprung(self) -> set[str]:
        """Names of the programs that ran since the last call."""
        found = {path.name for path in self._traces.iterdir()}
        for name in found:
            (self._traces / name).unlink()
        return found


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    return Traps(tmp_path / "traps")


def settings(traps: Traps, prefix: str) -> dict[str, str]:
    """Every setting of git that names a program, and those without which some would not run."""
    named = {
        key: traps.program(f"{prefix}{key}")
        for key in (
            *("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass", "core.gitProxy"),
            *("core.alternateRefsCommand", "credential.helper", "credential.https://github.com.helper"),
            *("gpg.program", "gpg.ssh.program", "gpg.x509.program", "gpg.openpgp.program"),
            *("diff.external", "diff.trap.textconv", "diff.trap.command", "filter.trap.clean", "filter.trap.smudge"),
            *("filter.trap.process", "merge.trap.driver", "pager.log", "pager.config", "pager.ls-files"),
            *("sequence.editor", "interactive.diffFilter", "uploadpack.packObjectsHook", "trailer.trap.command"),
            *(
                "trailer.other.cmd",
                "remote.origin.uploadpack",
                "remote.origin.receivepack",
                "remote.promised.uploadpack",
            ),
            *("browser.trap.cmd", "man.trap.cmd", "difftool.trap.cmd", "mergetool.trap.cmd", "web.browser"),
        )
    }
    aliases = ("log", "config", "ls-files", "status", "rev-parse", "remote", "check-ignore", "check-attr", "diff")
    hooks = ("post-index-change", "reference-transaction", "pre-push", "post-checkout", "fsmonitor-watchman")
    return {
        **named,
        **{f"alias.{name}": f"!{traps.program(f'{prefix}alias.{name}')}" for name in aliases},
        "core.hooksPath": traps.folder(*hooks),
        "log.showSignature": "true",
        "log.mailmap": "true",
        "filter.trap.required": "true",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "extensions.partialClone": "promised",
        "remote.promised.promisor": "true",
        "remote.promised.url": f"ext::{traps.program(f'{prefix}promised')}",
        "remote.origin.url": "git@github.com:acme/shop.git",
        "remote.origin.fetch": "+refs/heads/*:refs/remotes/origin/*",
        "remote.origin.promisor": "true",
        "trace2.eventTarget": traps.file(f"{prefix}trace2.eventTarget"),
        "trace2.normalTarget": traps.file(f"{prefix}trace2.normalTarget"),
        "submodule.recurse": "true",
        "core.untrackedCache": "true",
        "merge.pr-sessions.driver": command_line(Program(traps.program(f"{prefix}merge.pr-sessions.driver"), STUB)),
        "pr-sessions.interpreter": traps.program(f"{prefix}pr-sessions.interpreter"),
        "pr-sessions.hook": f"'{traps.program(f'{prefix}pr-sessions.hook')}' -I -S '/x/pr_sessions/agents/hook.py'",
    }


def hostile_environment(traps: Traps) -> dict[str, str]:
    """Every variable by which git is told to run a program or to write a file."""
    programs = (
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_EXTERNAL_DIFF",
        "GIT_PAGER",
        "PAGER",
        "GIT_EDITOR",
        "EDITOR",
        "VISUAL",
    )
    asking = ("GIT_ASKPASS", "SSH_ASKPASS", "GIT_PROXY_COMMAND", "GIT_SEQUENCE_EDITOR", "GIT_DIFF_PATH_COUNTER")
    traces = ("GIT_TRACE", "GIT_TRACE_SETUP", "GIT_TRACE_PACKET", "GIT_TRACE2", "GIT_TRACE2_EVENT", "GIT_TRACE2_PERF")
    pairs = list(settings(traps, "environment.").items())
    return {
        **{name: traps.program(name) for name in (*programs, *asking)},
        **{name: traps.file(name) for name in traces},
        **{f"GIT_CONFIG_KEY_{n}": key for n, (key, _) in enumerate(pairs)},
        **{f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in enumerate(pairs)},
        "GIT_CONFIG_COUNT": str(len(pairs)),
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor'='{traps.program('GIT_CONFIG_PARAMETERS')}'",
        "GIT_EXEC_PATH": traps.folder("git", "git-remote-ext", "git-remote-https", "git-log", "git-fetch"),
        "GIT_TEMPLATE_DIR": traps.folder("template"),
        "GIT_ALLOW_PROTOCOL": "ext:ssh:file:https",
        "GIT_PROTOCOL_FROM_USER": "1",
        "GIT_NO_LAZY_FETCH": "0",
        "GIT_OPTIONAL_LOCKS": "1",
    }


def set_all(config: Path, values: Mapping[str, str]) -> None:
    """Append to a configuration: a `git config` for each would take longer than the tests."""
    with config.open("a") as file:
        for key, value in values.items():
            outer, _, name = key.rpartition(".")
            section, _, subsection = outer.partition(".")
            heading = f'{section} "{subsection}"' if subsection else section
            quoted = value.replace("\\", "\\\\").replace('"', '\\"')
            file.write(f'[{heading}]\n\t{name} = "{quoted}"\n')


@pytest.fixture
def clone(repo: Path, cli: Cli, git: Git, traps: Traps) -> Path:
    """A clone with history, sessions and hooks, which names a trap in each setting."""
    cli("init", "--agents", "cursor,codex", "--scope", "project")
    cli("start")
    cli("add", "1", "--title", "auto-pr: step")
    # Its files are not as the index has them, so that filters and textconv have something to do.
    (repo / ".gitattributes").write_text(
        "* diff=trap filter=trap\n/docs/metrics/auto_pr_sessions.json merge=pr-sessions\n"
    )
    (repo / ".mailmap").symlink_to("/dev/zero")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "second")
    message = SIGNED.format(tree=git(repo, "rev-parse", "HEAD^{tree}"), parent=git(repo, "rev-parse", "HEAD"))
    signed = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"], input=message.encode(), capture_output=True, check=True
    )
    git(repo, "update-ref", "refs/heads/feature", signed.stdout.decode().strip())
    for name in ("refs/remotes/origin/main", "refs/pull/1/head"):
        git(repo, "update-ref", name, "HEAD")
    git(repo, "symbolic-ref", "HEAD", "refs/heads/feature")
    # Of the same length, so that git has to look into it.
    (repo / "deep/er/code.py").write_text("past\n")
    os.utime(repo / "deep/er/code.py", (1, 1))
    included = repo / "included.cfg"
    set_all(included, settings(traps, "included."))
    set_all(repo / ".git/config", {**settings(traps, ""), "include.path": str(included)})
    traps.sprung()
    return repo


LOOKING = (
    ("look",),
    ("look", "--json"),
    ("look", "--days", "3"),
    ("look", "--why", "1"),
    ("look", "."),
    ("status",),
    ("status", "--json"),
    ("where",),
    ("where", "--json"),
    ("doctor",),
    ("doctor", "--json"),
    ("doctor", "--repair", "--dry-run"),
    ("list",),
    ("find", "1"),
    ("explain", "1"),
    ("classify", "--pr-number", "1"),
    ("report",),
    ("diff", "1"),
    ("diff", "1", "--json"),
    ("log",),
    ("config",),
    ("config", "--check"),
    ("init", "--dry-run"),
    ("init", "--dry-run", "--agents", "cursor,codex", "--commit-trailer", "--scripts"),
    ("uninstall", "--dry-run"),
    ("open", "--dry-run", "--base", "main"),
    ("open", "--dry-run"),
    ("drain",),
)


@pytest.fixture
def forge_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `gh` that is logged in and knows no pull request."""
    path = tmp_path / "tools/gh"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\necho '[]'\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("forge_tool")
def test_looking_runs_nothing_that_the_configuration_names(clone: Path, cli: Cli, traps: Traps) -> None:
    codes, sprung = {}, {}
    for arguments in LOOKING:
        codes[arguments] = cli(*arguments).code
        sprung[arguments] = traps.sprung()
    # Without `--base`, a dry run would have to ask the remote.
    assert codes == {arguments: 1 if arguments == ("open", "--dry-run") else 0 for arguments in LOOKING}
    assert sprung == {arguments: set() for arguments in LOOKING}


@pytest.mark.usefixtures("forge_tool")
def test_looking_runs_nothing_that_the_environment_names(
    clone: Path, cli: Cli, traps: Traps, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in hostile_environment(traps).items():
        monkeypatch.setenv(name, value)
    sprung = {}
    for arguments in LOOKING:
        assert cli(*arguments).code in (0, 1)
        sprung[arguments] = traps.sprung()
    assert sprung == {arguments: set() for arguments in LOOKING}


def test_looking_fetches_nothing_that_a_partial_clone_lacks(clone: Path, cli: Cli, git: Git, traps: Traps) -> None:
    lacking = (
        clone
        / ".git/objects"
        / git(clone, "-c", "core.fsmonitor=false", "rev-parse", "HEAD~1:deep").replace("/", "")[:2]
    )
    tree = git(clone, "-c", "core.fsmonitor=false", "rev-parse", "HEAD~1:deep")
    (lacking / tree[2:]).unlink()
    traps.sprung()
    outcome = [(cli(*arguments).code, traps.sprung()) for arguments in (("look",), ("doctor", "--repair", "--dry-run"))]
    assert outcome == [(1, set()), (0, set())]
    # Git itself fetches it, by the program of the remote.
    subprocess.run(["git", "log", "--raw", "--root"], check=False, capture_output=True, stdin=subprocess.DEVNULL)
    assert "promised" in traps.sprung()


def test_a_hook_runs_nothing_that_the_configuration_names(clone: Path, traps: Traps) -> None:
    hook = Path(pr_sessions.__file__).parent / "hooks/hook.py"
    payload = b'{"hook_event_name": "stop", "conversation_id": "c", "workspace_roots": ["%b"]}' % os.fsencode(clone)
    done = subprocess.run([sys.executable, "-I", "-S", str(hook), "cursor"], input=payload, check=True)
    assert (done.returncode, traps.sprung()) == (0, set())


def test_the_traps_spring_where_git_is_run_without_care(clone: Path, traps: Traps) -> None:
    """The control: without it, a trap that is set wrongly would show nothing."""

    def plain(*arguments: str, environ: Mapping[str, str] | None = None) -> set[str]:
        subprocess.run(["git", *arguments], check=False, capture_output=True, stdin=subprocess.DEVNULL, env=environ)
        return traps.sprung()

    expected = {
        "status": plain("status"),
        "log": plain("log", "-1", "-p"),
        "fetch": plain("fetch", "origin"),
        "acting": plain("fetch", "origin", environ=acting_environment(clone)),
        "environment": plain("status", environ={**os.environ, **hostile_environment(traps)}),
    }
    assert "included.core.fsmonitor" in expected["status"]
    assert "included.filter.trap.process" in expected["status"]
    assert expected["log"] >= {"included.gpg.openpgp.program"} or expected["log"] >= {"included.gpg.program"}
    assert "included.core.sshCommand" in expected["fetch"]
    assert "included.core.sshCommand" in expected["acting"]
    assert expected["environment"] >= {"GIT_TRACE", "GIT_TRACE2_EVENT"}


@pytest.fixture
def embedded(repo: Path, git: Git, traps: Traps) -> Path:
    """A tracked folder that git takes for a bare repository, with history of its own."""
    path = repo / "vendor/thing"
    git(repo, "clone", "-q", "--bare", ".", str(path))
    set_all(path / "config", {**settings(traps, ""), "core.worktree": str(repo / "deep")})
    git(repo, "add", "vendor")
    git(repo, "commit", "-qm", "Step (#1)")
    git(repo, "clone", "-q", ".", "../victim")
    victim = repo.parent / "victim"
    # Git tracks no empty folders; whoever wrote the tree put a file into each.
    (victim / "vendor/thing/refs/heads").mkdir(parents=True, exist_ok=True)
    traps.sprung()
    return victim / "vendor/thing"


INSIDE = tuple(each for each in LOOKING if each not in (("look", "."), ("drain",)))


@pytest.mark.parametrize("folder", ["", "refs"])
def test_an_embedded_bare_repository_is_not_entered(
    embedded: Path, cli: Cli, traps: Traps, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(embedded / folder)
    outer = embedded.parent.parent
    refusal = (
        f"error: {embedded} is a bare repository inside the working tree {outer}, and is not entered\n"
        f"hint: run it in {outer}; to see the history of the other one, name it: pr-sessions look {embedded}\n"
    )
    outcomes = {(result.code, result.out, result.err) for result in (cli(*arguments) for arguments in INSIDE)}
    assert (outcomes, traps.sprung()) == ({(1, "", refusal)}, set())


def test_one_that_borrows_its_objects_is_not_entered_either(
    embedded: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    borrowing = embedded.with_name("borrowing")
    borrowing.mkdir()
    (borrowing / "HEAD").write_text("ref: refs/heads/main\n")
    (borrowing / "commondir").write_text("../thing\n")
    monkeypatch.chdir(borrowing)
    assert cli("status").err.startswith(f"error: {borrowing} is a bare repository inside the working tree ")


def test_a_bare_repository_that_is_named_is_read_and_runs_nothing(embedded: Path, cli: Cli, traps: Traps) -> None:
    result = cli("look", str(embedded), "--json")
    assert (result.code, result.err, traps.sprung()) == (0, "", set())


def test_committed_hooks_do_not_take_their_program_from_an_embedded_repository(
    embedded: Path, git: Git, traps: Traps, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(embedded.parent.parent, "config", "--file", str(embedded / "config"), KEY, traps.program("hook"))
    monkeypatch.delenv("CLAUDE_PROJECT_DIR", raising=False)
    line = portable("cursor", Shell.SH)
    subprocess.run(["/bin/sh", "-c", line], cwd=embedded, stdin=subprocess.DEVNULL, check=True)
    assert traps.sprung() == set()
    # The control: the lines of 0.1.0 ran it.
    old = f'h=$(git config --local --get {KEY} 2>/dev/null) && (eval "$h cursor") 2>/dev/null || :'
    subprocess.run(["/bin/sh", "-c", old], cwd=embedded, stdin=subprocess.DEVNULL, check=True)
    assert "hook" in traps.sprung()


PROGRAMS = ("git", "gh", "glab", "ssh", "sh", "gpg", "python3", "pr-sessions", "cursor", "codex")


@pytest.mark.parametrize("entries", [".:{path}", ":{path}", "./bin:..:{path}", "{path}::bin"])
def test_no_program_of_the_current_folder_is_run(
    repo: Path, cli: Cli, git: Git, traps: Traps, monkeypatch: pytest.MonkeyPatch, entries: str
) -> None:
    path = os.environ["PATH"]
    git(repo, "remote", "add", "origin", "git@nowhere.invalid:acme/shop.git")
    programs = Path(traps.folder(*PROGRAMS))
    for folder in (repo, repo / "bin", repo.parent):
        folder.mkdir(exist_ok=True)
        for name in PROGRAMS:
            (folder / name).symlink_to(programs / name)
    monkeypatch.setenv("PATH", entries.format(path=path))
    commands = (
        *LOOKING,
        ("init", "--agents", "cursor", "--scope", "project"),
        ("hook", "selftest"),
        ("sync",),
        ("open",),
    )
    sprung = {}
    for arguments in commands:
        cli(*arguments)
        sprung[arguments] = traps.sprung()
    assert sprung == {arguments: set() for arguments in commands}
    subprocess.run(["/bin/sh", "-c", portable("cursor", Shell.SH)], input=b"{}", check=True)
    assert traps.sprung() == set()
