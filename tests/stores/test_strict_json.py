import pytest

from pr_sessions.errors import UnreadableFile
from pr_sessions.stores.strict_json import read_json, way_out

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
    assert (str(error.value), error.value.hint) == (f"cannot read sessions.json: {reason}", way_out("sessions.json"))


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


def test_a_file_that_only_we_write_is_not_searched_for_keys_that_stand_twice() -> None:
    assert read_json(b'{"a": 1, "a": 2}', "own.json", trusted=True) == {"a": 2}
