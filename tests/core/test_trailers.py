"""Trailers count in paragraphs of their own, and never in what was quoted or copied."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.evidence_text import find_in_commits, own_text
from pr_sessions.core.trailers import HIDDEN, is_squashed, trailer_paragraphs, without_copied

KEY = "Claude-Session: X1"
PAIR = ("claude-session", "X1")
SIGNED = ("signed-off-by", "A <a@b.c>")
CO_AUTHOR = ("co-authored-by", "A <a@b.c>")


def pairs(text: str, subject: str = "") -> list[tuple[str, str]]:
    return [pair for paragraph in own_text(text, subject).trailers for pair in paragraph]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("text", []),
        (KEY, [PAIR]),
        (f"Fix\n\n{KEY}\n", [PAIR]),
        (f"Fix\r\n\r\n{KEY}\r\n\r\nText.\r\n", [PAIR]),
        (f"Fix\n\n{KEY}\n\nText.", [PAIR]),
        (f"* Fix\n\n{KEY}\n\n---------\n\nCo-authored-by: A <a@b.c>", [PAIR, CO_AUTHOR]),
        (f"* Fix\n\n{KEY}\n---------\nCo-authored-by: A <a@b.c>", [PAIR, CO_AUTHOR]),
        (f"{KEY}\nhttps://claude.ai/code/session_1", [PAIR]),
        (f"🤖 Generated with [Claude Code](https://claude.ai/code)\n{KEY}", [PAIR]),
        (f"(cherry picked from commit 0123)\n{KEY}", [PAIR]),
        (f"{KEY}\n  and more\nA: b", [("claude-session", "X1 and more"), ("a", "b")]),
        ("Claude-Session:\n https://claude.ai/x", [("claude-session", "https://claude.ai/x")]),
        ("Claude-Session:", [("claude-session", "")]),
        # As git has it: in the last paragraph a quarter of the lines is enough, where it wrote one of them itself.
        (f"Text.\nSigned-off-by: A <a@b.c>\n{KEY}", [SIGNED, PAIR]),
        (f"Text.\n{KEY}\nSigned-off-by: A <a@b.c>", [PAIR, SIGNED]),
        (f"{'Text.' + chr(10)}" * 7 + f"Signed-off-by: A <a@b.c>\n{KEY}", []),
        (f"Text.\nSigned-off-by: A <a@b.c>\n{KEY}\n\nText.", []),
        (f"* Fix\n* Mend\nCo-authored-by: A <a@b.c>\n{KEY}", [CO_AUTHOR, PAIR]),
        # Not of trailers alone.
        (f"Text.\n{KEY}", []),
        (f"{KEY}\nText.", []),
        (f"Text.\n{KEY}\n\n{KEY}", [PAIR]),
        (f"- {KEY}", []),
        (f"see {KEY}", []),
        (f"    {KEY}", []),
        (f"\t{KEY}", []),
        # Hidden, and the paragraph that a quote is part of.
        (f"> {KEY}", []),
        (f"> text\n{KEY}", []),
        (f"Text.\n> quote\n{KEY}", []),
        (f"> text\n\n{KEY}", [PAIR]),
        (f"{KEY}\n\n> text", [PAIR]),
        (f"```\n{KEY}\n```", []),
        (f"<!--\n\n{KEY}\n\n-->", []),
        (f"<blockquote>\n\n{KEY}\n\n</blockquote>", []),
        # Copied.
        (f"This reverts commit 0123.\n\n{KEY}", []),
        (f"Text.\n\nThis reverts merge request !1\n\n{KEY}", []),
        (f"{KEY}\n\nThis reverts commit 0123.", [PAIR]),
        (f'Revert "Fix (#1)"\n\n{KEY}', []),
        (f"Squashed commit of the following:\n\ncommit 0123\n\n    {KEY}\n\n{KEY}", []),
        (f"* Squashed commit of the following:\n\n{KEY}\n\n* Fix\n\nA: b", [("a", "b")]),
        (f'* Revert "Fix"\n\n{KEY}\n\n* Fix\n\nA: b', [("a", "b")]),
        (f"* Fix\n\nThis reverts commit 0123.\n\n{KEY}\n\n* Fix\n\nA: b", [("a", "b")]),
        (f"* Fix\n\nThis reverts commit 0123.\n\n{KEY}\n\n---------\n\nCo-authored-by: A <a@b.c>", [CO_AUTHOR]),
        (f"* Fix\n\nThis reverts commit 0123.\n\n---\n\n{KEY}", []),
        (f"* Fix\n\nThis reverts commit 0123.\n* Fix\n\n{KEY}", []),
        (f"This reverts commit 0123.\n\n* Fix\n\n{KEY}", []),
        (f"It undoes what this reverts commit 0123.\n\n{KEY}", [PAIR]),
    ],
)
def test_trailers_count_in_a_paragraph_of_their_own(text: str, expected: list[tuple[str, str]]) -> None:
    assert pairs(text) == expected


def test_the_message_of_a_revert_says_nothing_of_it() -> None:
    assert pairs(f"Text.\n\n{KEY}", 'Revert "Fix (#1)"') == []
    assert pairs(f"Text.\n\n{KEY}", "Reverted (#1)") == [PAIR]
    assert find_in_commits(['Revert "Fix"\n\nText.\n\nSession-ID: a-1']) is None


@pytest.mark.parametrize(
    ("text", "squashed"),
    [
        ("* a\n\n* b", True),
        ("\n\n* a\n\ntext\n\n* b\n\n---------\n\nCo-authored-by: A <a@b.c>", True),
        ("* a", False),
        ("* a\n* b", False),
        ("Text.\n\n* a\n\n* b", False),
        ("- a\n\n- b", False),
        ("", False),
    ],
)
def test_a_squash_lists_several_commits(text: str, squashed: bool) -> None:
    assert is_squashed(text) is squashed


LINES = st.sampled_from(
    [
        *("", "", "text", KEY, "Signed-off-by: A <a@b.c>", "* a", '* Revert "a"', "---------", "> q", "```", "~~~"),
        *("<!--", "-->", "<blockquote>", "</blockquote>", "This reverts commit 0123.", " more", "    code", "`"),
        *("Squashed commit of the following:", "https://a.dev/x", "[cursor-session: a-1]", "Session-ID: a-1", "---"),
    ]
)
TEXTS = st.lists(LINES, max_size=12)


def quoted(lines: list[str]) -> list[str]:
    return [f"> {line}" for line in lines]


@given(TEXTS)
def test_a_quoted_text_has_no_trailers(lines: list[str]) -> None:
    assert own_text("\n".join(quoted(lines))) == own_text("\n".join("> x" for _ in lines))
    assert pairs("\n".join(quoted(lines))) == []


@given(TEXTS, TEXTS, st.data())
def test_quoting_a_text_never_adds_a_trailer(lines: list[str], other: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(lines)))
    before, after = lines[:place], lines[place:]
    with_quote = pairs("\n".join([*before, *quoted(other), *after]))
    assert len(with_quote) <= len(pairs("\n".join(lines)))


@given(TEXTS)
def test_a_trailer_stands_in_the_text_where_it_says(lines: list[str]) -> None:
    text = "\n".join(lines)
    for paragraph in trailer_paragraphs(text):
        assert all(key in text[paragraph.start : paragraph.end].lower() for key, _ in paragraph.pairs)


@given(TEXTS)
def test_hiding_keeps_every_position(lines: list[str]) -> None:
    text = "\n".join(lines)
    own = without_copied(text)
    assert [len(line) for line in own.split("\n")] == [len(line) for line in lines or [""]]
    assert set(own) <= {*text, HIDDEN}
    assert without_copied(own) == own


@pytest.mark.parametrize(
    "piece", ["\n", " \n", "---\n", "A: b\n", "A: b\n\n", "* a\n\n", "A:", " ", "-", "This reverts commit 1\n", HIDDEN]
)
def test_megabytes_of_lines_take_linear_time(piece: str) -> None:
    text = piece * (500_000 // len(piece))
    assert is_squashed(text) is (piece == "* a\n\n")
    assert len(without_copied(text)) == len(text)
    assert sum(1 for _ in trailer_paragraphs(text)) <= text.count(":")
