"""Our own small format, for every agent that has no module here.

`{"session_id": ..., "event": "start" | "activity" | "opened" | "contributed" | "end", "cwd": ..., "url": ...,
"branch": ..., "parent_id": ...}`. Only `session_id` is required. `parent_id` names the session that a sub-agent works
for.
"""

from pr_sessions.hooks.payload import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.hooks.host import HookEvent
    from pr_sessions.hooks.payload import Payload

_EVENTS = ("start", "end", "activity", "opened", "contributed")


def parse(payload: "Payload") -> "list[HookEvent]":
    """Return what is kept; nothing if the event is unknown, or lacks what it is about."""
    kind = text(payload, "event") or "activity"
    if kind not in _EVENTS:
        return []
    parent = text(payload, "parent_id")
    event = {"run": parent or text(payload, "session_id"), "turn": text(payload, "turn_id"), "event": kind}
    branch = text(payload, "branch")
    if kind == "opened":
        from pr_sessions.hooks.results import pull_request

        url = pull_request(text(payload, "url"))
        return [{**event, "url": url, "branch": branch, "how": "reported"}] if url else []
    if kind == "contributed":
        return [{**event, "branch": branch, "how": "reported"}] if branch else []
    return [{**event, "event": "activity"} if parent else event]
