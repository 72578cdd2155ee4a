import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pr_sessions.core.ids import check_branch_name, is_branch_name
from pr_sessions.errors import InvalidValue


@pytest.mark.parametrize("name", ["pr-sessions", "data/sessions", "a", "_x.y-1", "x" * 100])
def test_plain_names_are_taken(name: str) -> None:
    assert check_branch_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", "/", "a/", "/a", "a//b", "-f", "a/-b", ".a", "a/.b", "a..b", "a.", "a.lock", "a.lock/b", "HEAD",
        "refs/heads/a", "a b", "a\n", "a:b", "+a", "a~1", "a^", "a@{1}", "é", "x" * 101,
    ],
)  # fmt: skip
def test_everything_else_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="not a branch name"):
        check_branch_name(name)


@settings(max_examples=30)
@given(st.text(st.sampled_from("aZ0_./-lock@{~"), min_size=1, max_size=12).filter(is_branch_name))
def test_git_takes_whatever_we_take(name: str) -> None:
    subprocess.run(["git", "check-ref-format", f"refs/heads/{name}"], check=True)
