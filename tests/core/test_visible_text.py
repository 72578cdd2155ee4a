"""What steers a terminal, or turns the direction of writing, is an escape wherever it would be looked at."""

import json
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pr_sessions.core.visible_text import (
    columns,
    filled,
    one_line,
    one_line_around,
    visible,
    visible_json,
    visible_on_page,
)

TURNS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F]
STEERS = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF]
TAGS = range(0xE0000, 0xE0080)
HALVES = (0xD800, 0xDBFF, 0xDC00, 0xDFFF)
UNSEEN = [chr(code) for code in (*TURNS, *STEERS, *TAGS, *HALVES)]
ANY = st.text(st.characters() | st.sampled_from(UNSEEN))


@pytest.mark.parametrize("char", UNSEEN, ids=lambda char: f"U+{ord(char):04X}")
def test_none_of_them_stands_in_json_or_in_text(char: str) -> None:
    assert char not in visible_json(json.dumps(f"a{char}b", ensure_ascii=False))
    assert (char in visible(f"a{char}b")) is (char in "\n\t")


@pytest.mark.parametrize("char", UNSEEN, ids=lambda char: f"U+{ord(char):04X}")
def test_none_of_them_stands_on_a_page(char: str) -> None:
    assert (char in visible_on_page(f"a{char}b")) is (char in "\n\t")


def test_joiners_of_emoji_and_scripts_stand_on_a_page() -> None:
    assert visible_on_page("🧑\u200d💻 \u0646\u200c\u0647 \x1b[31m") == "🧑\u200d💻 \u0646\u200c\u0647 \\x1b[31m"


@given(
    value=st.recursive(ANY, lambda inner: st.lists(inner) | st.dictionaries(ANY, inner)), indent=st.sampled_from([0, 2])
)
def test_json_keeps_its_value(value: object, indent: int) -> None:
    text = visible_json(json.dumps(value, ensure_ascii=False, indent=indent))
    assert json.loads(text) == value
    assert [char for char in text if category(char) in ("Cc", "Cs", "Zl", "Zp") and char != "\n"] == []


@given(ANY)
def test_text_is_seen(text: str) -> None:
    shown = visible(text)
    assert [char for char in shown.replace("\x1b[", "") if category(char) in ("Cc", "Cs", "Zl", "Zp")] == [
        char for char in shown if char in "\n\t"
    ]
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("\x1b[1mid\x1b[0m é 🚀", "\x1b[1mid\x1b[0m é 🚀"),
        ("a\x1b]0;title\x07b", "a\\x1b]0;title\\x07b"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
        ("\U000e0041", "\\U000e0041"),
        ("one\ntwo\tthree\r", "one\ntwo\tthree\\x0d"),
    ],
)
def test_colours_stay_and_other_sequences_do_not(told: str, shown: str) -> None:
    assert visible(told) == shown


def test_a_character_beyond_the_first_plane_is_two_escapes_in_json() -> None:
    assert visible_json('"\U000e0041"') == '"\\udb40\\udc41"'


@pytest.mark.parametrize(
    ("text", "width", "line"),
    [
        ("plain", 5, "plain"),
        ("plainer", 5, "plai…"),
        ("修复登录", 8, "修复登录"),
        ("修复登录", 7, "修复登…"),
        ("修复登录", 6, "修复…"),
        ("e\u0301te\u0301", 3, "e\u0301te\u0301"),
        ("e\u0301te\u0301", 2, "e\u0301…"),
        ("a\nb", 3, "a b"),
        ("e" + "\u0301" * 1000, 3, "e" + "\u0301" * 7 + "…"),
    ],
)
def test_a_line_is_cut_where_it_is_too_wide(text: str, width: int, line: str) -> None:
    assert one_line(text, width) == line


@pytest.mark.parametrize(
    ("text", "width", "line"),
    [
        ("claude-code-0123456789-ada", 26, "claude-code-0123456789-ada"),
        ("claude-code-0123456789-ada", 13, "claude…89-ada"),
        ("修复登录修复登录", 9, "修复…登录"),
        ("", 5, ""),
    ],
)
def test_a_name_keeps_its_end(text: str, width: int, line: str) -> None:
    assert one_line_around(text, width) == line


@given(ANY, st.integers(2, 40))
@example("000000" + "\u0300" * 10 + "0" + "\u0300" * 12, 7)
def test_no_line_is_wider_than_it_may_be(text: str, width: int) -> None:
    for line in (one_line(text, width), one_line_around(text, width)):
        assert columns(line) <= width
        assert len(line) <= 4 * width


def test_cells_are_filled_up_to_the_same_column() -> None:
    assert [filled(cell, 4) for cell in ("ab", "修", "修复", "e\u0301")] == ["ab  ", "修  ", "修复", "e\u0301   "]
