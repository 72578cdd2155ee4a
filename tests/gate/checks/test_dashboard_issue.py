"""The dashboard is one issue of our own, written when it changes; a ticked box of who may write starts checks."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from shop import CONFIGURATION, Shop

from asking import Ask, Time
from fake_github import FakeGitHub
from pr_sessions.core.policy import Ruleset
from pr_sessions.forges.base import User
from pr_sessions.gate.dashboard.boxes import Box, BoxKind, box_item
from pr_sessions.gate.dashboard.issue import LABEL, MARK, TITLE, with_frame
from pr_sessions.gate.dashboard.update import (
    ADVISORY,
    CLOSED,
    MANY,
    OFF,
    OTHER_ISSUE,
    OUTSIDER,
    OWN_EDIT,
    DashboardReport,
    update_dashboard,
)
from pr_sessions.gate.event import Event, IssueEdit
from pr_sessions.git.repository import CONFIG
from scene import minute

ONE, TWO = (f"{number:040x}" for number in (1, 2))
ISSUE = 40
US = "github-actions[bot]"
ADDRESS = f"https://github.com/ada/shop/issues/{ISSUE}"
COMPLETE, RUN, OTHER = (
    box_item(Box(kind, number), "go")
    for kind, number in ((BoxKind.COMPLETE, "1"), (BoxKind.RUN, "1"), (BoxKind.RUN, "2"))
)
BODY = with_frame(f"Two are open.\n\n{COMPLETE}\n{RUN}\n{OTHER}", "2025-11-22 10:00 UTC")
Update = Callable[..., DashboardReport]


def ticked(body: str, item: str) -> str:
    """The body after somebody clicked on a box."""
    return body.replace(item, item.replace("[ ]", "[x]"))


@pytest.fixture
def shop(fake: FakeGitHub, ask: Ask, time: Time) -> Shop:
    """Two pull requests of one session wait, and the dashboard shows them."""
    shop = Shop(fake, ask, time)
    fake.contents["main", CONFIG] = f"{CONFIGURATION}gate.dashboard: true\n".encode()
    for number, sha in ((1, ONE), (2, TWO)):
        opened = shop.opened(number)
        shop.ran(sha, "skipped")
        shop.checked(opened)
    return shop


@pytest.fixture
def issue(fake: FakeGitHub, shop: Shop) -> dict[str, Any]:
    return fake.add_issue(ISSUE, BODY, title=TITLE, labels=[fake.label(LABEL)])


@pytest.fixture
def update(ask: Ask, shop: Shop) -> Update:
    """`gate dashboard`, at a schedule if no event is given."""

    def call(event: Event | None = None, body: str = BODY, *, write: bool = True) -> DashboardReport:
        async def render(_rules: Ruleset) -> str:
            return body

        event = event or Event(name="schedule", repository="ada/shop")
        done: DashboardReport = ask(lambda github: update_dashboard(github, event, minute(5), render, write=write))
        return done

    return call


def edit(after: str, before: str | None = BODY, by: str = "ada", **told: Any) -> Event:
    """Somebody edits the issue."""
    sender = User(by, 7, told.pop("kind", "User"))
    known = IssueEdit(told.pop("number", ISSUE), after, before)
    return Event(name="issues", action="edited", repository="ada/shop", sender=sender, issue=known, **told)


def writes(fake: FakeGitHub) -> list[str]:
    return [line for line in fake.asked if not line.startswith("GET")]


def refs(fake: FakeGitHub) -> list[str]:
    return sorted(told["ref"].removeprefix("refs/heads/") for _, told in fake.dispatched)


class TestTheIssue:
    def test_it_is_created_with_its_label_where_there_is_none(self, fake: FakeGitHub, update: Update) -> None:
        assert update() == DashboardReport(did="created", address="https://github.com/ada/shop/issues/3")
        assert [(row["title"], row["body"], row["labels"][0]["name"]) for row in fake.issues.values()] == [
            (TITLE, BODY, LABEL)
        ]

    @pytest.mark.usefixtures("issue")
    def test_it_is_not_written_while_it_says_the_same_at_another_time(self, fake: FakeGitHub, update: Update) -> None:
        fake.asked.clear()
        done = update(body=BODY.replace("10:00", "10:05"))
        assert (done, writes(fake)) == (DashboardReport(did="unchanged", address=ADDRESS), [])

    @pytest.mark.usefixtures("issue")
    def test_it_is_edited_where_something_changed(self, fake: FakeGitHub, update: Update) -> None:
        done = update(body=BODY.replace("Two", "Three"))
        assert (done.did, fake.issues[ISSUE]["body"]) == ("edited", BODY.replace("Two", "Three"))

    @pytest.mark.parametrize(
        "edited",
        [
            BODY.replace("Two are open.", "Buy my book."),
            f"{BODY}\nand this",
            BODY.replace(MARK, ""),
            BODY.replace("UTC</sub>", "UTC</sub> See <b>here</b>"),
            BODY.replace("10:00", "noon"),
            "",
        ],
    )
    def test_whatever_people_edit_in_it_is_overwritten(
        self, fake: FakeGitHub, issue: dict[str, Any], update: Update, edited: str
    ) -> None:
        issue["body"] = edited
        assert (update().did, fake.issues[ISSUE]["body"]) == ("edited", BODY)

    def test_line_ends_of_a_browser_are_no_edit(self, issue: dict[str, Any], update: Update) -> None:
        issue["body"] = BODY.replace("\n", "\r\n")
        assert update().did == "unchanged"

    def test_closed_it_stays_as_it_is(self, fake: FakeGitHub, issue: dict[str, Any], update: Update) -> None:
        issue["state"] = "closed"
        fake.asked.clear()
        reports = [update(body="new"), update(edit(ticked(BODY, COMPLETE)))]
        assert (reports, writes(fake)) == ([DashboardReport(address=ADDRESS, notes=(CLOSED,))] * 2, [])

    def test_a_deleted_label_is_set_again_and_others_stay(
        self, fake: FakeGitHub, issue: dict[str, Any], update: Update
    ) -> None:
        issue["labels"] = [fake.label("pinned")]
        assert update().did == "edited"
        assert {number: [one["name"] for one in row["labels"]] for number, row in fake.issues.items()} == {
            ISSUE: ["pinned", LABEL]
        }

    @pytest.mark.parametrize(("author", "kind"), [("eve", "User"), ("other[bot]", "Bot"), (US, "User")])
    def test_one_that_somebody_else_wrote_is_not_used(
        self, fake: FakeGitHub, update: Update, author: str, kind: str
    ) -> None:
        forged = fake.add_issue(10, BODY, author, kind, title=TITLE, labels=[fake.label(LABEL)])
        assert (update().did, forged["body"], sorted(fake.issues)) == ("created", BODY, [10, 11])

    def test_an_issue_of_another_workflow_is_not_used(self, fake: FakeGitHub, update: Update) -> None:
        fake.add_issue(10, f"Somebody wrote: {MARK}", labels=[fake.label(LABEL)])
        assert (update().did, sorted(fake.issues)) == ("created", [10, 11])

    @pytest.mark.usefixtures("issue")
    def test_of_several_the_oldest_is_used(self, fake: FakeGitHub, update: Update) -> None:
        fake.add_issue(50, BODY, labels=[fake.label(LABEL)])
        fake.add_issue(12, "old", title=TITLE, labels=[fake.label(LABEL)])
        assert (update().address, fake.issues[12]["body"]) == (ADDRESS.replace("40", "12"), BODY)

    @pytest.mark.usefixtures("issue")
    def test_without_the_setting_nothing_is_read_or_written(self, fake: FakeGitHub, update: Update) -> None:
        fake.contents["main", CONFIG] = CONFIGURATION.encode()
        fake.asked.clear()
        assert update(body="new") == DashboardReport(notes=(OFF,))
        assert fake.asked == [f"GET /repos/ada/shop/contents/{CONFIG}"]

    @pytest.mark.usefixtures("issue")
    def test_elsewhere_than_on_a_runner_it_is_shown_only(self, fake: FakeGitHub, update: Update) -> None:
        fake.asked.clear()
        assert update(edit(ticked(BODY, COMPLETE)), "new", write=False) == DashboardReport(body="new")
        assert writes(fake) == []

    def test_a_repository_without_issues_is_said(self, fake: FakeGitHub, update: Update) -> None:
        fake.has_issues = False
        (note,) = update().notes
        assert note.startswith("the dashboard was not written: ")
        assert "410" in note

    def test_one_that_another_account_created_is_an_error(self, fake: FakeGitHub, update: Update) -> None:
        fake.me = "ada"
        (note,) = update().notes
        assert "was created by 'ada', and 'github-actions' is looked for: close it" in note


class TestBoxes:
    def test_no_more_pull_requests_completes_the_session_and_starts_all_its_checks(
        self, fake: FakeGitHub, issue: dict[str, Any], update: Update
    ) -> None:
        issue["body"] = ticked(BODY, COMPLETE)
        done = update(edit(issue["body"]))
        assert (refs(fake), fake.issues[ISSUE]["body"], done.did) == (["work-1", "work-2"], BODY, "edited")
        assert done.notes == ("#1: session completed", "#1: checks started", "#2: checks started")

    @pytest.mark.usefixtures("issue")
    def test_the_session_stays_complete_for_later_jobs(self, shop: Shop, update: Update) -> None:
        update(edit(ticked(BODY, COMPLETE)))
        shop.at(10)
        view = shop.assessed(shop.event(2, "labeled")).view
        assert view
        assert view.session.completion
        assert view.session.completion.trigger == "explicit_marker: /complete-session"

    @pytest.mark.usefixtures("issue")
    def test_its_comment_gets_no_reply(self, fake: FakeGitHub, update: Update) -> None:
        update(edit(ticked(BODY, COMPLETE)))
        bodies = [told["body"] for told in fake.comments.values()]
        assert [body.split("\n")[0] for body in bodies if "digest" not in body] == [
            "<!-- pr-sessions: ticked by ada -->"
        ]

    @pytest.mark.usefixtures("issue")
    def test_run_now_starts_that_pull_request_alone_and_its_session_goes_on(
        self, fake: FakeGitHub, shop: Shop, update: Update
    ) -> None:
        done = update(edit(ticked(BODY, RUN)))
        view = shop.assessed(shop.event(1, "labeled")).view
        assert view
        assert (refs(fake), done.notes, view.session.completion, fake.comments) == (
            ["work-1"],
            ("#1: checks started",),
            None,
            {},
        )

    @pytest.mark.usefixtures("issue")
    def test_a_second_box_that_is_ticked_before_the_first_was_applied_counts(
        self, fake: FakeGitHub, update: Update
    ) -> None:
        first = ticked(BODY, RUN)
        for event in (edit(first), edit(ticked(first, OTHER), first)):
            update(event)
        assert refs(fake) == ["work-1", "work-2"]

    @pytest.mark.parametrize(
        ("event", "notes"),
        [
            (edit(ticked(BODY, RUN), by="eve"), (OUTSIDER,)),
            (edit(ticked(BODY, RUN), by="stranger"), (OUTSIDER,)),
            (edit(ticked(ticked(BODY, RUN), OTHER)), (MANY,)),
            (edit(ticked(BODY, RUN).replace("Two", "Three")), (MANY,)),
            (edit(f"{ticked(BODY, RUN)}\nmore"), (MANY,)),
            (edit(BODY, ticked(BODY, RUN)), (MANY,)),
            (edit(ticked(BODY, RUN), before=None), ()),
            (edit(ticked(BODY, RUN), before=""), (MANY,)),
        ],
    )
    def test_nothing_starts_for_any_other_edit(
        self, fake: FakeGitHub, issue: dict[str, Any], update: Update, event: Event, notes: tuple[str, ...]
    ) -> None:
        assert event.issue
        issue["body"] = event.issue.body
        done = update(event)
        assert (done.notes, refs(fake), fake.comments, fake.issues[ISSUE]["body"]) == (notes, [], {}, BODY)

    @pytest.mark.usefixtures("issue")
    def test_an_app_s_own_edit_takes_no_request(self, fake: FakeGitHub, update: Update) -> None:
        fake.asked.clear()
        done = update(edit(ticked(BODY, RUN), by=US, kind="Bot"))
        assert (done, fake.asked) == (DashboardReport(notes=(OWN_EDIT,)), [])

    @pytest.mark.usefixtures("issue")
    def test_an_edit_of_another_issue_changes_nothing(self, fake: FakeGitHub, update: Update) -> None:
        fake.asked.clear()
        done = update(edit(ticked(BODY, RUN), number=41), "new")
        assert (done, writes(fake)) == (DashboardReport(notes=(OTHER_ISSUE,)), [])

    @pytest.mark.usefixtures("issue")
    def test_in_advisory_mode_nothing_waits_and_nothing_starts(self, fake: FakeGitHub, update: Update) -> None:
        fake.contents["main", CONFIG] = b"gate.dashboard: true\n"
        assert (update(edit(ticked(BODY, RUN))).notes, refs(fake)) == ((ADVISORY,), [])

    @pytest.mark.usefixtures("issue")
    def test_a_forged_box_of_a_pull_request_that_does_not_exist_starts_nothing(
        self, fake: FakeGitHub, update: Update
    ) -> None:
        before = f"{BODY}\n{box_item(Box(BoxKind.COMPLETE, '999'), 'x')}"
        done = update(edit(ticked(before, before.rpartition("\n")[2]), before))
        assert done.notes[0].startswith("the box of #999 was not applied: ")
        assert (done.did, refs(fake), fake.comments) == ("unchanged", [], {})


@pytest.mark.usefixtures("issue")
def test_a_record_of_a_box_counts_only_as_long_as_its_person_may_write(
    fake: FakeGitHub, shop: Shop, update: Update
) -> None:
    update(edit(ticked(BODY, COMPLETE)))
    fake.permissions["ada"] = "read"
    view = shop.assessed(shop.event(2, "labeled")).view
    assert view
    assert view.session.completion is None


@pytest.mark.parametrize("author", ["eve", "other[bot]"])
def test_a_record_that_somebody_else_wrote_is_none(fake: FakeGitHub, shop: Shop, author: str) -> None:
    body = "<!-- pr-sessions: ticked by ada -->\n\n/complete-session"
    told = fake.add_comment(1, body, author, fake.now, kind="Bot" if author.endswith("]") else "User")
    event = replace(shop.event(2, "labeled"))
    view = shop.assessed(event).view
    assert view
    assert (view.session.completion, told["body"]) == (None, body)


def test_an_event_that_cannot_be_read_changes_nothing(fake: FakeGitHub, update: Update) -> None:
    fake.asked.clear()
    done = update(Event(name="issues", repository="ada/shop", problem="the event file holds no object"))
    assert (done, fake.asked) == (DashboardReport(notes=("the event file holds no object",)), [])
