from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.storage.files.repair import sides, unmerged, versions
from scene import git

MERGE = b"{\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> side\n}\n"
DIFF3 = b"{\n<<<<<<< HEAD\n1\n||||||| 0fe\n0\n=======\n2\n>>>>>>> side\n}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MERGE, (b"{\n1\n}\n", b"{\n2\n}\n")),
        (DIFF3, (b"{\n1\n}\n", b"{\n2\n}\n")),
        (DIFF3.replace(b"||||||| 0fe", b"|||||||"), (b"{\n1\n}\n", b"{\n2\n}\n")),
        (MERGE.replace(b"\n", b"\r\n"), (b"{\r\n1\r\n}\r\n", b"{\r\n2\r\n}\r\n")),
        (MERGE + MERGE, (b"{\n1\n}\n" * 2, b"{\n2\n}\n" * 2)),
        (b"<<<<<<< a\n=======\n>>>>>>> b", (b"", b"")),
        (b"{}\n", None),
        (b"", None),
        (b"<<<<<<< HEAD\n1\n", None),
        (b"<<<<<<< HEAD\n1\n>>>>>>> b\n", None),
        (b"=======\n", None),
        (b"<<<<<<<< eight\n========\n>>>>>>>> eight\n", None),
        (b'  "<<<<<<< HEAD"\n', None),
    ],
)
def test_each_side_is_what_its_branch_said(text: bytes, expected: tuple[bytes, bytes] | None) -> None:
    assert sides(text) == expected


@given(st.lists(st.sampled_from([b"<<<<<<< a\n", b"||||||| a\n", b"=======\n", b">>>>>>> a\n", b"x\n", b"\xff"])))
def test_whatever_the_lines_are_no_side_gains_a_byte(parts: list[bytes]) -> None:
    found = sides(b"".join(parts))
    assert found is None or all(len(side) <= sum(map(len, parts)) for side in found)


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_what_git_writes_is_taken_apart(clone: Path, style: str) -> None:
    name = conflicting(clone, style)
    assert sides((clone / name).read_bytes()) == (b"a\nours\nc\n", b"a\ntheirs\nc\n")


def test_the_versions_wait_in_the_index(clone: Path) -> None:
    name = conflicting(clone, "merge")
    assert versions(clone, name) == {1: b"a\nb\nc\n", 2: b"a\nours\nc\n", 3: b"a\ntheirs\nc\n"}
    git(clone, "add", "-A")
    assert unmerged(clone, name) == {}


def conflicting(root: Path, style: str) -> str:
    """The name of a file that both branches changed, where a merge stopped."""
    path = root / "with space.txt"

    def commit(middle: str) -> None:
        path.write_text(f"a\n{middle}\nc\n")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", middle)

    commit("b")
    git(root, "checkout", "-q", "-b", "side")
    commit("theirs")
    git(root, "checkout", "-q", "main")
    commit("ours")
    git(root, "-c", f"merge.conflictStyle={style}", "merge", "-q", "side", check=False)
    return path.name
