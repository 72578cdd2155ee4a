"""What is printed is no command to a runner of GitHub's, whatever title or path it came from."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.cli import output

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
    assert output.harmless(told) == printed


@given(PIECES.map("".join))
def test_whatever_the_pieces_nothing_of_them_is_a_command(told: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITHUB_ACTIONS", "true")
        lines = output.harmless(told).replace("\r", "\n").split("\n")

    assert not [line for line in lines if line.strip().startswith("::") or "##[" in line]


def test_elsewhere_a_line_is_printed_as_it_is() -> None:
    assert output.harmless("::x ##[y]") == "::x ##[y]"


@given(PIECES.map("".join))
def test_a_document_says_the_same_and_holds_no_command(told: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr(output, "_print", printed.append)
        output.show({"title": told}, [], as_json=True)

    assert (json.loads(printed[0]), "##[" in printed[0]) == ({"title": told}, False)


def test_talk_and_errors_are_no_commands_either(runner: None, capsys: pytest.CaptureFixture[str]) -> None:
    output.note("::warning::x")

    assert capsys.readouterr().err == ": :warning::x\n"
