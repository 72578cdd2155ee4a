"""What git prints of a history, cut into texts: within bounds, and copied once."""

from io import BytesIO
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.git import log as git_log


@given(st.lists(st.binary(max_size=40).filter(lambda data: b"\0" not in data)), st.integers(1, 30))
def test_texts_are_cut_at_each_nul_wherever_a_piece_ends(texts: list[bytes], piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(git_log, "_CHUNK", piece)
        found = [*chain(*git_log._tokens(BytesIO(b"".join(text + b"\0" for text in texts))))]

    assert found == texts


@given(st.integers(0, 30), st.integers(1, 10))
def test_of_a_text_that_goes_on_and_on_the_beginning_is_kept(size: int, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(git_log, "_CHUNK", piece)
        patch.setattr(git_log, "_LONGEST", 5)
        found = [*chain(*git_log._tokens(BytesIO(b"a" * size + b"\0b\0")))]

    assert found == [b"a" * min(size, 5), b"b"]
