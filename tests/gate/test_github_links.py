"""Nothing that somebody else wrote becomes a link, a mention or a reference in what we write on GitHub."""

import re
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from assessments import SESSION, assessed, pull, rebuilt, session, snapshot, viewed
from pr_sessions.core.agents import Evidence
from pr_sessions.core.models import Attribution, Basis, Completion, PullRequestRecord
from pr_sessions.core.policy import Policy
from pr_sessions.forges.base import ChangedFile
from pr_sessions.gate.checks.heads import Head
from pr_sessions.gate.checks.updates import NextState, not_started, summary_of
from pr_sessions.gate.comments.digest import Subject, digest, link
from pr_sessions.gate.status import Breach
from pr_sessions.gate.wording import code, reference, references, text
from pr_sessions.render.assessment import summary
from rendering import AUTOLINKS, HOSTILE, linked
from strategies import START

# Of each kind, something that GitHub links.
LINKS = {
    "a mention of a person or a team": ["@ada", "@ada/team", "(@ada)"],
    "a reference, also to another repository": ["#1", "ada/shop#1", "ada#1", "victim/repo#1", "fixes #1"],
    "a reference the other way": ["GH-1", "gh-1"],
    "an advisory": ["GHSA-abcd-1234-efgh", "CVE-2021-44228"],
    "a ticket of a team's own": ["JIRA-12"],
    "a commit": ["6dcb09b", "6dcb09b5b57875f334f61aebed695e2e4193db5e", "6dcb09b...deadbee"],
    "a commit of somebody": ["ada@6dcb09b5", "ada/shop@6dcb09b5"],
    "an address": ["https://evil.example/x", "HTTP://a.b", "ftp://a.b", "mailto:a@b.c", "xmpp:a@b.c"],
    "an address without a scheme": ["www.evil.example"],
    "an e-mail address": ["ada@example.com"],
    "an emoji": [":rocket:"],
}
TRICKS = (
    "&#64;ada",
    "&commat;ada",
    "&#x23;1",
    "@\u200bada",
    "\\@ada",
    "<a href=//x>y</a>",
    "[x](//y)",
    "![x](//y)",
    "<https://a.b>",
    "#\u2060" + "1",
    "`@ada",
    "a`@ada`b",
    "\u202e@ada",
)
SAMPLES = [*(sample for samples in LINKS.values() for sample in samples), *TRICKS]
WORDS = st.sampled_from(SAMPLES) | st.lists(st.sampled_from(SAMPLES), max_size=3).map(" ".join) | HOSTILE


def test_there_is_an_example_of_each_kind() -> None:
    assert {kind for kind, rule in AUTOLINKS.items() if all(re.search(rule, s) for s in LINKS[kind])} == set(LINKS)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("shown", [text, code, reference, lambda told: references([told, told])])
def test_nothing_is_left_of_it(shown: type[str], sample: str) -> None:
    assert linked(f"so {shown(sample)} so") - ({"#1"} if sample == "#1" else set()) == set()


@given(st.lists(WORDS, min_size=1, max_size=3))
def test_nothing_is_left_of_any_of_them(words: list[str]) -> None:
    assert linked(" ".join(text(one) for one in words)) == set()


@settings(max_examples=50)
@given(number=WORDS, told=WORDS)
@example(number="victim/repo#1", told="@ada/team")
def test_no_comment_and_no_summary_links_what_a_document_or_a_title_says(number: str, told: str) -> None:
    """Only the repository's own pull requests are linked."""
    seen = snapshot(pull(1, f"auto-pr: {told}", branch=told), pull(2, told))
    seen = replace(seen, files=dict.fromkeys("12", (ChangedFile(told),)))
    held = session("1", "2", number, author=told, id=told or SESSION, agents=(told,), title=told, aliases=(told,))
    placed = Attribution(Basis.MANUAL, START, told, by=told)
    record = PullRequestRecord(author=told, evidence=(Evidence("title", told),), attribution=placed)
    held = replace(held, pull_requests={**held.pull_requests, "2": record})
    ended = replace(held, completion=Completion(START + timedelta(minutes=9), f"explicit_marker: {told}"))
    budget = (Breach(agent=told, open=3, budget=2),)
    for one in (held, ended):
        shown = viewed(seen, one)
        subject = Subject(view=shown, snapshot=seen, rebuilt=rebuilt(one), policy=Policy(), breaches=budget)
        assessment = replace(assessed(), view=shown, breaches=budget, snapshot=replace(seen, unknowns=(told, number)))
        for written in (digest(subject, START), link(one.id, number), summary(assessment)):
            assert linked(written) - own_references(number) == set()


def own_references(number: str) -> set[str]:
    """Those of the test's pull requests, and the number itself where it is one."""
    digits = number.strip().removeprefix("#")
    found = {"#1", "#2"}
    return found | {f"#{int(digits)}"} if re.fullmatch("[0-9]{1,18}", digits, re.ASCII) else found


@pytest.mark.parametrize("step", NextState)
@settings(max_examples=20)
@given(told=WORDS)
def test_no_check_links_what_somebody_wrote(step: NextState, told: str) -> None:
    policy = Policy(gate_checks=(told or "test",), gate_workflow=told)
    head = Head(sha="6dcb09b", decision=assessed().decision, branch=told, session=told)
    assert linked(summary_of(step, head, policy)) == set()
    assert linked(not_started(told, told, told)[1]) == set()
