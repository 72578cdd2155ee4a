"""Comments brought up to date on schedule: sessions that ended by themselves, bursts, missed events."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from pr_sessions.forges.github.client import GitHub
from pr_sessions.live.comments.behind import BACK, behind, in_turn
from pr_sessions.live.comments.wishes import Look
from pr_sessions.live.comments.writing import DOUBT, NEVER, Outcome, speak
from pr_sessions.live.reading.lately import read_lately
from pr_sessions.live.reading.team import team_policy
from pr_sessions.live.rebuild import rebuild
from pr_sessions.live.runner.event import Event
from pr_sessions.sessions.policy import Commenting, Policy

MOST = 10
_NOTHING = "nothing is behind"


async def catch_up(github: GitHub, event: Event, now: datetime, *, write: bool) -> Outcome:
    """Looks at all late sessions by what is cheap to ask, and speaks of those whose comments are behind."""
    policy, unclear = await team_policy(github)
    if unclear:
        return Outcome(notes=(DOUBT, *unclear))
    if policy.comment is Commenting.NEVER:
        return Outcome(policy.gate, notes=(NEVER,))
    found, doubts = await _behind(github, policy, now)
    said = await _spoken(github, event, in_turn(found, now, MOST), now, write=write)
    left = (f"{len(found) - MOST} more have to wait for the next time",) if len(found) > MOST else ()
    nothing = () if found or doubts else (_NOTHING,)
    return Outcome(
        policy.gate,
        done=tuple(done for one in said for done in one.done),
        planned=tuple(write for one in said for write in one.planned),
        notes=(*doubts, *nothing, *left),
        refused=tuple(refused for one in said for refused in one.refused),
    )


async def _behind(github: GitHub, policy: Policy, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pull requests to speak of, or the doubts because of which there are none."""
    snapshot = await read_lately(github, policy, now, BACK)
    if snapshot.doubts:
        return (), (DOUBT, *snapshot.doubts)
    return behind(Look(snapshot, rebuild(snapshot, policy, now), policy, now), github.app), ()


async def _spoken(
    github: GitHub, event: Event, numbers: Sequence[str], now: datetime, *, write: bool
) -> Sequence[Outcome]:
    """One after the other; where GitHub refuses one, the others are not tried."""
    said: list[Outcome] = []
    for number in numbers:
        said.append(await speak(github, replace(event, number=number), now, write=write))
        if said[-1].refused:
            break
    return said
