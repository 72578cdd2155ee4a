"""Where one open pull request stands: the first section that fits, why, and what to do next."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from pr_sessions.core.conflicts import Conflict, MergeResult
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, Work

MERGEABLE = ("clean", "has_hooks", "mergeable")
"""The words that allow a merge.

GitHub's are of `mergeStateStatus` (https://docs.github.com/en/graphql/reference/enums), GitLab's of
`detailed_merge_status` (https://docs.gitlab.com/api/merge_requests/).
"""


_MOST_NAMED = 3


class Section(StrEnum):
    """A section of the inbox, in their order. `UNKNOWN` holds what cannot be judged by what was read."""

    CONFLICTS = "conflicts"
    REVIEW = "needs_review"
    MERGE = "ready_to_merge"
    AT_WORK = "agent_at_work"
    CHECKS = "waiting_for_checks"
    WAITING = "waiting_for_others"
    UNKNOWN = "not_known"


class SectionChoice(Struct, frozen=True):
    """Where a pull request stands.

    Attributes:
        reason: a clause that follows the pull request's number.
        next: what to do; the pull request's number follows.
    """

    section: Section
    reason: str
    next: str


def choose_section(pr: OpenPullRequest, conflicts: Sequence[Conflict] = (), viewer: str = "") -> SectionChoice:
    """Return where a pull request stands.

    Args:
        pr: what is not known of it keeps it out of the section that would need it.
        conflicts: the pairs that it is part of.
        viewer: the login that "you" is used of; empty for nobody.
    """
    real = [each for each in conflicts if each.attempt.result is MergeResult.CONFLICT]
    if real:
        return _in_conflict(pr, real)
    author = "you" if viewer and pr.author.lower() == viewer.lower() else pr.author or "its author"
    return next(chosen_section for rule in _RULES if (chosen_section := rule(pr, author)))


def _in_conflict(pr: OpenPullRequest, conflicts: Sequence[Conflict]) -> SectionChoice:
    first, second = conflicts[0].numbers
    count = len(conflicts[0].attempt.places)
    step = f"before #{second}, merge"
    if pr.number != first:
        step = f"after #{first}, resolve {count} conflict{'s' if count != 1 else ''} in"
    named = [_named(pr.number, each) for each in conflicts[:_MOST_NAMED]]
    more = f" and {len(conflicts) - _MOST_NAMED} more" if len(conflicts) > _MOST_NAMED else ""
    return SectionChoice(Section.CONFLICTS, f"conflicts {', '.join(named)}{more}", step)


def _named(number: str, conflict: Conflict) -> str:
    """Return the opposite pull request and where the two meet, at most at `_MOST_NAMED` places."""
    first, second = conflict.numbers
    where = ", ".join(each.label for each in conflict.attempt.places[:_MOST_NAMED])
    return f"with #{second if number == first else first}{f' in {where}' if where else ''}"


def _review(pr: OpenPullRequest, author: str) -> SectionChoice | None:
    waits_for_author = pr.is_draft or pr.has_base_conflict or pr.checks is Checks.FAILING or pr.is_queued
    if waits_for_author or pr.is_reviewed or pr.review.state is ReviewState.UNKNOWN:
        return None
    reason = "not reviewed yet"
    if pr.review.state is not ReviewState.NONE:
        reason = f"{_WORDS[pr.review.state]} at an earlier commit"
    if author == "you":
        return SectionChoice(Section.WAITING, reason, "you wait for a review of")
    return SectionChoice(Section.REVIEW, reason, "review" if pr.review.state is ReviewState.NONE else "review again")


def _merge(pr: OpenPullRequest, _author: str) -> SectionChoice | None:
    if pr.merge_state not in MERGEABLE or pr.is_draft or pr.is_queued or pr.auto_merge:
        return None
    return SectionChoice(Section.MERGE, f"the forge says {pr.merge_state}", "merge")


def _at_work(pr: OpenPullRequest, _author: str) -> SectionChoice | None:
    if pr.work is not Work.AT_WORK:
        return None
    return SectionChoice(
        Section.AT_WORK, f"{pr.agent or 'an agent'} is at work in its session", "wait for the agent of"
    )


def _checks(pr: OpenPullRequest, _author: str) -> SectionChoice | None:
    if pr.checks is not Checks.PENDING:
        return None
    return SectionChoice(Section.CHECKS, "checks run", "wait for the checks of")


def _waiting(pr: OpenPullRequest, author: str) -> SectionChoice | None:
    return next((SectionChoice(Section.WAITING, *waits) for waits in _waits(pr, author)), None)


def _waits(pr: OpenPullRequest, author: str) -> Iterator[tuple[str, str]]:
    """Yield what it waits for, what blocks it most first."""
    verb = "" if author == "you" else "s"
    if pr.has_base_conflict:
        yield f"conflicts with {pr.base or 'its base'}", f"{author} resolve{verb} the conflict of"
    if pr.review.state is ReviewState.CHANGES_REQUESTED and not pr.is_review_stale:
        yield f"changes requested{_by(pr)}", f"{author} answer{verb} the review of"
    if pr.checks is Checks.FAILING:
        yield "checks fail", f"{author} correct{verb} the checks of"
    if pr.is_draft:
        yield "a draft", f"{author} mark{verb} as ready"
    if pr.is_queued:
        yield "in the merge queue", "wait for the queue to merge"
    if pr.auto_merge:
        yield "merges by itself once the forge allows it", "wait for what the forge requires of"
    if pr.is_approved:
        word = f"the forge says {pr.merge_state}" if pr.merge_state else "whether it can be merged is not known"
        yield f"approved{_by(pr)}; {word}", "see what the forge requires of"


def _unknown(_pr: OpenPullRequest, _author: str) -> SectionChoice:
    return SectionChoice(Section.UNKNOWN, "reviews not read", "read them on the forge:")


def _by(pr: OpenPullRequest) -> str:
    return f" by {', '.join(pr.review.by[:3])}" if pr.review.by else ""


_WORDS = {ReviewState.APPROVED: "approved", ReviewState.CHANGES_REQUESTED: "changes requested"}
_RULES: tuple[Callable[[OpenPullRequest, str], SectionChoice | None], ...] = (
    _review,
    _merge,
    _at_work,
    _checks,
    _waiting,
    _unknown,
)
