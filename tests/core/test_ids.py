import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.ids import (
    MAX_ID,
    check_id,
    check_number,
    clean,
    is_valid_id,
    new_id,
    next_id,
    number_order,
    safe_author,
)
from pr_sessions.errors import InvalidValue
from strategies import ANY_MOMENT

STARTED = datetime(2025, 11, 20, 6, 17, 51, tzinfo=UTC)


@pytest.mark.parametrize(
    ("author", "safe"),
    [
        ("ada", "ada"),
        ("mary-jane", "mary-jane"),
        ("john.doe", "john.doe"),
        ("dependabot[bot]", "dependabot-bot"),
        ("Émile Zola", "Emile-Zola"),
        ("", "unknown"),
        ("日本", "RiBen"),
        ("山田 太郎", "ShanTian-TaiLang"),
        ("김철수", "GimCheolSu"),
        ("Иван Петров", "Ivan-Petrov"),
        ("Ελένη", "Eleni"),
        ("محمد", "mhmd"),
        ("が", "ga"),
        ("١٢", "12"),
        ("Øyvind Łoś", "Oyvind-Los"),
        ("Weiß", "Weiss"),
        ("李 lee", "Li-lee"),
        pytest.param("E\u0301mile", "Emile", id="an accent of its own"),
        pytest.param("ada 🚀", "ada", id="a symbol is no name"),
        pytest.param("🚀🤖", "unknown", id="nothing but symbols"),
        pytest.param("ー", "unknown", id="a letter that has no Latin form"),
        pytest.param("ш" * 5000, "sh" * 50, id="long after transliteration"),
        ("--..--", "unknown"),
        ("../../etc/passwd", "etc-passwd"),
        ("a/../b", "a-.-b"),
        ("a|b", "a-b"),
        ("<b>ada</b>", "b-ada-b"),
        ("ada\nlove\tlace", "ada-love-lace"),
        ("_x", "_x"),
        pytest.param("x" * 5000, "x" * 100, id="long"),
    ],
)
def test_an_author_becomes_a_safe_part_of_an_id(author: str, safe: str) -> None:
    assert safe_author(author) == safe


@given(st.text(max_size=300), ANY_MOMENT)
def test_every_author_gets_a_valid_id(author: str, started: datetime) -> None:
    assert is_valid_id(new_id(author, started, lambda _: False))


def test_names_of_ascii_letters_load_no_table(child: Callable[..., subprocess.Popen[str]]) -> None:
    code = "import sys; from pr_sessions.core.ids import safe_author; safe_author('ada'); safe_author('Émile'); "
    said, _ = child(code + "print('anyascii' in sys.modules)").communicate()
    assert said == "False\n"


def test_an_id_is_the_author_and_the_minute_in_utc() -> None:
    local = datetime.fromisoformat("2025-11-20T01:17:51-05:00")
    assert new_id("cseek_cursor", local, lambda _: False) == "cseek_cursor-20251120-0617"


def test_a_taken_id_gets_the_first_free_suffix() -> None:
    taken = {"ada-20251120-0617", "ada-20251120-0617-2", "ada-20251120-0617-4"}
    assert new_id("ada", STARTED, taken.__contains__) == "ada-20251120-0617-3"


@pytest.mark.parametrize("session_id", ["ada-1", "x" * MAX_ID, "old id", "../x", "日本", "x" * 189 + ".y"])
def test_the_next_id_is_valid_and_the_first_that_is_free(session_id: str) -> None:
    second = next_id(session_id, lambda _: False)
    third = next_id(session_id, {second}.__contains__)
    assert (is_valid_id(second), is_valid_id(third)) == (True, True)
    assert (second[-2:], third) == ("-2", second[:-1] + "3")


@pytest.mark.parametrize("good", ["a", "ada-20251120-0617", "john.doe-1", "_x", "A.b-c_d", "x" * MAX_ID])
def test_a_valid_id_is_itself(good: str) -> None:
    assert check_id(good) == good


@pytest.mark.parametrize(
    "bad",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "a..b",
        "-rf",
        ".x",
        "a b",
        "a|b",
        "<b>",
        "a\n",
        "\na",
        "é",
        "x" * 201,
        "a%2f",
    ],
)
def test_an_unsafe_id_is_refused(bad: str) -> None:
    with pytest.raises(InvalidValue, match="not a session id"):
        check_id(bad)


def test_the_message_about_a_long_id_is_short() -> None:
    with pytest.raises(InvalidValue) as error:
        check_id("x" * 5000)
    assert str(error.value) == f"not a session id: '{'x' * 60}'"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (42, "42"),
        ("42", "42"),
        ("#42", "42"),
        (" 42 ", "42"),
        ("007", "7"),
        ("owner/name#12", "owner/name#12"),
        ("owner/name#0012", "owner/name#12"),
        ("group/sub/name#3", "group/sub/name#3"),
        ("a.b/c..d#3", "a.b/c..d#3"),
        (10**18 - 1, "9" * 18),
    ],
)
def test_a_number_is_the_same_however_it_is_written(number: str | int, text: str) -> None:
    assert check_number(number) == text


@pytest.mark.parametrize(
    "bad",
    [
        *("", "#", "##42", "-1", -1, True, False, "1.5", "4 2", "٤٢", "4e2", "0x2a", "42\n43"),
        *("name#12", "/name#12", "a/b#"),
        *(0, "0", "#000", "owner/name#0"),
        "../etc#1",
        "a/../b#1",
        "./b#1",
        "a b/c#1",
        "<a>/b#1",
        10**18,
        pytest.param(10**5000, id="huge"),
        "1" * 19,
        "a/" * 30 + "b#1",
    ],
)
def test_what_is_no_number_is_refused(bad: str | int) -> None:
    with pytest.raises(InvalidValue, match="not a pull request number"):
        check_number(bad)


def test_numbers_sort_as_people_count_own_ones_first() -> None:
    told = ["10", "9", "b/x#2", "a/x#10", "a/x#9", "odd", "1" * 5000, "²"]
    ordered = sorted(told, key=number_order)
    assert ordered == ["9", "10", "1" * 5000, "a/x#9", "a/x#10", "b/x#2", "odd", "²"]


@given(st.lists(st.sampled_from(["7", "07", "#7", "x#7", "x#07", "x", "7x"]), unique=True))
def test_different_texts_never_tie(told: list[str]) -> None:
    assert len(set(map(number_order, told))) == len(told)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  ada ", "ada"),
        ("a\nb\x1b[31m", "a b [31m"),
        pytest.param("a\udce9b", "a b", id="half a character"),
        ("🤖 fix", "🤖 fix"),
        pytest.param("x" * 2000, "x" * 1000, id="long"),
    ],
)
def test_text_from_outside_becomes_one_bounded_line(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
