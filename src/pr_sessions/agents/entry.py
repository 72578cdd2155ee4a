"""From a payload to the saved event. Never raises what an agent could see, prints nothing that it does not demand."""

import os
import time

from pr_sessions.agents import delivery, hosts, places
from pr_sessions.agents.payload import LARGEST, Payload, parse, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pr_sessions.agents.hosts import Told

# Hosts that take an empty answer for a broken one.
_WANT_JSON = ("gemini",)
_FROM_HERE = ("gh pr create", "glab mr create", "pr-sessions open")


def run(arguments: "Sequence[str]", environ: "Mapping[str, str]") -> None:
    """One event: read, understood, kept; the answer is printed whatever happens.

    Args:
        arguments: who is said to call, and what Codex's `notify` says as JSON.
        environ: only asked where the payload does not say.
    """
    host = hosts.slug(arguments[0]) if arguments else ""
    clone: places.Clone | None = None
    try:
        if environ.get("PR_SESSIONS") == "0":
            return
        payload, size = _payload(arguments)
        if payload is None:
            clone = places.find(_folders({}, environ))
            if clone and size:
                delivery.log(clone, f"{host or 'an agent'}: the payload is no whole JSON object ({size} bytes)")
            return
        host = hosts.tell(payload, environ, host)
        told = hosts.read(host, payload)
        clone = places.find(_folders(payload, environ)) if told else None
        if told and clone and not places.is_paused(clone):
            _keep(clone, told, environ)
    except Exception as error:  # noqa: BLE001 - a top: an agent must not fail for us; the log says what it was
        _log_failure(clone, environ, error)
    finally:
        if host in _WANT_JSON:
            os.write(1, b"{}\n")


def _payload(arguments: "Sequence[str]") -> tuple[Payload | None, int]:
    told = arguments[-1] if arguments else ""
    if told.startswith("{"):
        return parse(told[:LARGEST]), len(told)
    return read(0)


def _keep(clone: places.Clone, told: "Told", environ: "Mapping[str, str]") -> None:
    # The forges' own commands take what is checked out; a tool may have been told anything.
    if told.get("how") in _FROM_HERE and "branch" not in told and (branch := places.branch(clone)):
        told["branch"] = branch
    delivery.deliver(clone, told, time.time_ns(), environ)


def _folders(payload: Payload, environ: "Mapping[str, str]") -> list[str]:
    """Where the agent says that it works; the environment may be that of another one around it."""
    said = hosts.folders(payload)
    if said:
        return said
    named = (environ.get(f"{name}_PROJECT_DIR", "") for name in ("CURSOR", "CLAUDE", "GEMINI", "DEVIN"))
    return [folder for folder in named if folder] or [os.getcwd()]


def _log_failure(clone: places.Clone | None, environ: "Mapping[str, str]", error: Exception) -> None:
    try:
        clone = clone or places.find(_folders({}, environ))
        if clone:
            # The error's own words may quote the payload.
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else ""
            delivery.log(clone, f"{type(error).__name__} {reason}".rstrip())
    except OSError:
        return  # There is no place left to say it.
