"""Our own small format, for every agent that has no module here.

`{"session_id": ..., "event": "start" | "activity" | "opened" | "contributed" | "end", "cwd": ..., "url": ...,
"branch": ..., "parent_id": ...}`. Only `session_id` has to be there. `parent_id` names the session that a sub-agent
works for.
"""

from pr_sessions.agents.hosts import Told, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pr_sessions.agents.payload import Payload

_EVENTS = ("start", "end", "activity", "opened", "contributed")


def read(payload: "Payload") -> Told | None:
    """What is kept; `None` where the event is none of ours, or lacks what it is about."""
    event = text(payload, "event") or "activity"
    if event not in _EVENTS:
        return None
    parent = text(payload, "parent_id")
    told = {"run": parent or text(payload, "session_id"), "turn": text(payload, "turn_id"), "event": event}
    branch = text(payload, "branch")
    if event == "opened":
        from pr_sessions.agents.addresses import pull_request

        url = pull_request(text(payload, "url"))
        return {**told, "url": url, "branch": branch, "how": "told"} if url else None
    if event == "contributed":
        return {**told, "branch": branch, "how": "told"} if branch else None
    return told if not parent else {**told, "event": "activity"}
