"""What is open in a project on GitLab: read by its interface or through `glab`, and never changed."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asking import Time
from fake_gitlab import SHA, TOKEN, FakeGitLab
from pr_sessions.core.models import NO_STACK, PullRequest, State
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, ReviewStatus
from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.base import ChangedFile, Comment, ForgePullRequest, OpenDetails, OpenList, User
from pr_sessions.forges.github.transport import RetryPolicy
from pr_sessions.forges.gitlab.access import find_token, list_group, open_gitlab_inboxes
from pr_sessions.forges.gitlab.inbox import GitLabInbox
from pr_sessions.gate.repositories import fetch_repositories
from scene import minute

AT = "2025-11-22T10:00:00.000Z"
HOST = "127.0.0.1"


def nothing(_done: int, _of: int) -> None:
    pass


@pytest.fixture
def gitlab(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitLab]:
    monkeypatch.setenv("PATH", "/nowhere")  # No `glab` of the machine's.
    server = FakeGitLab()
    with server.running():
        yield server
    assert server.broken == []


@pytest.fixture
def ask(gitlab: FakeGitLab, time: Time, tmp_path: Path) -> Any:
    """Asks about a project: `ask(lambda inbox: inbox.open_details(nothing))`."""

    def call(question: Callable[[GitLabInbox], Any], project: str = "octo/shop", **how: Any) -> Any:
        environ = {"CI_API_V4_URL": gitlab.url, "GITLAB_TOKEN": TOKEN} | how.pop("environ", {})
        answers = []

        async def run() -> None:
            opened = open_gitlab_inboxes(HOST, [project], environ, root=tmp_path, clock=time, sleep=time.sleep, **how)
            async with opened as inboxes:
                answers.append(await question(inboxes[0]))

        asyncio.run(run())
        return answers[0]

    return call


@pytest.fixture
def read(ask: Any) -> Any:
    def call(project: str = "octo/shop", **how: Any) -> OpenList:
        listed: OpenList = ask(lambda inbox: inbox.open_details(nothing), project, **how)
        return listed

    return call


def test_one_merge_request_is_read_whole(gitlab: FakeGitLab, read: Any) -> None:
    row = gitlab.shop.open(12, AT, description="Text", draft=True, labels=["a"], merge_when_pipeline_succeeds=True)
    row |= {"reviewers": [{"username": "bob"}], "assignees": [{"username": "eve"}], "has_conflicts": True}
    row |= {"detailed_merge_status": "conflict", "head_pipeline": {"status": "failed"}, "first_contribution": True}
    gitlab.shop.parts[12, "approvals"] = {"approved_by": [{"user": {"username": "bob"}}]}
    gitlab.shop.parts[12, "closes_issues"] = [{"iid": 812, "project_id": 1}, {"iid": 3, "project_id": 2}]
    commit = f"{12:08x}" * 5

    assert read() == OpenList(
        repository="octo/shop",
        viewer="ada",
        pull_requests=(
            OpenDetails(
                ForgePullRequest(
                    pull_request=PullRequest(
                        number="12",
                        title="Change 12",
                        body="Text",
                        author="ada",
                        author_id=7,
                        labels=("a",),
                        commit_messages=("Change 12",),
                        commit_authors=("ada@example.com",),
                        commits=(commit,),
                        state=State.OPEN,
                        branch="work-12",
                        base="main",
                        created=minute(0),
                        stack=NO_STACK,
                    ),
                    author=User("ada", 7, "User"),
                    repository="octo/shop",
                    head_repository="octo/shop",
                    head_sha=SHA,
                    updated=minute(0),
                    is_draft=True,
                    auto_merge=True,
                ),
                OpenPullRequest(
                    repository="octo/shop",
                    number="12",
                    address="https://gitlab.com/octo/shop/-/merge_requests/12",
                    title="Change 12",
                    author="ada",
                    is_first=True,
                    opened=minute(0),
                    pushed=minute(0),
                    updated=minute(0),
                    branch="work-12",
                    base="main",
                    head_sha=SHA,
                    base_sha="c" * 40,
                    files=("12.py",),
                    file_count=1,
                    additions=2,
                    deletions=1,
                    labels=("a",),
                    closes=("812",),
                    review=ReviewStatus(ReviewState.APPROVED, by=("bob",)),
                    requested=("bob",),
                    assigned=("eve",),
                    checks=Checks.FAILING,
                    has_base_conflict=True,
                    merge_state="conflict",
                    is_draft=True,
                    auto_merge=True,
                ),
                (ChangedFile("12.py", "modified"),),
            ),
        ),
    )
    assert len(gitlab.asked) == 2 + 6 + 1


@pytest.mark.parametrize(
    ("word", "has_conflicts", "conflict", "state"),
    [
        ("mergeable", False, False, "mergeable"),
        ("conflict", True, True, "conflict"),
        ("ci_still_running", False, False, "ci_still_running"),
        ("unchecked", False, None, ""),
        ("checking", False, None, ""),
        ("preparing", False, None, ""),
        (None, False, None, ""),
    ],
)
def test_before_gitlab_has_looked_nothing_is_known_of_conflicts(
    gitlab: FakeGitLab, read: Any, word: str | None, has_conflicts: bool, conflict: bool | None, state: str
) -> None:
    gitlab.shop.open(1, AT, detailed_merge_status=word, has_conflicts=has_conflicts)

    view = read().pull_requests[0].view

    assert (view.has_base_conflict, view.merge_state) == (conflict, state)


@pytest.mark.parametrize(
    ("status", "checks"),
    [
        ("success", Checks.PASSING),
        ("failed", Checks.FAILING),
        ("canceled", Checks.FAILING),
        ("running", Checks.PENDING),
        ("manual", Checks.PENDING),
        ("skipped", Checks.NONE),
        (None, Checks.NONE),
    ],
)
def test_the_last_pipeline_is_the_checks(gitlab: FakeGitLab, read: Any, status: str | None, checks: Checks) -> None:
    gitlab.shop.open(1, AT, head_pipeline={"status": status} if status else None)

    assert read().pull_requests[0].view.checks is checks


def test_a_request_for_changes_outweighs_approvals(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.shop.open(1, AT, reviewers=[{"username": "bob"}])
    gitlab.shop.parts[1, "approvals"] = {"approved_by": [{"user": {"username": "ann"}}]}
    gitlab.shop.parts[1, "reviewers"] = [
        {"user": {"username": "ann"}, "state": "approved"},
        {"user": {"username": "bob"}, "state": "requested_changes"},
    ]
    gitlab.shop.open(2, AT, detailed_merge_status="requested_changes")

    second, first = (pr.view.review for pr in read().pull_requests)

    assert (first, second) == (
        ReviewStatus(ReviewState.CHANGES_REQUESTED, by=("bob",)),
        ReviewStatus(ReviewState.CHANGES_REQUESTED),
    )


def test_a_token_account_is_a_bot_whose_approval_is_no_review(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.shop.open(1, AT, author="project_1_bot_3f")
    gitlab.shop.parts[1, "approvals"] = {"approved_by": [{"user": {"username": "group_9_bot"}}]}

    view = read().pull_requests[0].view

    assert (view.is_bot, view.review) == (True, ReviewStatus(ReviewState.NONE))


def test_a_branch_of_another_project_is_a_fork(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.shop.open(1, AT, source_project_id=9)
    gitlab.shop.open(2, AT, source_project_id=None)
    gitlab.shop.open(3, AT)

    assert [pr.pull_request.is_fork for pr in read().pull_requests] == [False, True, True]


def test_files_beyond_a_page_are_left_to_a_request_of_their_own(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.shop.open(1, AT, changes_count="150")
    gitlab.shop.open(2, AT, changes_count="1000+")

    assert [(pr.files, pr.view.file_count) for pr in read().pull_requests] == [(None, None), (None, 150)]
    assert not [path for path in gitlab.asked if path.endswith("diffs")]


def test_of_many_the_newest_are_read_whole_and_the_rest_as_the_list_has_them(gitlab: FakeGitLab, read: Any) -> None:
    for number in range(1, 121):
        gitlab.shop.open(number, AT)

    listed = read()

    states = [pr.view.review.state for pr in listed.pull_requests]
    assert (states[:50], states[50:]) == ([ReviewState.NONE] * 50, [ReviewState.UNKNOWN] * 70)
    assert listed.unknowns == ("approvals, pipelines and files of 70 merge requests, the oldest ones",)


def test_a_project_without_merge_requests_is_empty(gitlab: FakeGitLab, read: Any) -> None:
    assert read() == OpenList(repository="octo/shop", viewer="ada")


def test_what_the_token_has_no_right_to_is_unknown(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.shop.open(1, AT)
    gitlab.shop.open(2, AT)
    gitlab.forbidden = {"approvals"}

    listed = read()

    assert [pr.view.review for pr in listed.pull_requests] == [ReviewStatus()] * 2
    assert listed.unknowns == ("approvals of !2, !1: GitLab does not allow this: 403 Forbidden",)


def test_at_the_rate_limit_what_was_read_is_kept_with_the_time(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.shop.open(1, AT)
    gitlab.left = 3  # The project, the list, the merge request itself.

    listed = read()

    assert [pr.view.checks for pr in listed.pull_requests] == [Checks.NONE]
    assert set(listed.unknowns) == {
        f"{what} of !1: GitLab's rate limit is used up until 2030-03-17 17:46:41 UTC"
        for what in ("approvals", "commits", "issues", "files")
    }


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"GITLAB_TOKEN": "glpat-old"}, "GitLab does not accept the token from GITLAB_TOKEN: 401 Unauthorized"),
        ({"GITLAB_TOKEN": ""}, "GitLab asks for a token: 401 Unauthorized"),
    ],
)
def test_without_a_token_that_counts_it_is_a_failure(
    gitlab: FakeGitLab, read: Any, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(ForgeFailed, match=message) as raised:
        read(environ=environ)

    assert (raised.value.status, raised.value.hint) == (
        401,
        "set GITLAB_TOKEN to a token with the scope read_api, or run `glab auth login`",
    )


def test_a_public_project_is_read_without_a_token(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.is_public = True
    gitlab.shop.open(1, AT)

    listed = read(environ={"GITLAB_TOKEN": ""})

    assert (len(listed.pull_requests), listed.viewer) == (1, "")


def test_a_private_project_looks_as_if_it_did_not_exist(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.shop.is_hidden = True

    with pytest.raises(ForgeFailed, match="GitLab does not find this: 404 Project Not Found") as raised:
        read()

    assert raised.value.status == 404


def test_a_renamed_project_is_read_under_its_new_name(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.renamed["octo/old"] = "octo/shop"
    gitlab.shop.open(1, AT)

    listed = read("octo/old")

    assert (listed.repository, listed.unknowns) == ("octo/shop", ("octo/old is called octo/shop now",))


def test_an_archived_project_says_so(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.shop.is_archived = True

    assert read().unknowns == ("octo/shop is archived: its merge requests can only be read",)


def test_a_forge_that_is_down_is_a_failure(gitlab: FakeGitLab, read: Any) -> None:
    gitlab.faults.extend([503, 503])

    with pytest.raises(ForgeFailed, match="GitLab has a problem of its own"):
        read(retry=RetryPolicy(tries=2))


def test_developers_and_above_may_write(gitlab: FakeGitLab, ask: Any) -> None:
    levels = {"Ann": 50, "bob": 30, "eve": 20}
    gitlab.shop.members = [{"username": name, "access_level": level} for name, level in levels.items()]

    assert ask(lambda inbox: inbox.writers(["ann", "bob", "Eve", "zoe"])) == {
        "ann": True,
        "bob": True,
        "eve": False,
        "zoe": False,
    }


def test_what_people_opened_elsewhere_is_counted(gitlab: FakeGitLab, ask: Any) -> None:
    gitlab.shop.open(1, AT, author="eve")
    gitlab.add("octo/tools").open(1, AT, author="eve")

    assert ask(lambda inbox: inbox.opened_elsewhere(["Eve", "zoe"], minute(0))) == {"eve": 1, "zoe": 0}


def test_the_rest_of_a_reader_is_there(gitlab: FakeGitLab, ask: Any) -> None:
    gitlab.shop.open(1, AT)
    gitlab.shop.open(2, AT, state="merged", merged_at=AT)
    note = {"id": 5, "body": "Hello", "author": {"username": "bob", "id": 8}, "created_at": AT, "updated_at": AT}
    gitlab.shop.parts[1, "notes"] = [note, note | {"id": 6, "system": True}]
    gitlab.shop.files["a/b.yaml"] = b"text"

    async def question(inbox: GitLabInbox) -> dict[str, Any]:
        return {
            "one": (await inbox.pull_request(2)).pull_request.state,
            "open": [pr.pull_request.number for pr in (await inbox.pull_requests()).pull_requests],
            "all": [len(page.pull_requests) async for page in inbox.pull_request_pages()],
            "files": await inbox.files(1),
            "comments": await inbox.comments(1),
            "changed": await inbox.has_changed_since(minute(0)),
            "file": (await inbox.file("a/b.yaml"), await inbox.file("none")),
            "nothing": (await inbox.comments_since(minute(0)), await inbox.reviews(1), await inbox.stacks()),
            "may": await inbox.may_write("zoe"),
        }

    assert ask(question) == {
        "one": State.MERGED,
        "open": ["1"],
        "all": [2],
        "files": [ChangedFile("1.py", "modified")],
        "comments": [Comment(5, User("bob", 8, "User"), "Hello", minute(0), minute(0), "1")],
        "changed": True,
        "file": (b"text", None),
        "nothing": (([], True), [], ()),
        "may": False,
    }


def test_a_group_lists_its_projects_with_open_merge_requests(gitlab: FakeGitLab, time: Time, tmp_path: Path) -> None:
    gitlab.shop.open(1, AT)
    gitlab.shop.open(2, AT)
    gitlab.add("octo/deep/tools").open(1, AT)
    gitlab.add("octo/quiet")
    old = gitlab.add("octo/old")
    old.open(1, AT)
    old.is_archived = True
    environ = {"CI_API_V4_URL": gitlab.url, "GITLAB_TOKEN": TOKEN}

    listed = asyncio.run(list_group(HOST, "octo", environ, root=tmp_path, clock=time, sleep=time.sleep))

    assert listed == (("octo/shop", "octo/deep/tools"), ())


@pytest.mark.parametrize(
    ("host", "environ", "source"),
    [
        ("gitlab.com", {"GITLAB_TOKEN": "x"}, "GITLAB_TOKEN"),
        ("gitlab.com", {"GITLAB_ACCESS_TOKEN": "x"}, "GITLAB_ACCESS_TOKEN"),
        ("gitlab.com", {}, ""),
        ("git.example.org", {"GITLAB_TOKEN": "x"}, ""),
        ("gitlab.com", {"GITLAB_TOKEN": "x", "GITLAB_HOST": "git.example.org"}, ""),
        ("git.example.org", {"GITLAB_TOKEN": "x", "GITLAB_HOST": "git.example.org"}, "GITLAB_TOKEN"),
        ("git.example.org", {"GITLAB_TOKEN": "x", "GITLAB_HOST": "https://git.example.org"}, "GITLAB_TOKEN"),
    ],
)
def test_a_token_is_sent_to_the_host_that_it_is_meant_for_alone(
    host: str, environ: dict[str, str], source: str
) -> None:
    token = find_token(host, environ)

    assert (token.source if token else "") == source


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"GITLAB_TOKEN": "two words"}, "GITLAB_TOKEN holds something that is no token"),
        ({"CI_API_V4_URL": "ftp://127.0.0.1/api/v4"}, "CI_API_V4_URL is not https"),
        ({"CI_API_V4_URL": "https://me@127.0.0.1/api/v4"}, "CI_API_V4_URL is no address of an interface"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_sent(
    gitlab: FakeGitLab, read: Any, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidValue, match=message):
        read(environ=environ)

    assert gitlab.asked == []


def test_the_inbox_of_a_project_has_agents_sessions_and_who_may_write(gitlab: FakeGitLab, ask: Any) -> None:
    gitlab.shop.members = [{"username": "ada", "access_level": 40}]
    row = gitlab.shop.open(1, AT)
    gitlab.shop.parts[1, "commits"][0]["message"] += "\n\nCo-Authored-By: Claude <noreply@anthropic.com>"
    gitlab.shop.open(2, AT, target_branch=row["source_branch"])
    gitlab.shop.open(3, AT, author="eve", source_project_id=9)
    gitlab.shop.files[".cursor/config/session_config.yaml"] = b"gate.open_budget: 3\n"

    fetched = ask(lambda inbox: fetch_repositories([inbox], minute(60), nothing)).inboxes[0]

    assert (fetched.repository, fetched.policy.open_budget, fetched.unknowns) == ("octo/shop", 3, ())
    assert [(pr.number, pr.agent, pr.is_trusted, pr.built_on) for pr in fetched.pull_requests] == [
        ("3", "", False, ""),
        ("2", "", True, "1"),
        ("1", "claude-code", True, ""),
    ]


GLAB = """#!{python} -I
import json, sys, urllib.request, urllib.error
assert sys.argv[1:4] == ["api", "--hostname", "127.0.0.1"], sys.argv
request = urllib.request.Request({url!r} + "/" + sys.argv[4], headers={{"authorization": "Bearer {token}"}})
try:
    sys.stdout.write(urllib.request.urlopen(request).read().decode())
except urllib.error.HTTPError as error:
    sys.stdout.write(error.read().decode())
    sys.exit("glab: 404 Not Found (HTTP %d)" % error.code)
"""


def test_without_a_token_glab_is_asked(
    gitlab: FakeGitLab, read: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    glab = tmp_path / "bin/glab"
    glab.parent.mkdir()
    glab.write_text(GLAB.format(python=sys.executable, url=gitlab.url, token=TOKEN))
    glab.chmod(0o755)
    monkeypatch.setenv("PATH", str(glab.parent))
    gitlab.shop.open(1, AT)

    listed = read(environ={"GITLAB_TOKEN": ""})

    assert ([pr.view.number for pr in listed.pull_requests], listed.viewer, listed.unknowns) == (["1"], "ada", ())
    with pytest.raises(ForgeFailed, match="glab failed: glab: 404 Not Found") as raised:
        read("octo/none", environ={"GITLAB_TOKEN": ""})
    assert raised.value.status == 404
