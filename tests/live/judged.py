"""An event judged, without asking anybody."""

from typing import Any

from snapshots import POLICY

from pr_sessions.live.event import Event
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.rebuild import rebuild
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.view import view
from pr_sessions.sessions.gate import Decision, Standing
from pr_sessions.sessions.policy import Policy
from scene import minute


def judged(
    seen: Snapshot,
    number: int = 12,
    minutes: float = 24,
    policy: Policy = POLICY,
    name: str = "pull_request",
    **more: Any,
) -> Judgement:
    """What comes of an event about a pull request, so many minutes after the start."""
    live = rebuild(seen, policy, minute(minutes))
    home, one = live.home(str(number)), seen.pull_requests.get(str(number))
    return Judgement(
        **{
            "event": Event(name=name, number=str(number)),
            "at": minute(minutes),
            "policy": policy,
            "snapshot": seen,
            "live": live,
            "standing": Standing(number=str(number), is_fork=one is None or one.is_fork),
            "decision": Decision(postpone=False, skip=False),
            "view": view(home, seen, live, policy) if home else None,
            **more,
        }
    )
