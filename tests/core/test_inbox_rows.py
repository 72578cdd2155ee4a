"""Open pull requests are grouped into rows, whatever order they are given in."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.inbox_rows import ENOUGH_LINES, RowGroup, RowKind, group_rows
from pr_sessions.core.models import NO_STACK, Stack
from pr_sessions.core.open_pull_requests import OpenPullRequest

NINE = datetime(2026, 11, 30, 9, tzinfo=UTC)

CODEX = (Agent("codex", Role.OPENED, Confidence.CERTAIN),)
HINT = (Agent("codex", Role.OPENED, Confidence.HINT),)


def pr(number: int, minute: float = 0, **known: object) -> OpenPullRequest:
    values = {"author": "ada", "repository": "ada/shop", "opened": NINE + timedelta(minutes=minute)} | known
    return OpenPullRequest(number=str(number), **values)  # type: ignore[arg-type] # the values of each case


def rows(*prs: OpenPullRequest) -> list[tuple[str, RowKind, tuple[str, ...]]]:
    return [(group.id, group.kind, tuple(pr.number for pr in group.prs)) for group in group_rows(prs)]


LINES = frozenset(range(ENOUGH_LINES * 2))


@pytest.mark.parametrize(
    ("prs", "expected"),
    [
        ([], []),
        ([pr(1)], [("#1", RowKind.SINGLE, ("1",))]),
        ([pr(1, session_id="s")], [("s", RowKind.SESSION, ("1",))]),
        (
            [pr(1, session_id="s", files=("a", "b")), pr(2, 90, session_id="s", files=("a",))],
            [("s", RowKind.SESSION, ("2", "1"))],
        ),
        (
            [pr(1, session_id="s", files=("a", "b")), pr(2, session_id="s", files=("a",), built_on="1")],
            [("s", RowKind.SESSION, ("1", "2"))],
        ),
        (
            [pr(1, stack=Stack(50, 1, 2)), pr(2, stack=Stack(50, 2, 2), built_on="1")],
            [("stack-50", RowKind.STACK, ("1", "2"))],
        ),
        (
            [pr(1, stack=NO_STACK), pr(2, stack=NO_STACK)],
            [("#1", RowKind.SINGLE, ("1",)), ("#2", RowKind.SINGLE, ("2",))],
        ),
        (
            [pr(1, session_id="s", agents=CODEX), pr(2, 30, session_id="t", agents=CODEX)],
            [("burst-1", RowKind.BURST, ("1", "2"))],
        ),
        (
            [pr(1, agents=CODEX), pr(2, 29, agents=CODEX), pr(3, 58, agents=CODEX)],
            [("burst-1", RowKind.BURST, tuple("123"))],
        ),
        (
            [pr(1, agents=CODEX), pr(2, 30.1, agents=CODEX)],
            [("#1", RowKind.SINGLE, ("1",)), ("#2", RowKind.SINGLE, ("2",))],
        ),
        (
            [pr(1, agents=CODEX), pr(2, author="bob", agents=CODEX)],
            [("#1", RowKind.SINGLE, ("1",)), ("#2", RowKind.SINGLE, ("2",))],
        ),
        (
            [pr(1, agents=CODEX), pr(2, agents=HINT)],
            [("#1", RowKind.SINGLE, ("1",)), ("#2", RowKind.SINGLE, ("2",))],
        ),
        (
            [pr(1, agents=CODEX), pr(2, opened=None, agents=CODEX)],
            [("#1", RowKind.SINGLE, ("1",)), ("#2", RowKind.SINGLE, ("2",))],
        ),
        (
            [pr(1, closes=("812", "9")), pr(2, 999, author="bob", closes=("812",))],
            [("alternatives-812", RowKind.ALTERNATIVES, ("1", "2"))],
        ),
        (
            [pr(1, closes=("812",)), pr(2, closes=("812", "9")), pr(3, closes=("9",))],
            [("alternatives-1", RowKind.ALTERNATIVES, ("1", "2", "3"))],
        ),
        (
            [pr(1, files=("a",), lines=LINES), pr(2, files=("a",), lines=frozenset(range(3, 20)))],
            [("alternatives-1", RowKind.ALTERNATIVES, ("1", "2"))],
        ),
        (
            [pr(1, files=("a",), lines=LINES), pr(2, files=("a",), lines=frozenset(range(5, 40)))],
            [("#1", RowKind.SINGLE, ("1",)), ("#2", RowKind.SINGLE, ("2",))],
        ),
        (
            [pr(1, files=("a",), lines=LINES), pr(2, files=("b",), lines=LINES)],
            [("#1", RowKind.SINGLE, ("1",)), ("#2", RowKind.SINGLE, ("2",))],
        ),
        (
            [pr(1, files=("a",), lines=frozenset({1, 2})), pr(2, files=("a",), lines=frozenset({1, 2}))],
            [("#1", RowKind.SINGLE, ("1",)), ("#2", RowKind.SINGLE, ("2",))],
        ),
        (
            [pr(1, session_id="s", closes=("9",)), pr(2, session_id="s", closes=("9",)), pr(3, closes=("9",))],
            [("s", RowKind.SESSION, ("1", "2")), ("#3", RowKind.SINGLE, ("3",))],
        ),
        (
            [pr(1, agents=CODEX), pr(1, repository="ada/app", agents=CODEX)],
            [("#1", RowKind.SINGLE, ("1",)), ("#1", RowKind.SINGLE, ("1",))],
        ),
    ],
)
def test_rows(prs: list[OpenPullRequest], expected: list[tuple[str, RowKind, tuple[str, ...]]]) -> None:
    assert rows(*prs) == expected


def test_the_issue_that_all_close_is_named() -> None:
    both = [pr(1, closes=("812", "9")), pr(2, closes=("812",))]
    assert [group.issue for group in group_rows(both)] == ["812"]


@st.composite
def open_prs(draw: st.DrawFn) -> list[OpenPullRequest]:
    def one(number: int) -> OpenPullRequest:
        return pr(
            number,
            draw(st.integers(0, 200)),
            author=draw(st.sampled_from("ab")),
            repository=draw(st.sampled_from(["o/r", "o/s"])),
            session_id=draw(st.sampled_from([None, None, "s", "t"])),
            agents=draw(st.sampled_from([(), CODEX])),
            closes=draw(st.sampled_from([(), ("5",), ("6",), ("5", "6")])),
            built_on=draw(st.sampled_from(["", "1", "2", "3"])),
        )

    return [one(number) for number in range(1, draw(st.integers(0, 9)) + 1)]


def whole(groups: tuple[RowGroup, ...]) -> list[OpenPullRequest]:
    return sorted((pr for group in groups for pr in group.prs), key=lambda pr: pr.key)


@given(open_prs(), st.randoms(use_true_random=False))
def test_each_pull_request_stands_in_one_row_and_order_does_not_matter(
    prs: list[OpenPullRequest], random: Random
) -> None:
    groups = group_rows(prs)
    assert whole(groups) == sorted(prs, key=lambda pr: pr.key)
    assert len({(group.prs[0].repository, group.id) for group in groups}) == len(groups)
    mixed = list(prs)
    random.shuffle(mixed)
    assert group_rows(mixed) == groups


@given(open_prs())
def test_an_inferred_row_changes_no_session(prs: list[OpenPullRequest]) -> None:
    for group in group_rows(prs):
        if group.kind is RowKind.SESSION:
            assert {pr.session_id for pr in group.prs} == {group.id}
        assert all(pr in prs for pr in group.prs)
