import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.importers.merged_lines import merged_lines

Parents = dict[str, tuple[str, ...]]


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({"M": ("a", "y"), "y": ("x",), "x": ("a",), "a": ()}, {"M": ("y", "x")}),
        # main was taken into the branch on the way
        (
            {"M": ("b", "z"), "z": ("x", "b"), "x": ("a",), "b": ("a",), "a": ()},
            {"M": ("z", "x"), "z": ()},
        ),
        # a branch merged into a branch
        (
            {"M": ("a", "N"), "N": ("x", "y"), "x": ("a",), "y": ("x",), "a": ()},
            {"M": ("N", "x"), "N": ("y",)},
        ),
        # the second branch was built on the first, which was merged before
        (
            {"N": ("M", "y"), "M": ("a", "x"), "y": ("x",), "x": ("a",), "a": ()},
            {"N": ("y",), "M": ("x",)},
        ),
        # an octopus
        ({"M": ("a", "x", "y"), "x": ("a",), "y": ("a",), "a": ()}, {"M": ("x", "y")}),
        # an octopus with a branch that an earlier one of it took in, which is older
        (
            {"M": ("a", "x", "z"), "x": ("a", "y"), "y": ("z", "a", "b"), "z": ("a", "b"), "a": (), "b": ()},
            {"M": ("x", "z"), "z": ("b",), "x": ("y",), "y": ()},
        ),
        # a shallow clone does not know the rest
        ({"M": ("a", "x"), "x": ("unknown",)}, {"M": ("x",)}),
        ({"a": ()}, {}),
        ({}, {}),
    ],
)
def test_a_merge_brought_in_its_branch_back_to_what_was_there(
    parents: Parents, expected: dict[str, tuple[str, ...]]
) -> None:
    assert merged_lines(parents) == expected


@st.composite
def histories(draw: st.DrawFn) -> Parents:
    """Commits newest first, each with up to three older parents."""
    size = draw(st.integers(1, 12))
    drawn = {str(n): draw(st.lists(st.integers(0, n - 1), max_size=3, unique=True)) if n else [] for n in range(size)}
    return {name: tuple(map(str, drawn[name])) for name in reversed(drawn)}


def _ancestry(tip: str, parents: Parents) -> set[str]:
    found, pending = set(), [tip]
    while pending:
        sha = pending.pop()
        if sha not in found:
            found.add(sha)
            pending.extend(parents[sha])
    return found


@given(histories())
def test_no_commit_belongs_to_two_branches(parents: Parents) -> None:
    own = [sha for line in merged_lines(parents).values() for sha in line]

    assert len(own) == len(set(own))


@given(histories())
def test_a_branch_holds_only_what_the_merged_line_did_not_have(parents: Parents) -> None:
    for merge, line in merged_lines(parents).items():
        assert not set(line) & _ancestry(parents[merge][0], parents)
