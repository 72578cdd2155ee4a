import pytest

from pr_sessions.config.yaml_text import NotYamlError, line_of, top_level, value_of

BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)


def test_every_value_has_its_place() -> None:
    first, second = top_level("a: 'x'\nb:\n  - 1\n  - yes\n")
    places = [
        (value_of(node), line_of(node), node.start_mark.index, node.end_mark.index)
        for node in (first.node, second.node, *second.node.value)
    ]
    assert (first.key, first.line, second.key, second.line) == ("a", 1, "b", 2)
    assert places == [("x", 1, 3, 6), ([1, True], 3, 12, 24), (1, 3, 14, 15), (True, 4, 20, 23)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (BOMB, 2, "aliases are not supported"),
        ("a: &a [*a]", 1, "aliases are not supported"),
        ("a: 1\nb: " + "[" * 5000, 2, "nested too deeply"),
        ("- " * 5000, 1, "nested too deeply"),
        ("a:\n" + "- x\n" * 20_000, 9_998, "too many values"),
        ("a: 1\nb: \x01\n", 2, "holds a character that YAML does not allow"),
        ("a: 1\nb: [\n", 3, "expected the node content, but found '<stream end>'"),
        ('a: "\\UFFFFFFFF"', 1, "holds an impossible escape or version"),
        (f"%YAML 1.{'1' * 5000}\n---\na: 1", 1, "holds an impossible escape or version"),
        ("a: 1\n---\nb: 2\n", 2, "but found another document"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_a_configuration_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(NotYamlError) as raised:
        top_level(text)
    assert (raised.value.line, str(raised.value)) == (line, message)


def test_tags_build_nothing() -> None:
    tagged = "!!python/object/apply:os.mkdir {a: !!python/name:os.system x}"
    assert [(entry.key, value_of(entry.node)) for entry in top_level(tagged)] == [("a", {})]
