import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.agents import Agent, Evidence
from pr_sessions.core.detection import detect
from pr_sessions.core.evidence_text import render_full, render_minimal
from pr_sessions.core.models import PullRequest, Verdict
from pr_sessions.core.policy import DEFAULT_PATTERNS, Policy
from pr_sessions.errors import InvalidValue
from rules import all_signatures, no_signatures

ID = "mary-jane-20251121-0900"
OTHER = "john.doe-20251121-0900"
HEURISTIC = Policy(enable_heuristic_detection=True)
MANUAL = Verdict(is_auto=False)


def verdict(*evidence: tuple[str, str], agents: tuple[Agent, ...] = ()) -> Verdict:
    found = tuple(Evidence(rule, detail) for rule, detail in evidence)
    return Verdict(is_auto=True, evidence=found, agents=agents)


@pytest.mark.parametrize(
    ("title", "pattern"),
    [
        ("auto-pr: add parser", r"^auto-pr:"),
        ("WIP: add parser", r"^wip:"),
        ("[auto] add parser", r"^\[auto\]"),
        ("checkpoint: 3", r"^checkpoint:"),
        ("cursor-session 12", r"^cursor-session"),
        ("🤖 add parser", r"^🤖"),
        ("  auto-pr: add parser", r"^auto-pr:"),
    ],
)
def test_a_default_pattern_at_the_title_is_evidence(title: str, pattern: str) -> None:
    assert detect(PullRequest(number="1", title=title), no_signatures(Policy())) == verdict(("title", pattern))


@pytest.mark.parametrize(
    "pr",
    [
        PullRequest(number="1"),
        PullRequest(number="1", title="Automate the parser", body="auto-pr: in a body", files_changed=1),
        PullRequest(number="1", title="Fix auto-pr: prefix"),
        PullRequest(number="1", commit_messages=("add parser\n\nauto-pr: in the second paragraph",)),
        PullRequest(number="1", body=f"> {render_minimal(ID)}\n```\n{render_full(ID)}\n```"),
    ],
)
def test_without_evidence_a_pull_request_is_manual(pr: PullRequest) -> None:
    assert detect(pr, no_signatures(Policy())) == MANUAL


@pytest.mark.parametrize(
    ("pr", "expected"),
    [
        (PullRequest(number="1", title=f"[cursor-session: {ID}] x"), verdict(("title", "full"))),
        (PullRequest(number="1", body=render_full(ID)), verdict(("body mark", "full"))),
        (PullRequest(number="1", body=render_minimal(ID)), verdict(("body mark", "minimal"))),
        (PullRequest(number="1", body=f"text\n\nSession-ID: {ID}"), verdict(("body mark", "trailer"))),
        (PullRequest(number="1", commit_messages=("wip: a\r\n\r\nb",)), verdict(("commit message", "^wip:"))),
        (
            PullRequest(number="1", agents=(Agent("codex"), Agent("devin"))),
            verdict(("agent", "codex"), ("agent", "devin"), agents=(Agent("codex"), Agent("devin"))),
        ),
    ],
)
def test_each_rule_names_what_it_saw(pr: PullRequest, expected: Verdict) -> None:
    assert detect(pr, no_signatures(Policy())) == expected


def test_marks_of_two_sessions_are_evidence_all_the_same() -> None:
    body = f"{render_full(ID)}\n\n{render_full(OTHER)}"
    assert detect(PullRequest(number="1", body=body), no_signatures(Policy())) == verdict(("body mark", "full"))


def test_all_rules_that_speak_are_collected_in_order_and_once() -> None:
    pr = PullRequest(
        number="1",
        title="auto-pr: a",
        body=render_minimal(ID),
        commit_messages=("wip: a", "WIP: b", "auto-pr: c"),
        agents=(Agent("codex"), Agent("codex")),
        files_changed=2,
    )
    assert detect(pr, no_signatures(HEURISTIC)) == verdict(
        ("title", "^auto-pr:"),
        ("commit message", "^wip:"),
        ("commit message", "^auto-pr:"),
        ("body mark", "minimal"),
        ("agent", "codex"),
        ("small change", "fewer than 5 files"),
        agents=(Agent("codex"),),
    )


@pytest.mark.parametrize(
    ("policy", "files", "expected"),
    [
        (HEURISTIC, 4, verdict(("small change", "fewer than 5 files"))),
        (HEURISTIC, 0, verdict(("small change", "fewer than 5 files"))),
        (HEURISTIC, 5, MANUAL),
        (HEURISTIC, None, MANUAL),
        (Policy(), 1, MANUAL),
    ],
)
def test_a_small_change_counts_only_when_switched_on_and_known(
    policy: Policy, files: int | None, expected: Verdict
) -> None:
    assert detect(PullRequest(number="1", files_changed=files), no_signatures(policy)) == expected


def test_a_pattern_that_cannot_be_used_is_an_error() -> None:
    with pytest.raises(InvalidValue, match="is refused"):
        detect(PullRequest(number="1", title="x"), no_signatures(Policy(auto_pr_patterns=("(",))))


@given(
    title=st.text(),
    body=st.text(),
    messages=st.lists(st.text(), max_size=3),
    files=st.none() | st.integers(0, 9),
)
def test_evidence_never_holds_the_pull_requests_own_words(
    title: str, body: str, messages: list[str], files: int | None
) -> None:
    pr = PullRequest(number="1", title=title, body=body, commit_messages=tuple(messages), files_changed=files)
    details = {found.detail for found in detect(pr, no_signatures(HEURISTIC)).evidence}
    assert details <= {*DEFAULT_PATTERNS, "full", "trailer", "minimal", "fewer than 5 files"}


def test_the_agents_that_signatures_show_are_evidence_with_those_that_the_source_names() -> None:
    pr = PullRequest(number="1", labels=("codex",), commit_authors=("codex@openai.com",), agents=(Agent("devin"),))
    evidence = (Evidence("commit-author", "codex/commit-author"), Evidence("label", "codex/label"))
    assert detect(pr, all_signatures(Policy())) == verdict(
        ("agent", "codex"), ("agent", "devin"), agents=(Agent("codex", evidence=evidence), Agent("devin"))
    )


def test_the_run_that_opened_it_is_the_first() -> None:
    runs = [f"session_{n:014}" for n in (3, 1, 2)]
    messages = tuple(f"x\n\nClaude-Session: https://claude.ai/code/{run}" for run in runs)
    pr = PullRequest(number="1", commit_messages=messages)
    assert [run.id for run in detect(pr, all_signatures(Policy())).runs] == [runs[2], runs[1], runs[0]]
