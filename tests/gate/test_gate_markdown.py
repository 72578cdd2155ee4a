"""Whatever people write comes out as plain text on one line, wherever it is put into Markdown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.gate.wording import code, line, table, text
from rendering import HOSTILE, shown

# What GitHub makes links and pictures of, in text that Markdown is done with.
CALLS = re.compile(
    r"@[a-z0-9]|#[0-9]|\bgh-[0-9]|[a-z]-[0-9]|\bghsa-|https?://|ftp://|www\.|mailto:[a-z0-9]|[0-9a-f]{7}|:[a-z0-9+_-]+:",
    re.IGNORECASE | re.ASCII,
)
PLACES = ("{}", "- {}", "1. {}", "> {}", "## {}", "before {} after", "above\n{}", "above\n{}\nbelow", "*so {} so*")


@pytest.mark.parametrize("place", PLACES)
@given(HOSTILE)
def test_it_is_nothing_but_text_wherever_it_stands(place: str, told: str) -> None:
    assert shown(place.format(text(told)))[0] == shown(place.format("word" if line(told, 120) else ""))[0]


@given(HOSTILE, HOSTILE)
def test_two_of_them_side_by_side_are_nothing_but_text(one: str, other: str) -> None:
    assert shown(f"so {text(one)}{text(other)}")[0] == shown("so")[0]


@given(HOSTILE)
def test_it_says_what_was_said(told: str) -> None:
    assert shown(f"so {text(told)}")[1].replace("\u200b", "").strip() == f"so {line(told)}".strip()


@given(HOSTILE)
def test_nothing_is_left_of_which_github_makes_a_link_or_calls_somebody(told: str) -> None:
    assert CALLS.findall(shown(text(told))[1]) == []


@given(HOSTILE)
def test_no_cell_breaks_its_table(told: str) -> None:
    found = shown(table([(text(told), "b"), (code(told), "c")], ("x", "y")))[0]
    words = table([("word", "b"), ("word", "c")], ("x", "y"))

    assert [kind for kind in found if kind != "code_inline"] == shown(words)[0]


@given(st.text(), st.integers(2, 30))
def test_it_is_one_short_line_of_printable_characters(told: str, most: int) -> None:
    plain = line(told, most)

    assert (len(plain) <= most, plain.isprintable(), plain) == (True, True, plain.strip())
    assert "\n" not in text(told, most) + code(told, most)


@given(st.text(min_size=500))
def test_what_is_written_is_bounded_too(told: str) -> None:
    assert len(text(told, 50)) <= 50 * 10


@given(HOSTILE)
def test_code_is_one_piece_of_code_or_nothing_but_text(told: str) -> None:
    assert [kind for kind in shown(f"so {code(told)} so")[0] if kind != "code_inline"] == shown("so")[0]


@pytest.mark.parametrize(
    ("told", "markdown"),
    [
        ("auto-pr: fix the login (2)", "auto-pr: fix the login (2)"),
        ("fix snake_case & <b>", r"fix snake\_case &amp; &lt;b&gt;"),
        ("@ada #1 GH-1", "@&#8203;ada #&#8203;1 GH-&#8203;1"),
        ("see https://a.b/c", "see https:&#8203;//a.b/c"),
        ("- 1", r"\- 1"),
        ("12. x", r"12\. x"),
        ("$(rm -rf /); `id`", r"&#36;(rm -rf /); \`id\`"),
        ("a\u202eb\x1b[31mc\nd", r"a b \[31mc d"),
        ("x" * 121, "x" * 119 + "…"),
    ],
)
def test_ordinary_text_stays_readable(told: str, markdown: str) -> None:
    assert text(told) == markdown


@pytest.mark.parametrize(
    ("told", "markdown"), [("src/shop.py", "`src/shop.py`"), ("a`b", r"a\`b"), ("a|b", r"a\|b"), ("", "")]
)
def test_a_path_is_code_where_that_is_safe(told: str, markdown: str) -> None:
    assert code(told) == markdown
