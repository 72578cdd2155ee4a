"""From a payload to the stored event. It raises nothing and prints only what the host expects."""

import os
import time

from pr_sessions.hooks import deliver
from pr_sessions.hooks.hosts import HOSTS, events_of, identify, slug
from pr_sessions.hooks.payload import LARGEST, folders, parse, read
from pr_sessions.io import gitdir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pr_sessions.hooks.host import HookEvent
    from pr_sessions.hooks.payload import Payload

# These commands work on the branch that is checked out.
_ON_CURRENT_BRANCH = ("gh pr create", "glab mr create", "pr-sessions open")
# `UNKNOWN_BRANCH` of `evidence`, which most events do not load.
_UNKNOWN_BRANCH = "-"


def run(arguments: "Sequence[str]", environ: "Mapping[str, str]") -> None:
    """Read one event, store it, and print the host's answer, whatever happens.

    Args:
        arguments: the name of the host, and the payload of Codex's `notify`.
        environ: used where the payload does not say enough.
    """
    name = slug(arguments[0]) if arguments else ""
    clone: gitdir.Clone | None = None
    try:
        if environ.get("PR_SESSIONS") == "0":
            return
        last = arguments[-1] if arguments else ""
        payload, size = (parse(last[:LARGEST]), len(last)) if last.startswith("{") else read(0)
        if payload is None:
            clone = gitdir.find(_folders({}, environ))
            if clone and size:
                deliver.log(clone, f"{name or 'an agent'}: the payload is no whole JSON object ({size} bytes)")
            return
        name = identify(payload, environ, name)
        events = events_of(name, payload)
        clone = gitdir.find(_folders(payload, environ)) if events else None
        if clone and not clone.paused:
            events = [_with_branch(event, clone) for event in events]
            deliver.deliver(clone, events, time.time_ns(), environ)
    except Exception as error:  # noqa: BLE001 - the last resort: an agent must not fail because of us; the log says why
        _log_failure(clone, environ, error)
    finally:
        host = HOSTS.get(name)
        if host and host.answer:
            os.write(1, host.answer)


def _with_branch(event: "HookEvent", clone: gitdir.Clone) -> "HookEvent":
    """Return the event with the branch that is checked out, if it was opened from that one."""
    if event.get("branch") == _UNKNOWN_BRANCH:
        return {key: value for key, value in event.items() if key != "branch"}
    if "branch" in event or event.get("how") not in _ON_CURRENT_BRANCH or event["event"] == "contributed":
        return event
    branch = gitdir.branch_in_head(clone.git_dir)
    return event | ({"branch": branch} if branch else {})


def _folders(payload: "Payload", environ: "Mapping[str, str]") -> list[str]:
    """Return where the agent works. The environment may be that of another agent around it, so it comes second."""
    variables = (variable for host in HOSTS.values() for variable in host.folder_variables)
    return folders(payload) or [path for name in variables if (path := environ.get(name))] or [os.getcwd()]


def _log_failure(clone: gitdir.Clone | None, environ: "Mapping[str, str]", error: Exception) -> None:
    try:
        clone = clone or gitdir.find(_folders({}, environ))
        if clone:
            # The error's own message may quote the payload.
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else ""
            deliver.log(clone, f"{type(error).__name__} {reason}".rstrip())
    except OSError:
        return  # There is nowhere left to report it.
