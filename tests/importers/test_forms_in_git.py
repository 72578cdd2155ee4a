"""Pull requests of other forges, bots and scripts, in histories as they leave them."""

import pytest
from git_past import Past

from pr_sessions.core.history import HistoricPullRequest, History
from pr_sessions.importers.git_history import read_whole_history

PART_OF = "Part-of: <https://gitlab.example.org/g/shop/-/merge_requests/12>"


def read(past: Past) -> dict[str, HistoricPullRequest]:
    return {pr.number: pr for pr in whole(past).pull_requests}


def whole(past: Past) -> History:
    return read_whole_history(past.root)


def test_commits_of_a_merge_request_that_were_rebased_are_one(past: Past) -> None:
    begin = past.commit("Begin", at=0)
    first = past.commit(f"Step 1\n\n{PART_OF}", {"a.py": "1"}, at=1)
    second = past.commit(f"Step 2\n\n{PART_OF}", {"a.py": "2", "tests/test_b.py": "1"}, at=1)
    past.commit("Other (!13)", at=2)
    past.commit(f"Step 1\n\n{PART_OF}\n(cherry picked from commit {first})", at=3)

    pr = read(past)["12"]
    assert (pr.kind, pr.sha, pr.commits, pr.parents) == ("rebase", second, (second, first), (begin,))
    assert (pr.files, pr.pull_request.test_files_added) == (("a.py", "tests/test_b.py"), 1)
    assert (pr.pull_request.title, pr.pull_request.commit_messages) == (
        "Step 1",
        (f"Step 1\n\n{PART_OF}", f"Step 2\n\n{PART_OF}"),
    )


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_a_merge_of_several_pull_requests_gives_each_its_branch(past: Past, names: tuple[str, str]) -> None:
    past.commit("Begin", at=0)
    tips = {}
    for name in ("a", "b"):
        past.branch(name)
        past.commit(f"Before {name}", {f"{name}1": "1"}, at=1, author=name)
        tips[name] = past.commit(f"Work on {name}", {name: "1"}, at=2, author=name)
    past.switch("main")
    past.merge("Merge #7 #8\n\n7: Fix 7 r=ann\n\n8: Fix 8 r=ann", *names, at=3)

    found = {
        number: (pr.commits[0], pr.pull_request.author, pr.pull_request.title) for number, pr in read(past).items()
    }
    assert found == {number: (tips[name], name, f"Fix {number}") for number, name in zip("78", names, strict=True)}
    assert [pr.pull_request.files_changed for pr in read(past).values()] == [None, None]


def test_what_a_rollup_lists_is_named_best_by_its_own_merge(past: Past) -> None:
    past.commit("Begin", at=0)
    past.branch("fix")
    past.commit("Work", {"a": "1"}, at=1)
    past.branch("rollup", "main")
    own = past.merge("Rollup merge of #71 - bob:fix, r=ann\n\nFix a", "fix", at=2)
    past.switch("main")
    message = "Auto merge of #90 - ann:rollup, r=ann\n\nRollup of 2 pull requests\n\nSuccessful merges:\n\n"
    past.merge(f"{message} - #71 (Fix a)\n - #72 (Fix b)", "rollup", at=3)
    found = read(past)

    assert sorted(found) == ["71", "72", "90"]
    assert (found["71"].sha, found["72"].pull_request.author, found["72"].commits) == (own, "", ())


def test_the_merge_queues_own_merge_gives_way_to_the_squash(past: Past) -> None:
    past.commit("Begin", at=0)
    past.branch("gh")
    squash = past.commit("Fix (#12)", {"a": "1"}, at=1)
    past.switch("main")
    past.merge(f"Merge pull request #13 from o/gh-readonly-queue/main/pr-12-{'a' * 40}", "gh", at=2)

    assert {number: pr.sha for number, pr in read(past).items()} == {"12": squash}


def test_numbers_of_a_history_that_was_merged_in_are_not_its_own(past: Past) -> None:
    past.commit("Begin", at=0)
    own = past.commit("Fix (#1)", at=5)
    past.git("checkout", "--quiet", "--orphan", "other")
    for number in (1, 2, 3):
        past.commit(f"Other fix (#{number})", {f"o{number}": "1"}, at=number)
    past.switch("main")
    past.git("merge", "--quiet", "--no-ff", "--allow-unrelated-histories", "-m", "Take in other", "other", at=6)
    past.commit("Fix (#2)", at=7)
    history = whole(past)

    assert [(pr.number, pr.pull_request.title) for pr in history.pull_requests] == [("1", "Fix"), ("2", "Fix")]
    assert history.pull_requests[0].sha == own
    assert (history.others, history.unnamed_merges) == ({"other_repository": 3}, 1)


def test_a_fork_does_not_take_the_numbers_of_what_it_was_made_from(past: Past) -> None:
    for number in range(1, 40):
        past.commit(f"Upstream (#{number * 20})", at=number)
    for number in range(1, 9):
        past.commit(f"Fork (#{number})", at=40 + number)
    history = whole(past)

    assert [pr.number for pr in history.pull_requests] == [str(number) for number in range(1, 9)]
    assert history.others == {"not_rising": 39}


def test_what_github_committed_counts_whatever_the_remote_is(past: Past) -> None:
    past.commit("Typed (#3)", at=0)
    tree, parent = past.git("write-tree"), past.git("rev-parse", "HEAD")
    stream = (
        f"tree {tree}\nparent {parent}\nauthor A <a@b> 1763805600 +0000\n"
        "committer GitHub <noreply@github.com> 1763805660 +0000\n\nFix (#4)\n"
    )
    sha = past.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=stream.encode())
    past.git("update-ref", "HEAD", sha)

    assert [pr.number for pr in read_whole_history(past.root, forge="gitlab").pull_requests] == ["4"]
    assert [pr.number for pr in read_whole_history(past.root).pull_requests] == ["3", "4"]


def test_a_commit_in_a_branch_that_a_script_merged_names_an_issue(past: Past) -> None:
    past.commit("Begin", at=0)
    past.branch("fix")
    past.commit("Work (#5)", at=1)
    past.switch("main")
    past.merge("Merge o/shop#12: Fix (#5)", "fix", at=2)
    history = whole(past)

    assert ([pr.number for pr in history.pull_requests], history.others) == (["12"], {"issue": 1})
