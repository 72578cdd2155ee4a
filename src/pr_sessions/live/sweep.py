"""All open pull requests at once: what is due is started, what has ended is completed, what was missed is made good."""

from datetime import datetime

from msgspec.structs import replace

from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.client import GitHub
from pr_sessions.forges.github.payload import Review
from pr_sessions.live.check_runs import Done, Report, all_of, carry_out, with_runs
from pr_sessions.live.checks import plan
from pr_sessions.live.heads import Head, Outcome, outcome
from pr_sessions.live.open_heads import OpenHeads
from pr_sessions.live.reading import read_open, team_policy
from pr_sessions.live.rebuild import rebuild
from pr_sessions.sessions.policy import GateMode


async def sweep(github: GitHub, now: datetime) -> Report:
    """Looks at every open pull request, and does what is due.

    Raises:
        PrSessionsError: the sessions cannot be put together; then nothing was done.
    """
    policy, unclear = await team_policy(github)
    if unclear:
        return Report(gate=policy.gate, problems=unclear)
    enforced = replace(policy, gate=GateMode.ENFORCE)
    snapshot = await read_open(github, enforced, now)
    all_open = OpenHeads(snapshot, rebuild(snapshot, enforced, now), enforced, now)
    heads, unread = await with_runs(github, all_open.due())
    heads, unheard = await _with_reviews(github, all_open, heads)
    acts = plan(heads, enforced, now, github.app)
    is_on = policy.gate is GateMode.ENFORCE
    done = await carry_out(github, acts, policy.gate_workflow or "") if is_on else tuple(Done(act) for act in acts)
    return Report(
        gate=policy.gate,
        looked_at=len(heads),
        done=done,
        problems=(*snapshot.doubts, *unread, *unheard),
    )


async def _with_reviews(
    github: GitHub, all_open: OpenHeads, heads: tuple[Head, ...]
) -> tuple[tuple[Head, ...], tuple[str, ...]]:
    """The commits, decided once more with their reviews where only an approval can still speak for running."""
    problems: list[str] = []

    async def read(head: Head) -> tuple[Review, ...]:
        try:
            return tuple(await github.reviews(int(head.number)))
        except PrSessionsError as error:
            problems.append(f"#{head.number}: its reviews cannot be read: {error}")
            return ()

    async def may_write(login: str) -> bool:
        try:
            return await github.permission(login) in ("admin", "write")
        except PrSessionsError as error:
            problems.append(f"whether {login} may write: {error}")
            return False

    waiting = [head for head in heads if _waits(head, all_open)]
    reviews = {head.number: found for head, found in zip(waiting, await all_of(waiting, read), strict=True)}
    approved_by = {login for head in waiting for login in all_open.approved_by(head, reviews[head.number])}
    logins = sorted(approved_by - all_open.snapshot.writers.keys())
    writers = dict(zip(logins, await all_of(logins, may_write), strict=True))
    decided = (
        all_open.decided_again(head, reviews[head.number], writers) if head.number in reviews else head
        for head in heads
    )
    return tuple(decided), tuple(problems)


def _waits(head: Head, all_open: OpenHeads) -> bool:
    return head.decision.skip and outcome(head, all_open.policy.gate_checks) is Outcome.NOT_RUN
