"""What is open on GitHub, read together: whole values, and what is said where a part of it cannot be read."""

from typing import Any

import pytest

from asking import Ask
from fake_github import SHA, FakeGitHub, Fault
from fake_github.objects import issue
from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, ReviewStatus
from pr_sessions.core.times import write_time
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.base import ChangedFile, ForgePullRequest, OpenDetails, OpenList, User
from pr_sessions.forges.github import queries
from pr_sessions.forges.github.inbox import GitHubInbox
from pr_sessions.forges.github.transport import RetryPolicy
from scene import minute

HEAD = "a" * 40
AT = "2025-11-22T10:00:00Z"
REVIEWED = minute(90)


def nothing(_done: int, _of: int) -> None:
    pass


def opened(fake: FakeGitHub, number: int, **row: Any) -> dict[str, Any]:
    """A pull request of `ada` without anything that the official example has besides."""
    plain = {"author_association": "CONTRIBUTOR", "assignees": [], "requested_reviewers": []}
    fake.add_pull(number, f"Change {number}", AT, "ada", **plain, **row)
    fake.pulls[number]["head"]["sha"] = HEAD
    fake.pulls[number]["user"] |= {"id": 7, "type": "User"}
    return fake.pulls[number]


def review(fake: FakeGitHub, login: str, state: str, commit: str = HEAD, kind: str = "User") -> dict[str, Any]:
    row = fake.description.example("pull-request-review-items")[0]
    user = row["user"] | {"login": login, "type": kind}
    return row | {"user": user, "state": state, "commit_id": commit, "submitted_at": write_time(REVIEWED)}


@pytest.fixture
def read(inboxes: Ask) -> Any:
    def call(**how: Any) -> OpenList:
        listed: OpenList = inboxes(lambda github: github.open_details(nothing), **how)
        return listed

    return call


def test_one_pull_request_is_read_whole(fake: FakeGitHub, read: Any) -> None:
    label = fake.description.example("pull-request")["labels"][0]
    team = fake.description.example("pull-request")["requested_teams"][0]
    row = opened(
        fake, 12, body="Text", draft=True, auto_merge={"merge_method": "squash"}, labels=[label | {"name": "a"}]
    )
    row |= {"requested_teams": [team | {"slug": "core"}], "requested_reviewers": [row["user"] | {"login": "bob"}]}
    row["assignees"] = [row["user"] | {"login": "eve"}]
    fake.files[12] = [fake.file("a.py", "added"), fake.file("b.py", "removed")]
    fake.reviews[12] = [review(fake, "bob", "APPROVED")]
    fake.permissions["bob"] = "write"
    fake.rollups[12] = "FAILURE"
    fake.details[12] = {
        "closingIssuesReferences": [issue(812, "ada/shop"), issue(3, "ada/tools")],
        "mergeable": "CONFLICTING",
        "mergeStateStatus": "DIRTY",
        "isInMergeQueue": True,
    }
    commit = f"{12:08x}" * 5

    assert read() == OpenList(
        repository="ada/shop",
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
                        files_changed=2,
                        state=State.OPEN,
                        branch="work-12",
                        base="master",
                        created=minute(0),
                    ),
                    author=User("ada", 7, "User"),
                    repository="ada/shop",
                    head_repository="ada/shop",
                    head_sha=HEAD,
                    updated=minute(0),
                    is_draft=True,
                    auto_merge=True,
                ),
                OpenPullRequest(
                    repository="ada/shop",
                    number="12",
                    address="https://github.com/ada/shop/pull/12",
                    title="Change 12",
                    author="ada",
                    is_first=False,
                    opened=minute(0),
                    pushed=minute(0),
                    updated=minute(0),
                    branch="work-12",
                    base="master",
                    head_sha=HEAD,
                    base_sha=SHA,
                    files=("a.py", "b.py"),
                    file_count=2,
                    additions=206,
                    deletions=42,
                    labels=("a",),
                    closes=("812", "ada/tools#3"),
                    review=ReviewStatus(ReviewState.APPROVED, HEAD, ("bob",), REVIEWED),
                    requested=("bob", "core"),
                    assigned=("eve",),
                    checks=Checks.FAILING,
                    has_base_conflict=True,
                    merge_state="dirty",
                    is_queued=True,
                    is_draft=True,
                    auto_merge=True,
                ),
                (ChangedFile("a.py", "added"), ChangedFile("b.py", "removed")),
            ),
        ),
    )


def test_an_app_has_the_login_that_rest_gives_it(fake: FakeGitHub, read: Any) -> None:
    opened(fake, 1)["user"] |= {"login": "cursor[bot]", "id": 206951365, "type": "Bot"}

    pr = read().pull_requests[0]

    assert (pr.pull_request.author, pr.view.author, pr.view.is_bot) == (
        User("cursor[bot]", 206951365, "Bot"),
        "cursor[bot]",
        True,
    )


def test_whose_account_or_fork_is_gone_is_nobodys(fake: FakeGitHub, read: Any) -> None:
    row = opened(fake, 1)
    row["user"] = row["head"]["repo"] = None

    pr = read().pull_requests[0]

    assert (pr.pull_request.author, pr.pull_request.head_repository, pr.pull_request.is_fork) == (User(), None, True)


@pytest.mark.parametrize(
    ("reviews", "status"),
    [
        ([], ReviewStatus(ReviewState.NONE)),
        ([("bob", "COMMENTED")], ReviewStatus(ReviewState.NONE)),
        ([("bob", "DISMISSED")], ReviewStatus(ReviewState.NONE)),
        ([("eve", "APPROVED")], ReviewStatus(ReviewState.NONE)),
        (
            [("ann", "APPROVED"), ("bob", "APPROVED")],
            ReviewStatus(ReviewState.APPROVED, HEAD, ("ann", "bob"), REVIEWED),
        ),
        (
            [("bob", "CHANGES_REQUESTED"), ("bob", "APPROVED")],
            ReviewStatus(ReviewState.APPROVED, HEAD, ("bob",), REVIEWED),
        ),
        (
            [("ann", "CHANGES_REQUESTED"), ("bob", "APPROVED")],
            ReviewStatus(ReviewState.CHANGES_REQUESTED, HEAD, ("ann",), REVIEWED),
        ),
    ],
)
def test_the_last_opinions_of_people_who_may_write_count(
    fake: FakeGitHub, read: Any, reviews: list[tuple[str, str]], status: ReviewStatus
) -> None:
    opened(fake, 1)
    fake.permissions |= {"ann": "admin", "bob": "write", "eve": "read"}
    fake.reviews[1] = [review(fake, *each) for each in reviews]

    assert read().pull_requests[0].view.review == status


def test_of_several_approvals_that_of_the_last_commit_counts(fake: FakeGitHub, read: Any) -> None:
    opened(fake, 1)
    fake.permissions |= {"ann": "write", "bob": "write"}
    fake.reviews[1] = [review(fake, "ann", "APPROVED"), review(fake, "bob", "APPROVED", "b" * 40)]

    assert read().pull_requests[0].view.review.commit == HEAD


def test_an_app_may_ask_for_changes_but_its_approval_is_no_review(fake: FakeGitHub, read: Any) -> None:
    opened(fake, 1)
    opened(fake, 2)
    fake.reviews[1] = [review(fake, "rabbit[bot]", "APPROVED", kind="Bot")]
    fake.reviews[2] = [review(fake, "rabbit[bot]", "CHANGES_REQUESTED", kind="Bot")]

    second, first = read().pull_requests

    assert (first.view.review.state, second.view.review) == (
        ReviewState.NONE,
        ReviewStatus(ReviewState.CHANGES_REQUESTED, HEAD, ("rabbit[bot]",), REVIEWED),
    )


@pytest.mark.parametrize(
    ("rollup", "checks"),
    [
        ("SUCCESS", Checks.PASSING),
        ("FAILURE", Checks.FAILING),
        ("ERROR", Checks.FAILING),
        ("PENDING", Checks.PENDING),
        ("EXPECTED", Checks.PENDING),
        (None, Checks.NONE),
    ],
)
def test_all_checks_have_one_result(fake: FakeGitHub, read: Any, rollup: str | None, checks: Checks) -> None:
    opened(fake, 1)
    fake.rollups |= {1: rollup} if rollup else {}

    assert read().pull_requests[0].view.checks is checks


@pytest.mark.parametrize(
    ("word", "is_first"),
    [
        ("FIRST_TIME_CONTRIBUTOR", True),
        ("FIRST_TIMER", True),
        ("MEMBER", False),
        ("CONTRIBUTOR", False),
        ("NONE", None),
        ("MANNEQUIN", None),
    ],
)
def test_what_github_does_not_say_of_an_author_is_unknown(
    fake: FakeGitHub, read: Any, word: str, is_first: bool | None
) -> None:
    opened(fake, 1)["author_association"] = word

    assert read().pull_requests[0].view.is_first is is_first


def test_whether_it_can_be_merged_is_asked_once_more(fake: FakeGitHub, read: Any) -> None:
    answers = iter(["UNKNOWN", "MERGEABLE"])
    opened(fake, 1)
    fake.details[1] = {"mergeable": lambda _asked: next(answers), "mergeStateStatus": "CLEAN"}
    opened(fake, 2)
    fake.details[2] = {"mergeable": "UNKNOWN", "mergeStateStatus": "UNKNOWN"}

    second, first = (pr.view for pr in read().pull_requests)

    assert (first.has_base_conflict, first.merge_state) == (False, "clean")
    assert (second.has_base_conflict, second.merge_state) == (None, "")
    assert len(fake.asked) == 3


def test_more_files_than_fit_on_a_page_are_not_taken_for_all(fake: FakeGitHub, read: Any) -> None:
    opened(fake, 1)
    fake.files[1] = [fake.file(f"{number}.py") for number in range(101)]

    pr = read().pull_requests[0]

    assert (pr.files, pr.view.files, pr.view.file_count) == (None, None, 101)


def test_many_are_read_in_few_and_cheap_requests(fake: FakeGitHub, read: Any) -> None:
    for number in range(1, 251):
        opened(fake, number)

    numbers = [pr.view.number for pr in read().pull_requests]

    assert numbers == [str(number) for number in range(250, 0, -1)]
    assert len(fake.asked) == 3 + 5
    # As GitHub counts them: a light list of a hundred, and a batch of fifty with everything.
    assert set(fake.graphql.costs) == {(100, 1), (19_600, 4)}


def test_a_repository_without_pull_requests_takes_one_request(fake: FakeGitHub, read: Any) -> None:
    assert read() == OpenList(repository="ada/shop", viewer="ada")
    assert fake.asked == ["POST /graphql"]


def test_without_a_token_the_list_says_what_it_can(fake: FakeGitHub, read: Any) -> None:
    fake.is_public = True
    opened(fake, 1, draft=True)

    listed = read(environ={"GH_TOKEN": ""})

    assert listed.unknowns == ("reviews, checks, conflicts and who may write: GitHub says that only with a token",)
    assert [each.view for each in listed.pull_requests] == [
        OpenPullRequest(
            repository="ada/shop",
            number="1",
            address=f"https://{fake.url.removeprefix('http://')}/ada/shop/pull/1",
            title="Change 1",
            author="ada",
            opened=minute(0),
            updated=minute(0),
            branch="work-1",
            base="master",
            head_sha=HEAD,
            is_draft=True,
        )
    ]


def test_a_token_that_has_expired_is_refused(fake: FakeGitHub, read: Any) -> None:
    with pytest.raises(ForgeFailed, match="GitHub does not accept the token from GH_TOKEN") as raised:
        read(environ={"GH_TOKEN": "ghp_old"})

    assert (raised.value.status, raised.value.hint) == (
        401,
        "set GH_TOKEN to a token that is valid, or run `gh auth login`",
    )


def test_a_private_repository_looks_as_if_it_did_not_exist(fake: FakeGitHub, read: Any) -> None:
    fake.is_hidden = True

    with pytest.raises(ForgeFailed, match="GitHub does not find this: Could not resolve") as raised:
        read()

    assert raised.value.status == 404


def test_a_renamed_repository_is_read_under_its_new_name(fake: FakeGitHub, inboxes: Ask) -> None:
    opened(fake, 1)
    fake.renamed["ada/old"] = "ada/shop"

    async def question(github: GitHubInbox) -> tuple[OpenList, list[ChangedFile]]:
        return await github.open_details(nothing), await github.files(1)

    listed, files = inboxes(question, "ada/old")

    assert (listed.repository, listed.pull_requests[0].view.repository) == ("ada/shop", "ada/shop")
    assert listed.unknowns == ("ada/old is called ada/shop now",)
    assert [file.filename for file in files] == ["src/shop.py"]
    assert fake.asked[-1] == "GET /repos/ada/shop/pulls/1/files?per_page=100"


def test_an_archived_repository_says_so(fake: FakeGitHub, read: Any) -> None:
    fake.is_archived = True

    assert read().unknowns == ("ada/shop is archived: its pull requests can only be read",)


@pytest.mark.parametrize(
    ("field", "attribute", "unknown", "words"),
    [
        ("PullRequest.latestOpinionatedReviews", "review", ReviewStatus(), "the reviews"),
        ("Commit.statusCheckRollup", "checks", Checks.UNKNOWN, "the checks"),
        ("PullRequest.files", "files", None, "the files"),
        ("PullRequest.closingIssuesReferences", "closes", (), "the linked issues"),
        ("ReviewRequest.requestedReviewer", "requested", (), "some requested reviewers"),
    ],
)
def test_what_the_token_has_no_right_to_is_unknown(
    fake: FakeGitHub, read: Any, field: str, attribute: str, unknown: object, words: str
) -> None:
    fake.forbidden_fields = {field}
    row = opened(fake, 1)
    row["requested_reviewers"] = [row["user"]]

    listed = read()

    assert getattr(listed.pull_requests[0].view, attribute) == unknown
    assert listed.unknowns == (f"{words} of 1 pull request: the token has no right to read them",)


def test_a_token_without_the_scope_for_teams_reads_all_but_teams(fake: FakeGitHub, read: Any) -> None:
    fake.graphql.has_team_scope = False
    row = opened(fake, 1)
    row["requested_reviewers"] = [row["user"] | {"login": "bob"}]
    row["requested_teams"] = fake.description.example("pull-request")["requested_teams"]

    listed = read()

    assert listed.pull_requests[0].view.requested == ("bob",)
    assert listed.unknowns == ("teams whose review is requested: the token needs the scope read:org",)


def test_at_the_rate_limit_what_was_read_is_kept_and_the_rest_named_with_the_time(fake: FakeGitHub, read: Any) -> None:
    for number in range(1, 81):
        opened(fake, number)
    fake.graphql_left = 2  # The list, and one batch of two.

    listed = read()

    unread = [pr.view for pr in listed.pull_requests if pr.view.review.state is ReviewState.UNKNOWN]
    assert (len(listed.pull_requests), len(unread) in (30, 50)) == (80, True)
    assert unread[-1] == OpenPullRequest(
        repository="ada/shop",
        number=unread[-1].number,
        address=f"https://github.com/ada/shop/pull/{unread[-1].number}",
        title=f"Change {unread[-1].number}",
        author="ada",
        opened=minute(0),
        updated=minute(0),
        branch=f"work-{unread[-1].number}",
        base="master",
        head_sha=HEAD,
        base_sha=SHA,
    )
    named = ", ".join(f"#{view.number}" for view in unread[:3])
    limit = "GitHub's rate limit is used up until 2030-03-17 17:46:41 UTC"
    assert listed.unknowns == (f"reviews, checks and files of {named} and {len(unread) - 3} more: {limit}",)


def test_where_the_list_ends_early_the_rest_is_counted(fake: FakeGitHub, read: Any) -> None:
    for number in range(1, 121):
        opened(fake, number)
    # Of the three requests after the first page two are for batches, in any order.
    fake.faults.extend([None, *[Fault(status=403)] * 3])

    listed = read()

    assert len(listed.pull_requests) == 100
    assert listed.unknowns[0].startswith("20 of 120 open pull requests, the oldest ones: GitHub does not allow this")


def test_a_batch_that_is_too_much_for_github_is_read_in_parts(fake: FakeGitHub, read: Any) -> None:
    for number in range(1, 41):
        opened(fake, number)
    fake.faults.extend([None, Fault(status=502)])

    listed = read()

    assert {pr.view.review.state for pr in listed.pull_requests} == {ReviewState.NONE}
    assert len(fake.asked) == 4


def test_one_that_github_gives_up_on_is_named(fake: FakeGitHub, read: Any) -> None:
    opened(fake, 1)
    fake.faults.extend(
        [
            None,
            Fault(
                status=200,
                body=b'{"data": {"nodes": [null]}, "errors": [{"message": "timeout", "path": ["nodes", 0]}]}',
            ),
        ]
    )

    assert read().unknowns == ("reviews, checks and files of #1: timeout",)


def test_one_that_was_closed_meanwhile_is_left_out(fake: FakeGitHub, read: Any) -> None:
    opened(fake, 1)

    def close(count: int) -> None:
        fake.pulls[1]["state"] = "closed" if count > 1 else "open"

    fake.before = close

    assert read().pull_requests == ()


@pytest.mark.parametrize("body", [b"[", b"[1]", b"{}", b'{"data": {"repository": {"nameWithOwner": 1}}}'])
def test_an_answer_that_is_none_is_a_failure(fake: FakeGitHub, read: Any, body: bytes) -> None:
    fake.faults.append(Fault(status=200, body=body))

    with pytest.raises(ForgeFailed, match="GitHub"):
        read()


@pytest.mark.parametrize(
    "data", [b"{}", b'{"nodes": 1}', b'{"nodes": []}', b'{"nodes": [1]}', b'{"nodes": [{"number": []}]}']
)
def test_details_that_are_none_leave_what_the_list_says(fake: FakeGitHub, read: Any, data: bytes) -> None:
    opened(fake, 1)
    fake.faults.extend([None, Fault(status=200, body=b'{"data": ' + data + b"}")])

    listed = read()

    assert [pr.view.title for pr in listed.pull_requests] == ["Change 1"]
    assert [words.partition(":")[0] for words in listed.unknowns] == ["reviews, checks and files of #1"]


@pytest.mark.parametrize(
    "data", [b"{}", b'{"repository": 1}', b'{"repository": {"a0": 1}}', b'{"repository": {"a0": null}}']
)
def test_an_answer_about_people_that_is_none_says_nothing(fake: FakeGitHub, inboxes: Ask, data: bytes) -> None:
    fake.forbidden = {"repos/get-collaborator-permission-level"}
    fake.faults.append(Fault(status=200, body=b'{"data": ' + data + b"}"))

    assert inboxes(lambda github: github.writers(["ann"])) == {}


def test_results_that_are_none_are_a_failure(fake: FakeGitHub, inboxes: Ask) -> None:
    fake.faults.append(Fault(status=200, body=b'{"data": {"a0": 1}}'))

    with pytest.raises(ForgeFailed, match="GitHub sends results that cannot be read"):
        inboxes(lambda github: github.opened_elsewhere(["eve"], minute(0)))


def test_a_forge_that_is_down_is_a_failure(fake: FakeGitHub, read: Any) -> None:
    fake.faults.extend([Fault(status=503)] * 2)

    with pytest.raises(ForgeFailed, match="GitHub has a problem of its own") as raised:
        read(retry=RetryPolicy(tries=2))

    assert raised.value.status == 503


def test_who_may_write_is_asked_of_many_at_once(fake: FakeGitHub, inboxes: Ask) -> None:
    fake.permissions |= {"ann": "admin", "bob": "write", "eve": "read"}

    known = inboxes(lambda github: github.writers(["Ann", "bob", "eve", "zoe", "ann"]))

    assert known == {"ann": True, "bob": True, "eve": False, "zoe": False}
    assert fake.asked == ["POST /graphql"]


def test_where_collaborators_are_not_listed_a_few_people_are_asked_for_one_by_one(
    fake: FakeGitHub, inboxes: Ask
) -> None:
    fake.forbidden_fields = {"Repository.collaborators"}
    fake.permissions["p1"] = "write"
    people = [f"p{number}" for number in range(queries.MOST_NAMES + 1)]

    known = inboxes(lambda github: github.writers(people))

    assert known == {f"p{number}": number == 1 for number in range(10)}
    assert len(fake.asked) == 11


def test_without_the_right_nobodys_access_is_known_and_it_is_asked_for_once(fake: FakeGitHub, inboxes: Ask) -> None:
    fake.forbidden_fields = {"Repository.collaborators"}
    fake.forbidden = {"repos/get-collaborator-permission-level"}

    assert inboxes(lambda github: github.writers(["ann", "bob"])) == {}
    assert len(fake.asked) == 2


def test_what_people_opened_elsewhere_is_one_request(fake: FakeGitHub, inboxes: Ask) -> None:
    fake.elsewhere = {"eve": 41}

    counts = inboxes(lambda github: github.opened_elsewhere(["Eve", "zoe", 'x" repo:y', "bot[bot]"], minute(0)))

    assert (counts, fake.asked) == ({"eve": 41, "zoe": 0}, ["POST /graphql"])
