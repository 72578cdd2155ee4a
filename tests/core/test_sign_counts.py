"""What is said of agents' part in a pull request: the kind of sign, and in how many of its commits it stands."""

import pytest

from pr_sessions.core.agents import Agent, Confidence, Evidence, Role
from pr_sessions.core.explain import involvement_clause
from pr_sessions.core.models import PullRequest
from pr_sessions.core.policy import Policy
from pr_sessions.core.sign_counts import SignCounts, count_signs
from pr_sessions.core.signatures import find_agents
from rules import all_signatures

CLAUDE = "Work\n\nCo-authored-by: Claude <noreply@anthropic.com>"
SIGNATURES = all_signatures(Policy()).signatures


def clause(pull_request: PullRequest) -> str:
    return involvement_clause(
        find_agents(pull_request, SIGNATURES), count_signs(pull_request, SIGNATURES), lambda text: text
    )


def test_it_is_said_in_how_many_commits_a_sign_stands() -> None:
    messages = (CLAUDE, "Work", CLAUDE, CLAUDE)

    assert clause(PullRequest(number="1", commit_messages=messages)) == (
        "assisted by claude-code: co-author claude-code in 3 of 4 commits"
    )


def test_whose_commits_they_are_is_counted_as_well() -> None:
    authors = ("ada@example.org", "cursoragent@cursor.com")
    pull_request = PullRequest(number="1", commit_messages=("One", "Two"), commit_authors=authors)

    assert clause(pull_request) == "assisted by cursor: commit author cursor in 1 of 2 commits"


def test_a_sign_that_no_commit_shows_is_named_alone() -> None:
    assert clause(PullRequest(number="1", body=CLAUDE)) == "assisted by claude-code: co-author claude-code"


@pytest.mark.parametrize(
    ("agents", "text"),
    [
        ((), "no sign of an agent"),
        (
            (Agent("devin", Role.ASSISTED, Confidence.HINT, (Evidence("branch", "devin/branch"),)),),
            "no sign of an agent; only a hint: branch of devin",
        ),
        (
            (
                Agent("claude-code", Role.ASSISTED, Confidence.CERTAIN, (Evidence("co-author", "claude-code/co"),)),
                Agent("cursor", Role.OPENED, Confidence.CERTAIN, (Evidence("author", "cursor/author"),)),
            ),
            "opened by cursor: its author is cursor, co-author claude-code",
        ),
        ((Agent("codex", Role.OPENED, Confidence.CERTAIN),), "opened by codex: no reason is kept"),
        (
            (Agent("codex", Role.OPENED, Confidence.CERTAIN, (Evidence("newer", "x"),)),),
            "opened by codex: newer of codex",
        ),
    ],
)
def test_the_strongest_part_is_named_with_its_signs_first(agents: tuple[Agent, ...], text: str) -> None:
    assert involvement_clause(agents, SignCounts(), lambda text: text) == text
