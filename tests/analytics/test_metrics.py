from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.analytics.breakdowns import Author, Count, Period
from pr_sessions.analytics.metrics import Corrected, Metrics, Reduction, Summary, measure
from pr_sessions.core.agents import Agent, Evidence
from pr_sessions.core.models import Attribution, Basis, Completion, PullRequestRecord, Session, State, Totals
from pr_sessions.core.policy import Policy

POLICY = Policy()
NOW = datetime(2025, 11, 24, 12, tzinfo=UTC)
START = datetime(2025, 11, 22, 10, tzinfo=UTC)
DURATIONS = ("0-30", "30-60", "60-90", "90+", "unknown")
ATTRIBUTIONS = (
    "manual",
    "hook",
    "agent_run",
    "marker",
    "workspace",
    "stack",
    "commits",
    "time",
    "carried",
    "unknown",
    "unattributed",
)


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def completed(minutes: float, trigger: str = "manual_cli") -> Session:
    return Session(id="s", author="ann", started=START, completion=Completion(after(minutes), trigger))


def rows(counts: tuple[Count, ...]) -> dict[str, int]:
    return {row.name: row.count for row in counts if row.count}


def of(*sessions: Session, policy: Policy = POLICY) -> Metrics:
    return measure(sessions, NOW, policy)


def holding(**record: PullRequestRecord) -> Session:
    return Session(id="s", author="ann", pull_requests={name.removeprefix("pr"): f for name, f in record.items()})


def test_nothing_has_no_averages_and_no_rows() -> None:
    assert of() == Metrics(
        at=NOW,
        time_zone="UTC",
        summary=Summary(
            total_completed=0,
            total_active=0,
            total_idle=0,
            total_pull_requests=0,
            automatic_pull_requests=0,
            unattributed_pull_requests=0,
            avg_session_duration=None,
            median_session_duration=None,
            unknown_durations=0,
            avg_active_minutes=None,
            avg_prs_per_session=None,
            median_prs_per_session=None,
            empty_sessions=0,
            files_changed=0,
            test_files_added=0,
            avg_score=None,
        ),
        reduction=Reduction(0, 0, None),
        authors=(),
        completion_triggers=(),
        explicit_markers=(),
        duration_distribution=tuple(Count(name, 0) for name in DURATIONS),
        agents=(),
        signs=tuple(Count(name, 0) for name in ("opened", "assisted", "team_mark", "no_sign")),
        states=(Count("open", 0), Count("closed", 0), Count("merged", 0), Count("unknown", 0)),
        attributions=tuple(Count(name, 0) for name in ATTRIBUTIONS),
        evidence=(),
        corrections=Corrected(0, 0, 0, 0),
        weeks=(),
        days=(),
    )


def test_summary_counts_sessions_pull_requests_and_what_is_not_known() -> None:
    by_title = PullRequestRecord(is_auto=True, files_changed=3, test_files_added=1, created=START)
    metrics = measure(
        [
            Session(
                id="done",
                author="ann",
                started=START,
                last_activity=after(20),
                completion=Completion(after(40), "timeout"),
                pull_requests={"1": by_title, "2": PullRequestRecord(files_changed=2)},
                carried=("9",),
                carried_totals=Totals(files_changed=10),
                final_score=80,
            ),
            Session(
                id="backwards",
                author="ann",
                started=START,
                last_activity=after(-1),
                completion=Completion(after(-251), "restart_cleanup"),
            ),
            Session(id="now", author="bob", started=NOW, last_activity=NOW),
            Session(id="old", author="bob", started=START, last_activity=after(10)),
        ],
        NOW,
        Policy(),
        {"5": PullRequestRecord(author="eve", is_auto=True, files_changed=4, test_files_added=2)},
    )

    assert (metrics.summary, metrics.reduction) == (
        Summary(
            total_completed=2,
            total_active=2,
            total_idle=1,
            total_pull_requests=4,
            automatic_pull_requests=2,
            unattributed_pull_requests=1,
            avg_session_duration=40.0,
            median_session_duration=40.0,
            unknown_durations=1,
            avg_active_minutes=10.0,
            avg_prs_per_session=0.75,
            median_prs_per_session=0.0,
            empty_sessions=3,
            files_changed=19,
            test_files_added=3,
            avg_score=80.0,
        ),
        Reduction(pull_requests=3, sessions=1, factor=3.0),
    )


def test_an_unattributed_pull_request_counts_for_its_own_author() -> None:
    metrics = measure([completed(30)], NOW, Policy(), {"5": PullRequestRecord(author="eve"), "6": PullRequestRecord()})

    assert metrics.authors == (
        Author("eve", 0, 1, None),
        Author("unknown", 0, 1, None),
        Author("ann", 1, 0, 30.0),
    )


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0, "0-30"),
        (29.99, "0-30"),
        (30, "30-60"),
        (59.99, "30-60"),
        (60, "60-90"),
        (89.99, "60-90"),
        (90, "90+"),
        (100_000, "90+"),
        (-1, "unknown"),
    ],
)
def test_duration_ranges_are_half_open(minutes: float, expected: str) -> None:
    assert rows(of(completed(minutes)).duration_distribution) == {expected: 1}


def test_an_explicit_marker_counts_under_its_kind_and_under_its_own_text() -> None:
    triggers = ("explicit_marker: [ready]", "explicit_marker: final pr", "explicit_marker: [ready]", "explicit_marker")
    metrics = of(*(completed(5, trigger) for trigger in (*triggers, "timeout", "explicit_markers", "")))

    assert (rows(metrics.completion_triggers), rows(metrics.explicit_markers)) == (
        {"explicit_marker": 4, "explicit_markers": 1, "timeout": 1, "unknown": 1},
        {"[ready]": 2, "final pr": 1, "unknown": 1},
    )


def test_several_agents_of_one_pull_request_make_one_row() -> None:
    session = holding(
        pr1=PullRequestRecord(agents=(Agent("Cursor"), Agent("Codex"))),
        pr2=PullRequestRecord(agents=(Agent("Codex"), Agent("Cursor"))),
        pr3=PullRequestRecord(),
    )

    assert rows(of(session).agents) == {"Codex + Cursor": 2, "unknown": 1}


def test_states_include_the_unknown_one() -> None:
    session = holding(
        pr1=PullRequestRecord(state=State.OPEN), pr2=PullRequestRecord(state=State.MERGED), pr3=PullRequestRecord()
    )

    assert rows(of(session).states) == {"open": 1, "merged": 1, "unknown": 1}


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        *(
            (holding(pr1=PullRequestRecord(attribution=Attribution(basis, START))), basis.name.lower())
            for basis in Basis
            if basis is not Basis.NONE
        ),
        (holding(pr1=PullRequestRecord(attribution=Attribution(Basis.NONE, START))), "unknown"),
        (holding(pr1=PullRequestRecord()), "unknown"),
        (Session(id="s", carried=("1",)), "carried"),
        (Session(id="s", carried=("1",), pull_requests={"1": PullRequestRecord()}), "carried"),
        (
            Session(
                id="s",
                carried=("1",),
                pull_requests={"1": PullRequestRecord(attribution=Attribution(Basis.MANUAL, START))},
            ),
            "manual",
        ),
    ],
)
def test_placement_is_the_rung_or_what_is_known_instead(session: Session, expected: str) -> None:
    assert rows(of(session).attributions) == {expected: 1}


def test_placements_stand_strongest_first() -> None:
    assert tuple(row.name for row in of().attributions) == ATTRIBUTIONS


def test_evidence_counts_each_rule_once_for_a_pull_request() -> None:
    title, other = Evidence("title", "^auto-pr:"), Evidence("title", "^wip:")
    session = holding(
        pr1=PullRequestRecord(evidence=(title, other, Evidence("agent", "Cursor"))),
        pr2=PullRequestRecord(evidence=(title,)),
    )

    assert of(session).evidence == (Count("title", 2), Count("agent", 1))


def test_days_and_weeks_are_those_of_the_teams_zone() -> None:
    sunday_night = datetime(2025, 11, 24, 3, tzinfo=UTC)
    placed = PullRequestRecord(attribution=Attribution(Basis.TIME, datetime(2024, 12, 31, 12, tzinfo=UTC)))
    session = Session(
        id="s", started=sunday_night, pull_requests={"1": placed, "2": PullRequestRecord(created=NOW)}, carried=("3",)
    )
    metrics = of(session, policy=Policy(time_zone="America/New_York"))

    assert (metrics.weeks, metrics.days) == (
        (Period("2025-W01", 0, 1), Period("2025-W47", 1, 0), Period("2025-W48", 0, 1), Period("unknown", 0, 1)),
        (Period("2024-12-31", 0, 1), Period("2025-11-23", 1, 0), Period("2025-11-24", 0, 1), Period("unknown", 0, 1)),
    )


def test_the_edges_of_the_calendar_count_too() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    sessions = (Session(id="a", started=first), Session(id="b", started=last))

    names = [[p.name for p in of(*sessions, policy=Policy(time_zone=zone)).days] for zone in ("UTC", "Asia/Tokyo")]

    assert names == [["0001-01-01", "9999-12-31"], ["0001-01-01", "9999-12-31"]]


def test_equal_rows_stand_in_the_order_of_their_names() -> None:
    sessions = [Session(id=name, author=name) for name in "cab"]

    assert [row.name for row in of(*sessions).authors] == ["a", "b", "c"]


times = st.none() | st.datetimes(timezones=st.just(UTC))
names = st.sampled_from(["", "ann", "bob", "unknown"])
numbers = st.sampled_from([str(number) for number in range(6)])
record = st.builds(
    PullRequestRecord,
    author=names,
    state=st.none() | st.sampled_from(State),
    created=times,
    agents=st.lists(st.builds(Agent, names), max_size=2).map(tuple),
    attribution=st.none() | st.builds(Attribution, st.sampled_from(Basis), st.just(START)),
)
triggers = st.sampled_from(["", "timeout", "explicit_marker", "explicit_marker: x", "unknown"])
sessions_of_any_kind = st.lists(
    st.builds(
        Session,
        id=names,
        author=names,
        started=times,
        last_activity=times,
        completion=st.none() | st.builds(Completion, st.datetimes(timezones=st.just(UTC)), triggers),
        pull_requests=st.dictionaries(numbers, record, max_size=3),
        carried=st.lists(numbers, unique=True, max_size=3).map(tuple),
    ),
    max_size=5,
)


@given(sessions_of_any_kind, st.dictionaries(numbers, record, max_size=3), st.sampled_from(["UTC", "Asia/Tokyo"]))
def test_the_rows_of_every_breakdown_add_up(
    sessions: list[Session], unattributed: dict[str, PullRequestRecord], zone: str
) -> None:
    metrics = measure(sessions, NOW, Policy(time_zone=zone), unattributed)
    in_sessions = sum(len(session.prs) for session in sessions)
    total = in_sessions + len(unattributed)
    closed = sum(session.completion is not None for session in sessions)
    by_marker = rows(metrics.completion_triggers).get("explicit_marker", 0)

    assert {
        "total": metrics.summary.total_pull_requests,
        "completed": metrics.summary.total_completed,
        "active": metrics.summary.total_active,
        "reduction": metrics.reduction.pull_requests,
        "triggers": sum(row.count for row in metrics.completion_triggers),
        "markers": sum(row.count for row in metrics.explicit_markers),
        "durations": sum(row.count for row in metrics.duration_distribution),
        "agents": sum(row.count for row in metrics.agents),
        "states": sum(row.count for row in metrics.states),
        "signs": sum(row.count for row in metrics.signs),
        "placements": sum(row.count for row in metrics.attributions),
        "authors": [sum(row.sessions for row in metrics.authors), sum(row.prs for row in metrics.authors)],
        "weeks": [sum(row.sessions for row in metrics.weeks), sum(row.prs for row in metrics.weeks)],
        "days": [sum(row.sessions for row in metrics.days), sum(row.prs for row in metrics.days)],
    } == {
        "total": total,
        "completed": closed,
        "active": len(sessions) - closed,
        "reduction": in_sessions,
        "triggers": closed,
        "markers": by_marker,
        "durations": closed,
        "agents": total,
        "states": total,
        "signs": total,
        "placements": total,
        "authors": [len(sessions), total],
        "weeks": [len(sessions), total],
        "days": [len(sessions), total],
    }


@given(sessions_of_any_kind, st.randoms())
def test_the_order_of_the_sessions_does_not_matter(sessions: list[Session], random: Random) -> None:
    shuffled = list(sessions)
    random.shuffle(shuffled)

    assert of(*shuffled) == of(*sessions)
