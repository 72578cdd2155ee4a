from datetime import UTC, datetime

from git_past import Past

from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.models import PullRequest, Stack
from pr_sessions.core.relations import MOST_INTO_ONE, stacks
from pr_sessions.importers.git_history import read_history


def of(past: Past) -> tuple[tuple[str, ...], ...]:
    return stacks(list(read_history(past.root)))


def merge(past: Past, number: int, branch: str, at: int, into: str = "main") -> None:
    past.switch(into)
    past.merge(f"Merge pull request #{number} from o/{branch}\n\nTitle {number}", branch, at=at)


def work(past: Past, branch: str, start: str, at: int) -> None:
    past.branch(branch, start)
    past.commit(f"Work on {branch}", {branch: "1"}, at=at)


def test_branches_side_by_side_are_no_stack(past: Past) -> None:
    past.commit("Begin", at=0)
    for number, branch in enumerate("abc", start=1):
        work(past, branch, "main", at=number)
    for number, branch in enumerate("abc", start=1):
        merge(past, number, branch, at=10 + number)

    assert of(past) == ()


def test_branches_one_after_the_other_are_no_stack(past: Past) -> None:
    past.commit("Begin", at=0)
    for number, branch in enumerate("abc", start=1):
        work(past, branch, "main", at=10 * number)
        merge(past, number, branch, at=10 * number + 1)

    assert of(past) == ()


def test_a_branch_built_on_another_is_a_stack_when_the_lower_is_merged_first(past: Past) -> None:
    past.commit("Begin", at=0)
    work(past, "a", "main", at=1)
    work(past, "b", "a", at=2)
    work(past, "c", "b", at=3)
    for number, branch in enumerate("abc", start=1):
        merge(past, number, branch, at=10 + number)

    assert of(past) == (("1", "2", "3"),)


def test_it_is_a_stack_when_the_upper_is_merged_first(past: Past) -> None:
    past.commit("Begin", at=0)
    work(past, "a", "main", at=1)
    work(past, "b", "a", at=2)
    merge(past, 2, "b", at=11)
    tip = past.git("rev-parse", "a")
    sha = past.git(
        "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-p", tip, "-m", "Merge pull request #1 from o/a\n\nA", at=12
    )
    past.git("update-ref", "HEAD", sha)

    assert of(past) == (("1", "2"),)


def test_a_pull_request_merged_into_another_branch_is_built_on_that_one(past: Past) -> None:
    past.commit("Begin", at=0)
    work(past, "a", "main", at=1)
    work(past, "b", "a", at=2)
    merge(past, 2, "b", at=3, into="a")
    merge(past, 1, "a", at=4)

    assert of(past) == (("1", "2"),)


def test_a_branch_that_took_in_the_main_line_is_not_built_on_it(past: Past) -> None:
    past.commit("Begin", at=0)
    work(past, "a", "main", at=1)
    work(past, "b", "main", at=2)
    merge(past, 1, "a", at=3)
    past.switch("b")
    past.merge("Merge branch 'main' into b", "main", at=4)
    merge(past, 2, "b", at=5)

    assert of(past) == ()


def test_two_built_on_the_same_one_are_two_chains(past: Past) -> None:
    past.commit("Begin", at=0)
    work(past, "a", "main", at=1)
    for number, branch in enumerate("bcd", start=2):
        work(past, branch, "a" if branch != "d" else "c", at=number)
    for number, branch in enumerate("abcd", start=1):
        merge(past, number, branch, at=10 + number)

    assert of(past) == (("1", "2"), ("1", "3", "4"))


def test_a_base_that_is_the_branch_of_another_makes_a_stack(past: Past) -> None:
    prs = [planned("1", "a", "main"), planned("2", "b", "a"), planned("3", "c", "main")]

    assert stacks(prs) == (("1", "2"),)


def test_a_branch_that_took_in_many_is_a_line_of_development_and_no_stack() -> None:
    many = [planned(str(n), f"f{n}", "develop") for n in range(2, MOST_INTO_ONE + 3)]

    assert (
        stacks([planned("1", "develop", "main"), *many]),
        len(stacks([planned("1", "develop", "main"), *many[1:]])),
    ) == (
        (),
        MOST_INTO_ONE,
    )


def test_a_circle_of_bases_is_no_stack() -> None:
    assert stacks([planned("1", "a", "b"), planned("2", "b", "a"), planned("3", "c", "c")]) == ()


def test_a_long_chain_is_followed_to_its_end() -> None:
    prs = [planned(str(n), f"b{n}", f"b{n - 1}") for n in range(1, 5_001)]

    assert stacks(prs) == (tuple(str(n) for n in range(1, 5_001)),)


def planned(number: str, branch: str, base: str) -> HistoricPullRequest:
    pull_request = PullRequest(number=number, branch=branch, base=base)
    when = datetime(2025, 11, 22, tzinfo=UTC)
    return HistoricPullRequest(pull_request, f"sha{number}", when, (), ("p", f"head{number}"), "merge")


def test_the_stack_of_a_forge_goes_before_what_branches_show() -> None:
    guessed = [on("1", "a", "main"), on("2", "b", "a"), on("3", "c", "b")]
    known = [on("1", "a", "main", 50, 1), on("2", "b", "a", 50, 3), on("3", "c", "b", 50, 2), on("4", "d", "b")]

    assert stacks(guessed) == (("1", "2", "3"),)
    # What is built on one of them and in no stack stays built on it.
    assert stacks(known) == (("1", "3", "2", "4"),)
    assert stacks([on("1", "a", "main", 50, 1), on("2", "b", "a", 51, 1)]) == ()


def on(number: str, branch: str, base: str, stack: int = 0, position: int = 0) -> HistoricPullRequest:
    place = Stack(stack, position) if stack else None
    told = PullRequest(number=number, branch=branch, base=base, stack=place)
    return HistoricPullRequest(told, number, datetime(2026, 1, 1, tzinfo=UTC), (), (), "squash")
