"""Whose word counts: what a pull request says of itself is its author's word, who may be anybody. Pure."""

from collections.abc import Mapping

from msgspec.structs import replace

from pr_sessions.forges.github.payload import GitHubPullRequest
from pr_sessions.sessions.session import PullRequest

NO_SESSION = "no-session"


def believed(one: GitHubPullRequest, writers: Mapping[str, bool]) -> bool | None:
    """Whether its word counts; `None` where nobody has asked yet whether its author may write.

    An App's account that has put a branch into the repository may write to it. A fork's branch says nothing of that.
    """
    if one.is_fork or not one.author.login:
        return False
    return True if one.author.is_bot else writers.get(one.author.login.lower())


def heard(one: GitHubPullRequest, *, believes: bool) -> PullRequest:
    """What rules may look at: all of it, or no more than the account that opened it."""
    told = one.pull_request
    if believes:
        return told
    return replace(
        told,
        title="",
        body="",
        branch=None,
        labels=(),
        commit_messages=(),
        commit_authors=(),
        commits=(),
        agents=(),
    )


def is_excluded(one: GitHubPullRequest) -> bool:
    """Whether a label takes it out of sessions. Only who may triage sets labels, whoever opened it."""
    return any(label.casefold() == NO_SESSION for label in one.pull_request.labels)
