"""On schedule comments are brought up to date that no event did: bursts, sessions that ran out, missed events."""

from collections.abc import Callable
from typing import Any

import pytest

from asking import Ask, Time
from fake_github import FakeGitHub
from pr_sessions.core.policy import GateMode
from pr_sessions.core.times import write_time
from pr_sessions.forges.github.payload import read_comment
from pr_sessions.gate.comments.bot_comments import CommentKind, session_comments
from pr_sessions.gate.comments.catch_up import catch_up, in_turn
from pr_sessions.gate.comments.publish import CommentReport, publish
from pr_sessions.gate.event import Event
from pr_sessions.git.repository import CONFIG
from scene import minute

SCHEDULE = Event(name="schedule", repository="ada/shop")


class Shop:
    """A repository in which agents open pull requests; time moves by hand."""

    def __init__(self, fake: FakeGitHub, ask: Ask, time: Time) -> None:
        self.fake, self._ask, self._time = fake, ask, time
        fake.permissions = {"ada": "write", "mallory": "read"}
        self.at(0)

    def at(self, minutes: float) -> None:
        self._time.now = minute(minutes)
        self.fake.now = write_time(self._time.now)

    def opens(self, number: int, author: str = "cursor[bot]") -> None:
        self.fake.add_pull(number, f"auto-pr: {number}", self.fake.now, author)
        self.fake.pulls[number]["user"]["type"] = "Bot"
        self.fake.pulls[number]["head"]["sha"] = f"{number:040x}"

    def merges(self, number: int) -> None:
        self.fake.pulls[number] |= {"state": "closed", "merged_at": self.fake.now, "closed_at": self.fake.now}

    def event(self, number: int, name: str = "pull_request") -> CommentReport:
        """The job of an event."""
        self.fake.asked.clear()
        told = Event(name=name, repository="ada/shop", number=str(number))
        return self._call(lambda github: publish(github, told, self._time.now, write=True))

    def schedule(self, *, write: bool = True) -> list[str]:
        """The job on schedule; what was written, where."""
        self.fake.asked.clear()
        self.last = self._call(lambda github: catch_up(github, SCHEDULE, self._time.now, write=write))
        return [f"{one.kind} on #{one.number}: {one.did}" for one in self.last.done]

    def digest(self, number: int = 1) -> str:
        return self.existing()[str(number)].comment.body

    def existing(self) -> Any:
        return session_comments((read_comment(row) for row in self.fake.comments.values()), "github-actions")

    def _call(self, work: Callable[[Any], Any]) -> Any:
        return self._ask(work)


@pytest.fixture
def shop(fake: FakeGitHub, ask: Ask, time: Time) -> Shop:
    return Shop(fake, ask, time)


def pair(shop: Shop) -> None:
    """Two pull requests of one session, of which all is told."""
    shop.opens(1)
    shop.at(1)
    shop.opens(2)
    shop.event(2)


def test_the_last_ones_of_a_burst_come_into_the_digest(shop: Shop) -> None:
    for number in range(1, 11):
        shop.at(number * 0.15)
        shop.opens(number)
        shop.event(number)
    assert "### A session of 2 pull requests" in shop.digest()

    shop.at(4)
    assert shop.schedule() == ["digest on #1: edited"]
    assert "### A session of 10 pull requests" in shop.digest()
    assert "#10 auto-pr: 10" in shop.digest()
    shop.at(14)
    assert (shop.schedule(), shop.last.notes) == ([], ("nothing is behind",))


def test_a_session_that_ran_out_says_so(shop: Shop) -> None:
    pair(shop)
    shop.at(30)
    assert shop.schedule() == []
    shop.at(32)
    assert shop.schedule() == ["digest on #1: edited"]
    assert "**Completed** 2025-11-22 10:31 UTC, after 30 minutes without activity" in shop.digest()
    shop.at(42)
    assert shop.schedule() == []


def test_also_where_all_its_pull_requests_were_merged(shop: Shop) -> None:
    pair(shop)
    shop.at(4)
    for number in (1, 2):
        shop.merges(number)
        shop.event(number)
    shop.at(60)
    assert shop.schedule() == ["digest on #1: edited"]
    assert "**Completed**" in shop.digest()


def test_what_ended_by_the_time_of_six_hours_is_found_although_others_began_since(shop: Shop) -> None:
    pair(shop)
    shop.at(330)
    shop.opens(3)
    assert shop.schedule() == ["digest on #1: edited"]


def test_what_ended_longer_ago_is_left_as_it_is(shop: Shop) -> None:
    pair(shop)
    shop.at(31 + 6 * 60 + 1)
    assert shop.schedule() == []


def test_one_that_no_event_told_of_gets_its_comments(shop: Shop) -> None:
    shop.opens(1)
    shop.opens(2)
    assert shop.schedule() == ["digest on #1: written", "link on #2: written"]


def test_a_push_whose_event_came_while_the_digest_rested_is_made_good(shop: Shop) -> None:
    pair(shop)
    shop.at(2)
    shop.fake.files[2] = [shop.fake.file("src/pushed.py"), shop.fake.file("src/1.py")]
    shop.fake.files[1] = [shop.fake.file("src/1.py")]
    shop.fake.pulls[2]["head"]["sha"] = "f" * 40
    shop.event(2)
    assert "src/1.py" not in shop.digest()
    shop.at(4)
    assert shop.schedule() == ["digest on #1: edited"]
    assert "src/1.py" in shop.digest()
    shop.at(14)
    assert shop.schedule() == []


def test_what_moved_is_told_in_both_sessions(shop: Shop) -> None:
    pair(shop)
    shop.at(2)
    shop.opens(3)
    shop.event(3)
    shop.at(5)
    shop.fake.add_comment(2, "/session move new", "ada", shop.fake.now)
    assert set(shop.schedule()) == {"answer on #2: written", "digest on #1: edited", "digest on #2: edited"}
    assert "could not be read" not in shop.digest(1) + shop.digest(2)
    shop.at(15)
    assert shop.schedule() == []


def test_one_that_left_its_session_says_so(shop: Shop) -> None:
    pair(shop)
    shop.at(5)
    shop.fake.pulls[2]["labels"] = [shop.fake.description.example("pull-request")["labels"][0] | {"name": "no-session"}]
    assert sorted(shop.schedule()) == ["digest on #1: edited", "link on #2: edited"]
    assert shop.digest(2).endswith("This pull request is in no session.")
    shop.at(15)
    assert shop.schedule() == []


def test_the_anchor_s_digest_that_somebody_deleted_is_written_again(shop: Shop) -> None:
    pair(shop)
    del shop.fake.comments[1]
    assert shop.schedule() == ["digest on #1: written"]


def test_a_command_that_no_job_answered_is_answered_once(shop: Shop) -> None:
    pair(shop)
    shop.at(5)
    for login in ("ada", "mallory"):
        shop.fake.add_comment(2, "/complete-session", login, shop.fake.now)
    assert sorted(shop.schedule()) == ["answer on #2: written", "digest on #1: edited"]
    shop.at(15)
    assert shop.schedule() == []


def test_what_rests_is_not_even_read(shop: Shop) -> None:
    pair(shop)
    shop.at(2)
    shop.merges(2)
    assert (shop.schedule(), shop.last.notes) == ([], ("nothing is behind",))


def test_a_look_that_may_not_write_says_what_it_would(shop: Shop) -> None:
    shop.opens(1)
    shop.opens(2)
    shop.schedule(write=False)
    assert [(write.kind, write.number) for write in shop.last.planned] == [
        (CommentKind.DIGEST, "1"),
        (CommentKind.LINK, "2"),
    ]
    assert shop.fake.comments == {}


@pytest.mark.parametrize("text", [b"comment: never\n", b"comment: [\n"])
def test_where_nothing_may_be_said_or_nobody_knows_nothing_is(shop: Shop, text: bytes) -> None:
    pair(shop)
    shop.fake.contents["main", CONFIG] = text
    shop.at(60)
    assert (shop.schedule(), shop.last.gate) == ([], GateMode.ADVISORY if b"never" in text else None)


def test_where_something_could_not_be_read_nothing_is_said(shop: Shop) -> None:
    pair(shop)
    shop.at(60)
    shop.fake.forbidden.add("issues/list-comments-for-repo")
    assert (shop.schedule(), shop.last.notes[0]) == ([], "nothing is said where something is in doubt")


def test_where_github_refuses_to_write_it_is_tried_once(shop: Shop) -> None:
    for number in range(1, 5):
        shop.opens(number, f"agent-{(number + 1) // 2}[bot]")
    shop.fake.forbidden.add("issues/create-comment")
    assert (shop.schedule(), len(shop.last.refused)) == ([], 1)


# What it costs.


def sessions(shop: Shop, count: int) -> None:
    """So many pull requests, two of each agent."""
    for number in range(1, count + 1):
        shop.opens(number, f"agent-{(number + 1) // 2}[bot]")


@pytest.mark.parametrize("count", [0, 2])
def test_where_nothing_is_behind_a_handful_of_requests_is_enough(shop: Shop, count: int) -> None:
    sessions(shop, count)
    for number in range(2, count + 1, 2):
        shop.event(number)
    shop.at(10)
    assert (shop.schedule(), shop.last.notes) == ([], ("nothing is behind",))
    assert len(shop.fake.asked) <= 7


def test_of_forty_with_one_session_behind_that_one_alone_is_read(shop: Shop) -> None:
    sessions(shop, 40)
    while shop.schedule():  # Ten sessions at a time.
        pass
    shop.at(10)
    assert (shop.schedule(), shop.last.notes) == ([], ("nothing is behind",))
    assert len(shop.fake.asked) <= 7
    shop.merges(8)
    assert shop.schedule() == ["digest on #7: edited"]
    assert len(shop.fake.asked) <= 7 + 10 + 1 + 30


def test_ten_sessions_are_told_of_at_once_and_the_others_next_time(shop: Shop) -> None:
    sessions(shop, 50)
    told = []
    for turn in range(3):
        shop.at(10 * turn)
        told.append(len(shop.schedule()))
        assert len(shop.fake.asked) <= 250
    assert told == [20, 20, 10]


def test_those_that_are_always_behind_take_nobody_s_turn() -> None:
    numbers = tuple(str(number) for number in range(1, 24))
    turns = [in_turn(numbers, minute(10 * place), 10) for place in range(5)]

    assert {number for turn in turns for number in turn} == set(numbers)
    assert [len(turn) for turn in turns] == [10] * 5
    assert in_turn(numbers[:10], minute(0), 10) == numbers[:10]


def overlapping(shop: Shop, count: int) -> None:
    """So many pull requests, two of each agent, all of which change one file."""
    for number in range(1, count + 1):
        shop.opens(number, f"agent-{(number + 1) // 2}[bot]")
        shop.fake.files[number] = [shop.fake.file("src/cart.py")]


def test_on_schedule_files_in_common_with_other_sessions_are_shown_as_at_an_event(shop: Shop) -> None:
    overlapping(shop, 4)
    row = "| `src/cart.py` | #1, #2, #3 of `agent-2-bot-20251122-1000`, #4 of `agent-2-bot-20251122-1000` |"

    assert len(shop.schedule()) == 4
    assert row in shop.digest(1)
    lists = [path for path in shop.fake.asked if "/files" in path]
    assert len(lists) == 2 * 2 + 2  # Those of each session, and once those of the other one.


def test_ten_sessions_together_read_thirty_lists_of_other_sessions_and_say_what_is_missing(shop: Shop) -> None:
    overlapping(shop, 40)

    shop.schedule()

    lists = [path for path in shop.fake.asked if "/files" in path]
    assert len(lists) <= 2 * 10 + 30
    missing = "What 10 open pull requests of other sessions change was not read: overlaps may be missing."
    assert any(missing in comment.comment.body for comment in shop.existing().values())
