import re
import sys

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.patterns import literal, matcher
from pr_sessions.core.policy import DEFAULT_PATTERNS
from pr_sessions.errors import InvalidValue

ASCII_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^auto-pr:", "auto-pr:"),
        (r"^\[auto\]", "[auto]"),
        (r"^🤖", "🤖"),
        (r"^a\ b\.c", "a b.c"),
        (r"^", ""),
        (r"auto-pr:", None),
        (r"^auto.*", None),
        (r"^auto$", None),
        (r"^a|b", None),
        (r"^[ab]", None),
        (r"^auto\b", None),
        (r"^auto" + "\\", None),
        (r"^x{2}", None),
    ],
)
def test_an_anchored_literal_gives_its_text(pattern: str, text: str | None) -> None:
    assert literal(pattern) == text


@pytest.mark.parametrize(
    ("pattern", "title", "expected"),
    [
        (r"^auto-pr:", "auto-pr: parser", True),
        (r"^auto-pr:", "Auto-PR: parser", True),
        (r"^auto-pr:", "fix auto-pr: parser", False),
        (r"^auto-pr:", "", False),
        (r"^\[auto\]", "[AUTO] parser", True),
        (r"^\[auto\]", "auto parser", False),
        (r"^🤖", "🤖 parser", True),
        (r"^(feat|fix)\(bot\):", "FIX(bot): parser", True),
        (r"^(feat|fix)\(bot\):", "fix: parser", False),
        (r"\bcodex\b", "parser by Codex", True),
        (r"\bcodex\b", "half \ud800 a pair, codex", True),
        (r"^second", "first\nsecond", False),
    ],
)
def test_a_pattern_is_found_without_regard_to_case(pattern: str, title: str, expected: bool) -> None:
    assert matcher(pattern)(title) is expected


def test_the_default_patterns_need_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher.cache_clear()
    monkeypatch.setitem(sys.modules, "re2", None)
    assert [matcher(p)("🤖 x") for p in DEFAULT_PATTERNS] == [False, False, False, False, False, True]


def test_without_the_engine_other_patterns_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher.cache_clear()
    monkeypatch.setitem(sys.modules, "re2", None)
    with pytest.raises(InvalidValue, match="needs google-re2") as caught:
        matcher(r"bot$")
    assert "install google-re2 (the extra `patterns`)" in caught.value.hint


@pytest.mark.parametrize("pattern", ["", "  ", "^"])
def test_an_empty_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidValue, match="is empty"):
        matcher(pattern)


@pytest.mark.parametrize("pattern", ["(", "[a", "(?=a)b", r"(a)\1", "a{1,5000}", "*", "(" * 100_000])
def test_a_pattern_that_the_engine_refuses_is_named(pattern: str) -> None:
    with pytest.raises(InvalidValue, match="is refused: ") as caught:
        matcher(pattern)
    assert len(str(caught.value)) < 250
    assert caught.value.hint


def test_a_catastrophic_pattern_runs_in_linear_time() -> None:
    assert matcher("(a+)+$")("a" * 3_000_000 + "b") is False


@given(prefix=ASCII_TEXT.filter(str.strip), text=ASCII_TEXT)
def test_a_literal_decides_as_the_engine_does(prefix: str, text: str) -> None:
    pattern = "^" + re.sub(r"([^A-Za-z0-9_])", r"\\\1", prefix)
    options = re2.Options()
    options.case_sensitive = False
    for title in (text, prefix + text, prefix.swapcase() + text):
        assert matcher(pattern)(title) == bool(re2.search(pattern, title, options))


@given(pattern=st.text(max_size=20), text=st.text(max_size=20))
def test_any_pattern_matches_or_is_refused(pattern: str, text: str) -> None:
    try:
        found = matcher(pattern)(text)
    except InvalidValue:
        return
    assert found in {True, False}
