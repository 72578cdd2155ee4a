"""The runner's event file: whatever it holds, it is an event or a problem in words."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliveries import FOLDERS, everything, examples
from pr_sessions.core.times import read_time
from pr_sessions.forges.base import User
from pr_sessions.gate import event as event_file
from pr_sessions.gate.event import EVENTS, OCCASIONS, Event, IssueEdit, read_event

REPOSITORY = "Codertocat/Hello-World"
EVIL = {"full_name": "eve/evil"}


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """The event file with that in it."""

    def write(told: Any) -> Path:
        path = tmp_path / "event.json"
        path.write_bytes(told if isinstance(told, bytes) else json.dumps(told).encode())
        return path

    return write


def opened() -> Any:
    return next(one for one in examples("api.github.com", "pull_request") if one["action"] == "opened")


def test_a_pull_request_is_told_whole(written: Any) -> None:
    example = opened()
    event = read_event(written(example), "pull_request", REPOSITORY.upper(), "the merge commit of the runner")

    assert event.pull_request
    assert (event.pull_request.pull_request.title, event.sender.login) == (
        example["pull_request"]["title"],
        example["sender"]["login"],
    )
    assert (event.name, event.action, event.repository, event.number, event.sha, event.at, event.problem) == (
        "pull_request",
        "opened",
        REPOSITORY,
        str(example["number"]),
        example["pull_request"]["head"]["sha"],
        read_time(example["pull_request"]["updated_at"]),
        "",
    )


def test_a_comment_tells_of_no_commit(written: Any) -> None:
    example = examples("api.github.com", "issue_comment")[0]
    example["issue"]["pull_request"] = {"url": "https://api.github.com/x"}
    event = read_event(written(example), sha="the default branch's")

    assert event.comment
    assert (event.name, event.number, event.sha, event.comment.body, event.problem) == (
        "issue_comment",
        str(example["issue"]["number"]),
        "",
        example["comment"]["body"],
        "",
    )


def test_a_review_happened_when_it_was_submitted(written: Any) -> None:
    example = examples("api.github.com", "pull_request_review")[0]
    example["review"]["submitted_at"] = "2031-01-01T00:00:00Z"
    event = read_event(written(example))

    assert (event.name, event.at) == ("pull_request_review", read_time("2031-01-01T00:00:00Z"))
    assert event.review
    assert event.review.state == "commented"


def test_a_merge_group_tells_its_commit(written: Any) -> None:
    example = examples("api.github.com", "merge_group")[0]
    event = read_event(written(example), sha="of the runner")

    assert event == Event(
        name="merge_group",
        action=example["action"],
        repository=example["repository"]["full_name"],
        sha=example["merge_group"]["head_sha"],
        sender=User(example["sender"]["login"], example["sender"]["id"], "User"),
        at=read_time(example["merge_group"]["head_commit"]["timestamp"]),
    )


def test_an_edited_issue_has_its_text_before_and_after(written: Any) -> None:
    example = examples("api.github.com", "issues")[0]
    example |= {"action": "edited", "changes": {"body": {"from": "before"}}}
    example["issue"]["body"] = None
    event = read_event(written(example), sha="the default branch's")

    sender = User(example["sender"]["login"], example["sender"]["id"], "User")
    edit = IssueEdit(example["issue"]["number"], "", "before")
    assert event == Event(name="issues", action="edited", repository=REPOSITORY, sender=sender, issue=edit)


@pytest.mark.parametrize("changes", [None, {}, {"title": {"from": "before"}}])
def test_an_issue_whose_text_stayed_has_none_before(written: Any, changes: Any) -> None:
    example = examples("api.github.com", "issues")[0] | {"changes": changes}
    event = read_event(written(example))

    assert event.issue
    assert event.issue.before is None


@pytest.mark.parametrize("name", ["push", "schedule", "workflow_dispatch"])
def test_other_events_are_about_the_commit_of_the_runner(name: str, written: Any) -> None:
    event = read_event(written({"repository": {"full_name": "ada/shop"}}), name, "ada/shop", "abc")

    assert event == Event(name=name, repository="ada/shop", sha="abc")


def test_a_schedule_without_its_repository_is_the_expected_ones(written: Any) -> None:
    assert read_event(written({"schedule": "0 * * * *"}), "", "ada/shop", "abc") == Event(
        name="schedule", repository="ada/shop", sha="abc"
    )


@pytest.mark.parametrize("name", [*EVENTS, *OCCASIONS])
def test_the_name_is_told_by_the_payload(name: str, written: Any) -> None:
    if name in ("schedule", "pull_request_target"):
        return
    assert {read_event(written(example)).name for example in examples("api.github.com", name)} == {name}


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (b"", "the event file is empty, half-written, nested too deeply or no JSON"),
        (b'{"action": "opened", "pull_requ', "the event file is empty, half-written, nested too deeply or no JSON"),
        (b"\xff\xfe{\x00}\x00", "the event file is empty, half-written, nested too deeply or no JSON"),
        (b"[" * 100_000, "the event file is empty, half-written, nested too deeply or no JSON"),
        (b"[]", "the event file holds no object"),
        (b"null", "the event file holds no object"),
        (b"{}", "the event file does not show which event it tells of"),
        (b'{"action": "opened"}', "the event file does not show which event it tells of"),
    ],
)
def test_a_file_that_tells_nothing_is_a_problem(told: bytes, problem: str, written: Any) -> None:
    assert read_event(written(told), "", "ada/shop", "abc") == Event(repository="ada/shop", problem=problem)


def test_no_file_is_a_problem(tmp_path: Path) -> None:
    missing, folder = tmp_path / "missing.json", tmp_path

    assert read_event(None).problem == "no event file is named: give one with --event"
    assert read_event(missing).problem == f"there is no event file {missing}"
    assert read_event(folder).problem == f"cannot read {folder}: it is a folder"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    with path.open("wb") as file:
        file.truncate(event_file.MOST + 1)

    assert "more than the 26214400 that are allowed" in read_event(path, "pull_request").problem


def test_a_broken_file_of_a_dispatched_run_keeps_the_commit_of_the_runner(written: Any) -> None:
    event = read_event(written(b"{"), "workflow_dispatch", "ada/shop", "abc")

    assert (event.sha, bool(event.problem)) == ("abc", True)


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("pull_request", {"pull_request": None}, "the event pull_request tells of no pull request"),
        ("pull_request_review", {}, "an event without its review"),
        ("issue_comment", {"issue": {"number": 1}}, "a comment on an issue, not on a pull request"),
        ("issues", {}, "Object missing required field `issue`"),
        ("milestone", {}, "the event 'milestone' is not looked at"),
        ("x" * 1000, {}, f"the event '{'x' * 40}' is not looked at"),
        ("merge_group", {}, "an event without its merge group"),
        (
            "pull_request",
            {"repository": {"full_name": "eve/evil"}},
            f"the event is of eve/evil, and not of {REPOSITORY}",
        ),
        ("pull_request", {"repository": {"full_name": "$(x)"}}, "not a repository on GitHub: '$(x)'"),
        ("push", {"repository": EVIL}, f"the event is of eve/evil, and not of {REPOSITORY}"),
    ],
)
def test_what_cannot_be_judged_tells_of_no_pull_request(
    name: str, change: dict[str, Any], problem: str, written: Any
) -> None:
    event = read_event(written(opened() | change), name, REPOSITORY)

    assert event == Event(name=name, repository=REPOSITORY, problem=problem)


def test_a_branch_whose_repository_is_gone_is_a_problem_of_its_pull_request(written: Any) -> None:
    example = opened()
    example["pull_request"]["head"]["repo"] = None
    event = read_event(written(example))

    assert (event.number, event.problem) == (str(example["number"]), "the repository of its branch is gone")


def test_a_body_that_is_empty_is_no_problem(written: Any) -> None:
    example = opened()
    example["pull_request"]["body"] = None

    assert read_event(written(example)).problem == ""


def test_a_mark_of_byte_order_is_no_problem(written: Any) -> None:
    assert read_event(written(b"\xef\xbb\xbf" + json.dumps(opened()).encode())).problem == ""


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_recorded_delivery_is_an_event_or_a_problem(folder: str, written: Any) -> None:
    for one in everything(folder):
        known = one["name"] in (*EVENTS, *OCCASIONS)
        for example in one["examples"]:
            event = read_event(written(example), one["name"])
            assert event.name == one["name"]
            assert known or event.problem == f"the event {one['name']!r} is not looked at"
            assert isinstance(read_event(written(example)), Event)


@given(told=st.binary(max_size=200))
def test_no_bytes_crash(told: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "event.json"
    path.write_bytes(told)

    assert read_event(path).problem
