"""An event judged, without asking anybody."""

from typing import Any

from snapshots import POLICY

from pr_sessions.core.gate import decide
from pr_sessions.core.policy import Policy
from pr_sessions.gate.assess import Assessment
from pr_sessions.gate.event import Event
from pr_sessions.gate.rebuild import Snapshot, rebuild
from pr_sessions.gate.status import pull_request_status, view
from rules import all_signatures
from scene import minute


def assessed(
    seen: Snapshot,
    number: int = 12,
    minutes: float = 24,
    policy: Policy = POLICY,
    name: str = "pull_request",
    **more: Any,
) -> Assessment:
    """What comes of an event about a pull request, so many minutes after the start."""
    rebuilt = rebuild(seen, all_signatures(policy), minute(minutes))
    home = rebuilt.session_of(str(number))
    event = Event(name=name, number=str(number))
    stands = pull_request_status(str(number), seen, rebuilt, policy, minute(minutes), event=event)
    return Assessment(
        **{
            "event": event,
            "at": minute(minutes),
            "rules": all_signatures(policy),
            "snapshot": seen,
            "rebuilt": rebuilt,
            "status": stands,
            "decision": decide(stands, policy),
            "view": view(home, seen, rebuilt, policy) if home else None,
            **more,
        }
    )
