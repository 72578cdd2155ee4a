"""An erased person is replaced in JSON wherever the login stands alone or as a word, never inside a session's id."""

from typing import Any

import pytest

from pr_sessions.core.erasure import erase_from_json


def is_mallory(text: str) -> bool:
    return text.casefold() == "mallory"


CASES: dict[str, tuple[Any, Any]] = {
    "nobody": ({"by": "ada", "id": 7}, {"by": "ada", "id": 7}),
    "a login and its number": ({"login": "Mallory", "id": 7}, {"login": "erased", "id": None}),
    "an author and the number": ({"author": "mallory", "author_id": 7}, {"author": "erased", "author_id": None}),
    "another one's number": ([{"login": "ada", "id": 7}, "mallory"], [{"login": "ada", "id": 7}, "erased"]),
    "inside a text": (["mallory", "by @Mallory, mallory/fix"], ["erased", "by @erased, erased/fix"]),
    "inside an id": (["mallory", "mallory-20251122-1000 mallory_x"], ["erased", "mallory-20251122-1000 mallory_x"]),
    "only inside a text": ({"body": "by mallory"}, {"body": "by mallory"}),
    "numbers and nothing": ([1, None, True, "mallory"], [1, None, True, "erased"]),
}


@pytest.mark.parametrize(("value", "expected"), CASES.values(), ids=CASES)
def test_people_in_json(value: Any, expected: Any) -> None:
    assert erase_from_json(value, is_mallory) == expected
