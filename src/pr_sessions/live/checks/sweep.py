"""All open pull requests at once: what is due is started, what has ended is completed, what was missed is made good."""

from datetime import datetime

from msgspec.structs import replace

from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.client import GitHub
from pr_sessions.live.checks.heads import Head, Outcome, outcome
from pr_sessions.live.checks.open_heads import More, OpenHeads
from pr_sessions.live.checks.plan import plan
from pr_sessions.live.checks.runs import Done, Report, all_of, carry_out, with_runs
from pr_sessions.live.checks.steps import ours, waits
from pr_sessions.live.reading.snapshots import read_open
from pr_sessions.live.reading.team import team_policy
from pr_sessions.live.rebuild import rebuild
from pr_sessions.sessions.policy import GateMode


async def sweep(github: GitHub, now: datetime, *, write: bool = True) -> Report:
    """Looks at every open pull request, and does what is due.

    Raises:
        PrSessionsError: the sessions cannot be put together; then nothing was done.
    """
    policy, unclear = await team_policy(github)
    if unclear:
        return Report(gate=policy.gate, problems=unclear)
    enforced = replace(policy, gate=GateMode.ENFORCE)
    snapshot = await read_open(github, enforced, now, most_file_lists=0)
    all_open = OpenHeads(snapshot, rebuild(snapshot, enforced, now), enforced, now)
    heads, unread = await with_runs(github, all_open.due())
    heads, unheard = await _asked_more(github, all_open, heads)
    acts = plan(heads, enforced, now, github.app)
    is_on = write and policy.gate is GateMode.ENFORCE
    done = await carry_out(github, acts, policy.gate_workflow or "") if is_on else tuple(map(Done, acts))
    return Report(
        gate=policy.gate,
        writes=is_on,
        looked_at=len(heads),
        done=done,
        problems=(*snapshot.doubts, *unread, *unheard),
    )


async def _asked_more(
    github: GitHub, all_open: OpenHeads, heads: tuple[Head, ...]
) -> tuple[tuple[Head, ...], tuple[str, ...]]:
    """The commits, decided once more where only an approval, or files, can still speak for running."""
    problems: list[str] = []

    async def ask(head: Head) -> More:
        try:
            reviews = await github.reviews(int(head.number))
            # Of what waits already, an event has looked at the files.
            files = None if ours(head, github.app) else tuple(await github.files(int(head.number)))
            return More(head, tuple(reviews), files)
        except PrSessionsError as error:
            problems.append(f"#{head.number} waits on: {error}")
            return More(head)

    async def may_write(login: str) -> bool:
        try:
            return await github.may_write(login)
        except PrSessionsError as error:
            problems.append(f"whether {login} may write: {error}")
            return False

    asked = await all_of([head for head in heads if _is_open_question(head, all_open, github.app)], ask)
    approved_by = {login for more in asked for login in all_open.approved_by(more)}
    logins = sorted(approved_by - all_open.snapshot.writers.keys())
    writers = dict(zip(logins, await all_of(logins, may_write), strict=True))
    again = {more.head.number: all_open.decided_again(more, writers) for more in asked}
    return tuple(again.get(head.number, head) for head in heads), tuple(problems)


def _is_open_question(head: Head, all_open: OpenHeads, app: str) -> bool:
    """Whether it would wait, and anything can have happened since that was said last: an approval is a change."""
    if not waits(head) or outcome(head, all_open.policy.gate_checks) is not Outcome.NOT_RUN:
        return False
    mine, changed = ours(head, app), all_open.snapshot.pull_requests[head.number].updated
    return mine is None or mine.started is None or changed is None or changed >= mine.started
