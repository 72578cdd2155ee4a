import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.history.merge_message import Announcement, announcement


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Merge pull request #12 from ann/fix/login\n\nFix login\n\nMore words.\n",
            Announcement("12", "Fix login", "More words.", "fix/login"),
        ),
        (
            "Merge pull request #12 from ann/fix",
            Announcement("12", "Merge pull request #12 from ann/fix", "", "fix"),
        ),
        (
            "Merge branch 'fix' into 'main'\n\nFix login\n\nCloses #3\n\nSee merge request group/sub/project!12",
            Announcement("12", "Fix login", "Closes #3\n\nSee merge request group/sub/project!12", "fix", "main"),
        ),
        (
            "Fix login\n\nSee merge request !12",
            Announcement("12", "Fix login", "See merge request !12"),
        ),
        ("Fix login (#12)\r\n\r\n* one\r\n", Announcement("12", "Fix login", "* one")),
        ("Backport: Fix (#3) (#12)", Announcement("12", "Backport: Fix (#3)", "")),
        ('Revert "Fix (#3)" (#12)', Announcement("12", 'Revert "Fix (#3)"', "")),
        ("Merged PR 12: Fix login\n\nBody", Announcement("12", "Fix login", "Body")),
        (
            "Merged in feature/x (pull request #12)\n\nFix login\n\nApproved-by: Bob",
            Announcement("12", "Fix login", "Approved-by: Bob", "feature/x"),
        ),
    ],
)
def test_each_forge_names_its_pull_request_in_its_own_words(message: str, expected: Announcement) -> None:
    assert announcement(message, is_merge=True) == expected


@pytest.mark.parametrize(
    "message",
    [
        "",
        "\n\n",
        "Fix #12",
        "Fix (#12) again",
        "Fix (#12).",
        "Fix(#12)",
        "Fix (#0)",
        "Fix (#012)",
        "Fix (#99999999999)",
        "Fix (#١٢)",
        "Fix\n\nAnother (#12)",
        'Revert "Merge pull request #12 from ann/fix"',
        "Merge pull request #12 from a b",
        "Merge pull request #12",
        "Merge branch 'main'",
        "Merged PR 12",
        "Fix\n\nas in: See merge request a/b!12",
    ],
)
def test_a_number_in_prose_names_no_pull_request(message: str) -> None:
    assert announcement(message, is_merge=True) is None


def test_a_reference_to_a_merge_request_counts_in_a_merge_only() -> None:
    assert announcement("Fix\n\nSee merge request a/b!12", is_merge=False) is None


@given(st.text(), st.booleans())
def test_any_message_can_be_read(message: str, is_merge: bool) -> None:
    said = announcement(message, is_merge)

    assert said is None or said.number.isdecimal()


@pytest.mark.parametrize("unit", [" (#1", "Merge branch '", "See merge request ", "\n", "a/"])
def test_a_long_hostile_message_is_read_at_once(unit: str) -> None:
    assert announcement(unit * 200_000, is_merge=True) is None
