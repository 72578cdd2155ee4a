import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.analytics.report import escape, table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mary-jane", "mary-jane"),
        ("john.doe", "john.doe"),
        ("cseek_cursor", "cseek_cursor"),
        ("dependabot[bot]", "dependabot[bot]"),
        ("Émile Zola", "Émile Zola"),
        ("a|b", r"a\|b"),
        ("a\\|b", r"a\\\|b"),
        ("`code`", r"\`code\`"),
        ("**bold** ~~gone~~ $x$", r"\*\*bold\*\* \~\~gone\~\~ \$x\$"),
        ("_emphasis_", r"\_emphasis\_"),
        ("[text](https://example.com)", r"[text\](https://example.com)"),
        ("![text][image]", r"![text\][image]"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("&lt;", "&amp;lt;"),
        ("one\ntwo\r\nthree\ttabs", "one two three tabs"),
        ("\x1b[31mred\x00\u202eback\u2028line\ud800", "[31mred back line"),
        ("a" * 5000, "a" * 57 + "..."),
        ("|" * 60, r"\|" * 60),
    ],
)
def test_text_from_outside_means_nothing(text: str, expected: str) -> None:
    assert escape(text) == expected


@given(st.text())
def test_escaped_text_is_one_printable_line_without_html(text: str) -> None:
    escaped = escape(text)

    assert escaped.isprintable()
    assert not {"<", ">"} & set(escaped)


@given(st.text())
def test_escaped_text_holds_no_bare_pipe(text: str) -> None:
    assert "|" not in escape(text).replace(r"\\", "").replace(r"\|", "")


def test_columns_are_aligned_in_a_terminal() -> None:
    assert table(("Author", "n"), (("a", "1"), ("山田", "22222"), ("e\u0301", "3"))) == "\n".join(
        (
            "| Author |     n |",
            "| :----- | ----: |",
            "| a      |     1 |",
            "| 山田   | 22222 |",
            "| e\u0301      |     3 |",
        )
    )
