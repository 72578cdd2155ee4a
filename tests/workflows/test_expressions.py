import pytest
from expressions import Value, evaluated, filled

CONTEXTS = {"github": {"event": {"number": 7, "body": "a /Session move", "head": None, "same": 7}, "name": "Push"}}
FUNCTIONS = {"contains": lambda text, part: part.lower() in text.lower(), "cancelled": lambda: False}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.event.number", 7),
        ("github.event.nothing.at.all", None),
        ("github.event.head.repo.id == github.event.number", False),
        ("github.event.number == github.event.same", True),
        ("github.name == 'push'", True),
        ("github.name != 'push'", False),
        ("'it''s'", "it's"),
        ("null == ''", True),
        ("github.event.none == null", True),
        ("github.event.none || github.event.number", 7),
        ("github.event.number && 'x'", "x"),
        ("!cancelled() && github.event.none != 'true'", True),
        ("contains(github.event.body, '/session')", True),
        ("false && true || true", True),
        ("false && (true || true)", False),
        ("'7' == 7", True),
    ],
)
def test_an_expression_means_what_it_means_on_github(text: str, value: Value) -> None:
    assert evaluated(text, CONTEXTS, FUNCTIONS) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${{ github.event.number }}", 7),
        ("a-${{ github.event.number }}-${{ github.event.none }}", "a-7-"),
        ("plain", "plain"),
    ],
)
def test_a_text_is_filled(text: str, value: Value) -> None:
    assert filled(text, CONTEXTS, FUNCTIONS) == value


@pytest.mark.parametrize(
    "text", ["github.*.id", "a", "format('x')", "1 < 2", "(true", "true true", "github['event']", '"double"', "'open"]
)
def test_what_is_not_known_fails(text: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        evaluated(text, CONTEXTS, FUNCTIONS)
