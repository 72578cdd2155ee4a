import pytest
from benchmarks.accuracy.detection import Detection, detection, slug
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.config.cache import package_signatures
from pr_sessions.core.models import PullRequest

ALL = package_signatures()
HELP = "x\n\nCo-authored-by: Claude <noreply@anthropic.com>"
TOLD = {
    "own": PullRequest(number="1", commit_authors=("codex@openai.com",)),
    "own, with help": PullRequest(number="2", commit_authors=("codex@openai.com",), commit_messages=(HELP,)),
    "of another": PullRequest(number="3", commit_messages=(HELP,)),
    "a hint": PullRequest(number="4", title="[codex] x", branch="codex/x"),
    "nobody's": PullRequest(number="5", title="x", author="ada"),
}


def test_each_pull_request_is_the_agents_anothers_or_nobodys() -> None:
    assert detection("OpenAI_Codex", TOLD.values(), ALL) == Detection(
        total=5,
        recognised=2,
        as_other=1,
        unrecognised=2,
        opened=2,
        evidence={"codex/commit-author": 2},
        others={"claude-code/co-author": 1},
    )


@given(st.lists(st.sampled_from(list(TOLD.values()))), st.sampled_from(["codex", "Claude_Code", "Devin", "else"]))
def test_the_shares_add_up_to_all(told: list[PullRequest], name: str) -> None:
    found = detection(name, told, ALL)
    assert found.recognised + found.as_other + found.unrecognised == found.total == len(told)


@pytest.mark.parametrize(
    ("name", "agent"),
    [
        ("OpenAI_Codex", "codex"),
        ("Claude_Code", "claude-code"),
        ("Devin", "devin"),
        ("GitHub Copilot", "copilot"),
        ("Else", "else"),
        ("ramp", "ramp"),
    ],
)
def test_a_folder_is_named_after_an_agent(name: str, agent: str) -> None:
    assert slug(name, {signature.agent for signature in ALL}) == agent
