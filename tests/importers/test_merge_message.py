import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.importers.merge_message import Announcement, announcement

ROLLUP = """Auto merge of #90 - bob:rollup-x1, r=bob

Rollup of 2 pull requests

Successful merges:

 - #71 (Fix a)
 - #72 (Fix (b))

Failed merges:

 - #73 (Fix c)
"""


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
        # Copybara and its like
        ("Merge pull request #12 from ann:fix/login\n\nFix", Announcement("12", "Fix", "", "fix/login")),
        ("Merge pull request #12\n\nFix login", Announcement("12", "Fix login", "")),
        ("Merge pull request #12: Fix login", Announcement("12", "Fix login", "")),
        ("Merge PR #12: Fix login\n\nWords", Announcement("12", "Fix login", "Words")),
        ("#12: Fix login", Announcement("12", "Fix login", "", form="script")),
        # the merge queue's own branch
        (
            f"Merge pull request #13 from o/gh-readonly-queue/main/pr-12-{'a' * 40}\n\nFix",
            Announcement("12", "Fix", "", is_listed=True),
        ),
        (
            "Merge branch 'fix' into 'main'\n\nFix login\n\nCloses #3\n\nSee merge request group/sub/project!12",
            Announcement(
                "12",
                "Fix login",
                "Closes #3\n\nSee merge request group/sub/project!12",
                "fix",
                "main",
                "gitlab",
                "group/sub/project",
            ),
        ),
        (
            "Fix login\n\nSee merge request !12",
            Announcement("12", "Fix login", "See merge request !12", form="gitlab"),
        ),
        (
            "Fix login (#3)\n\nSee merge request !12",
            Announcement("12", "Fix login (#3)", "See merge request !12", form="gitlab"),
        ),
        ("Fix login (!12)\n\nWords", Announcement("12", "Fix login", "Words", form="gitlab")),
        (
            "Fix login\n\nPart-of: <https://git.example.org/g/sub/p/-/merge_requests/12>",
            Announcement(
                "12",
                "Fix login",
                "Part-of: <https://git.example.org/g/sub/p/-/merge_requests/12>",
                form="gitlab",
                repository="g/sub/p",
            ),
        ),
        (
            "Merge pull request 'Fix 'login'' (#12) from fix/login into main\n\nReviewed-on: https://x.org/o/r/pulls/12",
            Announcement("12", "Fix 'login'", "Reviewed-on: https://x.org/o/r/pulls/12", "fix/login", "main", "gitea"),
        ),
        (
            "Merge pull request 'Fix' (!12) from bob/shop:login into main",
            Announcement("12", "Fix", "", "login", "main", "gitea"),
        ),
        (
            "Fix (#12)\n\nReviewed-on: https://x.org/o/r/pulls/12",
            Announcement("12", "Fix", "Reviewed-on: https://x.org/o/r/pulls/12", form="gitea", repository="o/r"),
        ),
        ("Fix login (#12)\r\n\r\n* one\r\n", Announcement("12", "Fix login", "* one", form="bracket")),
        ("Backport: Fix (#3) (#12)", Announcement("12", "Backport: Fix (#3)", "", form="bracket")),
        ("修复（默认）(#12)", Announcement("12", "修复（默认）", "", form="bracket")),
        ('Revert "Fix (#3)" (#12)', Announcement("12", 'Revert "Fix (#3)"', "", form="bracket")),
        ("Fix (#12) [skip ci]", Announcement("12", "Fix", "", form="bracket")),
        ("[3.1] Fix (GH-3) (GH-12)", Announcement("12", "[3.1] Fix (GH-3)", "", form="bracket")),
        ("Merged PR 12: Fix login\n\nBody", Announcement("12", "Fix login", "Body", form="azure")),
        (
            "Merged in feature/x (pull request #12)\n\nFix login\n\nApproved-by: Bob",
            Announcement("12", "Fix login", "Approved-by: Bob", "feature/x", form="bitbucket"),
        ),
        (
            "Pull request #12: Fix login\n\nMerge in AAA/shop from release/2 to main",
            Announcement(
                "12",
                "Fix login",
                "Merge in AAA/shop from release/2 to main",
                "release/2",
                "main",
                "bitbucket",
                "AAA/shop",
            ),
        ),
        (
            "Merge pull request #12 in AAA/shop from fix to main\n\nFix login",
            Announcement("12", "Fix login", "", "fix", "main", "bitbucket", "AAA/shop"),
        ),
        (
            "Auto merge of #12 - bob:fix/x, r=ann\n\nFix\n\nWords",
            Announcement("12", "Fix", "Words", "fix/x", form="script"),
        ),
        ("Rollup merge of #12 - bob:fix, r=ann,eve\n\nFix", Announcement("12", "Fix", "", "fix", form="script")),
        ("Merge #12\n\n12: Fix 3: b r=ann a=bob\n\nWords", Announcement("12", "Fix 3: b", "Words", form="script")),
        (
            "Merge #12 #13\n\n12: Fix a r=ann a=bob\n\nWords\n\n13: Fix b r=eve a=eve",
            Announcement(
                "12",
                "Fix a",
                "",
                form="script",
                parent=0,
                others=(Announcement("13", "Fix b", "", form="script", parent=1),),
            ),
        ),
        ("Merge o/shop#12: Fix (#3)", Announcement("12", "Fix (#3)", "", form="script", repository="o/shop")),
        ("Merge #12: Fix (#3)", Announcement("12", "Fix (#3)", "", form="script")),
    ],
)
def test_each_forge_names_its_pull_request_in_its_own_words(message: str, expected: Announcement) -> None:
    assert announcement(message, is_merge=True) == expected


def test_a_rollup_names_what_it_brought_in_and_not_what_failed() -> None:
    found = announcement(ROLLUP, is_merge=True)

    assert found is not None
    assert (found.number, found.branch) == ("90", "rollup-x1")
    assert found.others == (
        Announcement("71", "Fix a", "", form="script", parent=-1, is_listed=True),
        Announcement("72", "Fix (b)", "", form="script", parent=-1, is_listed=True),
    )


@pytest.mark.parametrize(
    "message",
    [
        "",
        "\n\n",
        "Fix #12",
        "Fix (#12) again",
        "Fix (#12).",
        "Fix (#12) [see #3]",
        "Fix(#12)",
        "Fix (#0)",
        "Fix (#012)",
        "Fix (#99999999999)",
        "Fix (#١٢)",
        "Fix\n\nAnother (#12)",
        'Revert "Merge pull request #12 from ann/fix"',
        "Merge pull request #12 from a b",
        "Merge branch 'main'",
        "Merged PR 12",
        "Fix\n\nas in: See merge request a/b!12",
        "Fix\n\n    Part-of: <https://x.org/g/p/-/merge_requests/12>",
        "Fix\n\n> Part-of: <https://x.org/g/p/-/merge_requests/12>",
        "Fix\n\nPart-of: <https://x.org/g/p/-/issues/12>",
        "Fix\n\nReviewed-on: https://review.example.org/c/shop/+/12",
        "Auto merge of #12 - bob:fix, r=<try>",
        "Merge #12, #13",
        "Merge 12",
    ],
)
def test_a_number_in_prose_names_no_pull_request(message: str) -> None:
    assert announcement(message, is_merge=True) is None


@pytest.mark.parametrize(
    "message",
    [
        "Fix\n\nSee merge request a/b!12",
        "Merge pull request #12",
        "Merge #12\n\n12: Fix r=ann",
        "Merge o/shop#12: Fix",
        "#12: Fix",
        "Auto merge of #12 - bob:fix, r=ann",
        "Pull request #12: Fix",
    ],
)
def test_what_people_write_too_counts_in_a_merge_only(message: str) -> None:
    assert announcement(message, is_merge=False) is None


def test_the_last_reference_to_a_merge_request_counts() -> None:
    message = (
        "Revert\n\nPart-of: <https://x.org/g/p/-/merge_requests/3>\n\nPart-of: <https://x.org/g/p/-/merge_requests/12>"
    )
    found = announcement(message, is_merge=False)

    assert found is not None
    assert found.number == "12"


@given(st.text(), st.booleans())
def test_any_message_can_be_read(message: str, is_merge: bool) -> None:
    said = announcement(message, is_merge)

    assert said is None or said.number.isdecimal()


@pytest.mark.parametrize(
    "unit",
    [
        " (#1",
        "Merge branch '",
        "Merge pull request '",
        "See merge request ",
        "Part-of: <https://",
        "Reviewed-on: https://a/",
        "\n",
        "a/",
        " ",
        "[",
        "' (#1) from a",
    ],
)
def test_a_long_hostile_message_is_read_at_once(unit: str) -> None:
    assert announcement(unit * 200_000, is_merge=True) is None
