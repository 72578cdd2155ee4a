"""The last commits of all open pull requests, and those of them that something may be due of. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.forges.github.payload import ChangedFile, GitHubPullRequest, Review
from pr_sessions.live.checks.concerned import head_of
from pr_sessions.live.checks.heads import Head
from pr_sessions.live.checks.steps import LOST
from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.standings import approvers, standing
from pr_sessions.sessions.gate import decide
from pr_sessions.sessions.lifecycle import expiry
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Session, State

# Nothing is due of what has rested for longer. Where a sweep was missed all the same, each has its hour of so many.
RESTS = LOST
TURNS = 6


class More(Struct, frozen=True):
    """What only a question of its own tells of a commit; `files` is `None` where that was not asked."""

    head: Head
    reviews: tuple[Review, ...] = ()
    files: tuple[ChangedFile, ...] | None = None


class OpenHeads(Struct, frozen=True):
    """A repository at a moment."""

    snapshot: Snapshot
    live: Live
    policy: Policy
    now: datetime

    def pull_requests(self) -> tuple[GitHubPullRequest, ...]:
        """The open ones."""
        told = self.snapshot.pull_requests.values()
        return tuple(one for one in told if one.pull_request.state is State.OPEN)

    def due(self) -> tuple[Head, ...]:
        """The commits of which the check runs have to be read; those of forks last, of which anybody can open many."""
        found = sorted(self.pull_requests(), key=lambda one: one.is_fork)
        heads = (self._head(one) for one in found if self._may_be_due(one))
        return tuple(head for head in heads if head)

    def approved_by(self, more: More) -> tuple[str, ...]:
        """Who approves a commit, whether they may write or not; logins in lower case."""
        return approvers(self.snapshot.pull_requests[more.head.number], more.reviews, self.now)

    def decided_again(self, more: More, writers: Mapping[str, bool]) -> Head:
        """A commit with what is known of it by then."""
        head, told = more.head, self.snapshot
        files = told.files if more.files is None else {**told.files, head.number: more.files}
        known = replace(told, writers={**told.writers, **writers}, files=files)
        again = replace(self, snapshot=known)._head(told.pull_requests[head.number], more.reviews)
        return replace(head, decision=again.decision) if again else head

    def _head(self, one: GitHubPullRequest, reviews: Iterable[Review] = ()) -> Head | None:
        number = one.pull_request.number
        stands = standing(number, self.snapshot, self.live, self.policy, self.now, reviews=reviews)
        believed = self.live.believed.get(number, False)
        return head_of(one, decide(stands, self.policy), self.live.home(number), believed=believed)

    def _may_be_due(self, one: GitHubPullRequest) -> bool:
        number = one.pull_request.number
        moments = (one.updated, self._end(self.live.home(number)))
        if any(moment and self.now - moment < RESTS for moment in moments):
            return True
        return int(number) % TURNS == self.now.hour % TURNS

    def _end(self, session: Session | None) -> datetime | None:
        if session is None:
            return None
        return session.completion.at if session.completion else expiry(session, self.policy)
