"""The tracker, started so that neither the agent nor its end has anything to do with it."""

import os
import sys

from pr_sessions.agents.places import Clone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The hosts' own words, and where git's hooks or another repository's tools told git to look.
_NOT_PASSED_ON = ("CURSOR_", "CLAUDE", "CODEX_", "GEMINI_", "COPILOT_", "DEVIN_", "OPENCODE_")
_GIT_PLACES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
COMMAND = ("-P", "-m", "pr_sessions", "drain")


def start_tracker(clone: Clone, environ: "Mapping[str, str]") -> None:
    """Starts `pr-sessions drain` in the working tree and does not wait."""
    passed = passed_on(environ)
    if not sys.executable:
        raise OSError("no interpreter is known")
    os.chdir(clone.root)
    if sys.platform == "win32":
        _start_there([sys.executable, *COMMAND], passed)
    else:
        _start([sys.executable, *COMMAND], passed)


def passed_on(environ: "Mapping[str, str]") -> dict[str, str]:
    """The environment without what is this agent's, or would lead to another repository."""
    return {
        name: value
        for name, value in environ.items()
        if name not in _GIT_PLACES and not name.upper().startswith(_NOT_PASSED_ON)
    }


if sys.platform == "win32":

    def _start_there(words: list[str], environ: "Mapping[str, str]") -> None:
        from subprocess import CREATE_NEW_PROCESS_GROUP, DETACHED_PROCESS, DEVNULL, Popen

        flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP
        Popen(words, env=environ, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, creationflags=flags, close_fds=True)
else:

    def _start(words: list[str], environ: "Mapping[str, str]") -> None:
        streams = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        try:
            os.posix_spawn(words[0], words, environ, file_actions=streams, setsid=True)
        except NotImplementedError:  # a C library without it: macOS before 10.15, musl
            _fork(words, environ)

    def _fork(words: list[str], environ: "Mapping[str, str]") -> None:
        if os.fork():
            return
        try:
            os.setsid()
            nowhere = os.open(os.devnull, os.O_RDWR)
            for descriptor in range(3):
                os.dup2(nowhere, descriptor)
            os.execve(words[0], words, environ)  # noqa: S606 - there is no shell to start it with
        finally:
            os._exit(0)
