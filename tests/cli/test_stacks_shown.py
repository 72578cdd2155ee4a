"""A stack of the forge in `show`, `explain` and `look`."""

import click
from msgspec.structs import replace

from pr_sessions.core.explain import Explanation
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import NO_STACK, Attribution, Basis, PullRequestRecord, Stack
from pr_sessions.core.policy import Policy
from pr_sessions.core.summary import SessionSummary
from pr_sessions.render.explanation import explanation_lines
from pr_sessions.render.json import record_json
from pr_sessions.render.sessions import pull_request_lines
from pr_sessions.render.table import plain_lines
from strategies import at


def kept(stack: Stack | None) -> PullRequestRecord:
    return PullRequestRecord(author="ada", stack=stack, attribution=Attribution(Basis.STACK, at(0), "stack 50"))


SESSION = replace(
    begin("a", "ada", at(0), inferred=True),
    pull_requests={
        "1": kept(Stack(50, 2, 3, "main")),
        "2": kept(Stack(50, 1, 3, "main")),
        "3": kept(NO_STACK),
        "4": kept(None),
        "ada/tool#5": kept(Stack(50, 1)),
    },
)


def plain(lines: object) -> list[str]:
    return [click.unstyle(line).rstrip() for line in lines]  # type: ignore[attr-defined]


def test_show_names_each_stack_with_its_order() -> None:
    assert plain(plain_lines(pull_request_lines(SESSION)))[-2:] == [
        "  stack 50 into main, of 3: 2 <- 1",
        "  stack 50: ada/tool#5",
    ]


def test_explain_says_the_place_and_the_others() -> None:
    attribution = SESSION.pull_requests["1"].attribution
    explanation = Explanation(number="1", session=SESSION, attribution=attribution)
    said = plain(plain_lines(explanation_lines(explanation, SessionSummary(SESSION, Policy(), at(0)))))

    assert "  stack     place 2 in stack 50 into main, of 3; here 2 <- 1" in said
    assert "  rests on  a stack of the forge" in said
    assert any(line.startswith("  -> decided   stack      its author's others in the same stack") for line in said)


def test_json_has_the_place_of_each() -> None:
    shown = {number: record_json(record).get("stack") for number, record in SESSION.pull_requests.items()}

    assert shown == {
        "1": {"number": 50, "position": 2, "size": 3, "base": "main"},
        "2": {"number": 50, "position": 1, "size": 3, "base": "main"},
        "3": None,
        "4": None,
        "ada/tool#5": {"number": 50, "position": 1, "size": None, "base": None},
    }
