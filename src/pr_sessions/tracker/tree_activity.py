"""What hooks and people did last in each working tree of a clone, for the inbox. Writes nothing."""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from pr_sessions.core.work import work_of
from pr_sessions.core.worktrees import TreeActivity

if TYPE_CHECKING:
    from pr_sessions.core.models import Session
    from pr_sessions.tracker.tracker import Tracker


def tree_activities(tracker: "Tracker") -> dict[Path, TreeActivity]:
    """Return the last activity in each working tree where there was any: by its marker, and by what hooks queued."""
    # As in `Tracker.view`: what a writer stores in between is only seen twice.
    queued = tracker.workspace.peek_events()
    view = tracker.view()
    events = {event.root: event for event in sorted(chain.from_iterable(queued.batches), key=lambda event: event.at)}
    activities = {}
    for root in view.stored_markers:
        current, event = view.named(root), events.get(str(root))
        if current is None:
            if event is not None:
                activities[root] = TreeActivity(agent=event.host, kind=event.kind, at=min(event.at, view.now))
            continue
        at = current.marker.last_updated
        last = event if event is not None and event.at >= at else None
        activities[root] = TreeActivity(
            session_id=current.session.id,
            agent=last.host if last is not None else _last_agent(current.session),
            kind=last.kind if last is not None else "",
            at=min(at, view.now),
            work=work_of(current.session, view.now, tracker.policy),
        )
    return activities


def _last_agent(session: "Session") -> str:
    return max(session.runs, key=lambda run: run.last_activity).agent if session.runs else ""
