"""The repositories of an organisation in which pull requests are open."""

import asyncio
from typing import Any

import pytest

from asking import Time
from fake_github import TOKEN, FakeGitHub, Fault
from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.github.organisation import Organisation, list_organisation

AT = "2025-11-22T10:00:00Z"


@pytest.fixture
def listed(fake: FakeGitHub, time: Time) -> Any:
    def call(login: str = "ada", **environ: str) -> Organisation:
        environ = {"GITHUB_API_URL": fake.url, "GH_TOKEN": TOKEN, **environ}
        return asyncio.run(list_organisation(login, environ, clock=time, sleep=time.sleep))

    return call


def test_repositories_with_open_pull_requests_are_listed_and_archived_ones_counted(
    fake: FakeGitHub, listed: Any
) -> None:
    for name in ("tools", "quiet", "old", "secret"):
        fake.add_repository(f"ada/{name}")
    fake.add_repository("bob/else").add_pull(1, "Elsewhere", AT)
    for repository in (fake, *(fake.repositories[f"ada/{name}"] for name in ("tools", "old", "secret"))):
        repository.add_pull(1, "Open", AT)
    fake.repositories["ada/quiet"].add_pull(1, "Closed", AT, state="closed", closed_at=AT)
    fake.repositories["ada/old"].is_archived = fake.repositories["ada/secret"].is_hidden = True

    assert listed("Ada") == Organisation(repositories=("ada/tools", "ada/shop"), archived=1)
    assert (fake.asked, fake.graphql.costs) == (["POST /graphql"], [(100, 1)])


def test_many_are_listed_page_by_page_and_read_only_up_to_a_bound(fake: FakeGitHub, listed: Any) -> None:
    for number in range(150):
        fake.add_repository(f"ada/r{number}").add_pull(1, "Open", AT)

    found = listed()

    assert (len(found.repositories), found.repositories[0], len(fake.asked)) == (100, "ada/r149", 2)
    assert found.unknowns == ("50 repositories that were pushed to longest ago",)


def test_where_the_list_ends_early_what_was_read_is_kept(fake: FakeGitHub, listed: Any) -> None:
    for number in range(150):
        fake.add_repository(f"ada/r{number}").add_pull(1, "Open", AT)
    fake.graphql_left = 1

    found = listed()

    assert len(found.repositories) == 100
    assert found.unknowns == (
        "repositories of ada beyond the first 100: GitHub's rate limit is used up until 2030-03-17 17:46:41 UTC",
    )


@pytest.mark.parametrize(
    ("environ", "login", "message"),
    [
        ({}, "nobody", "GitHub knows no organisation or person called nobody"),
        ({"GH_TOKEN": ""}, "ada", "the repositories of ada are listed only with a token"),
        ({"GH_TOKEN": "ghp_old"}, "ada", "GitHub does not accept the token from GH_TOKEN"),
    ],
)
def test_what_cannot_be_listed_is_a_failure(
    fake: FakeGitHub, listed: Any, environ: dict[str, str], login: str, message: str
) -> None:
    with pytest.raises(ForgeFailed, match=message):
        listed(login, **environ)


def test_an_answer_that_is_none_is_a_failure(fake: FakeGitHub, listed: Any) -> None:
    fake.faults.append(Fault(status=200, body=b'{"data": {"repositoryOwner": {"repositories": 1}}}'))

    with pytest.raises(ForgeFailed, match="GitHub sends a list of repositories that cannot be read"):
        listed()


@pytest.mark.parametrize("login", ["", "ada/shop", "-x", "a" * 40, 'x" y'])
def test_a_name_that_is_none_is_refused(listed: Any, login: str) -> None:
    with pytest.raises(InvalidValue, match="not an organisation on GitHub"):
        listed(login)
