"""What is asked of GitHub and told to it; every request and answer is held against GitHub's own description."""

import pytest
from msgspec.structs import replace

from asking import Ask
from fake_github import SHA, FakeGitHub
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.base import ChangedFile, CheckRun, CheckWrite, Comment


def test_a_pull_request_has_what_github_tells(fake: FakeGitHub, ask: Ask) -> None:
    fake.add_pull(7, "auto-pr: tax", "2025-11-22T10:00:00Z", "bot", labels=[])
    told = ask(lambda github: github.pull_request(7))

    assert (told.pull_request.number, told.pull_request.author, told.pull_request.author_id) == ("7", "bot", 1003)
    assert (told.pull_request.files_changed, told.pull_request.branch, told.is_fork) == (1, "work-7", False)


def test_open_pull_requests_come_the_newest_first(fake: FakeGitHub, ask: Ask) -> None:
    fake.page_size = 2
    for number in (1, 2, 3):
        fake.add_pull(number, "t", f"2025-11-22T10:0{number}:00Z")
    fake.add_pull(4, "t", "2025-11-22T10:04:00Z", state="closed")

    assert [pr.pull_request.number for pr in ask(lambda g: g.pull_requests()).pull_requests] == ["3", "2", "1"]


def test_every_page_of_files_is_read(fake: FakeGitHub, ask: Ask) -> None:
    fake.add_pull(1, "t", "2025-11-22T10:00:00Z")
    fake.files[1] = [fake.file(f"src/{n}.py") for n in range(101)]

    assert ask(lambda g: g.files(1)) == [ChangedFile(f"src/{n}.py", "modified") for n in range(101)]
    assert len(fake.asked) == 2


def test_reviews_tell_their_state(fake: FakeGitHub, ask: Ask) -> None:
    fake.reviews[1] = fake.description.example("pull-request-review-items")
    (review,) = ask(lambda g: g.reviews(1))

    assert (review.id, review.author.login, review.state) == (80, "octocat", "approved")


def test_a_comment_is_made_found_and_changed(fake: FakeGitHub, ask: Ask) -> None:
    fake.add_pull(1, "t", "2025-11-22T10:00:00Z")
    made = ask(lambda g: g.create_comment(1, "first <b>`$(x)`"))
    ask(lambda g: g.update_comment(made.id, "second"))
    found: list[Comment] = ask(lambda g: g.comments(1))

    assert (made.body, [(one.id, one.body) for one in found]) == ("first <b>`$(x)`", [(made.id, "second")])


def test_a_check_run_is_made_and_completed(fake: FakeGitHub, ask: Ask) -> None:
    update = CheckWrite(
        name="pr-sessions", sha=SHA, status="queued", external_id="s-1", title="Waits", summary="It waits."
    )
    created = ask(lambda g: g.write_check(update))
    ask(lambda g: g.write_check(replace(update, check=created.id, status="completed", conclusion="success")))

    [check] = ask(lambda g: g.check_runs(SHA))
    assert check == CheckRun(
        1, "pr-sessions", "completed", "success", SHA, "s-1", check.started, "github-actions", "Waits"
    )


def test_a_workflow_is_started_on_a_branch(fake: FakeGitHub, ask: Ask) -> None:
    ask(lambda g: g.start_pipeline("checks.yml", "work-7"))

    assert fake.dispatched == [("checks.yml", {"ref": "refs/heads/work-7", "inputs": {}})]


@pytest.mark.parametrize(
    ("login", "may"), [("ada", True), ("bob", False), ("dependabot[bot]", True), ("nobody", False)]
)
def test_it_is_told_of_anybody_whether_they_may_write(fake: FakeGitHub, ask: Ask, login: str, may: bool) -> None:
    fake.permissions = {"ada": "admin", "bob": "read", "dependabot[bot]": "write"}

    assert ask(lambda g: g.may_write(login)) is may


def test_an_enterprise_server_is_asked_under_its_own_path(fake: FakeGitHub, ask: Ask) -> None:
    fake.add_pull(1, "t", "2025-11-22T10:00:00Z")
    ask(lambda g: g.pull_request(1), environ={"GITHUB_API_URL": f"{fake.url}/api/v3/"})

    assert fake.asked == ["GET /api/v3/repos/ada/shop/pulls/1"]


def test_more_pages_than_allowed_are_an_error(fake: FakeGitHub, ask: Ask) -> None:
    fake.page_size = 1
    fake.reviews[1] = fake.description.example("pull-request-review-items") * 11

    with pytest.raises(ForgeFailed, match="more than 10 pages"):
        ask(lambda g: g.reviews(1))
