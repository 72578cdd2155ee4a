"""What is asked of GitHub about one pull request, or about all open ones: enough, and never more."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from asking import Ask
from fake_github import FakeGitHub, Fault
from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.policy import GateMode, Policy, Ruleset, Share
from pr_sessions.core.times import write_time
from pr_sessions.forges.base import ChangedFile, Comment, ForgePullRequest, User
from pr_sessions.gate import builder
from pr_sessions.gate.event import Event
from pr_sessions.gate.fetch import fetch_for_event, fetch_open, fetch_ruleset
from pr_sessions.gate.rebuild import Snapshot
from pr_sessions.git.repository import CONFIG
from pr_sessions.storage.files.session_file import Entry, format_document
from rules import all_signatures
from scene import minute

POLICY = Policy()
DOCUMENT = "the synced sessions"


def opened(fake: FakeGitHub, number: int, minutes: float, author: str = "ada", **told: Any) -> None:
    fake.permissions.setdefault(author, "write")
    fake.add_pull(number, told.pop("title", "auto-pr: work"), write_time(minute(minutes)), author, **told)


def event(number: int, **told: Any) -> Event:
    return Event(name="pull_request", action="opened", repository="ada/shop", number=str(number), **told)


@pytest.fixture
def around(ask: Ask) -> Any:
    """What is read around a pull request, so many minutes after the start."""

    def read(about: int | Event, minutes: float = 60, **settings: Any) -> Snapshot:
        happened = event(about) if isinstance(about, int) else about
        rules = all_signatures(replace(POLICY, **settings))
        found: Snapshot = ask(lambda github: fetch_for_event(github, happened, rules, minute(minutes)))[0]
        return found

    return read


def paths(fake: FakeGitHub) -> Counter[str]:
    """How often which address was asked, without the repository and the query."""
    return Counter(line.split("?")[0].removeprefix("GET /repos/ada/shop/") for line in fake.asked)


def document(count: int) -> bytes:
    """A session file of more than a megabyte where it holds many."""
    held = {"author": "bob", "started": "2025-01-01T10:00:00Z", "completed": "2025-01-01T11:00:00Z"}
    record = {"author": "bob", "created": "2025-01-01T10:00:00Z", "branch": "x" * 200}
    entries = [
        Entry(
            f"bob-{i}",
            {
                **held,
                "session_id": f"bob-{i}",
                "completion_trigger": "timeout",
                "prs": [str(10_000 + i)],
                "metadata": {"pull_requests": {str(10_000 + i): record}},
            },
            completed=True,
        )
        for i in range(count)
    ]
    return format_document(entries, {})


# The team's policy.


def configured(fake: FakeGitHub, text: bytes, ask: Ask) -> tuple[Ruleset, tuple[str, ...]]:
    fake.contents["main", CONFIG] = text
    found: tuple[Ruleset, tuple[str, ...]] = ask(fetch_ruleset)
    return found


def test_the_rules_are_the_default_branchs_with_all_signatures(fake: FakeGitHub, ask: Ask) -> None:
    assert configured(fake, b"\xef\xbb\xbfgate: enforce\ntimeout_minutes: 45\n", ask) == (
        all_signatures(replace(POLICY, gate=GateMode.ENFORCE, timeout=timedelta(minutes=45))),
        (),
    )
    assert fake.asked == [f"GET /repos/ada/shop/contents/{CONFIG}"]


def test_a_setting_of_a_newer_version_is_said_and_makes_no_doubt(
    fake: FakeGitHub, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    found = configured(fake, b"gate: enforce\ngate.check: [test]\n", ask)
    assert found == (all_signatures(replace(POLICY, gate=GateMode.ENFORCE)), ())
    assert capsys.readouterr().err == (
        f"warning: {CONFIG}:2: unknown setting 'gate.check': it changes nothing; did you mean gate.checks?\n"
    )


def test_no_configuration_is_all_defaults(ask: Ask) -> None:
    assert ask(fetch_ruleset) == (all_signatures(POLICY), ())


@pytest.mark.parametrize(
    ("text", "unknowns"),
    [
        (
            b"gate: perhaps\nnonsense: 1\ncomment: 5\n",
            (
                f"{CONFIG}:1: gate: must be advisory or enforce",
                f"{CONFIG}:3: comment: must be auto or never",
            ),
        ),
        (b"\xff", (f"{CONFIG} is not UTF-8 text",)),
        (b"#" * (1 << 20) + b"\n", (f"{CONFIG} has more than a megabyte",)),
    ],
)
def test_a_configuration_with_mistakes_is_all_defaults_and_a_doubt(
    text: bytes, unknowns: tuple[str, ...], fake: FakeGitHub, ask: Ask
) -> None:
    rules, found = configured(fake, text, ask)

    assert rules == all_signatures(POLICY)
    assert [one.removeprefix("no configuration, all is as by default: ") for one in found] == list(unknowns)


def test_a_configuration_that_may_not_be_read_is_all_defaults_and_a_doubt(fake: FakeGitHub, ask: Ask) -> None:
    fake.faults.append(Fault(status=403))

    rules, unknowns = ask(fetch_ruleset)
    said = f"GitHub does not allow this: a fault (GET /repos/ada/shop/contents/{CONFIG})"
    assert (rules, unknowns) == (all_signatures(POLICY), (f"no configuration, all is as by default: {said}",))


# Around one pull request.


def test_what_is_told_of_one_pull_request(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    fake.files[7] = [fake.file("src/a.py"), fake.file("README.md", "added")]
    fake.add_comment(7, "/complete-session", "bob", write_time(minute(5)))
    fake.permissions["bob"] = "admin"
    found = around(7)

    one = found.pull_requests["7"]
    assert isinstance(one, ForgePullRequest)
    assert (one.pull_request.title, one.pull_request.files_changed, one.is_fork) == ("auto-pr: work", 2, False)
    assert [(c.number, c.body, c.author.login) for c in found.comments] == [("7", "/complete-session", "bob")]
    assert (found.repository, found.writers, found.sessions, found.unknowns) == (
        "ada/shop",
        {"ada": True, "bob": True},
        None,
        (),
    )
    assert [(f.filename, f.status) for f in found.files["7"]] == [("src/a.py", "modified"), ("README.md", "added")]


def test_an_event_about_none_asks_nothing(fake: FakeGitHub, around: Any) -> None:
    assert around(Event(name="merge_group", repository="ada/shop")) == Snapshot(repository="ada/shop")
    assert fake.asked == []


def test_what_the_event_tells_is_older_than_what_github_tells(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0, title="auto-pr: today")
    stale = PullRequest(number="7", title="yesterday", state=State.OPEN, created=minute(0))
    found = around(event(7, pull_request=ForgePullRequest(pull_request=stale)))

    assert found.pull_requests["7"].pull_request.title == "auto-pr: today"


@pytest.mark.parametrize(("permission", "may"), [("admin", True), ("write", True), ("read", False), ("none", False)])
def test_who_may_write_is_asked_once_for_each_person(permission: str, may: bool, fake: FakeGitHub, around: Any) -> None:
    fake.permissions["Ada"] = fake.permissions["ada"] = permission
    for number in (7, 8, 9):
        opened(fake, number, number, "Ada")

    assert (around(9).writers, paths(fake)["collaborators/ada/permission"]) == ({"ada": may}, 1)


def test_bots_and_forks_are_not_asked_for(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    fake.pulls[7]["head"]["repo"]["full_name"] = "eve/shop"
    opened(fake, 8, 0, "devin[bot]")
    fake.pulls[8]["user"]["type"] = "Bot"

    assert (around(7).writers, around(8).writers) == ({}, {})


def test_too_many_people_with_a_say_are_a_doubt(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    for i in range(10):
        fake.add_comment(7, "/complete-session", f"person{i}", write_time(minute(1)))
    found = around(7)

    assert len(found.writers) == 5
    assert found.unknowns == ("more than 5 people have a say in it, and the others were not asked for",)


def test_pages_are_read_back_to_before_the_start_of_the_session(fake: FakeGitHub, around: Any) -> None:
    fake.page_size = 5
    for number in range(1, 101):
        opened(fake, number, 10 * number if number > 60 else number - 500)
    found = around(100, 1005)

    # From 61 on every ten minutes; what is on the page that reaches back too far is there, too.
    assert set(found.pull_requests) == {str(n) for n in range(56, 101)}
    assert paths(fake)["pulls"] == 9
    assert found.unknowns == ()


def test_an_old_pull_request_is_found_in_the_midst_of_its_own_time(fake: FakeGitHub, around: Any) -> None:
    fake.page_size = 5
    for number in range(1, 31):
        opened(fake, number, 60 * number)
    found = around(20, 1830)

    assert set(found.pull_requests) >= {"18", "19", "20", "21"}
    assert paths(fake)["pulls"] == 3


def test_a_session_without_a_beginning_is_a_doubt(fake: FakeGitHub, around: Any) -> None:
    fake.page_size = 3
    for number in range(1, 101):
        opened(fake, number, number)
    found = around(100, 100)

    assert paths(fake)["pulls"] == builder.MOST_PAGES
    assert found.unknowns == ("the session reaches back over more than 10 pages of pull requests",)


def test_comments_are_read_from_the_start_of_the_session(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    opened(fake, 8, 20)
    fake.add_comment(7, "before", "ann", write_time(minute(-1)))
    fake.add_comment(7, "during", "ann", write_time(minute(1)))

    assert [comment.body for comment in around(8, 30).comments] == ["during"]


def test_of_ten_thousand_comments_the_newest_thousand_are_read(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    for i in range(10_000):
        fake.add_comment(7, f"{i}", "ann", write_time(minute(1)))
    found = around(7, 5)

    assert [comment.body for comment in found.comments] == [f"{i}" for i in range(9_000, 10_000)]
    assert paths(fake)["issues/comments"] == 10
    assert found.unknowns == ("there are more than 10 pages of comments since the session began",)


def test_comments_of_what_is_in_no_session_are_not_read(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0, title="by hand")

    assert (around(7).comments, paths(fake)["issues/comments"]) == ((), 0)


def test_the_events_own_comment_counts_though_the_list_lags_behind(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    said = Comment(99, User("bob", 1, "User"), "/complete-session", minute(5), minute(5), "7")
    happened = replace(event(7), name="issue_comment", action="created", comment=said)

    assert around(happened).comments == (said,)
    assert around(happened).writers == {"ada": True, "bob": False}
    assert around(replace(happened, action="deleted")).comments == ()


def test_a_command_that_moves_into_an_earlier_session_is_read_back_to_its_start(fake: FakeGitHub, around: Any) -> None:
    fake.page_size = 2
    for number, minutes in [(1, -500), (2, -400), (3, -390), (4, -380), (5, -100), (6, -90), (7, 0)]:
        opened(fake, number, minutes)
    fake.add_comment(7, "/session move #3", "ada", write_time(minute(1)))
    found = around(7, 10)

    assert "3" in found.pull_requests
    assert found.unknowns == ()


def test_a_command_that_names_what_does_not_exist_is_no_doubt(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    fake.add_comment(7, "/session move #4711", "ada", write_time(minute(1)))

    assert (around(7, 10).unknowns, paths(fake)["pulls/4711"]) == ((), 1)


def test_very_many_named_pull_requests_are_a_doubt(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    for i in range(10):
        fake.add_comment(7, f"/session move #{4711 + i}", "ada", write_time(minute(1)))
    found = around(7, 10)

    assert found.unknowns == ("commands name more than 5 other pull requests, and the rest was not asked for",)
    assert len([line for line in fake.asked if "pulls/47" in line]) == 5


# Its files and those of its session.


def test_files_of_the_sessions_open_pull_requests_are_read_once_each(fake: FakeGitHub, around: Any) -> None:
    for number in range(1, 6):
        opened(fake, number, number)
    opened(fake, 6, 6, "bob")
    fake.pulls[2] |= {"state": "closed", "closed_at": write_time(minute(7))}
    found = around(5, 10)

    assert set(found.files) == {"1", "3", "4", "5", "6"}
    assert [paths(fake)[f"pulls/{n}/files"] for n in range(1, 7)] == [1, 0, 1, 1, 1, 1]


def test_at_most_thirty_lists_of_files_are_read(fake: FakeGitHub, around: Any) -> None:
    for number in range(1, 51):
        opened(fake, number, number / 10)

    assert set(around(1, 10).files) == {"1", *(str(n) for n in range(22, 51))}


def test_the_newest_of_other_sessions_have_the_places_that_its_own_leave(fake: FakeGitHub, around: Any) -> None:
    for number in range(1, 4):
        opened(fake, number, number / 10)
    for number in range(4, 51):
        opened(fake, number, number / 10, "bob")

    assert set(around(1, 10).files) == {"1", "2", "3", *(str(n) for n in range(24, 51))}


@pytest.mark.parametrize(("count", "known"), [(2999, True), (3000, False)])
def test_a_list_of_files_that_github_cuts_is_missing(count: int, known: bool, fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    fake.files[7] = [fake.file(f"{n}") for n in range(count)]

    assert ("7" in around(7).files) is known


# The synced sessions.


@pytest.mark.parametrize(
    ("share", "places", "found", "asked"),
    [
        (Share.COMMIT, ("main",), True, 1),
        (Share.COMMIT, ("pr-sessions",), False, 1),
        (Share.BRANCH, ("pr-sessions", "main"), True, 1),
        (Share.BRANCH, ("main",), True, 2),
        (Share.BRANCH, (), False, 2),
        (Share.LOCAL, ("main",), False, 0),
    ],
)
def test_the_synced_sessions_are_where_the_team_shares_them(
    share: Share, places: tuple[str, ...], found: bool, asked: int, fake: FakeGitHub, around: Any
) -> None:
    opened(fake, 7, 0)
    for place in places:
        fake.contents[place, SESSION_FILE] = document(1)
    told = around(7, share=share)

    assert [session.id for session in told.sessions or ()] == (["bob-0"] if found else [])
    assert paths(fake)[f"contents/{SESSION_FILE}"] == asked


@pytest.mark.parametrize(
    ("data", "doubt"),
    [
        (b"{", f"{DOCUMENT}: cannot read {SESSION_FILE}: "),
        (b'{"token": "x"}', f"{DOCUMENT}: cannot read {SESSION_FILE}: it is no session file"),
        (b'{"version": "9.0"}', f"{DOCUMENT}: {SESSION_FILE} has version 9.0"),
        (b'{"active_sessions": {"a": {"session_id": "a", "prs": 5}}}', f"{DOCUMENT}: cannot read {SESSION_FILE}: "),
    ],
)
def test_synced_sessions_that_cannot_be_read_are_a_doubt(
    data: bytes, doubt: str, fake: FakeGitHub, around: Any
) -> None:
    opened(fake, 7, 0)
    fake.contents["main", SESSION_FILE] = data
    found = around(7)

    assert found.sessions is None
    assert len(found.unknowns) == 1
    assert found.unknowns[0].startswith(doubt)


# The budget of open ones.


def test_other_open_ones_are_read_only_for_a_budget(fake: FakeGitHub, around: Any) -> None:
    fake.page_size = 2
    for number in range(1, 21):
        opened(fake, number, 100 * number)

    assert len(around(20, 2001).pull_requests) == 2
    assert len(around(20, 2001, open_budget=3).pull_requests) == 8


def test_where_the_list_holds_all_the_open_ones_are_not_asked_for(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    around(7, open_budget=3)

    assert [line for line in fake.asked if "state=open" in line] == []


# How much is asked.


@pytest.mark.parametrize("sessions", [0, 1, 5000])
def test_requests_do_not_grow_with_what_is_stored(sessions: int, fake: FakeGitHub, around: Any) -> None:
    for number in (7, 8, 9):
        opened(fake, number, number)
    fake.contents["main", SESSION_FILE] = document(sessions)
    around(9, 10)

    assert paths(fake) == {
        "pulls/9": 1,
        "pulls/9/files": 1,
        "pulls/9/reviews": 1,
        f"contents/{SESSION_FILE}": 1,
        "pulls": 1,
        "issues/comments": 1,
        "collaborators/ada/permission": 1,
        "pulls/8/files": 1,
        "pulls/7/files": 1,
    }


# What fails.


def asked_paths(fake: FakeGitHub, wanted: str, status: int) -> None:
    """Whatever is asked of such an address fails."""
    answer = fake.answer

    def refuse(operation: Any, *rest: Any) -> Any:
        if operation.id != wanted:
            return answer(operation, *rest)
        reply = answer(operation, *rest)
        reply.status, reply.value = status, {"message": "Refused", "documentation_url": "https://docs.github.com"}
        return reply

    fake.answer = refuse  # type: ignore[method-assign]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("operation", "what"),
    [
        ("pulls/get", "#7: "),
        ("pulls/list", "the list of pull requests: "),
        ("pulls/list-files", "the files of #7: "),
        ("pulls/list-reviews", "the reviews of #7: "),
        ("issues/list-comments-for-repo", "the comments: "),
        ("repos/get-collaborator-permission-level", "whether ada may write: "),
        ("repos/get-content", f"{DOCUMENT}: "),
    ],
)
def test_what_is_refused_is_a_doubt(status: int, operation: str, what: str, fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    asked_paths(fake, operation, status)
    found = around(7)

    assert [doubt.startswith(what) for doubt in found.unknowns] == [True]
    assert "7" in found.pull_requests
    assert "ghp_" not in str(found)


def test_a_github_that_is_down_leaves_what_the_event_tells(fake: FakeGitHub, around: Any) -> None:
    told = ForgePullRequest(pull_request=PullRequest(number="7", title="auto-pr: x", created=minute(0)))
    fake.faults.extend([Fault(status=502)] * 200)
    found = around(event(7, pull_request=told))

    assert found.pull_requests == {"7": told}
    assert all("GitHub has a problem of its own (502)" in doubt for doubt in found.unknowns)
    assert len(found.unknowns) >= 5


def test_a_pull_request_of_the_list_that_cannot_be_read_is_a_doubt(fake: FakeGitHub, around: Any) -> None:
    opened(fake, 7, 0)
    fake.faults.extend([None] * 4)
    row = b'[{"number": -1}, {"number": 8}]'

    def only_the_list(_count: int) -> None:
        if "pulls?" in fake.asked[-1]:
            fake.faults.append(Fault(status=200, body=row))

    fake.before = only_the_list
    assert set(around(7).pull_requests) == {"7"}


# All open ones.


@pytest.fixture
def everything(ask: Ask) -> Any:
    def read(minutes: float = 60, **settings: Any) -> Snapshot:
        rules = all_signatures(replace(POLICY, **settings))
        found: Snapshot = ask(lambda github: fetch_open(github, rules, minute(minutes)))[0]
        return found

    return read


def test_all_open_ones_are_read_with_what_their_sessions_reach_back_to(fake: FakeGitHub, everything: Any) -> None:
    fake.page_size = 2
    for number, minutes in [(1, -900), (2, -800), (3, 0), (4, 20), (5, 40), (6, 50)]:
        opened(fake, number, minutes)
    for number in (2, 3, 4):
        fake.pulls[number] |= {"state": "closed", "closed_at": write_time(minute(55))}
    fake.add_comment(4, "/session status", "ada", write_time(minute(21)))
    found = everything(60)

    assert set(found.pull_requests) == {"1", "2", "3", "4", "5", "6"}
    assert set(found.files) == {"1", "5", "6"}
    assert ([c.number for c in found.comments], found.writers, found.unknowns) == (["4"], {"ada": True}, ())


def test_old_open_ones_are_no_reason_to_read_the_whole_past(fake: FakeGitHub, everything: Any) -> None:
    fake.page_size = 2
    opened(fake, 1, -100_000)
    for number in range(2, 40):
        opened(fake, number, -2000 + 40 * number, state="closed", closed_at=write_time(minute(-100)))
    opened(fake, 50, 0)
    found = everything(5)

    assert {"1", "50"} <= set(found.pull_requests)
    assert (len([line for line in fake.asked if "state=all" in line]), found.unknowns) == (1, ())


def test_files_of_at_most_three_hundred_are_read_and_that_is_shown(fake: FakeGitHub, ask: Ask) -> None:
    for number in range(1, 320):
        opened(fake, number, number / 100)
    shown: list[tuple[int, int]] = []
    found, _ = ask(
        lambda github: fetch_open(github, all_signatures(POLICY), minute(5), lambda done, of: shown.append((done, of)))
    )

    assert set(found.files) == {str(n) for n in range(20, 320)}
    assert shown == [(n, 300) for n in range(1, 301)]


def test_with_nothing_open_nothing_more_is_asked(fake: FakeGitHub, everything: Any) -> None:
    assert everything() == Snapshot(repository="ada/shop")
    assert len(fake.asked) == 3


def test_changed_files_are_values(fake: FakeGitHub, everything: Any) -> None:
    opened(fake, 7, 0)
    assert everything().files == {"7": (ChangedFile("src/shop.py", "modified"),)}
