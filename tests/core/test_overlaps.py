from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.models import PullRequest
from pr_sessions.core.overlaps import KEPT_ALWAYS, KEPT_EACH, Overlap, OverlapList, Overlaps, overlaps, overlaps_of
from pr_sessions.core.paths import is_generated


def touching(number: int, *files: str) -> HistoricPullRequest:
    when = datetime(2025, 11, 22, tzinfo=UTC)
    return HistoricPullRequest(PullRequest(number=str(number)), f"sha{number}", when, files, (), "squash")


def test_pairs_that_share_the_rarest_files_come_first() -> None:
    prs = [touching(1, "a", "b"), touching(2, "a"), touching(3, "b", "a", "c"), touching(4, "d")]

    assert overlaps(prs).pairs == (
        Overlap(("1", "3"), ("a", "b")),
        Overlap(("1", "2"), ("a",)),
        Overlap(("2", "3"), ("a",)),
    )


def test_lock_files_rank_last_and_are_named_last() -> None:
    prs = [touching(1, "uv.lock", "z"), touching(2, "uv.lock"), touching(3, "vendor/a.go", "z"), touching(4, "uv.lock")]
    prs += [touching(5, "vendor/a.go", "uv.lock", "z")]

    assert overlaps(prs).pairs == (
        Overlap(("1", "5"), ("z", "uv.lock")),
        Overlap(("3", "5"), ("z", "vendor/a.go")),
        Overlap(("1", "3"), ("z",)),
        Overlap(("1", "2"), ("uv.lock",)),
        Overlap(("1", "4"), ("uv.lock",)),
        Overlap(("2", "4"), ("uv.lock",)),
        Overlap(("2", "5"), ("uv.lock",)),
        Overlap(("4", "5"), ("uv.lock",)),
    )


def test_a_file_that_many_touch_counts_in_each_pair() -> None:
    prs = [touching(n, "changelog", *(["rare"] if n < 3 else [])) for n in range(1, 31)]

    found = overlaps(prs)

    assert (found.pairs[0], found.outside_sessions.count) == (Overlap(("1", "2"), ("changelog", "rare")), 435)
    assert overlaps_of({"1"}, prs)[0] == found.pairs[0]


def test_pairs_are_in_one_session_across_sessions_or_outside() -> None:
    prs = [touching(n, "a") for n in range(1, 5)]

    assert overlaps(prs, {"1": "x", "2": "x", "3": "y"}) == Overlaps(
        pairs=tuple(Overlap((str(a), str(b)), ("a",)) for a, b in combinations(range(1, 5), 2)),
        in_session=OverlapList((Overlap(("1", "2"), ("a",)),), 1),
        across_sessions=OverlapList((Overlap(("1", "3"), ("a",)), Overlap(("2", "3"), ("a",))), 2),
        outside_sessions=OverlapList(tuple(Overlap((n, "4"), ("a",)) for n in "123"), 3),
    )


def test_what_is_built_on_each_other_does_not_overlap() -> None:
    prs = [touching(n, "a") for n in range(1, 6)]
    stacks = [("1", "2", "3"), ("2", "4")]

    found = overlaps(prs, {str(n): "x" for n in range(1, 6)}, stacks)

    assert [pair.numbers for pair in found.in_session.pairs] == [
        ("1", "5"),
        ("2", "5"),
        ("3", "4"),
        ("3", "5"),
        ("4", "5"),
    ]
    assert found.in_session.left_out == 0


def test_files_that_this_tool_writes_are_left_out() -> None:
    file = "docs/metrics/auto_pr_sessions.json"

    assert overlaps([touching(1, file), touching(2, file)]) == Overlaps()


def test_a_file_everybody_touches_costs_no_square() -> None:
    count = 20_000
    found = overlaps([touching(n, "changelog") for n in range(1, count + 1)]).outside_sessions

    assert (found.count, len(found.pairs)) == (count * (count - 1) // 2, KEPT_ALWAYS + KEPT_EACH * count)


@given(
    st.lists(st.tuples(st.frozensets(st.sampled_from("abc")), st.sampled_from(["", "x", "y"])), max_size=12),
    st.lists(st.lists(st.integers(1, 13), unique=True, max_size=4), max_size=2),
)
def test_each_pair_is_given_once_with_exactly_what_it_shares(
    touched: list[tuple[frozenset[str], str]], chains: list[list[int]]
) -> None:
    prs = [touching(n, *sorted(files)) for n, (files, _) in enumerate(touched, start=1)]
    session_of = {str(n): session for n, (_, session) in enumerate(touched, start=1) if session}
    stacks = [sorted(map(str, chain), key=int) for chain in chains][:1]
    stacked = {pair for chain in stacks for pair in combinations([n for n in chain if int(n) <= len(prs)], 2)}

    expected = {
        (str(a + 1), str(b + 1)): tuple(sorted(touched[a][0] & touched[b][0]))
        for b in range(len(touched))
        for a in range(b)
        if touched[a][0] & touched[b][0] and (str(a + 1), str(b + 1)) not in stacked
    }
    found = overlaps(prs, session_of, stacks)
    assert {pair.numbers: pair.files for pair in found.pairs} == expected
    assert [part.left_out for part in found.lists.values()] == [0, 0, 0]
    for number in (pr.number for pr in prs):
        assert list(overlaps_of({number}, prs, stacks)) == [pair for pair in found.pairs if number in pair.numbers]


@pytest.mark.parametrize(
    "path",
    [
        "uv.lock",
        "web/package-lock.json",
        "pnpm-lock.yaml",
        "bun.lockb",
        "go.sum",
        "gradle.lockfile",
        ".terraform.lock.hcl",
        "vendor/a.go",
        "api/vendor/a.go",
        "a/__snapshots__/b.ts",
        "dist/app.js",
        "app.min.js",
        "api/user.pb.go",
        "user_pb2.py",
        "schema.generated.ts",
    ],
)
def test_what_tools_write_is_known(path: str) -> None:
    assert is_generated(path)


@pytest.mark.parametrize("path", ["lock.py", "src/block.json", "vendors.md", "generate.py", "map.py", "distance/a.py"])
def test_what_people_write_is_not_taken_for_generated(path: str) -> None:
    assert not is_generated(path)
