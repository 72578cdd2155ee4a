from json import dumps

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import DecodeError, Struct
from msgspec.json import encode as encoded
from msgspec.json import format as layout

from pr_sessions.core.json_text import decode, read_json, repair_hint
from pr_sessions.errors import UnreadableFile
from pr_sessions.io.strict_json import DEEPEST, nests_too_deeply


class Empty(Struct):
    """A value of which no field is read."""


CONFLICT = "nothing was changed. `pr-sessions doctor --repair` joins both sides, after a backup"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b" \n\t\n", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        ('{"a": 1}'.encode("utf-16"), "it is not UTF-8 text (UTF-16 perhaps)"),
        ('{"a": 1}'.encode("utf-16-le"), "it is not UTF-8 text (UTF-16 perhaps)"),
        ('{"a": 1}'.encode("utf-16-be"), "it is not UTF-8 text (UTF-16 perhaps)"),
        (b'{"a": 1,\n "b": "\xff"}', "line 2 is not UTF-8 text"),
        (b"not json", "line 1, column 1: Expecting value"),
        (b'{"a": 1\n "b": 2}', "line 2, column 2: Expecting ',' delimiter"),
        (b'{"a": 1', "line 1, column 8: Expecting ',' delimiter"),
        (b'{"a": 1}\n{"b": 2}', "line 2, column 1: Extra data"),
        (b'{"a": 1, "a": 2}', "the key 'a' stands twice in one object"),
        (b'[{"deep": {"b": null, "c": 1, "b": null}}]', "the key 'b' stands twice in one object"),
        (b'{"a": 1, "\\u0061": 1}', "the key 'a' stands twice in one object"),
        (b'{"n":1e6,"a":1,"a":2}', "the key 'a' stands twice in one object"),
        (b'{"n":' + b"1" * 4000 + b'1,"a":1,"a":2}', "the key 'a' stands twice in one object"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "it is nested too deeply"),
        (b'{"a": 1,\n"b": "\\ud800"}', "line 2 holds an escape that is half a character"),
        (b'{"a": "\\ud83e\\udd16",\n"b": "\\udc00"}', "line 2 holds an escape that is half a character"),
        (b"1" * 5000, "Integer value out of range"),
        (b"1e400", "Number out of range"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_cannot_be_read_says_why_and_where(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile) as error:
        read_json(data, "sessions.json")
    assert (str(error.value), error.value.hint) == (
        f"cannot read sessions.json: {reason}",
        repair_hint("sessions.json"),
    )


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"<<<<<<< HEAD\n{}\n=======\n[]\n>>>>>>> x\n", 1),
        (b'{\n  "a": 1,\n<<<<<<< HEAD\n  "b": 2\n', 3),
    ],
    ids=["all of it", "a part"],
)
def test_a_file_in_conflict_says_where_and_how_to_mend_it(data: bytes, line: int) -> None:
    with pytest.raises(UnreadableFile) as error:
        read_json(data, "sessions.json")
    assert str(error.value) == f"cannot read sessions.json: line {line} holds a conflict marker of git"
    assert error.value.hint == CONFLICT


@pytest.mark.parametrize("data", [b"NaN", b'{"a": Infinity}', b"[-Infinity]", b"{'a': 1}", b"// x\n{}", b"{} \x00"])
def test_what_is_json_to_nobody_else_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"\Acannot read sessions\.json: "):
        read_json(data, "sessions.json")


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (
            b'{"a": [1, 1.5, true, null, "\\u00e9\\/ \xc3\xa9 \xf0\x9f\xa4\x96"]}',
            {"a": [1, 1.5, True, None, "é/ é 🤖"]},
        ),
        (b'{"a": {"x": 1}, "b": {"x": 1}}', {"a": {"x": 1}, "b": {"x": 1}}),
        (b'{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        (b'{"a": 1E5, "": 0}', {"a": 100000.0, "": 0}),
        (b'{"a": "<<<<<<< HEAD"}', {"a": "<<<<<<< HEAD"}),
        (b'{"a": "\\ud83e\\udd16"}', {"a": "🤖"}),
        (b"null", None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_json_is_read(data: bytes, value: object) -> None:
    assert read_json(data, "sessions.json") == value


LAYOUTS = {
    "on one line": encoded,
    "indented by 1": lambda value: layout(encoded(value), indent=1),
    "as we write": lambda value: layout(encoded(value), indent=2) + b"\n",
    "with Windows' line ends": lambda value: layout(encoded(value), indent=2).replace(b"\n", b"\r\n"),
}


def nested(depth: int) -> object:
    """A value that stands inside so many lists and objects, behind many brackets that are not nested."""
    value: object = 1
    for level in range(depth - 2):
        value = {"a": value} if level % 2 else [value]
    return {"flat": [[] for _ in range(200)], "text": "[" * 200, "deep": [value]}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_hundred_levels_are_read_in_every_layout(name: str) -> None:
    value = nested(DEEPEST)
    assert read_json(LAYOUTS[name](value), "x.json") == value


@pytest.mark.parametrize("depth", [DEEPEST + 1, 500, 900])
@pytest.mark.parametrize("name", LAYOUTS)
def test_more_than_a_hundred_levels_are_refused_in_every_layout(name: str, depth: int) -> None:
    with pytest.raises(UnreadableFile, match=r"\Acannot read x\.json: it is nested too deeply\Z"):
        read_json(LAYOUTS[name](nested(depth)), "x.json")


def test_a_file_of_ours_is_bounded_too() -> None:
    with pytest.raises(UnreadableFile, match="nested too deeply"):
        read_json(LAYOUTS["as we write"](nested(DEEPEST + 1)), "x.json", trusted=True)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_typed_value_has_the_same_bound(name: str) -> None:
    assert decode(LAYOUTS[name](nested(DEEPEST)), Empty) == Empty()
    for depth in (DEEPEST + 1, 900, 5000):
        with pytest.raises(DecodeError, match="nested too deeply"):
            decode(b'{"a":' * depth + b"1" + b"}" * depth, Empty)


# How numbers may be spelled, and how long each is when it is written again.
NUMBERS = [
    "1e15",
    "1E15",
    "1e+15",
    "100000.0",
    "1e5",
    "1.00",
    "1e2",
    "0.1",
    "-0",
    "-0.0",
    "12345678901234567e1",
    "1e-9",
]
NUMBERS += ["1" * 40, "1" * 5000, "0.1000000000000000055511151231257827", "5e-324"]


@given(
    before=st.lists(st.sampled_from(NUMBERS[:-3]), max_size=4),
    lost=st.sampled_from(['"a":0', '"\\u0061":1', '"a":1e15', '"a":""', '"a": "\\u0062"']),
)
def test_a_key_that_stands_twice_is_found_however_numbers_are_spelled(before: list[str], lost: str) -> None:
    """Numbers that grow by being written again do not make up for what was dropped."""
    for numbers in (before, [*before, *["1e15"] * 2], [*before, "1e9"], [*before, "12345678901234567e1"]):
        text = f'{{"n":[{",".join(numbers)}],"o":{{"a":1,{lost}}}}}'.encode()
        with pytest.raises(UnreadableFile, match="the key 'a' stands twice in one object"):
            read_json(text, "x.json")


@given(
    numbers=st.lists(st.sampled_from([n for n in NUMBERS if len(n) < 5000])), layout=st.sampled_from(["{}", " {}\n"])
)
def test_numbers_alone_are_no_reason_to_find_one(numbers: list[str], layout: str) -> None:
    text = layout.format(f'{{"n": [{", ".join(numbers)}], "o": {{"a": 1}}, "p": {{"a": 1, "1": 2}}}}').encode()
    assert read_json(text, "x.json")["p"] == {"a": 1, "1": 2}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES, ascii_only=st.booleans(), indent=st.sampled_from([None, 1, 2]))
def test_what_another_program_writes_is_read_as_it_is(value: object, ascii_only: bool, indent: int | None) -> None:
    assert read_json(dumps(value, ensure_ascii=ascii_only, indent=indent).encode(), "x.json") == value


@given(pairs=st.lists(st.tuples(st.text(max_size=2), VALUES), max_size=5), ascii_only=st.booleans())
def test_whether_a_key_stands_twice_is_exact(pairs: list[tuple[str, object]], ascii_only: bool) -> None:
    keys = [key for key, _ in pairs]
    members = (f"{dumps(k, ensure_ascii=ascii_only)}:{dumps(v, ensure_ascii=not ascii_only)}" for k, v in pairs)
    text = f"[{{{','.join(members)}}}]".encode()
    if len(set(keys)) == len(keys):
        assert read_json(text, "x.json") == [dict(pairs)]
    else:
        with pytest.raises(UnreadableFile, match="stands twice in one object"):
            read_json(text, "x.json")


def test_a_file_that_only_we_write_is_not_searched_for_keys_that_stand_twice() -> None:
    assert read_json(b'{"a": 1, "a": 2}', "own.json", trusted=True) == {"a": 2}


@pytest.mark.parametrize("depth", [0, 1, DEEPEST - 1, DEEPEST])
def test_a_decoded_value_within_the_bound(depth: int) -> None:
    value: object = "x"
    for level in range(depth):
        value = {"a": 1, "b": value} if level % 2 else [1, value]
    assert not nests_too_deeply(value)
    assert nests_too_deeply([value]) is (depth == DEEPEST)
