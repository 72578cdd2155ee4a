"""What is printed is no command to a runner of GitHub's, whatever title or path it came from."""

import io
import json
from contextlib import redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.compat import console
from pr_sessions.core.visible_text import visible
from pr_sessions.render import terminal

PIECES = st.lists(st.sampled_from(["::", "##[", "#", "[", ":", " ", "\n", "\r", "\t", "\x85", "set-output", "é"]))


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")


@pytest.mark.parametrize(
    ("told", "printed"),
    [
        ("a :: b", "a :: b"),
        ("::set-output name=x::y", ": :set-output name=x::y"),
        ("a\r  ::error::b", "a\r  : :error::b"),
        ("a ##[set-output name=x;]y", "a # #[set-output name=x;]y"),
    ],
)
def test_no_line_is_a_command(runner: None, told: str, printed: str) -> None:
    assert terminal.harmless(told) == printed


@given(PIECES.map("".join))
def test_whatever_the_pieces_nothing_of_them_is_a_command(told: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITHUB_ACTIONS", "true")
        lines = terminal.harmless(told).replace("\r", "\n").split("\n")

    assert not [line for line in lines if line.strip().startswith("::") or "##[" in line]


def test_elsewhere_a_line_is_printed_as_it_is() -> None:
    assert terminal.harmless("::x ##[y]") == "::x ##[y]"


@given(PIECES.map("".join))
def test_a_document_says_the_same_and_holds_no_command(told: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr(terminal, "_print", printed.append)
        terminal.show({"title": told}, [], as_json=True)

    assert (json.loads(printed[0]), "##[" in printed[0]) == ({"title": told}, False)


def test_talk_and_errors_are_no_commands_either(runner: None, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.note("::warning::x")

    assert capsys.readouterr().err == ": :warning::x\n"


TOLD = st.text(st.characters() | st.sampled_from([*"\x1b\x7f\x9b\u202e\u2066\u061c\u2028\ufeff\U000e0041\ud800"]))


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@given(told=TOLD)
def test_a_document_shows_no_character_that_steers_or_turns(encoding: str, told: str) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    with redirect_stdout(out):
        terminal.show({"title": told, told: [told]}, [], as_json=True)
        out.flush()
    raw = out.buffer
    assert isinstance(raw, io.BytesIO)
    printed = raw.getvalue().decode(encoding)
    assert (json.loads(printed), visible(printed)) == ({"title": told, told: [told]}, printed)


def test_text_for_people_shows_none_either(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show({}, ["a\u202eb\x1b]0;x\x07"], as_json=False)
    terminal.note("a\u2066b")

    assert capsys.readouterr() == ("a\\u202eb\\x1b]0;x\\x07\n", "a\\u2066b\n")


def test_a_script_shows_none_either(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json({"title": "a\u202eb\x7f"})
    console.print_text("a\u202eb\n")
    console.note("a\u202eb")

    assert capsys.readouterr() == ('{\n  "title": "a\\u202eb\\u007f"\n}\na\\u202eb\n', "a\\u202eb\n")
