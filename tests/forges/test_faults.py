"""What the client does when GitHub fails, refuses, is slow, or leads astray. Its clock moves by sleeping only."""

import logging
from collections.abc import Iterator
from contextlib import suppress

import pytest

import scene
from asking import Ask, Time
from fake_github import TOKEN, FakeGitHub, Fault
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.client import GitHub
from pr_sessions.forges.github.transport import Limits, RetryPolicy

LATER = int(scene.minute(2).timestamp())
NEW_TOKEN = "set GH_TOKEN to a token that is valid, or run `gh auth login`"
SECONDARY = b'{"message": "You have exceeded a secondary rate limit. Please wait."}'
USED_UP = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(LATER)}


@pytest.fixture
def pull(fake: FakeGitHub) -> FakeGitHub:
    fake.add_pull(1, "auto-pr: 1", "2025-11-22T10:00:00Z")
    return fake


@pytest.mark.parametrize(
    ("faults", "slept"),
    [
        ([Fault(status=429, headers={"retry-after": "7"})], [7]),
        ([Fault(status=403, headers={"retry-after": "7"})], [7]),
        ([Fault(status=403, headers=USED_UP)], [121]),
        ([Fault(status=429, headers=USED_UP)], [121]),
        ([Fault(status=403, body=SECONDARY)], [60]),
        ([Fault(status=403, body=SECONDARY)] * 2, [60, 120]),
        ([Fault(status=502, body=b"<html>Bad Gateway</html>")], [1]),
        ([Fault(status=500), Fault(status=502), Fault(status=503), Fault(status=504)], [1, 2, 4, 8]),
        ([Fault(status=503, headers={"retry-after": "3"})], [3]),
        ([Fault(cut=True)], [1]),
        ([Fault(cut=True), Fault(status=502), Fault(status=429, headers={"retry-after": "0"})], [1, 2, 0]),
        ([Fault(status=429, headers={"retry-after": "soon", "x-ratelimit-reset": "9" * 40})], [60]),
    ],
)
def test_a_request_is_sent_again_when_that_is_due(
    pull: FakeGitHub, ask: Ask, time: Time, faults: list[Fault], slept: list[float]
) -> None:
    pull.faults.extend(faults)

    assert ask(lambda g: g.pull_request(1)).pull_request.number == "1"
    assert (time.slept, len(pull.asked)) == (slept, 1 + len(faults))


def test_who_was_waited_for_in_vain_is_asked_once_only_until_all_is_well_again(
    pull: FakeGitHub, ask: Ask, time: Time
) -> None:
    async def questions(github: GitHub) -> None:
        for _ in range(4):
            with suppress(ForgeFailed):
                await github.pull_request(1)

    pull.faults.extend([*[Fault(status=502)] * 3, None, Fault(status=502)])
    ask(questions, retry=RetryPolicy(tries=2))

    assert (time.slept, len(pull.asked)) == ([1, 1], 6)


@pytest.mark.parametrize(
    ("fault", "message", "hint"),
    [
        (
            Fault(status=429, headers={"retry-after": "3600"}),
            "GitHub's rate limit is used up until 2025-11-22 11:00:00 UTC",
            "run it again then",
        ),
        (
            Fault(status=403, body=b'{"message": "Resource not accessible by integration"}'),
            "GitHub does not allow this: Resource not accessible by integration (GET /repos/ada/shop/pulls/1)",
            f"give the token from GH_TOKEN the permission that it needs, or use another: {NEW_TOKEN}",
        ),
        (
            Fault(status=403, headers={"x-accepted-github-permissions": "pull_requests=read"}),
            "GitHub does not allow this: a fault (GET /repos/ada/shop/pulls/1)",
            "give the token from GH_TOKEN the permission pull_requests=read",
        ),
        (
            Fault(status=403, headers={"x-github-sso": "required; url=https://github.com/orgs/x/sso?authorization=A"}),
            "GitHub does not allow this: a fault (GET /repos/ada/shop/pulls/1)",
            "the organisation wants single sign-on: authorise the token for it in your GitHub settings",
        ),
        (
            Fault(status=401, body=f'{{"message": "Bad credentials: {TOKEN}"}}'.encode()),
            "GitHub does not accept the token from GH_TOKEN: Bad credentials: *** (GET /repos/ada/shop/pulls/1)",
            NEW_TOKEN,
        ),
        (
            Fault(status=418, body=b"\xff\xfe not even text"),
            "GitHub answers with 418 (GET /repos/ada/shop/pulls/1)",
            "check that GITHUB_API_URL is right, if it is set, for GET /repos/ada/shop/pulls/1",
        ),
        (
            Fault(status=200, body=b'[{"number": '),
            "GitHub's answer cannot be read (GET /repos/ada/shop/pulls/1)",
            "check that GITHUB_API_URL leads to GitHub's interface, if it is set",
        ),
        *(
            (
                Fault(status=200, body=body),
                "GitHub's answer cannot be read (GET /repos/ada/shop/pulls/1)",
                "check that GITHUB_API_URL leads to GitHub's interface, if it is set",
            )
            for body in (
                b"[" * 200_000,
                b'{"number": 1, "deep": ' + b"[" * 100 + b"1" + b"]" * 100 + b"}",
                b'{"number": 1, "title": "\\ud800"}',
                b'{"number": NaN}',
                b'{"number": 1e999}',
            )
        ),
    ],
)
def test_what_would_be_in_vain_is_not_sent_again(
    pull: FakeGitHub, ask: Ask, time: Time, fault: Fault, message: str, hint: str
) -> None:
    pull.faults.append(fault)
    with pytest.raises(ForgeFailed) as caught:
        ask(lambda g: g.pull_request(1))

    assert (str(caught.value), caught.value.hint, time.slept) == (message, hint, [])


def test_without_a_token_a_limit_says_what_helps(pull: FakeGitHub, ask: Ask) -> None:
    pull.faults.append(Fault(status=429, headers={"retry-after": "3600"}))
    with pytest.raises(ForgeFailed) as caught:
        ask(lambda g: g.pull_request(1), environ={"GH_TOKEN": ""})

    assert caught.value.hint.startswith("run it again then, or with a token, which may ask more")


def test_patience_ends(pull: FakeGitHub, ask: Ask, time: Time) -> None:
    pull.faults.extend([Fault(status=502)] * 20)
    with pytest.raises(ForgeFailed, match=r"GitHub has a problem of its own \(502\)"):
        ask(lambda g: g.pull_request(1))

    assert (time.slept, len(pull.asked)) == ([1, 2, 4, 8, 16], 6)


def test_no_wait_is_longer_than_patience(pull: FakeGitHub, ask: Ask, time: Time) -> None:
    pull.faults.extend([Fault(status=502)] * 20)
    with pytest.raises(ForgeFailed):
        ask(lambda g: g.pull_request(1), retry=RetryPolicy(total=scene.minute(0.1) - scene.START))

    assert time.slept == [1, 2]


@pytest.mark.parametrize("fault", [Fault(hangs=True), Fault(drips=True)])
def test_slow_pages_are_asked_for_again(pull: FakeGitHub, ask: Ask, time: Time, fault: Fault) -> None:
    pull.faults.append(fault)
    limits = Limits(piece=0.5, whole=0.5)

    assert ask(lambda g: g.pull_request(1), limits=limits).pull_request.number == "1"
    assert time.slept == [1]


def test_a_comment_whose_answer_is_lost_is_not_written_twice(pull: FakeGitHub, ask: Ask, time: Time) -> None:
    pull.faults.append(Fault(cut=True))
    with pytest.raises(ForgeFailed, match="cannot be reached: the connection was cut"):
        ask(lambda g: g.create_comment(1, "once"))

    assert ([one["body"] for one in pull.comments.values()], time.slept) == (["once"], [])


def test_a_comment_that_was_refused_for_haste_is_written_later(pull: FakeGitHub, ask: Ask) -> None:
    pull.faults.append(Fault(status=403, body=SECONDARY))
    ask(lambda g: g.create_comment(1, "once"))

    assert [one["body"] for one in pull.comments.values()] == ["once"]


def test_a_change_whose_answer_is_lost_is_made_again(pull: FakeGitHub, ask: Ask) -> None:
    made = ask(lambda g: g.create_comment(1, "old"))
    pull.faults.append(Fault(cut=True))

    assert ask(lambda g: g.update_comment(made.id, "new")).body == "new"


def test_a_server_that_is_not_there_is_said_to_be_so(pull: FakeGitHub, ask: Ask, time: Time) -> None:
    with pytest.raises(ForgeFailed, match=r"GitHub cannot be reached: no connection"):
        ask(lambda g: g.pull_request(1), environ={"GITHUB_API_URL": "http://127.0.0.1:9"})

    assert len(time.slept) == 5


def test_an_answer_has_a_bound(pull: FakeGitHub, ask: Ask) -> None:
    with pytest.raises(ForgeFailed, match=r"more than 1000 bytes \(GET /repos/ada/shop/pulls/1\)"):
        ask(lambda g: g.pull_request(1), limits=Limits(body=1000))


def test_a_renamed_repository_is_followed(pull: FakeGitHub, ask: Ask) -> None:
    pull.faults.append(Fault(status=301, headers={"location": f"{pull.url}/repos/ada/shop/pulls/1"}))

    assert ask(lambda g: g.pull_request(1), repository="ada/old").pull_request.number == "1"


@pytest.fixture
def elsewhere(fake: FakeGitHub) -> Iterator[FakeGitHub]:
    other = FakeGitHub(fake.description)
    with other.running():
        yield other


def test_a_redirect_to_another_host_is_not_followed(pull: FakeGitHub, ask: Ask, elsewhere: FakeGitHub) -> None:
    pull.faults.append(Fault(status=307, headers={"location": f"{elsewhere.url}/repos/ada/shop/pulls/1"}))
    with pytest.raises(ForgeFailed, match="leads to another host or to no address, and the token is not sent there"):
        ask(lambda g: g.pull_request(1))

    assert elsewhere.asked == []


@pytest.mark.parametrize("location", ["http://[", "//elsewhere.example/x", "ftp://x/", "/" + "x" * 9000])
def test_a_redirect_to_what_is_no_address_is_an_error(pull: FakeGitHub, ask: Ask, location: str) -> None:
    pull.faults.append(Fault(status=301, headers={"location": location}))
    with pytest.raises(ForgeFailed, match="leads to another host or to no address"):
        ask(lambda g: g.pull_request(1))


@pytest.mark.parametrize("location", ["http://127.0.0.1:port/", "ftp:x"])
def test_a_redirect_that_cannot_be_parsed_is_no_answer(pull: FakeGitHub, ask: Ask, time: Time, location: str) -> None:
    pull.faults.append(Fault(status=301, headers={"location": location}))

    assert ask(lambda g: g.pull_request(1)).pull_request.number == "1"
    assert time.slept == [1]


def test_a_list_without_an_end_is_not_read_for_ever(pull: FakeGitHub, ask: Ask) -> None:
    same = f'<{pull.url}/repos/ada/shop/pulls/1/files?per_page=100>; rel="next"'
    pull.faults.append(Fault(status=200, headers={"link": same}, body=b"[]"))
    with pytest.raises(ForgeFailed, match="or no end"):
        ask(lambda g: g.files(1))


def test_a_next_page_on_another_host_is_not_asked(pull: FakeGitHub, ask: Ask, elsewhere: FakeGitHub) -> None:
    pull.faults.append(Fault(status=200, headers={"link": f'<{elsewhere.url}/steal>; rel="next"'}, body=b"[]"))
    with pytest.raises(ForgeFailed, match="leads to another host"):
        ask(lambda g: g.files(1))

    assert elsewhere.asked == []


def test_a_circle_of_redirects_ends(pull: FakeGitHub, ask: Ask) -> None:
    pull.faults.extend([Fault(status=301, headers={"location": f"{pull.url}/repos/ada/shop/pulls/1"})] * 9)
    with pytest.raises(ForgeFailed, match="in a circle"):
        ask(lambda g: g.pull_request(1))


def test_the_token_is_in_the_header_and_nowhere_else(
    pull: FakeGitHub, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    pull.faults.extend([Fault(cut=True), Fault(status=401)])
    with caplog.at_level(logging.DEBUG), pytest.raises(ForgeFailed) as caught:
        ask(lambda g: g.pull_request(1))

    assert {headers["authorization"] for headers in pull.sent_headers} == {f"token {TOKEN}"}
    shown = "\n".join([*map(str, caplog.records), caplog.text, *pull.asked, repr(caught.value), caught.value.hint])
    assert (TOKEN in shown, "connect_tcp" in shown) == (False, True)
