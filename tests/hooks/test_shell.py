"""Which programs a command line calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.hooks import programs, shell


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("a b", [["a", "b"]]),
        ("a;b&&c||d|e&f\ng", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]),
        ("a 'x;y' \"z&&w\"", [["a", "x;y", "z&&w"]]),
        ("a # b; c", [["a"]]),
        ("a b#c", [["a", "b#c"]]),
        ("a > out 2>&1 &> all < in", [["a"]]),
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
        ("a=(b c) d", [["a=", "d"]]),
        ("a() { b; }; a", [["{", "b"], ["}"], ["a"]]),
        ("eval 'a; b' c", [["a"], ["b", "c"]]),
    ],
)
def test_calls(text: str, called: list[list[str]]) -> None:
    assert [call.words for call in shell.calls(text)] == called


def test_the_sign_before_a_call_is_told() -> None:
    called = [(call.sign, call.words) for call in shell.calls("a && b || c; d | (e; f)")]
    assert called == [("", ["a"]), ("&&", ["b"]), ("||", ["c"]), (";", ["d"]), ("|", ["e"]), (";", ["f"])]


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("a > f", "dropped"),
        ("a &> f", "dropped"),
        ("a 2> f", ""),
        ("a 2>&1", "merged"),
        ("a |& b", "merged"),
        ("a >&2", ""),
        ("$(a)", "captured"),
        ("`a`", "captured"),
        ("b <(a)", "captured"),
        ("for x in y; do a; done", "looped conditional"),
        ("while a; do b; done", "looped conditional"),
        ("f() { a; }", "looped conditional"),
        ("xargs a", "looped"),
        ("if x; then a; fi", "conditional"),
        ("if x; then b; fi; for y in z; do b; done; a", ""),
        ("bash -c 'a' > f", "dropped"),
        ("$(bash -c 'a')", "captured"),
    ],
)
def test_a_call_knows_where_it_stands(text: str, flags: str) -> None:
    call = next(call for call in shell.calls(text) if "a" in call.words)
    assert [name for name in ("dropped", "merged", "captured", "looped", "conditional") if getattr(call, name)] == (
        flags.split()
    )


@pytest.mark.parametrize(
    ("words", "program"),
    [
        (["X=1", "env", "/usr/bin/gh", "pr"], ("gh", ["pr"])),
        (["C:\\bin\\GH.EXE", "pr"], ("gh", ["pr"])),
        (["if", "!", "gh"], ("gh", [])),
        (["X=1"], ("", [])),
        (["env", "-u", "X", "-i", "A=b", "gh", "pr"], ("gh", ["pr"])),
        (["timeout", "-k", "5", "--signal=TERM", "60s", "gh", "pr"], ("gh", ["pr"])),
        (["sudo", "-u", "ann", "-E", "--", "nice", "-n", "5", "gh"], ("gh", [])),
        (["nice", "gh", "pr"], ("gh", ["pr"])),
        (["mise", "exec", "gh@2", "--", "gh", "pr"], ("gh", ["pr"])),
        (["op", "run", "--env-file=.env", "--", "gh", "pr"], ("gh", ["pr"])),
        (["aws-vault", "exec", "work", "gh", "pr"], ("gh", ["pr"])),
        (["direnv", "exec", ".", "gh", "pr"], ("gh", ["pr"])),
        (["uv", "run", "gh", "pr"], ("gh", ["pr"])),
        (["xargs", "-I", "{}", "gh", "pr"], ("gh", ["pr"])),
        (["uv", "pip", "install", "gh"], ("uv", ["pip", "install", "gh"])),
        (["echo", "--", "gh", "pr"], ("echo", ["--", "gh", "pr"])),
        (["env"] * 50, ("", [])),
    ],
)
def test_a_program_is_known_by_its_plain_name(words: list[str], program: tuple[str, list[str]]) -> None:
    assert programs.program(words) == program


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
    assert all(isinstance(word, str) for call in shell.calls(text) for word in call.words)
