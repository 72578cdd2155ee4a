"""Which programs a command line calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.agents import shell


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("a b", [["a", "b"]]),
        ("a;b&&c||d|e&f\ng", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]),
        ("a 'x;y' \"z&&w\"", [["a", "x;y", "z&&w"]]),
        ("a # b; c", [["a"]]),
        ("a b#c", [["a", "b#c"]]),
        ("a > out 2>&1 &> all < in", [["a", "2"]]),
        ("a $(b c) d", [["b", "c"], ["a", "\0", "d"]]),
        ('a "$(b "c d")"', [["b", "c d"], ["a", "\0"]]),
        ("a `b c`", [["b", "c"], ["a", "\0"]]),
        ("(a; b) && c", [["a"], ["b"], ["c"]]),
        ("a <<EOF\nb; c\nEOF\nd", [["a"], ["d"]]),
        ("a <<-'EO' | b\nc\nEO\nd", [["a"], ["b"], ["d"]]),
        ("a <<< 'b c'; d", [["a"], ["d"]]),
        ("a \\\n b", [["a", "b"]]),
        ("bash -c 'a; b'", [["a"], ["b"]]),
        ("env X=1 sh -ec 'a'", [["a"]]),
        ("bash script.sh", [["bash", "script.sh"]]),
        ("", []),
        ("'", [[""]]),
        ("a $(", [["a", "\0"]]),
        ("$((1+2)) a", [["1+2"], ["\0", "a"]]),
    ],
)
def test_calls(text: str, called: list[list[str]]) -> None:
    assert [words for _, words in shell.calls(text)] == called


def test_the_sign_before_a_call_is_told() -> None:
    assert shell.calls("a && b || c; d") == [("", ["a"]), ("&&", ["b"]), ("||", ["c"]), (";", ["d"])]


@pytest.mark.parametrize(
    ("words", "program"),
    [
        (["X=1", "env", "/usr/bin/gh", "pr"], ("gh", ["pr"])),
        (["C:\\bin\\GH.EXE", "pr"], ("gh", ["pr"])),
        (["if", "!", "gh"], ("gh", [])),
        (["X=1"], ("", [])),
    ],
)
def test_a_program_is_known_by_its_plain_name(words: list[str], program: tuple[str, list[str]]) -> None:
    assert shell.program(words) == program


@pytest.mark.parametrize(
    "text",
    ["$(" * 40_000, "(" * 60_000, "`" * 60_000, '"$(' * 20_000, "<<a " * 15_000, "bash -c '" * 7_000, "a;" * 32_000],
)
def test_hostile_text_ends_soon(text: str) -> None:
    assert len(shell.calls(text)) <= 32_000


def test_a_text_beyond_the_bound_has_no_calls() -> None:
    assert shell.calls("a " * shell.LONGEST) == []


@given(st.text("ab ;&|()<>`$'\"\\\n#E-", max_size=60))
def test_any_text_is_read_to_its_end(text: str) -> None:
    assert all(isinstance(word, str) for _, words in shell.calls(text) for word in words)
