"""`gate comment` as a job runs it: what is said on GitHub, once, and what is never said."""

import json
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from command_line import Cli
from msgspec import Struct

from fake_github import TOKEN, FakeGitHub, Fault
from pr_sessions.core.times import write_time
from pr_sessions.git.repository import CONFIG
from pr_sessions.tracker import utc_now

US = "github-actions[bot]"
PAGE = "https://github.com/ada/shop/pull/{}#issuecomment-{}"


class Job(Struct, frozen=True):
    """What a step left behind."""

    code: int
    out: str
    err: str


T = TypeVar("T")
Start = Callable[..., subprocess.Popen[bytes]]
Runs = Callable[..., Job]


def ago(minutes: float) -> str:
    return write_time((utc_now() - timedelta(minutes=minutes)).replace(microsecond=0))


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    """Two pull requests of one session; bot and ann may write, mallory may not."""
    fake.permissions = {"bot": "write", "ann": "write", "mallory": "read"}
    fake.now = ago(0)
    for number, minutes in ((1, 9), (2, 4)):
        fake.add_pull(number, f"auto-pr: {number}", ago(minutes))
    fake.files[2] = [fake.file("src/other.py")]
    return fake


def _step(shop: FakeGitHub, tmp_path: Path, spawn: Callable[..., T]) -> Callable[..., T]:
    """The command with an event: `step(opened(shop), "pull_request", "--json", GITHUB_TOKEN="")`."""

    def call(told: Any, name: str = "pull_request", *arguments: str, **changes: str) -> T:
        event = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        event.write_text(json.dumps(told))
        known = {
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_EVENT_NAME": name,
            "GITHUB_REPOSITORY": "ada/shop",
            "GITHUB_API_URL": shop.url,
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_ACTIONS": "true",
        }
        return spawn("gate", "comment", *arguments, **(known | changes))

    return call


@pytest.fixture
def start(shop: FakeGitHub, tmp_path: Path, spawn: Start) -> Start:
    """Starts the step with an event in a process of its own."""
    return _step(shop, tmp_path, spawn)


@pytest.fixture
def runs(shop: FakeGitHub, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Runs the step to its end."""

    def run(*arguments: str, **environ: str) -> Job:
        for key, value in environ.items():
            monkeypatch.setenv(key, value)
        done = cli(*arguments)
        return Job(done.code, done.out, done.err)

    return _step(shop, tmp_path, run)


def ended(process: subprocess.Popen[bytes]) -> Job:
    out, err = process.communicate(timeout=100)
    return Job(process.returncode, out.decode(), err.decode())


def around() -> dict[str, Any]:
    return {"repository": {"full_name": "ada/shop"}, "sender": {"login": "bot", "id": 1, "type": "User"}}


def opened(shop: FakeGitHub, number: int = 2, action: str = "opened", **told: Any) -> dict[str, Any]:
    """The event of a pull request."""
    return {"action": action, "number": number, "pull_request": shop.pulls[number] | told, **around()}


def commented(shop: FakeGitHub, body: str, author: str, number: int = 2, kind: str = "User") -> dict[str, Any]:
    """Somebody comments; the event of that."""
    issue = {"number": number, "title": "", "user": None, "state": "open", "pull_request": {"url": "https://x"}}
    return {
        "action": "created",
        "issue": issue,
        "comment": shop.add_comment(number, body, author, ago(0), kind),
        **around(),
    }


def ours(shop: FakeGitHub) -> dict[int, tuple[int, str]]:
    """Our comments by id: the pull request, and what stands there."""
    return {
        one["id"]: (int(one["issue_url"].rpartition("/")[2]), one["body"])
        for one in shop.comments.values()
        if one["user"]["type"] == "Bot"
    }


def writes(shop: FakeGitHub) -> list[str]:
    return [asked for asked in shop.asked if not asked.startswith("GET ")]


def rested(shop: FakeGitHub) -> None:
    """What was said lies some minutes back."""
    for comment in shop.comments.values():
        comment |= {"created_at": ago(3), "updated_at": ago(3)}


def session(shop: FakeGitHub, number: int = 1) -> str:
    at, author = shop.pulls[number]["created_at"], shop.pulls[number]["user"]["login"]
    return f"{author}-{at[:10].replace('-', '')}-{at[11:16].replace(':', '')}"


def test_two_pull_requests_get_a_digest_and_a_link(shop: FakeGitHub, runs: Runs) -> None:
    job = runs(opened(shop))
    (_, digest), (_, link) = ours(shop).values()

    assert job == Job(0, f"digest on #1: written {PAGE.format(1, 1)}\nlink on #2: written {PAGE.format(2, 2)}\n", "")
    assert digest.startswith(f"<!-- pr-sessions: digest {session(shop)} -->\n<!-- edits: 0, content: ")
    assert "\n### A session of 2 pull requests by bot\n" in digest
    assert link.startswith(f"<!-- pr-sessions: link {session(shop)} -->\n")
    assert link.endswith(f"\nPart of session `{session(shop)}`: see the digest in #1.")


def test_of_a_recorded_event_it_shows_what_would_be_said_and_writes_nothing(
    shop: FakeGitHub, runs: Runs, tmp_path: Path
) -> None:
    event = tmp_path / "recorded.json"
    event.write_text(json.dumps(opened(shop)))
    job = runs(opened(shop), "pull_request", "--event", str(event))
    told = json.loads(runs(opened(shop), "pull_request", "--event", str(event), "--json").out)

    assert (job.code, job.err, writes(shop)) == (0, "", [])
    assert job.out.startswith("digest on #1: would be written\n  ### A session of 2 pull requests by bot\n\n")
    assert job.out.endswith(
        f"\nlink on #2: would be written\n  Part of session `{session(shop)}`: see the digest in #1.\n"
    )
    assert [(one["number"], one["kind"]) for one in told["planned"]] == [("1", "digest"), ("2", "link")]


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("action", ["opened", "synchronize", "labeled", "closed"])
def test_repeated_events_change_nothing(shop: FakeGitHub, runs: Runs, number: int, action: str) -> None:
    runs(opened(shop))
    rested(shop)
    before, shop.asked[:] = ours(shop), []

    assert (runs(opened(shop, number, action)).code, ours(shop), writes(shop)) == (0, before, [])


def test_a_third_pull_request_edits_the_digest(shop: FakeGitHub, runs: Runs) -> None:
    runs(opened(shop))
    rested(shop)
    shop.add_pull(3, "auto-pr: 3", ago(1))
    job = runs(opened(shop, 3))

    assert job.out == f"digest on #1: edited {PAGE.format(1, 1)}\nlink on #3: written {PAGE.format(3, 3)}\n"
    assert "### A session of 3 pull requests by bot" in ours(shop)[1][1]


def test_a_single_pull_request_stays_quiet(shop: FakeGitHub, runs: Runs) -> None:
    del shop.pulls[1]
    job = runs(opened(shop))

    assert job == Job(0, "nothing to say: no second pull request, no overlap, no breached budget\n", "")
    assert ours(shop) == {}


def test_all_of_it_as_json(shop: FakeGitHub, runs: Runs) -> None:
    assert json.loads(runs(opened(shop), "pull_request", "--json").out) == {
        "done": [
            {"number": "1", "kind": "digest", "did": "written", "address": PAGE.format(1, 1)},
            {"number": "2", "kind": "link", "did": "written", "address": PAGE.format(2, 2)},
        ],
        "planned": [],
        "notes": [],
    }


# Commands.


def test_a_command_of_somebody_who_may_write_is_answered_once(shop: FakeGitHub, runs: Runs) -> None:
    runs(opened(shop))
    event = commented(shop, "/complete-session", "ann")
    first, second = runs(event, "issue_comment"), runs(event, "issue_comment")
    number, answer = ours(shop)[4]

    assert first.out == f"answer on #2: written {PAGE.format(2, 4)}\ndigest on #1: edited {PAGE.format(1, 1)}\n"
    assert (number, answer) == (
        2,
        f"<!-- pr-sessions: answer 3 -->\nSession `{session(shop)}` is complete, with 2 pull requests.",
    )
    assert ("**Completed** " in ours(shop)[1][1], second.out, len(ours(shop))) == (True, "", 3)


def test_a_repeated_command_is_answered_by_how_it_is(shop: FakeGitHub, runs: Runs) -> None:
    shop.add_comment(2, "/complete-session", "ann", ago(1))
    runs(commented(shop, "/complete-session", "ann"), "issue_comment")
    first, second = [body for _, body in ours(shop).values() if "answer" in body]

    assert (" is complete, with 2 pull requests." in first, " is complete already: " in second) == (True, True)


def test_a_move_is_told_in_both_sessions(shop: FakeGitHub, runs: Runs) -> None:
    runs(opened(shop))
    job = runs(commented(shop, "/session move new", "ann"), "issue_comment")

    assert [line.partition(" http")[0] for line in job.out.splitlines()] == [
        "answer on #2: written",
        "digest on #2: edited",
        "digest on #1: edited",
    ]


def test_a_move_to_a_session_that_began_later_is_told_in_both(shop: FakeGitHub, runs: Runs) -> None:
    shop.add_pull(3, "auto-pr: 3", ago(1), author="ann")
    runs(opened(shop))
    rested(shop)
    runs(commented(shop, "/session move #3", "ann"), "issue_comment")

    assert "\n### A session of 1 pull request by bot\n" in ours(shop)[1][1]
    assert "\n### A session of 2 pull requests by ann\n" in ours(shop)[2][1]
    assert ours(shop)[5][1].endswith(f"\nPart of session `{session(shop, 3)}`: see the digest in #2.")


@pytest.mark.parametrize("login", ["mallory", "nobody-knows"])
@pytest.mark.parametrize("words", ["/complete-session", "/session move new", "/session status"])
def test_a_command_of_a_stranger_has_no_answer_and_no_effect(
    shop: FakeGitHub, runs: Runs, login: str, words: str
) -> None:
    runs(opened(shop))
    rested(shop)
    before, shop.asked[:] = ours(shop), []

    said = "nothing is done for a comment or review of somebody who may not write\n"
    assert runs(commented(shop, words, login), "issue_comment") == Job(0, said, "")
    assert (ours(shop), len(shop.asked), writes(shop)) == (before, 1, [])


# Where nothing is said.


def never(shop: FakeGitHub) -> tuple[Any, str, str]:
    shop.contents["main", CONFIG] = b"comment: never\n"
    return commented(shop, "/session status", "ann"), "issue_comment", "nothing is said: comment: never"


def labelled(shop: FakeGitHub) -> tuple[Any, str, str]:
    shop.pulls[2]["labels"] = [shop.description.example("pull-request")["labels"][0] | {"name": "no-session"}]
    return opened(shop), "pull_request", "nothing to say: no second pull request, no overlap, no breached budget"


def fork(shop: FakeGitHub) -> tuple[Any, str, str]:
    shop.pulls[2]["head"]["repo"]["full_name"] = "mallory/shop"
    return opened(shop), "pull_request", "nothing is said: the token of a fork's pull request only reads"


def unknown(shop: FakeGitHub) -> tuple[Any, str, str]:
    return {"action": "created", **around()}, "star", "nothing to say about star: "


def nothing_behind(shop: FakeGitHub) -> tuple[Any, str, str]:
    del shop.pulls[1]
    return {"schedule": "4-59/10 * * * *"}, "schedule", "nothing is behind"


def by_an_app(shop: FakeGitHub) -> tuple[Any, str, str]:
    return (
        commented(shop, "/session status", "x[bot]", kind="Bot"),
        "issue_comment",
        "nothing to say to an App's comment",
    )


def half_written(shop: FakeGitHub) -> tuple[Any, str, str]:
    return ["{"], "pull_request", "nothing to say about pull_request: the event file holds no object"


@pytest.mark.parametrize("case", [never, labelled, fork, unknown, nothing_behind, by_an_app, half_written])
def test_where_nothing_is_to_be_said_it_says_why_and_writes_nothing(
    shop: FakeGitHub, runs: Runs, case: Callable[[FakeGitHub], tuple[Any, str, str]]
) -> None:
    told, name, why = case(shop)
    job = runs(told, name)

    assert (job.code, job.out.startswith(why), "Traceback" in job.err, writes(shop)) == (0, True, False, []), job


def test_without_a_token_nothing_is_asked(shop: FakeGitHub, runs: Runs) -> None:
    job = runs(opened(shop), GITHUB_TOKEN="")
    assert (job.code, job.out, shop.asked) == (0, "nothing is said without a token\n", [])


def test_taken_out_of_its_session_a_pull_request_says_so(shop: FakeGitHub, runs: Runs) -> None:
    runs(opened(shop))
    labelled(shop)
    job = runs(opened(shop, action="labeled"))

    assert (job.code, ours(shop)[2][1].rpartition("\n")[2]) == (0, "This pull request is in no session.")


# Where it is looked at only.


@pytest.mark.parametrize("runner", ["", "true"])
@pytest.mark.parametrize("recorded", [False, True])
def test_only_on_a_runner_and_of_its_own_event_anything_is_written(
    shop: FakeGitHub, runs: Runs, tmp_path: Path, runner: str, recorded: bool
) -> None:
    event = tmp_path / "recorded.json"
    event.write_text(json.dumps(opened(shop)))
    job = runs(opened(shop), "pull_request", *(["--event", str(event)] if recorded else []), GITHUB_ACTIONS=runner)

    looks = recorded or not runner
    assert ("digest on #1: would be written" in job.out, ours(shop) == {}) == (looks, looks)


# On schedule.


def test_on_schedule_what_is_behind_is_written_and_the_mode_is_left_for_the_sweep(
    shop: FakeGitHub, runs: Runs, tmp_path: Path
) -> None:
    outputs = tmp_path / "outputs"
    job = runs({"schedule": "4-59/10 * * * *"}, "schedule", GITHUB_OUTPUT=str(outputs))

    assert job.out == f"digest on #1: written {PAGE.format(1, 1)}\nlink on #2: written {PAGE.format(2, 2)}\n"
    assert outputs.read_text().splitlines()[1] == "advisory"


# Strangers.


@pytest.mark.parametrize("strangers", [6, 60])
def test_strangers_silence_no_answer_to_somebody_who_may_write(shop: FakeGitHub, runs: Runs, strangers: int) -> None:
    for number in range(strangers):
        shop.add_comment(1 + number % 2, "/complete-session", f"stranger-{number}", ago(3))
    runs(commented(shop, "/session status", "ann"), "issue_comment")
    (answer,) = [body.partition("\n")[2] for _, body in ours(shop).values() if " answer " in body]

    assert answer.startswith(f"Session `{session(shop)}` has 2 " if strangers == 6 else "Not everything could be")


# What goes wrong.


@pytest.mark.parametrize("status", [403, 404])
def test_a_token_that_may_not_comment_is_told_and_fails_nothing(shop: FakeGitHub, runs: Runs, status: int) -> None:
    runs(opened(shop))
    asked = len(shop.asked)
    shop.comments.clear()
    shop.asked.clear()
    # The first write of that many requests is refused: before each comment, and after it, what is there is read.
    shop.faults.extend([None] * (asked - 5) + [Fault(status=status)])
    job = runs(opened(shop))

    assert (job.code, ours(shop)) == (0, {})
    assert "`permissions: pull-requests: write`" in job.out


def test_where_github_answers_nothing_nothing_is_said_and_nothing_fails(shop: FakeGitHub, runs: Runs) -> None:
    job = runs(opened(shop), GITHUB_TOKEN="a-wrong-one")

    assert (job.code, job.out.splitlines()[0], writes(shop)) == (0, "nothing is said where something is in doubt", [])


def test_what_a_person_forges_is_not_taken_for_ours(shop: FakeGitHub, runs: Runs) -> None:
    shop.add_comment(1, f"<!-- pr-sessions: digest {session(shop)} -->\nfree beer", "mallory", ago(1))
    runs(opened(shop))

    assert [(number, body.partition(" -->")[0]) for number, body in ours(shop).values()] == [
        (1, f"<!-- pr-sessions: digest {session(shop)}"),
        (2, f"<!-- pr-sessions: link {session(shop)}"),
    ]
    assert shop.comments[1]["body"].endswith("free beer")


def test_a_hostile_title_is_text(shop: FakeGitHub, runs: Runs) -> None:
    shop.pulls[2]["title"] = "auto-pr: $(touch x) | <img src=x> @ada -->\n::set-output name=a::b" + "A" * 10_000
    job = runs(opened(shop))

    assert (job.code, job.out.count("\n"), "::" in job.out) == (0, 2, False)
    assert (
        "| #2 auto-pr: &#36;(touch x) \\| &lt;img src=x&gt; @&#8203;ada --&gt; :&#8203;:&#8203;set" in ours(shop)[1][1]
    )


def test_two_jobs_at_once_edit_the_digest_that_is_there(shop: FakeGitHub, runs: Runs, start: Start) -> None:
    runs(opened(shop))
    rested(shop)
    shop.pulls[2]["title"] = "auto-pr: another title"
    both = [start(opened(shop, number)) for number in (1, 2)]
    codes = [ended(process).code for process in both]

    assert (codes, [number for number, _ in ours(shop).values()]) == ([0, 0], [1, 2])
    assert "another title" in ours(shop)[1][1]
