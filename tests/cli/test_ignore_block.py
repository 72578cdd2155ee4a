import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.setup.ignore_block import split, with_block

ENTRIES = ("/.cursor/.session_id", "/docs/x.json")
BLOCK = b"# >>> pr-sessions\n/.cursor/.session_id\n/docs/x.json\n# <<< pr-sessions"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, BLOCK + b"\n"),
        (b"", b"\n" + BLOCK),
        (b"*.pyc\n", b"*.pyc\n" + BLOCK + b"\n"),
        (b"*.pyc", b"*.pyc\n" + BLOCK),
        (b"*.pyc\r\n", b"*.pyc\r\n" + BLOCK.replace(b"\n", b"\r\n") + b"\r\n"),
    ],
    ids=["no file", "empty", "lines", "no last newline", "windows"],
)
def test_the_block_comes_at_the_end_and_goes_without_a_trace(before: bytes | None, after: bytes) -> None:
    assert with_block(before, ENTRIES) == after
    assert with_block(after, ENTRIES) == after
    assert with_block(after, ()) == before


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"#", b" ", b"# >>> other", b"!b/"])).map(b"".join))
def test_every_other_byte_stays(text: bytes) -> None:
    assert with_block(with_block(text, ENTRIES), ()) == text


@pytest.mark.parametrize(
    ("line", "covered"),
    [
        ("/.cursor/.session_id", True),
        (".cursor/.session_id", True),
        (".cursor/", True),
        ("  /.cursor  ", True),
        ("!.cursor/", False),
        ("# .cursor/", False),
        (".cursor/config", False),
        (".cursor*", False),
    ],
)
def test_an_entry_that_a_line_covers_is_left_out(line: str, covered: bool) -> None:
    text = f"{line}\n".encode()
    added = with_block(text, ENTRIES[:1])
    assert (added == text) is covered


def test_a_block_that_people_wrote_behind_stays_where_it_is() -> None:
    text = b"a\n" + BLOCK + b"\nb\n"
    assert with_block(text, ENTRIES) == text
    assert with_block(text, ()) == b"a\nb\n"


def test_other_entries_replace_the_old_ones() -> None:
    assert with_block(b"a\n" + BLOCK + b"\n", ["/new"]) == b"a\n# >>> pr-sessions\n/new\n# <<< pr-sessions\n"


@pytest.mark.parametrize(
    "text", [b"# >>> pr-sessions\n/x\n", b"# <<< pr-sessions\n", b"x # >>> pr-sessions\n# <<< pr-"]
)
def test_half_a_block_is_other_people_s_text(text: bytes) -> None:
    assert split(text).rest == text
