"""A box counts if an edit ticked it and changed nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.gate.dashboard.boxes import Box, BoxKind, box_item, ticked_box
from rendering import HOSTILE

ITEMS = tuple(box_item(Box(kind, str(number)), "words") for kind in BoxKind for number in (1, 12))
BODY = "\n".join(("Words", "", *ITEMS, "", "more"))


def tick(item: str, sign: str = "x") -> str:
    return item.replace("[ ]", f"[{sign}]", 1)


@given(
    st.sampled_from(BoxKind),
    st.integers(1, 10**18 - 1),
    HOSTILE,
    st.sampled_from(["x", "X"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_ticked_box_is_found_whatever_stands_behind_it(
    kind: BoxKind, number: int, text: str, sign: str, line_end: str
) -> None:
    box = Box(kind, str(number))
    item = box_item(box, " ".join(text.split()))
    before = f"Words\n  {item}\nmore"
    assert ticked_box(before, before.replace("- [ ]", f"- [{sign}]", 1).replace("\n", line_end)) == box


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BODY, BODY),
        ("", ""),
        (BODY.replace(ITEMS[0], tick(ITEMS[0])), BODY),
        (BODY, BODY.replace(ITEMS[0], tick(ITEMS[0])).replace(ITEMS[1], tick(ITEMS[1]))),
        (BODY, BODY.replace(ITEMS[0], tick(ITEMS[0])).replace("more", "less")),
        (BODY, BODY.replace(ITEMS[0], f"{tick(ITEMS[0])} now")),
        (BODY, BODY.replace(ITEMS[0], tick(ITEMS[0]).replace(" 1 ", " 2 "))),
        (BODY, BODY.replace(ITEMS[0], f"{tick(ITEMS[0])}\n")),
        (BODY, f"{BODY}\n{tick(ITEMS[0])}"),
        ("- [ ] words", "- [x] words"),
        ("> - [ ] <!-- pr-sessions: run 1 --> words", "> - [x] <!-- pr-sessions: run 1 --> words"),
        ("- [ ] words <!-- pr-sessions: run 1 -->", "- [x] words <!-- pr-sessions: run 1 -->"),
        ("- [ ] <!-- pr-sessions: run 01 --> a", "- [x] <!-- pr-sessions: run 01 --> a"),
        ("- [ ] <!-- pr-sessions: merge 1 --> a", "- [x] <!-- pr-sessions: merge 1 --> a"),
    ],
)
def test_any_other_edit_ticks_none(before: str, after: str) -> None:
    assert ticked_box(before, after) is None
