import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Cli, day

MARK = b"\n\n<!-- \xf0\x9f\xa4\x96 Auto-PR: Session bot-20251122-0900 -->\n"
CHECK = ("classify", "--pr-number", "42", "--title", "x", "--at", day("10:00"), "--json")
FOUND = [{"rule": "body mark", "detail": "minimal"}]


def test_a_body_of_10_mb_is_read_from_a_file(repo: Path, cli: Cli) -> None:
    (repo / "body").write_bytes(b"<!-- - [x] > ``` word\n" * (10_000_000 // 22) + b"-->" + MARK)

    assert cli(*CHECK, "--body-file", "body").json["evidence"] == FOUND


def test_a_body_is_read_from_standard_input(repo: Path, spawn: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = spawn(*CHECK, "--body-file", "-")
    out, _ = process.communicate(b"word\n" * 1_000_000 + MARK)

    assert (process.returncode, b'"body mark"' in out) == (0, True)


def test_bytes_of_a_body_that_are_no_text_are_replaced(repo: Path, cli: Cli) -> None:
    (repo / "body").write_bytes(b"\xff\xfe\x00 caf\xe9" + MARK)

    assert cli(*CHECK, "--body-file", "body").json["evidence"] == FOUND


def test_a_byte_order_mark_does_not_hide_the_first_line(repo: Path, cli: Cli) -> None:
    (repo / "body").write_bytes(b"\xef\xbb\xbf" + MARK.strip())

    assert cli(*CHECK, "--body-file", "body").json["evidence"] == FOUND


def test_a_body_above_the_limit_is_an_error(repo: Path, cli: Cli) -> None:
    with (repo / "body").open("wb") as file:
        os.truncate(file.fileno(), 64 * 1024 * 1024 + 1)

    result = cli(*CHECK, "--body-file", "body")

    assert (result.code, result.out) == (1, "")
    assert result.err == "error: the body is larger than 64 MiB\nhint: give less of it: marks stand at its end\n"


@pytest.mark.parametrize("arguments", [("--body", "x", "--body-file", "body"), ("--body-file", "missing")])
def test_a_body_that_cannot_be_had_is_wrong_usage(repo: Path, cli: Cli, arguments: tuple[str, ...]) -> None:
    (repo / "body").touch()

    assert cli(*CHECK, *arguments).code == 2


@pytest.mark.parametrize("option", ["--files", "--tests"])
@pytest.mark.parametrize("count", ["-1", "1.5", "many", "99999999999999999999"])
def test_a_count_that_is_none_is_wrong_usage(repo: Path, cli: Cli, option: str, count: str) -> None:
    assert cli("add", "42", "--title", "wip: x", "--author", "ada", option, count).code == 2


def test_an_unknown_state_is_wrong_usage(repo: Path, cli: Cli) -> None:
    assert cli("add", "42", "--title", "wip: x", "--author", "ada", "--state", "gone").code == 2


@pytest.mark.parametrize(
    ("author", "kept"),
    [("a\nb\tc", "a b c"), (" ada ", "ada"), ("<b>|x", "<b>|x"), ("a\udcffb", "a b"), ("x" * 5000, "x" * 1000)],
)
def test_an_author_is_kept_as_one_bounded_line(repo: Path, cli: Cli, author: str, kept: str) -> None:
    data = cli("add", "42", "--title", "wip: x", "--author", author, "--at", day("10:00"), "--json").json

    assert data["session"]["author"] == kept


def test_words_that_are_no_text_in_this_locale_are_looked_at_all_the_same(repo: Path, cli: Cli) -> None:
    told = ("--title", "wip: \udcff", "--body", "\udcff", "--message", "\udcff", "--branch", "\udcff", "--author", "a")

    assert cli("classify", "--pr-number", "42", *told, "--json").json["is_auto_pr"] is True


def test_empty_agents_are_none(repo: Path, cli: Cli) -> None:
    assert cli("classify", "--pr-number", "42", "--title", "x", "--agent", " ", "--json").json["is_auto_pr"] is False
