"""What a step leaves for the runner cannot be broken by what somebody wrote."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from assessments import SESSION, assessed, pull, session, snapshot, viewed
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.errors import CannotWrite
from pr_sessions.io.files import MIB
from pr_sessions.render.assessment import step_outputs
from pr_sessions.render.terminal import CUT, annotation, append_summary, output_lines, write_outputs
from strategies import TEXTS

VALUES = st.dictionaries(st.sampled_from(["prs", "session_id"]), st.lists(TEXTS | st.just("\n")).map("".join))
ENFORCE = Policy(gate=GateMode.ENFORCE, gate_checks=("test",), gate_workflow="ci.yml")


def read(lines: str) -> Iterator[tuple[str, str]]:
    """As the runner reads the file: everything up to a line that is the delimiter."""
    rest = lines
    while rest:
        first, _, rest = rest.partition("\n")
        name, _, delimiter = first.partition("<<")
        value, _, rest = rest.partition(f"\n{delimiter}\n")
        yield name, value


@given(VALUES)
def test_the_runner_reads_what_was_written(values: dict[str, str]) -> None:
    assert dict(read(output_lines(values))) == values


def test_a_value_that_holds_the_delimiter_gets_another_one() -> None:
    words = (f"w{n}" for n in count())

    assert output_lines({"session_id": "x\nw0\ny"}, lambda: next(words)) == "session_id<<w1\nx\nw0\ny\nw1\n"


def test_no_two_delimiters_are_the_same() -> None:
    assert output_lines({"a": ""}) != output_lines({"a": ""})


def test_outputs_say_what_was_decided() -> None:
    told = viewed(snapshot(pull(2), pull(10)), session("2", "10"))

    assert step_outputs(assessed(ENFORCE, view=told)) == {
        "is_auto_pr": "true",
        "session_id": SESSION,
        "should_skip_scoring": "true",
        "would_skip": "true",
        "session_completed": "false",
        "prs": '["2","10"]',
        "gate": "enforce",
    }


def test_a_mode_that_could_not_be_read_is_not_told() -> None:
    assert step_outputs(replace(assessed(Policy()), is_policy_known=False))["gate"] == ""


def test_outputs_of_what_is_in_no_session() -> None:
    assert step_outputs(assessed(ENFORCE, is_auto=False, session_id=None, is_session_active=False)) == {
        "is_auto_pr": "false",
        "session_id": "",
        "should_skip_scoring": "false",
        "would_skip": "false",
        "session_completed": "false",
        "prs": "[]",
        "gate": "enforce",
    }


@pytest.mark.parametrize(
    ("policy", "is_active", "told"),
    [
        (Policy(), True, ("false", "true", "false")),
        (Policy(), False, ("false", "false", "true")),
        (Policy(gate=GateMode.ENFORCE), True, ("false", "true", "false")),
        (ENFORCE, True, ("true", "true", "false")),
    ],
)
def test_only_enforce_skips(policy: Policy, is_active: bool, told: tuple[str, ...]) -> None:
    values = step_outputs(assessed(policy, is_session_active=is_active, trigger=None if is_active else "timeout"))

    assert (values["should_skip_scoring"], values["would_skip"], values["session_completed"]) == told


def test_outputs_are_added_to_those_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "outputs"
    path.write_text("other=1\n", "utf-8")
    write_outputs(path, {"session_id": "é"})
    first, _, rest = path.read_text("utf-8").partition("\n")

    assert (first, dict(read(rest))) == ("other=1", {"session_id": "é"})


def test_outputs_that_cannot_be_written_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="cannot write"):
        write_outputs(tmp_path, {"session_id": "x"})


def test_a_summary_is_added_whole_where_it_fits(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    append_summary(path, "one\n")
    append_summary(path, "two\n")

    assert path.read_text("utf-8") == "one\ntwo\n"


@pytest.mark.parametrize("used", [0, 1000, MIB - 200, MIB - 10, MIB])
def test_a_summary_is_cut_after_a_whole_line_where_github_takes_no_more(tmp_path: Path, used: int) -> None:
    path = tmp_path / "summary"
    path.write_bytes(b"x" * used)
    append_summary(path, "a line é\n" * 200_000)
    added = path.read_bytes()[used:].decode()

    assert len(path.read_bytes()) <= MIB
    assert added == "" or set(added.removesuffix(CUT).splitlines()) <= {"a line é"}
    assert added == "" or added.endswith(CUT)


@pytest.mark.parametrize(
    ("title", "message", "command"),
    [
        ("Budget", "codex has 12", "::warning title=Budget::codex has 12"),
        ("a:b,c%", "100%: a, b", "::warning title=a%3Ab%2Cc%25::100%25: a, b"),
        ("x\n::error::y", "z\r\n::set-output::", "::warning title=x%0A%3A%3Aerror%3A%3Ay::z%0D%0A::set-output::"),
    ],
)
def test_an_annotation_is_one_command_whatever_it_says(title: str, message: str, command: str) -> None:
    assert annotation("warning", title, message) == command


@given(TEXTS, st.text())
def test_an_annotation_is_one_line(title: str, message: str) -> None:
    assert {"\n", "\r"}.isdisjoint(annotation("notice", title, message))
