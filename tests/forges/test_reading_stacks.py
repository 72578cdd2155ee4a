"""Stacks as GitHub describes them: in a pull request, and in lists of their own."""

from typing import Any

import pytest

from asking import Ask
from descriptions import description
from fake_github import FakeGitHub
from pr_sessions.core.models import NO_STACK, Stack, State
from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.base import ForgeStack, StackMember
from pr_sessions.forges.github.payload import read_pull_request, read_stack

BASE = {"ref": "main", "sha": "a" * 40}


def place(**said: Any) -> dict[str, Any]:
    return {"id": 123456, "number": 50, "size": 5, "position": 2, "base": BASE, **said}


@pytest.mark.parametrize(
    ("told", "stack"),
    [
        ({"stack": place()}, Stack(50, 2, 5, "main")),
        ({"stack": place(size=None, base=None)}, Stack(50, 2)),
        ({"stack": place(base={"ref": None})}, Stack(50, 2, 5)),
        # The description requires the base alone.
        ({"stack": {"base": BASE}}, None),
        ({"stack": None}, NO_STACK),
        ({}, None),
    ],
)
def test_a_pull_request_says_its_place(told: dict[str, Any], stack: Stack | None) -> None:
    assert read_pull_request({"number": 7, **told}).pull_request.stack == stack


@pytest.mark.parametrize(
    "wrong", [{"number": 0}, {"position": 0}, {"position": -1}, {"number": "50"}, {"base": "main"}]
)
def test_a_place_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        read_pull_request({"number": 7, "stack": place(**wrong)})


def test_the_official_example_of_a_list_is_read() -> None:
    operation = description().operation("GET", "/repos/ada/shop/stacks")
    assert operation
    answer = operation.spec["responses"]["200"]["content"]["application/json"]

    assert [read_stack(row) for row in answer["examples"]["default"]["value"]] == [
        ForgeStack(
            42,
            "main",
            (
                StackMember("101", State.OPEN, "user-model", "aaa1111aaa1111aaa1111aaa1111aaa1111aaa11"),
                StackMember("102", State.OPEN, "user-api", "bbb2222bbb2222bbb2222bbb2222bbb2222bbb22"),
            ),
        )
    ]


def test_the_stacks_of_a_pull_request_are_asked_for_and_a_server_without_any_has_none(
    fake: FakeGitHub, ask: Ask
) -> None:
    for number in (1, 2, 3):
        fake.add_pull(number, "work", "2025-11-22T10:00:00Z")
    fake.pulls[1] |= {"state": "closed", "merged_at": "2025-11-22T11:00:00Z"}
    assert ask(lambda github: github.stacks(2)) == ()

    fake.stacks = {50: [1, 2], 51: [3]}
    sha = fake.pulls[1]["head"]["sha"]
    members = (StackMember("1", State.MERGED, "work-1", sha), StackMember("2", State.OPEN, "work-2", sha))
    assert ask(lambda github: github.stacks(2)) == (ForgeStack(50, "main", members),)
    assert [stack.number for stack in ask(lambda github: github.stacks())] == [50, 51]
    assert [pr.pull_request.stack for pr in ask(lambda github: github.pull_requests()).pull_requests] == [
        Stack(51, 1, 1, "main"),
        Stack(50, 2, 2, "main"),
    ]
    assert ask(lambda github: github.pull_request(2)).pull_request.stack == Stack(50, 2, 2, "main")


def test_a_refusal_is_no_absence(fake: FakeGitHub, ask: Ask) -> None:
    fake.forbidden.add("pull-request-stacks/list")

    with pytest.raises(ForgeFailed):
        ask(lambda github: github.stacks(2))
