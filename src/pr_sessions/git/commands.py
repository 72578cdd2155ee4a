"""The only place that starts git, in two ways: to read, and to act.

Reading is what commands do that only look. It runs nothing that a clone's configuration or the environment names, and
reaches no network. Acting is what the user asked for (fetch, push, a commit, a setting), and runs as if they had typed
it: with their environment, and with the helpers, keys and hooks of their configuration.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pr_sessions.errors import PrSessionsError
from pr_sessions.io.gitdir import has_entry
from pr_sessions.io.programs import child_environment, find_program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from subprocess import CompletedProcess

# Set inside git's own hooks (`git rev-parse --local-env-vars`); they would lead away from a root that has its own
# `.git`.
_LOCATION = frozenset(
    {
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_COMMON_DIR",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
        "GIT_SHALLOW_FILE",
        "GIT_GRAFT_FILE",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_IMPLICIT_WORK_TREE",
    }
)
# What git needs to start.
_STARTING = frozenset(
    {
        *("TZ", "TMPDIR", "LD_LIBRARY_PATH", "DEVELOPER_DIR", "PROGRAMDATA", "PROGRAMFILES", "ALLUSERSPROFILE"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "MSYSTEM"),
        *("PATH", "NODEFAULTCURRENTDIRECTORYINEXEPATH"),
    }
)
# The same, and what it needs to find the user's own configuration and to judge who owns a folder.
_READING = frozenset(
    {
        *_STARTING,
        *("HOME", "XDG_CONFIG_HOME", "USER", "LOGNAME", "SUDO_UID"),
        *("USERPROFILE", "HOMEDRIVE", "HOMEPATH", "USERNAME", "APPDATA", "LOCALAPPDATA"),
        *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
        *("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM"),
    }
)
# Of settings that stand in the environment, those that only say whom git trusts and who works here.
_HARMLESS = frozenset({"safe.directory", "user.name", "user.email"})
_HOOKS = "core.hooksPath"
# Settings that name a program or a file, set to nothing. A protocol's own setting (`protocol.ext.allow`) counts for
# more than `protocol.allow`, and is overruled by GIT_ALLOW_PROTOCOL alone.
_SILENT = {
    "core.fsmonitor": "false",
    _HOOKS: "/dev/null",
    "core.pager": "cat",
    "core.editor": "false",
    "core.askPass": "",
    "core.sshCommand": "false",
    "core.gitProxy": "",
    "core.alternateRefsCommand": "false",
    "credential.helper": "",
    "protocol.allow": "never",
    "diff.external": "",
    "diff.orderFile": "/dev/null",
    "log.showSignature": "false",
    "log.mailmap": "false",
    "gpg.program": "false",
    "submodule.recurse": "false",
    "maintenance.auto": "false",
    "gc.auto": "0",
}
# A tracked folder that looks like a bare repository is one of the clone's author: git would read its configuration.
# https://git-scm.com/docs/git-config#Documentation/git-config.txt-safebareRepository
_NOT_EMBEDDED = ("-c", "safe.bareRepository=explicit")
_NAMED_BARE = ("-c", "safe.bareRepository=all")
# English messages, which we recognise; and no index that is written in passing.
_OUTPUT = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
# A partial clone must not fetch what it lacks. The last one counts since git 2.45; before, the fetch begins and is not
# allowed to reach anything.
_NO_NETWORK = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
_LARGEST = 256 * 1024 * 1024
_NO = 1


class GitFailed(PrSessionsError):
    """Git is missing, or failed."""


def read_git(
    root: Path,
    *arguments: str,
    input: bytes = b"",  # noqa: A002 - subprocess's own word
    is_named_bare: bool = False,
) -> bytes:
    """Return what git prints, reading only.

    Args:
        root: the working tree in which it runs.
        arguments: git's own, one each; no shell looks at them.
        input: what it reads.
        is_named_bare: `root` is a bare repository that the user named.

    Raises:
        GitFailed: git is missing or failed; the message is the first line that it said.
    """
    command = reading_command(*arguments, is_named_bare=is_named_bare)
    return _printed(root, arguments, _run(root, command, reading_environment(root), input))


def try_git(root: Path, *arguments: str, input: bytes = b"") -> CompletedProcess[bytes]:  # noqa: A002 - as above
    """Return the result, whether or not git failed, reading only. Raises `GitFailed` where git is missing."""
    return _run(root, reading_command(*arguments), reading_environment(root), input)


def small_blob(root: Path, name: str) -> bytes | None:
    """Return what git's object of that name holds; `None` where it is larger than 256 MiB, as no file of ours is.

    Raises:
        GitFailed: there is none, or git is missing.
    """
    if int(read_git(root, "cat-file", "-s", name)) > _LARGEST:
        return None
    return read_git(root, "cat-file", "blob", name)


def ask_git(root: Path, *arguments: str) -> str:
    """Return the answer to a question that git may also answer with "no"; empty then. Reading only.

    Raises:
        GitFailed: git is missing, or failed.
    """
    return _answer(root, *arguments).strip()


def run_git(root: Path, *arguments: str, input: bytes = b"") -> bytes:  # noqa: A002 - as above
    """Return what git prints, acting for the user. The rest is as in `read_git`."""
    return _printed(root, arguments, call_git(root, *arguments, input=input))


def call_git(root: Path, *arguments: str, input: bytes = b"") -> CompletedProcess[bytes]:  # noqa: A002 - as above
    """Return the result, whether or not git failed, acting for the user.

    Raises:
        GitFailed: git is missing.
    """
    return _run(root, (_program(), *_NOT_EMBEDDED, *arguments), {**acting_environment(root), **_OUTPUT}, input)


def reading_command(*arguments: str, is_named_bare: bool = False) -> tuple[str, ...]:
    """Return the command line by which git reads. It takes `reading_environment`.

    Args:
        arguments: git's own.
        is_named_bare: the user named a bare repository, so it may be entered.

    Raises:
        GitFailed: git is missing.
    """
    return _reading(arguments, _SILENT, is_named_bare=is_named_bare)


def reading_environment(root: Path) -> dict[str, str]:
    """Return the environment in which git reads: a list of variables, and none that names a program."""
    environ = child_environment()
    allowed = _READING if has_entry(str(root)) else _READING | _LOCATION
    passed = {name: value for name, value in environ.items() if name in allowed}
    return {
        **passed,
        **_settings(environ),
        **_OUTPUT,
        **_NO_NETWORK,
    }


def isolated_environment(git_dir: Path) -> dict[str, str]:
    """Return the environment in which git reads one repository of ours, and no settings of the user or the system.

    Args:
        git_dir: git's folder of a bare repository; it stands for the home, too.
    """
    passed = {name: value for name, value in child_environment().items() if name in _STARTING}
    return {
        **passed,
        **_OUTPUT,
        **dict.fromkeys(("GIT_CONFIG_NOSYSTEM", "GIT_ATTR_NOSYSTEM", "GIT_NO_REPLACE_OBJECTS"), "1"),
        **dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "GIT_DIR"), str(git_dir)),
        **_NO_NETWORK,
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


def acting_environment(root: Path) -> dict[str, str]:
    """Return the user's own environment, without what leads to other repositories or to other Python code."""
    has_git_dir = has_entry(str(root))
    return {
        name: value
        for name, value in child_environment().items()
        if not (name.upper().startswith("PYTHON") or (has_git_dir and name in _LOCATION))
    }


def hooks_path(root: Path) -> Path:
    """Return where git looks for the hooks of a working tree.

    Raises:
        GitFailed: git is missing, or failed.
    """
    arguments = ("rev-parse", "--git-path", "hooks")
    silent = {key: value for key, value in _SILENT.items() if key != _HOOKS}
    done = _run(root, _reading(arguments, silent), reading_environment(root), b"")
    return root / os.fsdecode(_printed(root, arguments, done)).rstrip("\n")


def trust_hint(messages: str) -> str:
    """Return git's own hint about a folder that belongs to somebody else; empty where it gave none."""
    advice = next((line.strip() for line in messages.splitlines() if " safe.directory " in line), "")
    printable = "".join(character for character in advice[:1000] if character.isprintable())
    return f"if you trust it: {printable}" if advice else ""


def git_author(root: Path) -> str | None:
    """Return the author's name that git would write into a commit here; `None` when it is not set."""
    return ask_git(root, "config", "--get", "user.name") or None


def local_setting(root: Path, key: str) -> str | None:
    """Return a value in the clone's own configuration; `None` when it is not set."""
    return ask_git(root, "config", "--local", "--get", key) or None


def is_tracked(root: Path, path: str) -> bool:
    """Return whether git's index holds the file, or anything in the folder."""
    return bool(read_git(root, "--literal-pathspecs", "ls-files", "-z", "--", path))


def is_ignored(root: Path, path: str) -> bool:
    """Return whether git would leave the path out; never true of a tracked file."""
    return bool(_answer(root, "check-ignore", "--", path))


def remote_names(root: Path) -> tuple[str, ...]:
    """Return the names of the remotes."""
    return tuple(os.fsdecode(read_git(root, "remote")).splitlines())


def _reading(arguments: tuple[str, ...], silent: Mapping[str, str], *, is_named_bare: bool = False) -> tuple[str, ...]:
    settings = (word for key, value in silent.items() for word in ("-c", f"{key}={value}"))
    return (_program(), "--no-pager", *settings, *(_NAMED_BARE if is_named_bare else _NOT_EMBEDDED), *arguments)


def _answer(root: Path, *arguments: str) -> str:
    """Return what git prints; nothing for status 1, its "no"."""
    done = try_git(root, *arguments)
    if done.returncode not in (0, _NO):
        raise _failed(root, arguments, done)
    return os.fsdecode(done.stdout)


def _program() -> str:
    program = find_program("git")
    if program is None:
        raise GitFailed("git cannot be started", "install git, or put its folder on PATH")
    return program


def _run(root: Path, command: tuple[str, ...], environ: Mapping[str, str], data: bytes) -> CompletedProcess[bytes]:
    from subprocess import run

    try:
        # Empty input is a closed one: git never waits for a terminal.
        return run(command, cwd=root, env=environ, input=data, capture_output=True, check=False)
    except OSError as error:
        if root.is_dir():
            raise GitFailed("git cannot be started", "install git, or put its folder on PATH") from error
        raise GitFailed(f"{root} is not a folder") from error


def _settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings in the environment that reading respects, numbered anew.

    The format is of https://git-scm.com/docs/git-config#ENVIRONMENT. Incomplete pairs are left out.
    """
    count = environ.get("GIT_CONFIG_COUNT", "")
    passed: dict[str, str] = {}
    number = 0
    for old in range(int(count) if count.isdecimal() and len(count) < 4 else 0):
        key, value = environ.get(f"GIT_CONFIG_KEY_{old}"), environ.get(f"GIT_CONFIG_VALUE_{old}")
        if key is not None and value is not None and key.lower() in _HARMLESS:
            passed |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
            number += 1
    return {**passed, "GIT_CONFIG_COUNT": str(number)} if passed else {}


def _printed(root: Path, arguments: tuple[str, ...], done: CompletedProcess[bytes]) -> bytes:
    if done.returncode:
        raise _failed(root, arguments, done)
    return done.stdout


def _failed(root: Path, arguments: tuple[str, ...], done: CompletedProcess[bytes]) -> GitFailed:
    said = done.stderr.decode(errors="replace")
    message = said.strip().partition("\n")[0]
    command = next((argument for argument in arguments if not argument.startswith("-") and "=" not in argument), "")
    return GitFailed(
        f"git {command} failed: {message or f'status {done.returncode}'}", trust_hint(said) or f"git ran in {root}"
    )
