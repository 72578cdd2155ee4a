from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.analytics.compatible import original_analytics


def test_figures_have_the_originals_shape() -> None:
    data = {
        "version": "1.0",
        "active_sessions": {"a": {"session_id": "a"}, "b": {}},
        "completed_sessions": [
            {"author": "ann", "prs": ["1", "2"], "duration_minutes": 21, "completion_trigger": "manual_cli"},
            {
                "author": "ann",
                "prs": [3, "3"],
                "duration_minutes": 30,
                "completion_trigger": "explicit_marker: [ready]",
            },
            {"author": "bob", "prs": [], "duration_minutes": 90, "completion_trigger": "timeout", "final_score": 80},
        ],
    }

    assert original_analytics(data) == {
        "summary": {
            "total_completed": 3,
            "total_active": 2,
            "avg_session_duration": 47.0,
            "avg_prs_per_session": 1.0,
            "avg_score": 80.0,
        },
        "authors": {
            "ann": {"sessions": 2, "prs": 3, "total_duration": 51},
            "bob": {"sessions": 1, "prs": 0, "total_duration": 90},
        },
        "completion_triggers": {"manual_cli": 1, "explicit_marker: [ready]": 1, "timeout": 1},
        "duration_distribution": {"0-30": 1, "30-60": 1, "60-90": 0, "90+": 1},
    }


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"completed_sessions": []},
        {"completed_sessions": None},
        {"completed_sessions": "text"},
        {"completed_sessions": [None, 3]},
        {"active_sessions": {"a": {}}},
    ],
)
def test_nothing_completed_is_an_error_of_its_own_shape(data: dict[str, Any]) -> None:
    assert original_analytics(data) == {"error": "No completed sessions found"}


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"author": None, "prs": None, "duration_minutes": None, "completion_trigger": None, "final_score": None},
        {"author": 7, "prs": "326", "duration_minutes": "21", "completion_trigger": [], "final_score": "high"},
        {"author": "", "prs": {}, "duration_minutes": -251, "completion_trigger": "", "final_score": True},
        {"duration_minutes": float("nan"), "final_score": 10**400},
    ],
)
def test_what_is_missing_wrong_or_negative_counts_as_unknown(record: dict[str, Any]) -> None:
    assert original_analytics({"active_sessions": [], "completed_sessions": [record]}) == {
        "summary": {
            "total_completed": 1,
            "total_active": 0,
            "avg_session_duration": 0.0,
            "avg_prs_per_session": 0.0,
            "avg_score": 0.0,
        },
        "authors": {"unknown": {"sessions": 1, "prs": 0, "total_duration": 0}},
        "completion_triggers": {"unknown": 1},
        "duration_distribution": {"0-30": 0, "30-60": 0, "60-90": 0, "90+": 0},
    }


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
fields = ("author", "prs", "duration_minutes", "completion_trigger", "final_score")
records = st.fixed_dictionaries({}, optional=dict.fromkeys(fields, values))


@given(st.lists(records, min_size=1, max_size=5), values)
def test_sessions_add_up_whatever_their_fields_hold(completed: list[dict[str, Any]], active: object) -> None:
    result = original_analytics({"completed_sessions": completed, "active_sessions": active})

    assert {
        "completed": result["summary"]["total_completed"],
        "authors": sum(row["sessions"] for row in result["authors"].values()),
        "triggers": sum(result["completion_triggers"].values()),
    } == {"completed": len(completed), "authors": len(completed), "triggers": len(completed)}
