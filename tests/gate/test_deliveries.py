"""Real deliveries of GitHub, of github.com and of old Enterprise servers: each is taken, or refused with a reason."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliveries import FOLDERS, everything, examples, recorded
from pr_sessions.errors import InvalidValue
from pr_sessions.gate.event import EVENTS, OCCASIONS, Event, read_payload

ON_AN_ISSUE = "a comment on an issue, not on a pull request"


def outcome(event: str, payload: Any) -> Event | str:
    """The event, or why the payload is of no use."""
    try:
        return read_payload(event, payload)
    except InvalidValue as error:
        return str(error)


@pytest.mark.parametrize(("event", "count"), [("pull_request", 46), ("pull_request_review", 11)])
def test_every_delivery_of_a_pull_request_is_taken(event: str, count: int) -> None:
    deliveries = recorded(event)
    taken = [one for example in deliveries if isinstance(one := outcome(event, example), Event)]

    assert len(taken) == len(deliveries) == count
    for delivery, example in zip(taken, deliveries, strict=True):
        told = example["pull_request"]
        read = delivery.pull_request
        assert read
        assert (delivery.action, delivery.repository, delivery.sender.login) == (
            example["action"],
            example["repository"]["full_name"],
            example["sender"]["login"],
        )
        assert (read.pull_request.number, read.pull_request.title, read.head_sha, read.pull_request.branch) == (
            str(told["number"]),
            told["title"],
            told["head"]["sha"],
            told["head"]["ref"],
        )


def test_comments_on_issues_are_refused_and_on_pull_requests_taken() -> None:
    deliveries = recorded("issue_comment")
    outcomes = Counter(type(outcome("issue_comment", example)).__name__ for example in deliveries)
    about = Counter("Event" if example["issue"].get("pull_request") else "str" for example in deliveries)

    assert (outcomes, len(deliveries)) == (about, 20)
    assert outcome("issue_comment", deliveries[0]) == ON_AN_ISSUE


def test_a_comment_on_a_pull_request_tells_both() -> None:
    example = examples("api.github.com", "issue_comment")[0]
    example["issue"]["pull_request"] = {"url": "https://api.github.com/x", "merged_at": "2025-11-22T10:00:00Z"}
    delivery = read_payload("issue_comment", example)

    assert delivery.pull_request
    assert delivery.comment
    assert (delivery.pull_request.pull_request.state, delivery.comment.body, delivery.comment.author.login) == (
        "merged",
        example["comment"]["body"],
        example["comment"]["user"]["login"],
    )


def test_every_other_recorded_event_is_refused_by_its_name() -> None:
    for folder in FOLDERS:
        for one in everything(folder):
            if one["name"] not in (*EVENTS, *OCCASIONS):
                for example in one["examples"]:
                    assert outcome(one["name"], example) == f"the event {one['name']!r} is not looked at"


@pytest.mark.parametrize(
    ("event", "wrong", "reason"),
    [
        ("pull_request", {"pull_request": None}, "the event pull_request tells of no pull request"),
        ("issue_comment", {}, "the event issue_comment tells of no pull request"),
        ("pull_request_review", {"review": None}, "an event without its review"),
        ("pull_request", {"repository": None}, "Expected `object`, got `null` - at `$.repository`"),
    ],
)
def test_what_lacks_its_subject_is_refused_with_the_reason(event: str, wrong: dict[str, Any], reason: str) -> None:
    example = examples("api.github.com", "pull_request")[0] | wrong

    assert outcome(event, example) == reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("action", "repository", "sender", "pull_request", "issue", "comment", "review")
OCCASION_KEYS = ("action", "repository", "sender", "merge_group", "head_commit")


@pytest.mark.parametrize(("event", "count"), [("merge_group", 2), ("push", 14), ("workflow_dispatch", 7)])
def test_every_delivery_of_a_repository_is_taken(event: str, count: int) -> None:
    deliveries = recorded(event)
    taken = [one for example in deliveries if isinstance(one := outcome(event, example), Event)]

    assert len(taken) == len(deliveries) == count
    assert [(one.repository, one.sender.login, one.sha) for one in taken] == [
        (
            example["repository"]["full_name"],
            example["sender"]["login"],
            example["merge_group"]["head_sha"] if event == "merge_group" else "",
        )
        for example in deliveries
    ]


def test_a_merge_group_without_its_commit_is_refused() -> None:
    assert outcome("merge_group", {"merge_group": None}) == "an event without its merge group"
    assert outcome("merge_group", {"merge_group": {}}) == (
        "Object missing required field `head_sha` - at `$.merge_group`"
    )


@given(st.sampled_from(OCCASIONS), json_values | st.dictionaries(st.sampled_from(OCCASION_KEYS), json_values))
def test_no_payload_of_a_repository_crashes(event: str, payload: Any) -> None:
    assert isinstance(outcome(event, payload), Event | str)


@given(st.sampled_from(EVENTS), json_values | st.dictionaries(st.sampled_from(KEYS), json_values))
def test_no_payload_crashes(event: str, payload: Any) -> None:
    assert isinstance(outcome(event, payload), Event | str)


@given(st.sampled_from(EVENTS), st.data())
def test_no_change_of_a_real_delivery_crashes(event: str, data: st.DataObject) -> None:
    example: Any = examples("api.github.com", "issue_comment" if event == "issue_comment" else "pull_request")[0]
    place = example
    for _ in range(data.draw(st.integers(0, 3))):
        inner = [key for key, value in place.items() if isinstance(value, dict)]
        place = place[data.draw(st.sampled_from(sorted(inner)))] if inner else place
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(json_values)

    assert isinstance(outcome(event, example), Event | str)
