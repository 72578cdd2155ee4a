"""Bring the check runs of all open pull requests up to date: what is due, what has ended, and what an event missed."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.gate import decide, waits_until
from pr_sessions.core.models import Session, State
from pr_sessions.core.policy import GateMode, Policy, Ruleset
from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.base import ChangedFile, ChecksCapability, ForgePullRequest, Review
from pr_sessions.gate.checks.heads import (
    ChecksResult,
    Head,
    checks_result,
    head_of,
    lower_commits,
    untested_below,
    with_those_below,
)
from pr_sessions.gate.checks.publish import (
    PublishedCheck,
    Report,
    all_of,
    fetch_check_runs,
    publish_updates,
    with_schedule,
)
from pr_sessions.gate.checks.schedule import needs_sweeps, switch_off, switch_off_for_good, switch_on
from pr_sessions.gate.checks.updates import PRESUMED_DEAD, our_check_run, plan, waits
from pr_sessions.gate.fetch import fetch_open, fetch_ruleset
from pr_sessions.gate.rebuild import RebuiltSessions, Snapshot, approvers
from pr_sessions.gate.status import pull_request_status

# Nothing is due for what has not changed for longer. Should a sweep have been missed, each has its hour of so many.
RESTS = PRESUMED_DEAD
TURNS = 6


class CommitDetails(Struct, frozen=True):
    """What only a request of its own shows of a commit; `files` is `None` where they were not fetched."""

    head: Head
    reviews: tuple[Review, ...] = ()
    files: tuple[ChangedFile, ...] | None = None


class OpenHeads(Struct, frozen=True):
    """The last commits of all open pull requests at one time."""

    snapshot: Snapshot
    rebuilt: RebuiltSessions
    policy: Policy
    now: datetime

    def pull_requests(self) -> tuple[ForgePullRequest, ...]:
        """Return the open ones."""
        return tuple(pr for pr in self.snapshot.pull_requests.values() if pr.pull_request.state is State.OPEN)

    def due(self) -> tuple[Head, ...]:
        """Return the commits whose check runs have to be read; those of forks last, which anybody can open."""
        prs = sorted(self.pull_requests(), key=lambda pr: pr.is_fork)
        numbers = {pr.pull_request.number for pr in prs if self._may_be_due(pr)}
        for stack in self.snapshot.stacks:
            members = {member.number for member in stack.members}
            numbers |= set() if numbers.isdisjoint(members) else members
        heads = (self._head(pr) for pr in prs if pr.pull_request.number in numbers)
        return tuple(head for head in heads if head)

    def approved_by(self, details: CommitDetails) -> tuple[str, ...]:
        """Return who approves a commit, with any access; logins in lower case."""
        return approvers(self.snapshot.pull_requests[details.head.number], details.reviews, self.now)

    def decide_again(self, details: CommitDetails, writers: Mapping[str, bool]) -> Head:
        """Return a commit with the decision by what is known of it now."""
        head, snapshot = details.head, self.snapshot
        files = snapshot.files if details.files is None else {**snapshot.files, head.number: details.files}
        known = replace(snapshot, writers={**snapshot.writers, **writers}, files=files)
        again = replace(self, snapshot=known)._head(snapshot.pull_requests[head.number], details.reviews)
        return replace(head, decision=again.decision) if again else head

    def _head(self, pr: ForgePullRequest, reviews: Iterable[Review] = ()) -> Head | None:
        number, rebuilt = pr.pull_request.number, self.rebuilt
        status = pull_request_status(number, self.snapshot, rebuilt, self.policy, self.now, reviews=reviews)
        trusted = rebuilt.trusted.get(number, False)
        below = lower_commits(pr, self.snapshot.stacks, self.snapshot.unread_stacks)
        return head_of(pr, decide(status, self.policy), rebuilt.session_of(number), trusted=trusted, below=below)

    def _may_be_due(self, pr: ForgePullRequest) -> bool:
        number = pr.pull_request.number
        times = (pr.updated, self._end(self.rebuilt.session_of(number)))
        if any(time and self.now - time < RESTS for time in times):
            return True
        return int(number) % TURNS == self.now.hour % TURNS

    def _end(self, session: Session | None) -> datetime | None:
        if session is None:
            return None
        if session.completion:
            return session.completion.at
        # A quiet run goes on, and nothing waits for it any longer.
        return waits_until(session, self.policy)


async def sweep(forge: ChecksCapability, now: datetime, *, write: bool = True) -> Report:
    """Look at every open pull request, and do what is due.

    Raises:
        PrSessionsError: the sessions cannot be rebuilt; then nothing was done.
    """
    rules, unknowns = await fetch_ruleset(forge)
    policy = rules.policy
    if unknowns:
        return Report(gate=policy.gate, problems=unknowns)
    report, is_waiting = await _sweep(forge, rules, now, write=write)
    if not write:
        return report
    if policy.gate is GateMode.ADVISORY:
        return await with_schedule(report, switch_off_for_good(forge))
    return await with_schedule(report, switch_on(forge) if is_waiting or report.failed else switch_off(forge, now))


async def _sweep(forge: ChecksCapability, rules: Ruleset, now: datetime, *, write: bool) -> tuple[Report, bool]:
    """Return what was done, and whether something still waits."""
    policy = rules.policy
    enforced = replace(policy, gate=GateMode.ENFORCE)
    snapshot, rebuilt = await fetch_open(forge, rules, now, most_file_lists=0)
    open_heads = OpenHeads(snapshot, rebuilt, enforced, now)
    heads, unread = await fetch_check_runs(forge, open_heads.due())
    heads, undecided = await _decide_again(forge, open_heads, heads)
    heads = with_those_below(heads)
    updates = plan(heads, enforced, now, forge.app)
    is_on = write and policy.gate is GateMode.ENFORCE
    workflow = policy.gate_workflow or ""
    done = await publish_updates(forge, updates, workflow) if is_on else tuple(map(PublishedCheck, updates))
    report = Report(
        gate=policy.gate,
        writes=is_on,
        looked_at=len(heads),
        done=done,
        problems=(*snapshot.unknowns, *unread, *undecided),
    )
    return report, needs_sweeps(heads, enforced, now, forge.app)


async def _decide_again(
    forge: ChecksCapability, open_heads: OpenHeads, heads: tuple[Head, ...]
) -> tuple[tuple[Head, ...], tuple[str, ...]]:
    """Return the commits, decided once more where only an approval or files can still be a reason to run."""
    problems: list[str] = []

    async def fetch_details(head: Head) -> CommitDetails:
        try:
            reviews = await forge.reviews(int(head.number))
            # An event has looked at the files of what waits already.
            files = None if our_check_run(head, forge.app) else tuple(await forge.files(int(head.number)))
            return CommitDetails(head, tuple(reviews), files)
        except PrSessionsError as error:
            problems.append(f"#{head.number} waits on: {error}")
            return CommitDetails(head)

    async def may_write(login: str) -> bool:
        try:
            return await forge.may_write(login)
        except PrSessionsError as error:
            problems.append(f"whether {login} may write: {error}")
            return False

    undecided = [head for head in heads if _is_undecided(head, open_heads, forge.app)]
    details = await all_of(undecided, fetch_details)
    approving = {login for each in details for login in open_heads.approved_by(each)}
    logins = sorted(approving - open_heads.snapshot.writers.keys())
    writers = dict(zip(logins, await all_of(logins, may_write), strict=True))
    again = {each.head.number: open_heads.decide_again(each, writers) for each in details}
    return tuple(again.get(head.number, head) for head in heads), tuple(problems)


def _is_undecided(head: Head, open_heads: OpenHeads, app: str) -> bool:
    """Return whether it would wait, and may have changed since that was last written: an approval is a change.

    Where something below it has not run, an approval of it counts for that, too.
    """
    if any(result is ChecksResult.NOT_RUN for _, result in untested_below(head, open_heads.policy.gate_checks)):
        return True
    if not waits(head) or checks_result(head, open_heads.policy.gate_checks) is not ChecksResult.NOT_RUN:
        return False
    ours, changed = our_check_run(head, app), open_heads.snapshot.pull_requests[head.number].updated
    return ours is None or ours.started is None or changed is None or changed >= ours.started
