import json
from datetime import UTC, datetime, timedelta

from pr_sessions.analytics.metrics import Metrics, measure
from pr_sessions.analytics.report import as_json, render_markdown
from pr_sessions.core.agents import Agent, Evidence
from pr_sessions.core.models import Attribution, Basis, Completion, PullRequestRecord, Session, State
from pr_sessions.core.policy import Policy

START = datetime(2025, 11, 22, 10, tzinfo=UTC)
NOW = datetime(2025, 11, 24, 12, tzinfo=UTC)


def representative() -> Metrics:
    def fact(state: State, *agents: str) -> PullRequestRecord:
        return PullRequestRecord(
            state=state,
            agents=tuple(map(Agent, agents)),
            created=START,
            files_changed=2,
            test_files_added=1,
            is_auto=True,
            evidence=(Evidence("title", "^auto-pr:"),),
            attribution=Attribution(Basis.HOOK, START),
        )

    marked = Session(
        id="ann-20251122-1000",
        author="ann",
        started=START,
        last_activity=START + timedelta(minutes=30),
        completion=Completion(START + timedelta(minutes=35), "explicit_marker: [ready]"),
        pull_requests={"1": fact(State.MERGED, "Cursor"), "2": fact(State.OPEN, "Cursor", "Codex")},
        carried=("3",),
        final_score=80,
    )
    idle = Session(id="bob-20251123-2300", author="bob", started=datetime(2025, 11, 23, 23, tzinfo=UTC))
    return measure([marked, idle], NOW, Policy(), {"7": PullRequestRecord(author="eve")})


MARKDOWN = """\
# Auto-PR Session Analytics

As of 2025-11-24T12:00:00Z. Durations are minutes, days are those of UTC.

**3 pull requests in 1 session**: one review covers 3.0 on average.

## Summary

| Measure                            | Value |
| :--------------------------------- | ----: |
| Completed sessions                 |     1 |
| Active sessions                    |     1 |
| ... idle longer than the timeout   |     1 |
| Sessions without pull requests     |     1 |
| Pull requests                      |     4 |
| ... automatic                      |     2 |
| ... in no session                  |     1 |
| Pull requests per session, average |   1.5 |
| Pull requests per session, median  |   1.5 |
| Session duration, average          |  35.0 |
| Session duration, median           |  35.0 |
| Sessions of unknown duration       |     0 |
| Active minutes, average            |  30.0 |
| Files changed                      |     4 |
| Test files added                   |     2 |
| Score, average                     |  80.0 |

## Authors

| Author | Sessions | Pull requests | Average duration |
| :----- | -------: | ------------: | ---------------: |
| ann    |        1 |             3 |             35.0 |
| eve    |        0 |             1 |          unknown |
| bob    |        1 |             0 |          unknown |

## Completion triggers

| Trigger         | Sessions | Share |
| :-------------- | -------: | ----: |
| explicit_marker |        1 |  100% |

## Explicit markers

| Marker  | Sessions | Share |
| :------ | -------: | ----: |
| [ready] |        1 |  100% |

## Durations

| Minutes | Sessions | Share |
| :------ | -------: | ----: |
| 0-30    |        0 |    0% |
| 30-60   |        1 |  100% |
| 60-90   |        0 |    0% |
| 90+     |        0 |    0% |
| unknown |        0 |    0% |

## Agents

| Agent          | Pull requests | Share |
| :------------- | ------------: | ----: |
| unknown        |             2 |   50% |
| Codex + Cursor |             1 |   25% |
| Cursor         |             1 |   25% |

## Signs of agents

| Sign    | Pull requests | Share |
| :------ | ------------: | ----: |
| opened  |             2 |   50% |
| no_sign |             1 |   25% |
| unknown |             1 |   25% |

## States

| State   | Pull requests | Share |
| :------ | ------------: | ----: |
| open    |             1 |   25% |
| merged  |             1 |   25% |
| unknown |             2 |   50% |

## Why in their session

| Reason       | Pull requests | Share |
| :----------- | ------------: | ----: |
| hook         |             2 |   50% |
| carried      |             1 |   25% |
| unattributed |             1 |   25% |

## Evidence for automatic ones

| Rule  | Pull requests |
| :---- | ------------: |
| title |             2 |

## Weeks

| Week     | Sessions | Pull requests |
| :------- | -------: | ------------: |
| 2025-W47 |        2 |             2 |
| unknown  |        0 |             2 |

## Days (the latest 14 with work)

| Day        | Sessions | Pull requests |
| :--------- | -------: | ------------: |
| 2025-11-22 |        1 |             2 |
| 2025-11-23 |        1 |             0 |
| unknown    |        0 |             2 |
"""


def test_report_is_readable_as_text() -> None:
    assert render_markdown(representative()) == MARKDOWN


def test_json_has_plain_values_and_stable_keys() -> None:
    assert as_json(representative()) == {
        "at": "2025-11-24T12:00:00Z",
        "time_zone": "UTC",
        "summary": {
            "total_completed": 1,
            "total_active": 1,
            "total_idle": 1,
            "total_pull_requests": 4,
            "automatic_pull_requests": 2,
            "unattributed_pull_requests": 1,
            "avg_session_duration": 35.0,
            "median_session_duration": 35.0,
            "unknown_durations": 0,
            "avg_active_minutes": 30.0,
            "avg_prs_per_session": 1.5,
            "median_prs_per_session": 1.5,
            "empty_sessions": 1,
            "files_changed": 4,
            "test_files_added": 2,
            "avg_score": 80.0,
        },
        "reduction": {"pull_requests": 3, "sessions": 1, "factor": 3.0},
        "authors": {
            "ann": {"sessions": 1, "prs": 3, "avg_duration": 35.0},
            "eve": {"sessions": 0, "prs": 1, "avg_duration": None},
            "bob": {"sessions": 1, "prs": 0, "avg_duration": None},
        },
        "completion_triggers": {"explicit_marker": 1},
        "explicit_markers": {"[ready]": 1},
        "duration_distribution": {"0-30": 0, "30-60": 1, "60-90": 0, "90+": 0, "unknown": 0},
        "agents": {"unknown": 2, "Codex + Cursor": 1, "Cursor": 1},
        "signs": {"opened": 2, "assisted": 0, "team_mark": 0, "no_sign": 1, "unknown": 1},
        "states": {"open": 1, "closed": 0, "merged": 1, "unknown": 2},
        "placements": {
            "manual": 0,
            "hook": 2,
            "agent_run": 0,
            "marker": 0,
            "workspace": 0,
            "stack": 0,
            "commits": 0,
            "time": 0,
            "carried": 1,
            "unknown": 0,
            "unattributed": 1,
        },
        "evidence": {"title": 2},
        "corrections": {"linked": 0, "unlinked": 0, "merged": 0, "reopened": 0},
        "weeks": [{"name": "2025-W47", "sessions": 2, "prs": 2}, {"name": "unknown", "sessions": 0, "prs": 2}],
        "days": [
            {"name": "2025-11-22", "sessions": 1, "prs": 2},
            {"name": "2025-11-23", "sessions": 1, "prs": 0},
            {"name": "unknown", "sessions": 0, "prs": 2},
        ],
    }


def test_json_survives_a_strict_encoder() -> None:
    plain = as_json(representative())

    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_empty_report_says_so() -> None:
    assert render_markdown(measure([], NOW, Policy()), "Our week") == (
        "# Our week\n\n"
        "As of 2025-11-24T12:00:00Z. Durations are minutes, days are those of UTC.\n\n"
        "No sessions and no pull requests are recorded yet.\n"
    )


def test_each_empty_part_says_so() -> None:
    page = render_markdown(measure([Session(id="s", started=NOW)], NOW, Policy()))
    said = [line for line in page.splitlines() if line.endswith(".") and not line.startswith("As of")]

    assert said == [
        "No session holds a pull request yet.",
        "No session has completed yet.",
        "No session was completed by a marker.",
        "No session has completed yet.",
        "No pull requests yet.",
        "No pull requests yet.",
        "No pull requests yet.",
        "No pull requests yet.",
        "No evidence is recorded.",
    ]


def test_hostile_text_stays_in_its_cell() -> None:
    hostile = "x|`y`<img src=a>\n# z\x1b[2J"
    record = PullRequestRecord(
        author=hostile,
        agents=(Agent(hostile),),
        created=NOW,
        evidence=(Evidence(hostile, ""),),
        attribution=Attribution(Basis.TIME, NOW),
    )
    done = Completion(NOW + timedelta(minutes=1), f"explicit_marker: {hostile}")
    session = Session(id=hostile, author=hostile, started=NOW, completion=done, pull_requests={"1": record})
    other = Session(id="b", author="bob", started=NOW, completion=Completion(NOW, hostile))

    page = render_markdown(measure([session, other], NOW, Policy()), hostile)

    cell = r"x\|\`y\`&lt;img src=a&gt; # z [2J"
    assert [line for line in page.splitlines() if "&lt;" in line] == [
        f"# {cell}",
        f"| {cell} |        1 |             1 |              1.0 |",
        f"| {cell} |        1 |   50% |",
        f"| {cell} |        1 |  100% |",
        f"| {cell} |             1 |  100% |",
        f"| {cell} |             1 |",
    ]
    assert "<" not in page


def test_only_the_latest_days_are_listed() -> None:
    sessions = [Session(id=str(day), started=START + timedelta(days=day)) for day in range(20)]

    days = render_markdown(measure(sessions, NOW, Policy())).partition("## Days")[2].splitlines()

    assert [line[2:12] for line in days if line.startswith("| 2025")] == [
        (START + timedelta(days=day)).date().isoformat() for day in range(6, 20)
    ]
