"""The prefix of a branch counts where its author is a bot or works with agents."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.config.cache import effective_signatures, package_signatures
from pr_sessions.core.agents import Agent, Confidence, Evidence, Role
from pr_sessions.core.branch_prefix import with_branch_agents
from pr_sessions.core.models import PullRequest

ALL = package_signatures()
CODEX = Agent("codex", Role.OPENED, Confidence.LIKELY, (Evidence("branch", "codex/branch"),))


def pr(number: int = 1, author: str = "ada", **fields: Any) -> PullRequest:
    return PullRequest(**{"number": str(number), "author": author, "branch": "codex/x", **fields})


SIGNED = pr(2, branch="fix", commit_messages=("x\n\nCo-authored-by: Claude <noreply@anthropic.com>",))


def agents(*prs: PullRequest) -> tuple[Agent, ...]:
    """Those of the first one."""
    return with_branch_agents(prs, ALL)[0].agents


@pytest.mark.parametrize(
    "prs",
    [
        (pr(), SIGNED),
        (pr(author="Ada"), SIGNED),
        (pr(commit_messages=SIGNED.commit_messages),),
        (pr(author="acme[bot]"),),
        (pr(author="app/acme"),),
        (pr(author="Acme", author_is_name=True, commit_authors=("1234+acme[bot]@users.noreply.github.com",)),),
        (pr(author_is_name=True), pr(2, author_is_name=True, commit_messages=SIGNED.commit_messages)),
    ],
)
def test_the_prefix_counts_for_a_bot_and_for_who_works_with_agents(prs: tuple[PullRequest, ...]) -> None:
    assert agents(*prs) == (CODEX,)
    assert with_branch_agents(prs[::-1], ALL) == with_branch_agents(prs, ALL)[::-1]


@pytest.mark.parametrize(
    "prs",
    [
        (pr(),),
        (pr(), pr(2)),
        (pr(), pr(2, "bob", branch="fix", commit_messages=SIGNED.commit_messages)),
        (pr(), pr(2, branch="fix", author_is_name=True, commit_messages=SIGNED.commit_messages)),
        (pr(), pr(2, title="[codex] x", branch="gemini/x")),
        (pr(branch="codex-x"), SIGNED),
        (pr(branch="gemini/x"), SIGNED),
        (pr(branch="fix"), SIGNED),
        (pr(branch=None), SIGNED),
        (pr(author="dependabot[bot]"),),
        (pr(author="acme[bot]", author_is_name=True),),
    ],
)
def test_elsewhere_it_is_a_hint(prs: tuple[PullRequest, ...]) -> None:
    assert with_branch_agents(prs, ALL) == prs


def test_a_prefix_that_is_off_counts_nowhere() -> None:
    signatures = effective_signatures((), ("codex/branch",))
    assert with_branch_agents((pr(), SIGNED), signatures) == (pr(), SIGNED)


PRS = st.lists(st.sampled_from([pr(), SIGNED, pr(3, "bob"), pr(4, "acme[bot]"), pr(5, branch="fix")]), unique=True)


@given(PRS)
def test_more_pull_requests_never_take_an_agent_away(prs: list[PullRequest]) -> None:
    few, more = with_branch_agents(prs[:2], ALL), with_branch_agents(prs, ALL)
    assert all(agent in whole.agents for part, whole in zip(few, more, strict=False) for agent in part.agents)
