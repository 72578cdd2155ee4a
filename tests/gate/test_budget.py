import pytest
from msgspec.structs import replace
from snapshots import COPILOT, DEVIN, POLICY, ended, fork, snapshot, told

from pr_sessions.forges.base import ForgePullRequest
from pr_sessions.gate.rebuild import rebuild
from pr_sessions.gate.status import Breach, breaches, undecided
from rules import all_signatures
from scene import minute

DEVINS = "158243242+devin-ai-integration[bot]@users.noreply.github.com"
PRS = [
    told(1, author=DEVIN, title="Fix"),
    told(2, 1, DEVIN, title="Fix"),
    ended(told(3, 2, DEVIN, title="Fix"), 3),
    told(4, 3, DEVIN, title="Fix", labels=("no-session",)),
    told(5, 4, COPILOT, title="Fix"),
    told(6, 5, "ada", commit_authors=(DEVINS,)),
    told(7, 6, "mallory", commit_authors=(DEVINS,)),
    fork(8, 7, "mallory", body="Link to Devin run: https://app.devin.ai/sessions/0a1b"),
    told(
        9,
        8,
        "ada",
        commit_messages=(f"x\n\nCo-authored-by: D <{DEVINS}>",),
    ),
    told(10, 9, COPILOT, title="Fix", commit_authors=(DEVINS,)),
    told(11, 10, "ada", title="Fix", branch="devin/a"),
]


def found(number: str, budget: int | None, prs: list[ForgePullRequest] = PRS) -> tuple[Breach, ...]:
    policy = replace(POLICY, open_budget=budget)
    seen = snapshot(*prs)
    return breaches(number, seen, rebuild(seen, all_signatures(policy), minute(60)), policy)


@pytest.mark.parametrize(
    ("number", "budget", "expected"),
    [
        ("1", None, ()),
        ("1", 4, ()),
        ("1", 3, (Breach("devin", 4, 3),)),
        ("6", 3, (Breach("devin", 4, 3),)),
        ("5", 1, (Breach("copilot", 2, 1),)),
        ("10", 1, (Breach("copilot", 2, 1), Breach("devin", 4, 1))),
        ("10", 3, (Breach("devin", 4, 3),)),
        ("3", 1, ()),
        ("4", 1, ()),
        ("7", 1, ()),
        ("8", 1, ()),
        ("9", 0, ()),
        ("11", 0, ()),
        ("404", 1, ()),
    ],
)
def test_an_agent_has_more_open_pull_requests_than_it_may(
    number: str, budget: int | None, expected: tuple[Breach, ...]
) -> None:
    assert found(number, budget) == expected


def test_somebody_who_is_not_known_to_write_counts_for_nothing() -> None:
    """A stranger opens pull requests from branches that are there, and says that an agent did."""
    forged = [told(number, number, "eve", title="Fix", commit_authors=(DEVINS,)) for number in (20, 21, 22)]
    seen = snapshot(PRS[0], *forged)
    policy = replace(POLICY, open_budget=2)
    rebuilt = rebuild(seen, all_signatures(policy), minute(60))

    assert breaches("1", seen, rebuilt, policy) == ()
    assert undecided(seen, rebuilt) == ("eve", "eve", "eve")


def test_the_order_in_which_they_are_told_does_not_matter() -> None:
    assert found("10", 1, PRS[::-1]) == found("10", 1)
