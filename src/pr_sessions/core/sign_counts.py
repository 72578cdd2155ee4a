"""In how many of a pull request's commits a sign of an agent stands."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from pr_sessions.core.agents import Evidence
from pr_sessions.core.models import PullRequest
from pr_sessions.core.signature import Signature
from pr_sessions.core.signatures import find_agents


class SignCounts(Struct, frozen=True):
    """How many commits show what.

    Attributes:
        commits: how many were read; 0 where none were, as of a squash.
        showing: by evidence, how many of these show it.
    """

    commits: int = 0
    showing: Mapping[Evidence, int] = {}


def count_signs(pull_request: PullRequest, signatures: Iterable[Signature]) -> SignCounts:
    """Return in how many of its commits each sign stands that a commit alone can show."""
    messages, authors = pull_request.commit_messages, pull_request.commit_authors
    known_authors = authors if len(authors) == len(messages) else ("",) * len(messages)
    signatures = tuple(signatures)
    showing: Counter[Evidence] = Counter()
    for message, author in zip(messages, known_authors, strict=True):
        commit = PullRequest(number=pull_request.number, commit_messages=(message,), commit_authors=(author,))
        showing.update({evidence for agent in find_agents(commit, signatures) for evidence in agent.evidence})
    return SignCounts(len(messages), showing)
