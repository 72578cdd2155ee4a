"""An event judged, without asking anybody."""

from typing import Any

from snapshots import POLICY

from pr_sessions.live.judgement import Judgement
from pr_sessions.live.rebuild import rebuild
from pr_sessions.live.runner.event import Event
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.standings import standing
from pr_sessions.live.view import view
from pr_sessions.sessions.gate import decide
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
    home = live.home(str(number))
    event = Event(name=name, number=str(number))
    stands = standing(str(number), seen, live, policy, minute(minutes), event=event)
    return Judgement(
        **{
            "event": event,
            "at": minute(minutes),
            "policy": policy,
            "snapshot": seen,
            "live": live,
            "standing": stands,
            "decision": decide(stands, policy),
            "view": view(home, seen, live, policy) if home else None,
            **more,
        }
    )
