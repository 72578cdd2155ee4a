"""Sessions of stored pull requests whose run nobody knows, by the rules of `inference`. Computed when read, not stored.

Only author and time are compared: titles, descriptions and files of pull requests are not kept.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from pr_sessions.core.agents import Involvement
from pr_sessions.core.attribution import is_by_commits
from pr_sessions.core.clues import Clues
from pr_sessions.core.ids import repository_of
from pr_sessions.core.inference import Group, Learnt, infer
from pr_sessions.core.merge import is_manual
from pr_sessions.core.models import PullRequestRecord, Session, held_runs
from pr_sessions.core.policy import People, Policy


class RecordedInference(Struct, frozen=True, kw_only=True):
    """How the pull requests of agents that nothing certain puts together are grouped.

    Attributes:
        learnt: the rule, by the known runs of the repository.
        groups: of those that are `is_alone`, in order of time.
        unattributed: how many of these are in no session.
    """

    learnt: Learnt
    groups: tuple[Group, ...]
    unattributed: int

    @property
    def pull_requests(self) -> int:
        """Return how many pull requests are grouped."""
        return sum(len(group.numbers) for group in self.groups)

    def group_of(self, number: str) -> Group | None:
        """Return the group of a pull request; `None` where nothing is inferred for it."""
        return next((group for group in self.groups if number in group.numbers), None)


def infer_recorded(
    sessions: Iterable[Session], unattributed: Mapping[str, PullRequestRecord], policy: Policy, repository: str = ""
) -> RecordedInference:
    """Group the stored pull requests of one repository that agents opened or assisted and whose run is unknown.

    Args:
        sessions: all that are stored; those of known runs are learnt from.
        unattributed: those in no session, by number.
        policy: says whether the names of people are hidden.
        repository: as `repository_of` names it; "" for the clone's own.
    """
    kept = {each.number: each for each in _kept(sessions, unattributed) if repository_of(each.number) == repository}
    inference = infer(clues for each in kept.values() for clues in _clues(each, policy))
    members = ((group.id, tuple(n for n in group.numbers if kept[n].is_alone)) for group in inference.groups)
    groups = tuple(Group(group_id, numbers) for group_id, numbers in members if numbers)
    in_none = sum(kept[number].session_id is None for group in groups for number in group.numbers)
    return RecordedInference(learnt=inference.learnt, groups=groups, unattributed=in_none)


def is_alone(number: str, record: PullRequestRecord, session: Session | None) -> bool:
    """Return whether it is in no session, or alone in one that an agent's part made; not if a person took it out."""
    if session is None:
        return not is_manual(record)
    return session.prs == (number,) and is_by_commits(session)


class _Kept(Struct, frozen=True, kw_only=True):
    """A stored pull request.

    Attributes:
        session_id: of the session that holds it, if any.
        session_runs: keys of the runs whose session that is.
        is_certain: whether more than commits put it where it is, or a person took it out of its session.
        is_alone: see the function.
    """

    number: str
    record: PullRequestRecord
    session_id: str | None = None
    session_runs: frozenset[str] = frozenset()
    is_certain: bool
    is_alone: bool


def _kept(sessions: Iterable[Session], unattributed: Mapping[str, PullRequestRecord]) -> Iterator[_Kept]:
    """Yield all that is stored; a session that holds one comes later than its being in none."""
    for number, record in unattributed.items():
        yield _Kept(number=number, record=record, is_certain=is_manual(record), is_alone=is_alone(number, record, None))
    for session in sessions:
        numbers, by_commits = session.prs, is_by_commits(session)
        runs = frozenset(key for _, key in held_runs(session))
        for number in numbers:
            if number in session.pull_requests:
                yield _Kept(
                    number=number,
                    record=session.pull_requests[number],
                    session_id=session.id,
                    session_runs=runs,
                    is_certain=not by_commits,
                    is_alone=by_commits and len(numbers) == 1,
                )


def _clues(kept: _Kept, policy: Policy) -> Iterator[Clues]:
    """Yield what can be compared of a stored pull request; nothing where no time is known."""
    record = kept.record
    at = record.created or (record.attribution.at if record.attribution else None)
    if at is None:
        return
    # The name may be that of the agent, which works for many.
    is_hidden = policy.people is People.HIDDEN and record.verdict.involvement is Involvement.ASSISTED
    runs = sorted(run for agent in record.agents for run in agent.runs)
    # Runs that a hook saw in one session are one.
    yield Clues(
        number=kept.number,
        author="" if is_hidden else record.author,
        at=at,
        has_agent=record.verdict.is_agents_alone and not kept.is_certain,
        run=kept.session_id if not kept.session_runs.isdisjoint(runs) else next(iter(runs), None),
    )
