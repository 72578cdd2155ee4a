import re
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.paths import matches_any
from pr_sessions.core.policy import DEFAULT_ALWAYS


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("a.py", "a.py", True),
        ("a.py", "A.py", False),
        ("a.py", "src/a.py", False),
        ("a.py", "axpy", False),
        ("*.py", "a.py", True),
        ("*.py", ".py", True),
        ("*.py", "src/a.py", False),
        ("*.py", "a.pyc", False),
        ("src/*", "src/a/b", False),
        ("src/*/b", "src/a/b", True),
        ("src/*/b", "src//b", True),
        ("?.py", "a.py", True),
        ("?.py", ".py", False),
        ("a?b", "a/b", False),
        (".github/**", ".github/workflows/ci.yml", True),
        (".github/**", ".github", False),
        (".github/**", "x/.github/ci.yml", False),
        ("**/*.lock", "uv.lock", True),
        ("**/*.lock", "a/b/uv.lock", True),
        ("**/go.sum", "cargo.sum", False),
        ("**/go.sum", "xgo.sum", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "axb", False),
        ("a**/b", "a/b", True),
        ("a**/b", "ab", False),
        ("a**z", "a/x/z", True),
        ("**", "any/thing", True),
        ("**", "", True),
        ("", "", True),
        ("", "a", False),
        ("***", "a/b", True),
        ("[ab].py", "a.py", False),
        ("[ab].py", "[ab].py", True),
        ("a\nb", "a\nb", True),
        ("*", "a\nb", True),
        ("(a|b)+$", "a", False),
    ],
)
def test_a_glob_fits_the_whole_path(glob: str, path: str, expected: bool) -> None:
    assert matches_any([glob], path) is expected


def test_one_of_several_is_enough_and_none_fits_nothing() -> None:
    assert (matches_any(["x", "a"], "a"), matches_any([], "a")) == (True, False)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".github/dependabot.yml", True),
        ("uv.lock", True),
        ("web/package-lock.json", True),
        ("go.sum", True),
        ("src/lock.py", False),
        ("docs/.github/note.md", False),
    ],
)
def test_the_default_globs_mean_lock_files_and_what_github_reads(path: str, expected: bool) -> None:
    assert matches_any(DEFAULT_ALWAYS, path) is expected


def reference(glob: str, path: str) -> bool:
    """What a regular expression says, which may take for ever."""
    means = {"**/": "(?:[^/]*/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.findall(r"(?:^|(?<=/))\*\*/|\*\*|.", glob, re.DOTALL)
    return re.fullmatch("".join(means.get(p, re.escape(p)) for p in pieces), path, re.DOTALL) is not None


@given(glob=st.text("ab/*?", max_size=7), path=st.text("ab/", max_size=7))
def test_it_says_the_same_as_a_regular_expression(glob: str, path: str) -> None:
    assert matches_any([glob], path) is reference(glob, path)


@given(glob=st.text(max_size=20), path=st.text(max_size=20))
def test_no_text_is_too_odd(glob: str, path: str) -> None:
    assert matches_any([glob], path) in (True, False)
    assert matches_any(["**"], path)


@pytest.mark.parametrize("glob", ["*a" * 8 + "b", "**a" * 8 + "b", "**/a/" * 8 + "b", "*" * 100 + "b", "?*" * 50 + "b"])
@pytest.mark.parametrize("path", ["a" * 4000, "a/" * 2000])
def test_a_hostile_path_takes_no_longer_than_a_plain_one(glob: str, path: str) -> None:
    begun = perf_counter()
    assert not matches_any([glob], path)
    # Trying again at every star would take longer than the universe has existed.
    assert perf_counter() - begun < 10
