"""Where a team hides people: what is stored of a pull request that somebody made with an agent names the agent."""

from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence, Involvement, involvement, merge_agents
from pr_sessions.core.models import PullRequest, PullRequestRecord
from pr_sessions.core.policy import People, Policy


def without_person(
    pull_request: PullRequest, known: PullRequestRecord | None, run: tuple[str, str] | None, policy: Policy
) -> PullRequest:
    """Return what may be stored of a pull request: itself, or the name of its agent in place of its author's.

    A branch that names the author is left out. What an agent opened stays as it is.

    Args:
        pull_request: with the agents that were found.
        known: what is stored of it already; a hook may have seen an agent open it.
        run: the run that opened it, agent and key.
        policy: whether people are hidden.
    """
    author = pull_request.author.casefold()
    if policy.people is People.SHOWN or not author:
        return pull_request
    agents = merge_agents(known.agents if known else (), pull_request.agents)
    if involvement(agents) is not Involvement.ASSISTED:
        return pull_request
    name = run[0] if run else next(agent.name for agent in agents if _is_shown(agent))
    branch, base = (_unless_naming(author, branch) for branch in (pull_request.branch, pull_request.base))
    stack = pull_request.stack
    if stack and _unless_naming(author, stack.base) is None:
        stack = replace(stack, base="")
    return replace(pull_request, author=name, branch=branch, base=base, stack=stack)


def _is_shown(agent: Agent) -> bool:
    return agent.confidence >= Confidence.LIKELY


def _unless_naming(author: str, branch: str | None) -> str | None:
    return None if branch and author in branch.casefold() else branch
