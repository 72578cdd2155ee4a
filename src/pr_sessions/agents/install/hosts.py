"""The hosts whose hooks we install: their files, their events, the form of an entry.

Sources are the vendors' pages on hooks. An event that a host does not know may void its whole file, so only documented
ones stand here; of these, only what says that work goes on, begins, ends, or that a pull request was made.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct

from pr_sessions.agents.install.commands import Shell
from pr_sessions.errors import InvalidValue, NotFound

SECONDS = 5


class Scope(StrEnum):
    """Whose hooks they are: one user's everywhere, one clone's, everybody's who has the repository."""

    USER = "user"
    LOCAL = "local"
    PROJECT = "project"


class Form(StrEnum):
    """How an entry is written."""

    FLAT = "flat"
    NESTED = "nested"
    TWO_SHELLS = "two shells"


class Host(Struct, frozen=True):
    """One coding agent.

    Attributes:
        name: as everywhere in this project.
        binary: how its command is called.
        folder: its folder in the user's home.
        variable: the environment variable that names another folder; may be empty.
        file: its hooks, in that folder.
        project: its hooks in a repository.
        local: its hooks of one clone, which git leaves out; may be empty.
        events: what we register.
        windows: what it gives command lines to on Windows; elsewhere it is sh.
        per_second: how it counts a timeout.
        comments: whether it reads a file with comments.
        note: what the user still has to do.
    """

    name: str
    binary: str
    folder: str
    file: str
    project: str
    events: tuple[str, ...]
    form: Form = Form.NESTED
    variable: str = ""
    local: str = ""
    windows: Shell = Shell.POWERSHELL
    per_second: int = 1
    comments: bool = False
    note: str = ""

    @property
    def versioned(self) -> bool:
        """Whether its file begins with a version."""
        return self.form is not Form.NESTED


_ALL = (
    Host(
        "cursor",
        binary="cursor",
        folder=".cursor",
        file="hooks.json",
        project=".cursor/hooks.json",
        events=(
            "sessionStart",
            "sessionEnd",
            "beforeSubmitPrompt",
            "afterFileEdit",
            "afterShellExecution",
            "afterMCPExecution",
            "stop",
        ),
        form=Form.FLAT,
    ),
    Host(
        "claude-code",
        binary="claude",
        folder=".claude",
        file="settings.json",
        project=".claude/settings.json",
        local=".claude/settings.local.json",
        events=("SessionStart", "SessionEnd", "UserPromptSubmit", "PostToolUse", "Stop"),
        variable="CLAUDE_CONFIG_DIR",
        windows=Shell.SH,
    ),
    Host(
        "codex",
        binary="codex",
        folder=".codex",
        file="hooks.json",
        project=".codex/hooks.json",
        events=("SessionStart", "UserPromptSubmit", "PostToolUse", "Stop"),
        variable="CODEX_HOME",
        windows=Shell.CMD,
        note="codex runs hooks only after you have trusted them: type /hooks in codex",
    ),
    Host(
        "gemini",
        binary="gemini",
        folder=".gemini",
        file="settings.json",
        project=".gemini/settings.json",
        events=("SessionStart", "SessionEnd", "BeforeAgent", "AfterTool", "AfterAgent"),
        per_second=1000,
        comments=True,
    ),
    Host(
        "copilot",
        binary="copilot",
        folder=".copilot",
        file="hooks/pr-sessions.json",
        project=".github/hooks/pr-sessions.json",
        events=("sessionStart", "sessionEnd", "userPromptSubmitted", "postToolUse", "agentStop"),
        form=Form.TWO_SHELLS,
        variable="COPILOT_HOME",
    ),
)
HOSTS: Mapping[str, Host] = {host.name: host for host in _ALL}


def entry(host: Host, commands: Mapping[Shell, str], shell: Shell) -> dict[str, Any]:
    """What stands under each event.

    Args:
        host: whose file it is.
        commands: the command line for each shell.
        shell: the one that this host uses.
    """
    timeout = SECONDS * host.per_second
    if host.form is Form.TWO_SHELLS:
        both = {"bash": commands[Shell.SH], "powershell": commands[Shell.POWERSHELL]}
        return {"type": "command", **both, "timeoutSec": timeout}
    if host.form is Form.FLAT:
        return {"command": commands[shell], "timeout": timeout}
    return {"hooks": [{"type": "command", "command": commands[shell], "timeout": timeout}]}


def hosts_named(text: str) -> tuple[Host, ...]:
    """The hosts of a list such as `cursor,claude-code`, each once.

    Raises:
        NotFound: there is none of that name.
    """
    names = dict.fromkeys(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in HOSTS:
            raise NotFound(f"no agent is named {name[:60]!r}", f"these have hooks: {', '.join(HOSTS)}")
    if not names:
        raise NotFound("no agent is named", f"these have hooks: {', '.join(HOSTS)}")
    return tuple(HOSTS[name] for name in names)


def user_folder(host: Host, environ: Mapping[str, str]) -> Path | None:
    """The host's own folder of this user; `None` where the home is not known."""
    named = environ.get(host.variable, "") if host.variable else ""
    home = environ.get("HOME") or environ.get("USERPROFILE") or ""
    if Path(named).is_absolute():
        return Path(named)
    return Path(home) / host.folder if Path(home).is_absolute() else None


def hooks_file(host: Host, scope: Scope, root: Path, environ: Mapping[str, str]) -> Path:
    """The file in which the host looks for hooks of that scope.

    Raises:
        InvalidValue: the host has none, or the user's home is not known.
    """
    if scope is Scope.PROJECT:
        return root / host.project
    if scope is Scope.LOCAL:
        if not host.local:
            raise InvalidValue(
                f"{host.name} has no hooks of one clone",
                f"pr-sessions init --agents {host.name} --scope user, or --scope project",
            )
        return root / host.local
    folder = user_folder(host, environ)
    if folder is None:
        raise InvalidValue("your home folder is not known", "set HOME to it, or choose --scope project")
    return folder / host.file
