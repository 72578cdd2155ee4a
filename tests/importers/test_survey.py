"""Sessions of the past, put together in memory."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.models import PullRequest
from pr_sessions.core.overlaps import Overlap
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.core.recording import record
from pr_sessions.look.history import linked, stretches, survey_around, survey_days
from pr_sessions.look.survey import EvidenceCount, PullRequestGroup, Survey
from pr_sessions.render.survey import survey_lines
from pr_sessions.render.table import plain_lines
from rules import all_signatures, no_signatures

TEN = datetime(2025, 11, 22, 10, tzinfo=UTC)
NOW = datetime(2025, 12, 1, tzinfo=UTC)


def minute(number: float) -> datetime:
    return TEN + timedelta(minutes=number)


def past(
    number: int, minutes: float, *, author: str = "bot", auto: bool = True, files: Sequence[str] = (), **more: Any
) -> HistoricPullRequest:
    """A squash, opened and merged at so many minutes after ten."""
    title = f"{'auto-pr: ' if auto else ''}change {number}"
    pr = PullRequest(
        number=str(number), title=title, author=author, created=minute(minutes), files_changed=len(files), **more
    )
    return HistoricPullRequest(pr, f"{number:040}", minute(minutes), tuple(files), (), "squash")


RULES = all_signatures(Policy())


def look(*prs: HistoricPullRequest, days: int = 7) -> Survey:
    return survey_days(prs, days, no_signatures(Policy()), NOW, UTC)


def contents(groups: Sequence[PullRequestGroup]) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(group.session_id, group.prs) for group in groups]


def test_a_repository_without_pull_requests_has_an_empty_overview() -> None:
    assert look() == Survey(read=0, patterns=Policy().auto_pr_patterns)


def test_work_within_the_timeout_is_one_session_and_the_largest_comes_first() -> None:
    overview = look(past(1, 0), past(2, 31), past(3, 40), past(4, 45))

    assert contents(overview.sessions) == [("bot-20251122-1031", ("2", "3", "4")), ("bot-20251122-1000", ("1",))]


def test_a_group_says_who_when_and_how_many_files() -> None:
    overview = look(past(1, 0, files=["a", "b"]), past(2, 5, files=["b", "c"]))

    assert overview.sessions == (
        PullRequestGroup(
            session_id="bot-20251122-1000",
            author="bot",
            started=minute(0),
            latest=minute(5),
            prs=("1", "2"),
            files=3,
            review=("1", "2"),
            inferred=True,
            trigger="timeout",
        ),
    )


def test_what_is_not_automatic_is_grouped_by_author_and_time_as_well() -> None:
    overview = look(
        past(1, 0, author="ann", auto=False),
        past(2, 1, author="bob", auto=False),
        past(3, 20, author="ann", auto=False),
        past(4, 60, author="ann", auto=False),
    )

    assert contents(overview.not_automatic) == [(None, ("1", "3")), (None, ("4",)), (None, ("2",))]
    assert overview.sessions == ()


def test_an_automatic_pull_request_without_an_author_is_unattributed() -> None:
    overview = look(past(1, 0, author=""))

    assert (overview.unattributed, overview.sessions, list(overview.pull_requests)) == (("1",), (), ["1"])


def test_evidence_is_counted_most_frequent_first() -> None:
    overview = look(past(1, 0), past(2, 1), past(3, 2, commit_messages=("wip: x",)))

    assert overview.evidence == (
        EvidenceCount("title", "^auto-pr:", 3),
        EvidenceCount("commit message", "^wip:", 1),
    )


def test_a_branch_shows_an_agent_among_others_of_its_author() -> None:
    helped = ("x\n\nCo-authored-by: Claude <noreply@anthropic.com>",)
    prs = [past(n, n, author=author, auto=False, branch="codex/x") for n, author in ((1, "ann"), (2, "bob"))]
    overview = survey_days([*prs, past(3, 3, author="ann", auto=False, commit_messages=helped)], 7, RULES, NOW, UTC)

    opened = {number: [a.name for a in pr.agents if a.opened] for number, pr in overview.pull_requests.items()}
    assert opened == {"1": ["codex"], "2": [], "3": []}


def test_only_days_with_pull_requests_count_as_days() -> None:
    day = 24 * 60
    overview = look(past(1, 0), past(2, 9 * day), past(3, 9 * day + 60), past(4, 99 * day), days=2)

    assert overview.days == (date(2025, 12, 1), date(2026, 3, 1))
    assert sorted(overview.pull_requests) == ["2", "3", "4"]
    assert overview.read == 4


def test_a_session_that_reaches_over_midnight_is_shown_whole() -> None:
    overview = look(past(1, 13 * 60 + 40), past(2, 13 * 60 + 59), past(3, 14 * 60 + 10), days=1)

    assert contents(overview.sessions) == [("bot-20251122-2340", ("1", "2", "3"))]


def test_pairs_of_different_groups_come_before_pairs_of_one_session() -> None:
    overview = look(past(1, 0, files=["a", "b"]), past(2, 5, files=["a", "b"]), past(3, 90, files=["b"]))

    assert overview.collisions == (Overlap(("1", "3"), ("b",)), Overlap(("2", "3"), ("b",)))
    assert overview.overlaps == (Overlap(("1", "2"), ("a", "b")),)


def test_stacks_are_found_among_what_is_shown() -> None:
    lower = past(1, 0, branch="one", base="main")
    upper = past(2, 5, branch="two", base="one")

    assert look(lower, upper).stacks == (("1", "2"),)


def test_a_configured_pattern_decides_what_is_automatic() -> None:
    policy = Policy(auto_pr_patterns=("^change 1",))
    overview = survey_days((past(1, 0, auto=False), past(2, 1)), 7, no_signatures(policy), NOW, UTC)

    assert (contents(overview.sessions), contents(overview.not_automatic)) == (
        [("bot-20251122-1000", ("1",))],
        [(None, ("2",))],
    )


def test_the_neighbourhood_of_a_pull_request_is_a_week_on_both_sides() -> None:
    day = 24 * 60
    prs = [past(n, days * day) for n, days in enumerate((0, 5, 11, 12, 19, 20), start=1)]
    closeup = survey_around(prs, "4", no_signatures(Policy()), NOW)

    assert closeup is not None
    assert list(closeup.survey.pull_requests) == ["2", "3", "4", "5"]


def test_there_is_no_neighbourhood_of_an_unknown_number() -> None:
    assert survey_around([past(1, 0)], "2", no_signatures(Policy()), NOW) is None


def test_a_pull_request_keeps_the_rungs_that_were_tried() -> None:
    candidates = look(past(1, 0), past(2, 5)).pull_requests["2"].explanation.candidates

    assert [(step.basis.label, step.candidates) for step in candidates] == [
        ("agent_run", ()),
        ("marker", ()),
        ("workspace", ()),
        ("time", ("bot-20251122-1000",)),
    ]


@pytest.mark.parametrize("created", [None, minute(-5)])
def test_opened_is_the_first_commit_or_else_the_merge(created: datetime | None) -> None:
    one = past(1, 0)
    one = HistoricPullRequest(
        PullRequest(number="1", created=created), one.sha, one.when, one.files, one.parents, one.kind
    )

    assert (one.opened, one.dated.created) == (created or minute(0),) * 2


def test_linked_ones_are_those_that_a_chain_of_work_reaches() -> None:
    prs = [past(1, 0), past(2, 25), past(3, 50), past(4, 75), past(5, 200), past(6, 60, author="other")]

    assert [one.pull_request.number for one in linked(prs, {"3"}, timedelta(minutes=30))] == ["1", "2", "3", "4"]


def test_a_branch_links_the_work_of_two_authors() -> None:
    prs = [past(1, 0, branch="b"), past(2, 10, author="other", branch="b")]

    assert [one.pull_request.number for one in linked(prs, {"2"}, timedelta(minutes=30))] == ["1", "2"]


def test_a_gap_of_exactly_the_timeout_is_no_gap() -> None:
    prs = [past(1, 0), past(2, 30), past(3, 60.1)]

    found = stretches(prs, timedelta(minutes=30))
    assert [[one.pull_request.number for one in stretch] for stretch in found] == [["1", "2"], ["3"]]


histories = st.lists(
    st.tuples(st.integers(0, 5_000), st.sampled_from(["ann", "bot", ""]), st.booleans()), max_size=25
).map(lambda rows: [past(n, at, author=author, auto=auto) for n, (at, author, auto) in enumerate(rows, start=1)])


@given(histories, st.integers(1, 4))
def test_every_shown_session_is_the_one_that_recording_everything_gives(
    prs: list[HistoricPullRequest], days: int
) -> None:
    collection = InMemorySessions()
    for one in sorted(prs, key=lambda one: (one.opened, int(one.pull_request.number))):
        collection, _ = record(
            collection, one.pull_request, AttributionContext(at=one.opened), no_signatures(Policy()), NOW
        )
    whole = {session.id: session.prs for session in collection}

    assert all(whole[group.session_id or ""] == group.prs for group in look(*prs, days=days).sessions)


@given(histories)
def test_every_pull_request_stands_in_exactly_one_place(prs: list[HistoricPullRequest]) -> None:
    overview = look(*prs, days=1_000)
    places = [n for group in (*overview.sessions, *overview.not_automatic) for n in group.prs]

    assert sorted([*places, *overview.unattributed]) == sorted(one.pull_request.number for one in prs)


def test_where_none_fits_a_session_one_of_them_is_explained_next() -> None:
    assert "  pr-sessions look --why 1    why a pull request is where it is" in plain_lines(
        survey_lines(look(past(1, 0, author="")))
    )
