"""What is planned is written to GitHub once; what GitHub refuses is told and breaks nothing."""

from typing import Any

import pytest
from msgspec.structs import replace

from asking import Ask
from fake_github import FakeGitHub, Fault
from pr_sessions.gate.comments.bot_comments import CommentKind
from pr_sessions.gate.comments.publish import CommentPlan, CommentWrite, PublishedComment, write_comments

DIGEST = CommentWrite(number="12", kind=CommentKind.DIGEST, key="s-1", text="All.", content="0" * 12, outline="2" * 12)
LINK = CommentWrite(number="13", kind=CommentKind.LINK, key="s-1", text="There.", content="1" * 12, outline="3" * 12)
ANSWER = CommentWrite(number="12", kind=CommentKind.REPLY, key="7", text="Moved.")
ADDRESS = "https://github.com/ada/shop/pull/{}#issuecomment-{}"
PERMISSION = "give the job `permissions: pull-requests: write`; forks and Dependabot get a token that only reads"
US = "github-actions[bot]"


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    for number in (12, 13):
        fake.add_pull(number, "auto-pr: work", "2025-11-22T10:00:00Z")
    return fake


def bodies(shop: FakeGitHub) -> list[tuple[str, str]]:
    return [(one["issue_url"].rpartition("/")[2], one["body"]) for one in shop.comments.values()]


def applied(ask: Ask, *writes: CommentWrite) -> Any:
    return ask(lambda github: write_comments(github, CommentPlan(writes)))


def test_new_comments_are_written_and_told_with_their_address(shop: FakeGitHub, ask: Ask) -> None:
    assert applied(ask, ANSWER, DIGEST, LINK) == (
        (
            PublishedComment("12", CommentKind.REPLY, "written", ADDRESS.format(12, 1)),
            PublishedComment("12", CommentKind.DIGEST, "written", ADDRESS.format(12, 2)),
            PublishedComment("13", CommentKind.LINK, "written", ADDRESS.format(13, 3)),
        ),
        (),
    )
    assert bodies(shop) == [("12", ANSWER.body), ("12", DIGEST.body), ("13", LINK.body)]


def test_what_is_there_is_edited_by_one_request(shop: FakeGitHub, ask: Ask) -> None:
    shop.add_comment(12, "old", US, "2025-11-22T10:00:00Z", kind="Bot")

    assert applied(ask, replace(DIGEST, comment=1))[0] == (
        PublishedComment("12", CommentKind.DIGEST, "edited", ADDRESS.format(12, 1)),
    )
    assert (bodies(shop), shop.asked) == ([("12", DIGEST.body)], ["PATCH /repos/ada/shop/issues/comments/1"])


@pytest.mark.parametrize("write", [DIGEST, ANSWER])
def test_what_another_job_wrote_meanwhile_is_not_written_twice(shop: FakeGitHub, ask: Ask, write: CommentWrite) -> None:
    applied(ask, write)
    before = bodies(shop)

    assert applied(ask, write)[0] == (PublishedComment("12", write.kind, "there already", ADDRESS.format(12, 1)),)
    assert bodies(shop) == before


@pytest.mark.parametrize(
    ("body", "author", "kind"),
    [
        (DIGEST.body, "mallory", "User"),
        (DIGEST.body, "echo[bot]", "Bot"),
        (ANSWER.body, US, "Bot"),
        ("Looks good.", US, "Bot"),
    ],
)
def test_other_comments_are_no_reason_to_be_silent(
    shop: FakeGitHub, ask: Ask, body: str, author: str, kind: str
) -> None:
    shop.add_comment(12, body, author, "2025-11-22T10:00:00Z", kind=kind)

    assert applied(ask, DIGEST)[0][0].did == "written"


@pytest.mark.parametrize("other", [replace(LINK, number="12"), replace(DIGEST, key="s-2", edits=3)])
def test_one_that_tells_of_another_session_or_has_another_part_is_edited(
    shop: FakeGitHub, ask: Ask, other: CommentWrite
) -> None:
    applied(ask, other)

    assert applied(ask, DIGEST)[0] == (PublishedComment("12", CommentKind.DIGEST, "edited", ADDRESS.format(12, 1)),)
    assert bodies(shop) == [("12", replace(DIGEST, edits=other.edits + 1).body)]


def test_of_two_jobs_that_write_at_once_the_older_comment_stays(shop: FakeGitHub, ask: Ask) -> None:
    """The other job's comes after ours has looked and before ours is there."""

    def at(count: int) -> None:
        if count == 2 and not shop.comments:
            shop.add_comment(12, DIGEST.body, shop.me, shop.now, kind="Bot")

    shop.before = at
    done, refused = applied(ask, DIGEST)

    assert ([one.did for one in done], refused) == (["there already"], ())
    assert bodies(shop) == [("12", DIGEST.body)]


def test_what_stands_below_a_pull_request_is_read_once_for_all_answers(shop: FakeGitHub, ask: Ask) -> None:
    applied(ask, *(replace(ANSWER, key=str(comment)) for comment in range(9)))

    assert [asked.partition("?")[0] for asked in shop.asked].count("GET /repos/ada/shop/issues/12/comments") == 1


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("before", [(), (None,)])
def test_a_refusal_says_which_permission_is_missing_and_ends_the_writing(
    shop: FakeGitHub, ask: Ask, status: int, before: tuple[None, ...]
) -> None:
    shop.faults.extend([*before, Fault(status=status)])
    done, refused = applied(ask, DIGEST, LINK)

    assert (done, len(refused), bodies(shop)) == ((), 1, [])
    assert refused[0].startswith("the digest on #12 was not written: ")
    assert refused[0].endswith(PERMISSION)


def test_where_github_is_down_that_is_said(shop: FakeGitHub, ask: Ask) -> None:
    shop.faults.extend([None, *[Fault(status=502)] * 20])
    done, refused = applied(ask, DIGEST)

    assert (done, bodies(shop), refused[0].startswith("the digest on #12 was not written: ")) == ((), [], True)
    assert PERMISSION not in refused[0]
