"""The coding agents that call us: who it is, where it works, and what its payload comes to."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pr_sessions.agents.payload import Payload

# What is kept of an event: `event`, and where they are known `host`, `run`, `turn`, `tool`, `url`, `branch`, `how`.
Told = dict[str, str]

LONGEST = 200
_GEMINI_EVENTS = ("BeforeAgent", "AfterAgent", "BeforeTool", "AfterTool", "BeforeModel", "AfterModel", "PreCompress")
# Set for the hooks of one host; an agent in another one's terminal may see both, so they come after the payload.
_SIGNS = (
    ("CURSOR_VERSION", "cursor"),
    ("GEMINI_PROJECT_DIR", "gemini"),
    ("DEVIN_PROJECT_DIR", "devin"),
    ("CLAUDE_PROJECT_DIR", "claude-code"),
)


def slug(name: str) -> str:
    """A host's name as it may be kept; empty if it is none."""
    plain = name.strip().lower()
    fits = 0 < len(plain) <= 30 and plain.isascii() and plain.replace("-", "").isalnum()
    return plain if fits else ""


def tell(payload: "Payload", environ: "Mapping[str, str]", hint: str) -> str:
    """Who calls: by the payload, else by the environment, else who was said to; a command is run by others, too."""
    return _by_payload(payload) or _by_environment(payload, environ, hint) or hint or "unknown"


def read(host: str, payload: "Payload") -> Told | None:
    """What is kept of the event; `None` for one that shows no work."""
    told = _read(host, payload)
    if told is None or not told.get("run"):
        return None
    return {"host": host, **{key: value for key, value in told.items() if value}}


def folders(payload: "Payload") -> list[str]:
    """Where the agent says that it works, the most exact first."""
    roots = payload.get("workspace_roots")
    named = [payload.get("cwd"), *(roots[:20] if isinstance(roots, list) else [])]
    return [_native(folder) for folder in named if isinstance(folder, str) and folder and "\0" not in folder]


def text(payload: "Mapping[str, Any]", *names: str) -> str:
    """The first of these fields that says something, as one bounded line of printable characters."""
    for name in names:
        value = payload.get(name)
        if isinstance(value, str) and value.strip():
            line = value.strip().split("\n", 1)[0][:LONGEST]
            return "".join(c for c in line if c.isprintable()).strip()
    return ""


def _by_payload(payload: "Payload") -> str:
    for field, host in (("cursor_version", "cursor"), ("sessionId", "copilot"), ("thread-id", "codex")):
        if field in payload:
            return host
    return _by_fields(payload) if "hook_event_name" in payload else ""


def _by_fields(payload: "Payload") -> str:
    """Claude's format; each host has fields of its own."""
    if payload["hook_event_name"] in _GEMINI_EVENTS:
        return "gemini"
    if "timestamp" in payload:
        return "gemini" if "transcript_path" in payload else "copilot"
    if "prompt_id" in payload:
        return "" if "transcript_path" in payload else "devin"
    return "codex" if "turn_id" in payload and "model" in payload else ""


def _by_environment(payload: "Payload", environ: "Mapping[str, str]", hint: str) -> str:
    """Claude's own format, which several hosts speak without saying who they are."""
    if "hook_event_name" not in payload:
        return ""
    found = [host for name, host in _SIGNS if environ.get(name)]
    # Codex sets nothing of its own, so what is around it must not speak for it.
    return hint if hint in ("codex", *found) else next(iter(found), "")


def _read(host: str, payload: "Payload") -> Told | None:
    if host == "cursor":
        from pr_sessions.agents.hosts import cursor

        return cursor.read(payload)
    if host == "copilot" and "sessionId" in payload:
        from pr_sessions.agents.hosts import copilot

        return copilot.read(payload)
    if host == "codex":
        from pr_sessions.agents.hosts import codex

        return codex.read(payload)
    if host == "gemini" and "hook_event_name" in payload:
        from pr_sessions.agents.hosts import gemini

        return gemini.read(payload)
    if "hook_event_name" in payload:
        from pr_sessions.agents.hosts import claude_code

        return claude_code.read(payload)
    from pr_sessions.agents.hosts import generic

    return generic.read(payload)


def _native(folder: str) -> str:
    """Cursor writes `/c:/work` on Windows."""
    return folder[1:] if len(folder) > 3 and folder[0] == "/" and folder[2] == ":" else folder
