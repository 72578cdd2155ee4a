import re
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pr_sessions.core.evidence_text import (
    Form,
    Mark,
    find_mark,
    find_marks,
    mark_body,
    mark_title,
    own_words,
    render_full,
    render_minimal,
    without_marks,
    without_title_mark,
)
from pr_sessions.core.policy import DEFAULT_MARKERS, LOOSE_MARKERS
from pr_sessions.errors import InvalidValue

ID = "cseek_cursor-20251120-0617"
OTHER = "mary-jane-20251121-0900"
FULL = Mark(ID, Form.FULL)
MINIMAL = Mark(ID, Form.MINIMAL)
TRAILER = Mark(ID, Form.TRAILER)
COMMENT = f"<!-- 🤖 Auto-PR: Session {ID} -->"
LINE = f"[cursor-session: {ID}]"
ORIGINAL = f"---\n{LINE}\n<!-- one: ready for review -->\n<!-- two: complete -->"

# Everything that changes how Markdown is read, without marks of ours.
PIECES = st.sampled_from(
    [
        *("word", " ", "\n", "\r\n", "\n\n", "> ", "```", "````", "~~~", "`", "<!--", "-->", "<!", "--", ">", "---"),
        *("[cursor-session: ", "]", "Session-ID: ", "🤖 Auto-PR: Session ", "a..b", "ready for review", "- ", "**"),
        *("<!-- c -->\n", "---\n", "\t", "    ", "\u2028", "\x0c", "\r", "<blockquote>", "</blockquote>"),
    ]
)
BODIES = st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text())
MARKS = st.sampled_from([LINE, COMMENT, ORIGINAL, f"Session-ID: {ID}", render_full(OTHER), render_minimal(OTHER)])
MARKED_BODIES = st.lists(st.one_of(PIECES, MARKS.map("\n{}\n".format)), max_size=20).map("".join)


def test_the_full_block_names_the_session_under_a_rule() -> None:
    lines = render_full(ID).splitlines()
    assert (lines[0], lines[2]) == ("---", LINE)
    assert [line.startswith("<!--") and line.endswith("-->") for line in (lines[1], lines[3])] == [True, True]


def test_the_minimal_mark_is_one_comment_with_the_real_id() -> None:
    assert render_minimal(ID) == COMMENT


@pytest.mark.parametrize("bad", ["", "../x", "a-->b", "a]b", "a b", "x" * 201, "-a", ".a", "a\nb", "é"])
@pytest.mark.parametrize("render", [render_full, render_minimal, lambda bad: mark_body("text", bad)])
def test_an_unsafe_id_is_never_rendered(render: Callable[[str], str], bad: str) -> None:
    with pytest.raises(InvalidValue):
        render(bad)


@pytest.mark.parametrize("text", [render_full(ID), render_minimal(ID), mark_title("x")])
@pytest.mark.parametrize("marker", [*DEFAULT_MARKERS, *LOOSE_MARKERS])
def test_what_we_render_holds_no_completion_marker(text: str, marker: str) -> None:
    assert not re.search(rf"(?<![\w-]){re.escape(marker)}(?![\w-])", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("title", "marked"),
    [
        ("Add parser", "🤖 Add parser"),
        ("🤖 Add parser", "🤖 Add parser"),
        ("auto-pr: add parser", "auto-pr: add parser"),
        ("Auto-PR: add parser", "Auto-PR: add parser"),
        ("", "🤖 "),
    ],
)
def test_a_title_gets_the_sign_once(title: str, marked: str) -> None:
    assert mark_title(title) == mark_title(mark_title(title)) == marked


@given(title=st.text())
def test_the_sign_comes_off_again(title: str) -> None:
    assert without_title_mark(mark_title(title)).strip() == without_title_mark(title).strip()


@pytest.mark.parametrize(
    ("body", "mark"),
    [
        ("", None),
        ("text", None),
        (render_full(ID), FULL),
        (f"text\n\n{ORIGINAL}", FULL),
        (f"text\n\n---\n<!-- a -->\n<!-- b -->\n{LINE}\n", FULL),
        (f"text\n\n---\n\n<!-- a -->\n\n{LINE}\n\n<!-- b -->\n\nmore", FULL),
        (f"text\n\n---\n<!-- a\nb -->\n{LINE}\n<!-- c\nd -->", FULL),
        (f"text\r\n\r\n---\r\n{LINE}\r\n<!-- a -->\r\n<!-- b -->\r\n", FULL),
        (LINE, FULL),
        (f"[Cursor-Session:{ID}]", FULL),
        (f"[cursor-session:\t{ID} ]  ", FULL),
        (COMMENT, MINIMAL),
        (f"text\r\n\r\n{COMMENT}\r\n", MINIMAL),
        (f"subject\n\ntext\n\nSession-ID: {ID}\nSigned-off-by: A <a@b.c>\n", TRAILER),
        (f"Session-ID: {ID}", TRAILER),
        (f"session-id:{ID}\r\n", TRAILER),
        (f"text\n\nSession-ID: {ID}\n\n---\n<!-- a -->\n<!-- b -->\n", TRAILER),
        (f"text\n\nSession-ID: {ID}\n\n{render_minimal(ID)}", MINIMAL),
        (f"Session-ID: {ID}\n\nlater text", TRAILER),
        (f"Session-ID: {ID}\nlater text", None),
        (f"earlier text\nSession-ID: {ID}\n\nlater text", None),
        (f"* x\n\nSession-ID: {ID}\n\n---------\n\nCo-authored-by: A <a@b.c>", TRAILER),
        (f"* x\n\nSession-ID: {ID}\n---------\nCo-authored-by: A <a@b.c>", TRAILER),
        (f"text.\nSigned-off-by: A <a@b.c>\nSession-ID: {ID}", TRAILER),
        (f"text.\nSigned-off-by: A <a@b.c>\nSession-ID: {ID}\n\nmore", None),
        (f"    Session-ID: {ID}", None),
        (f"text\n> quote\nSession-ID: {ID}", None),
        (f"This reverts commit 0123abc.\n\nSession-ID: {ID}", None),
        (f"Squashed commit of the following:\n\ncommit 0123abc\n\nSession-ID: {ID}", None),
        (f"This reverts commit 0123abc.\n\nSession-ID: {OTHER}\n\n{LINE}", FULL),
        (f"see Session-ID: {ID}", None),
        (f"see {LINE}", None),
        (f"see {COMMENT}", None),
        (f"    {LINE}", None),
        (f"> {LINE}", None),
        (f"> {COMMENT}", None),
        (f"> > Session-ID: {ID}", None),
        (f"<blockquote>\n\n{LINE}\n</blockquote>", None),
        (f"text<BlockQuote cite='x'>\n<blockquote>a</blockquote>\n{LINE}\n</BLOCKQUOTE>\n{COMMENT}", MINIMAL),
        (f"<blockquote><blockquote>\n{LINE}\n</blockquote>\n{COMMENT}", MINIMAL),
        (f"renders <blockquote> tags\n\n{LINE}", FULL),
        (f"</blockquote>\n<blockquote>\n{LINE}", FULL),
        (f"`<blockquote>`\n{LINE}\n</blockquote>", FULL),
        (f"<blockquotes>\n{LINE}\n</blockquote>", FULL),
        (f"<details>\n<summary>More</summary>\n\n{LINE}\n</details>", FULL),
        (f"```\n{ORIGINAL}\n```", None),
        (f"```text\n{LINE}\n```\n{LINE}", FULL),
        (f"~~~~\n{LINE}\n~~~\n```\n{LINE}", None),
        (f"- item\n  ```\n{LINE}\n  ```", None),
        (f"```\n{LINE}", None),
        (f"```one line```\n{LINE}", FULL),
        (f"``{COMMENT}``", None),
        (f"`<!--` opens a comment\n\n{LINE}", FULL),
        (f"<!--\n{LINE}\n-->", None),
        (f"<!--\n{COMMENT}", None),
        (f"<!-- Template: {COMMENT} -->", None),
        (f"<!-- Auto-PR: Session {ID} -->", None),
        (f"<!-->\n{LINE}", FULL),
        (f"{LINE}\n{LINE}\n{COMMENT}", FULL),
        (f"{LINE}\n\n[cursor-session: {OTHER}]", None),
        (f"{render_full(OTHER)}\n\nSession-ID: {ID}", None),
        (f"---\n{render_minimal(OTHER)}\n{LINE}", None),
        (f"[cursor-session: ../../etc]\n{COMMENT}", MINIMAL),
        ("[cursor-session: a..b]", None),
        ("[cursor-session: Émile]", None),
        ("[cursor-session: a|b]", None),
        ("[cursor-session: " + "x" * 201 + "]", None),
        ("<!-- 🤖 Auto-PR: Session -x -->", None),
        ("<!-- 🤖 Auto-PR: Session ID with spaces -->", None),
        ("Session-ID: a..b", None),
        (f"* one\n\nSession-ID: {ID}\n\n* two\n\nSession-ID: {ID}", TRAILER),
        (f"* one\n\nSession-ID: {OTHER}\n\n* two\n\nSession-ID: {ID}", None),
        (f"* one\n\nSession-ID: a..b\n\n* two\n\nSession-ID: {ID}", TRAILER),
        (f"Session-ID: {OTHER}\nSession-ID: {ID}", None),
        (f"> Session-ID: {OTHER}\n\nSession-ID: {ID}", TRAILER),
    ],
)
def test_a_mark_is_found_in_every_form_and_nowhere_else(body: str, mark: Mark | None) -> None:
    assert find_mark("Add parser", body) == mark


@pytest.mark.parametrize(
    ("title", "body", "mark"),
    [
        (f"{LINE} add parser", "", FULL),
        (f"add parser {LINE}", "", FULL),
        (f"read {LINE} from titles", "", None),
        (f"{LINE} add parser", COMMENT, FULL),
        (f"{LINE} add parser", render_full(OTHER), None),
        ("[cursor-session: a..b] add parser", "", None),
    ],
)
def test_a_mark_counts_at_a_titles_start_or_end(title: str, body: str, mark: Mark | None) -> None:
    assert find_mark(title, body) == mark


def test_all_marks_are_found_each_once() -> None:
    body = f"{LINE}\n{COMMENT}\n{LINE}\n\nSession-ID: {ID}"
    assert find_marks("", body) == (FULL, MINIMAL, TRAILER)


@pytest.mark.parametrize("old", [ORIGINAL, COMMENT, LINE, render_full(OTHER)])
def test_a_block_of_ours_is_replaced_by_one_at_the_end(old: str) -> None:
    assert mark_body(f"Above\n\n{old}\n\nBelow\n", ID) == f"Above\n\n\nBelow\n\n{render_full(ID)}"


def test_a_minimal_body_gets_the_comment_only() -> None:
    assert mark_body(f"Text\n\n{ORIGINAL}", ID, minimal=True) == f"Text\n\n{COMMENT}"


def test_an_empty_body_becomes_the_block() -> None:
    assert mark_body("", ID) == render_full(ID)


def test_line_endings_stay_as_the_author_has_them() -> None:
    marked = mark_body("One\r\nTwo\r\n", ID)
    assert marked == "One\r\nTwo\r\n\r\n" + render_full(ID).replace("\n", "\r\n")
    assert find_mark("", marked) == FULL


@pytest.mark.parametrize(
    ("body", "closed"),
    [
        ("```python\nx = 1", "```python\nx = 1\n```"),
        ("~~~~\n~~~", "~~~~\n~~~\n~~~~"),
        ("<!-- note\ntext", "<!-- note\ntext\n\n-->"),
        ("```\nx\n```", "```\nx\n```"),
        ("<blockquote>\nx", "<blockquote>\nx"),
    ],
)
def test_what_the_author_left_open_does_not_swallow_the_block(body: str, closed: str) -> None:
    assert mark_body(body, ID) == f"{closed}\n\n{render_full(ID)}"


def test_comments_and_rules_of_the_author_stay() -> None:
    body = f"<!-- before -->\n\nA\n\n---\n\nB\n\n{ORIGINAL}\n<!-- after -->\n"
    assert without_marks(body) == "<!-- before -->\n\nA\n\n---\n\nB\n\n<!-- after -->\n"


def test_comments_after_a_bare_mark_stay() -> None:
    assert without_marks(f"{LINE}\n<!-- a -->\n<!-- b -->\n") == "<!-- a -->\n<!-- b -->\n"


@pytest.mark.parametrize(
    ("body", "rest"),
    [
        ("text", "text"),
        (f"A\r\n\r\n{render_full(ID)}\r\nB", "A\r\n\r\nB"),
        (f"A\n\nSession-ID: {ID}\nSigned-off-by: B", "A\n\nSigned-off-by: B"),
        (f"Session-ID: {ID}\n\nA", "\nA"),
        (f"> {LINE}\n\n```\n{LINE}\n```", f"> {LINE}\n\n```\n{LINE}\n```"),
        (f"A\n{COMMENT}\nSession-ID: {ID}\n\n{ORIGINAL}", "A\n\n"),
    ],
)
def test_marks_of_all_forms_are_cut_and_nothing_else(body: str, rest: str) -> None:
    assert without_marks(body) == rest


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", ()),
        ("one\r\n\r\n  two  \nthree", ("one", "two", "three")),
        ("one\n> two\n>three\nfour", ("one", "four")),
        ("one\n```\ntwo\n```\nthree", ("one", "three")),
        ("one\n````\n```\ntwo\n````\nthree", ("one", "three")),
        ("one\n~~~ text\ntwo\n```\n~~~\nthree", ("one", "three")),
        ("one\n  ```\ntwo", ("one",)),
        ("one\n```code``` two", ("one", "```code``` two")),
        ("one <!-- two --> three", ("one              three",)),
        ("one\n<!-- two\n\nthree -->\nfour", ("one", "four")),
        ("one <!-- two\nthree", ("one",)),
        ("`<!--` one\ntwo", ("`<!--` one", "two")),
        ("`a`<!-- hidden\ntwo\n-->", ("`a`",)),
        ("<!-- ```\n-->\none", ("one",)),
        ("```\n<!--\n```\none", ("one",)),
        ("> <!--\none", ("one",)),
        ("one\n<blockquote>two\n\nthree</blockquote>\nfour", ("one", "four")),
        ("one <blockquote>\ntwo", ("one <blockquote>", "two")),
        (f"one\n\n{ORIGINAL}", ("one",)),
        (f"one\n\nSession-ID: {ID}", ("one",)),
        (mark_body("one", ID), ("one",)),
        (mark_body("one", ID, minimal=True), ("one",)),
    ],
)
def test_own_words_are_the_lines_that_the_author_wrote(body: str, words: tuple[str, ...]) -> None:
    assert own_words(body) == words


@given(body=st.one_of(BODIES, MARKED_BODIES), minimal=st.booleans())
def test_marking_twice_is_marking_once(body: str, minimal: bool) -> None:
    once = mark_body(body, ID, minimal=minimal)
    assert mark_body(once, ID, minimal=minimal) == once


@given(body=st.one_of(BODIES, MARKED_BODIES), minimal=st.booleans())
def test_the_last_marking_stands_alone(body: str, minimal: bool) -> None:
    first = mark_body(body, OTHER, minimal=not minimal)
    second = mark_body(first, ID, minimal=minimal)
    marks = [mark for mark in find_marks("", second) if mark.form != Form.TRAILER]
    assert marks == [MINIMAL if minimal else FULL]


@given(body=BODIES, minimal=st.booleans())
def test_a_marked_body_names_its_session(body: str, minimal: bool) -> None:
    assume(find_marks("", body) == ())
    assert find_mark("", mark_body(body, ID, minimal=minimal)) == (MINIMAL if minimal else FULL)


@given(body=BODIES, minimal=st.booleans())
def test_the_authors_text_survives_marking(body: str, minimal: bool) -> None:
    assume(find_marks("", body) == ())
    marked = mark_body(body, ID, minimal=minimal)
    assert marked.startswith(body.rstrip("\r\n"))
    rest = without_marks(marked).removeprefix(body.rstrip("\r\n")).strip()
    assert re.fullmatch(r"(`{3,}|~{3,}|-->)?", rest)


@given(body=BODIES, minimal=st.booleans())
def test_marking_changes_no_words(body: str, minimal: bool) -> None:
    assume(find_marks("", body) == ())
    assert own_words(mark_body(body, ID, minimal=minimal)) == own_words(body)


@given(body=MARKED_BODIES, minimal=st.booleans())
def test_replacing_marks_adds_no_words(body: str, minimal: bool) -> None:
    assert set(own_words(mark_body(body, ID, minimal=minimal))) <= set(own_words(body))


@given(body=BODIES)
def test_a_body_without_marks_loses_nothing(body: str) -> None:
    assume(find_marks("", body) == ())
    assert without_marks(body) == body


@pytest.mark.parametrize(
    "piece",
    [
        *("<!--", "<!-->", "`", "` ", "[cursor-session: ", "[cursor-session: a..b]\n", "---\n", "---\n<!-- a -->\n"),
        *(
            "---\n<!--\n",
            "> \n",
            "\n",
            "```\n",
            "```a\n~~~\n",
            "Session-ID: x..y\n",
            "Session-ID: x..y\n\n",
            " ",
            "-",
            "x",
            "<blockquote>",
            "<blockquote ",
            "</blockquote>",
            "<blockquote></blockquote>",
            "<blockquote><blockquote></blockquote>",
        ),
    ],
)
def test_megabytes_of_anything_take_linear_time(piece: str) -> None:
    body = piece * (500_000 // len(piece))
    assert find_mark(body, body) is None
    assert mark_body(body, ID).endswith(render_full(ID))
    assert ID not in without_marks(body)
    assert LINE not in own_words(body)
