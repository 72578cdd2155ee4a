"""Where the prefix of a head branch, such as `claude/`, counts: people make such branches as well.

Alone it is a hint. Among other pull requests it shows who opened it, likely, if its author is the account of a bot, or
if a pull request of the same author shows an agent by something else.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence, Role, merge_agents
from pr_sessions.core.models import PullRequest
from pr_sessions.core.signature import Kind, Signature
from pr_sessions.core.signature_index import Account, account, identity
from pr_sessions.core.signatures import find_agents

_BOT = "[bot]"


def with_branch_agents(prs: Iterable[PullRequest], signatures: Sequence[Signature]) -> tuple[PullRequest, ...]:
    """Return the pull requests of a set; those whose branch shows who opened them have that agent among theirs.

    Args:
        prs: all that are known, in any order.
        signatures: those that count. A team's own branches are certain anyway.
    """
    prs = tuple(prs)
    prefixes = tuple(signature for signature in signatures if _is_prefix(signature))
    # A dependency bot's pull request shows no agent, whatever its branch is.
    others = tuple(signature for signature in signatures if signature.confidence > Confidence.HINT)
    silent = tuple(signature for signature in signatures if signature.kind is Kind.DEPENDENCY_BOT)
    by_branch = [find_agents(pr, (*silent, *prefixes)) if pr.branch else () for pr in prs]
    asked = {_author(pr) for pr, agents in zip(prs, by_branch, strict=True) if agents}
    with_agents: set[tuple[str, bool]] = set()
    for pr in prs:
        author = _author(pr)
        # One pull request of an author is enough.
        if author in asked and author not in with_agents and find_agents(pr, others):
            with_agents.add(author)
    return tuple(
        _opened_by(pr, agents) if agents and (_is_bot(pr) or _author(pr) in with_agents) else pr
        for pr, agents in zip(prs, by_branch, strict=True)
    )


def _is_prefix(signature: Signature) -> bool:
    return (signature.kind, signature.role, signature.confidence) == (Kind.BRANCH, Role.OPENED, Confidence.HINT)


def _author(pr: PullRequest) -> tuple[str, bool]:
    """Return who opened it: a name in git and the same login are not known to be one person."""
    return (pr.author if pr.author_is_name else account(pr.author).login, pr.author_is_name)


def _is_bot(pr: PullRequest) -> bool:
    if not pr.author_is_name:
        return account(pr.author).login.endswith(_BOT)
    person = identity(pr.commit_authors[0]) if pr.commit_authors else None
    return isinstance(person, Account) and person.login.endswith(_BOT)


def _opened_by(pr: PullRequest, agents: Iterable[Agent]) -> PullRequest:
    likely = (replace(agent, role=Role.OPENED, confidence=Confidence.LIKELY) for agent in agents)
    return replace(pr, agents=merge_agents(pr.agents, likely))
