"""Which session a text means: an id, an alias, a unique prefix of either."""

import pytest

from pr_sessions.core.models import Session
from pr_sessions.errors import Ambiguous, InvalidValue, NotFound
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse
from pr_sessions.tracker import resolve_session

SESSIONS = (
    Session(id="ada-1", aliases=("ada-17", "carl-1")),
    Session(id="ada-10"),
    Session(id="bob-1"),
    Session(id="old id\x1b"),
)


def put() -> FileSessions:
    """Sessions that were put."""
    return FileSessions().put(*SESSIONS)


def kept() -> FileSessions:
    """The same sessions as they stand in a file."""
    return FileSessions(parse(put().to_bytes(), "sessions.json"))


def changed() -> FileSessions:
    """Some as they stand in a file, some put, one absorbed since."""
    collection = FileSessions(parse(FileSessions().put(*SESSIONS, Session(id="carl-1")).to_bytes(), "sessions.json"))
    return collection.put(SESSIONS[0], absorbed=("carl-1",))


BOOKS = pytest.mark.parametrize("collection", [put(), kept(), changed()], ids=["put", "kept", "changed"])


@BOOKS
@pytest.mark.parametrize(
    ("text", "session_id"),
    [
        ("ada-1", "ada-1"),
        ("ada-10", "ada-10"),
        ("ada-17", "ada-1"),
        ("b", "bob-1"),
        ("carl", "ada-1"),
        ("old", "old id\x1b"),
        ("old id\x1b", "old id\x1b"),
    ],
    ids=[
        "an id that others begin with",
        "an id",
        "an alias",
        "a prefix",
        "a prefix of an alias",
        "a prefix of an id of old",
        "an id of old",
    ],
)
def test_it_is(collection: FileSessions, text: str, session_id: str) -> None:
    assert resolve_session(collection, text).id == session_id


@BOOKS
def test_several_that_fit_are_named_and_none_is_guessed(collection: FileSessions) -> None:
    with pytest.raises(Ambiguous) as error:
        resolve_session(collection, "ada")
    assert (str(error.value), error.value.hint) == ("2 sessions begin with ada: ada-1, ada-10", "give more of the id")


def test_of_many_that_fit_only_some_are_named() -> None:
    collection = FileSessions().put(*(Session(id=f"ada-{number}") for number in range(5)))
    with pytest.raises(Ambiguous, match=r"^5 sessions begin with ada: ada-0, ada-1, ada-2, \.\.\.$"):
        resolve_session(collection, "ada")


def test_aliases_of_one_session_are_not_several() -> None:
    collection = FileSessions().put(Session(id="a", aliases=("bob-1", "bob-2")))
    assert resolve_session(collection, "bob").id == "a"


@BOOKS
@pytest.mark.parametrize(
    ("text", "hint"),
    [("bob-2", "did you mean bob-1?"), ("nobody", "`pr-sessions list` shows all of them")],
)
def test_one_that_is_not_there_is_an_error_with_those_like_it(collection: FileSessions, text: str, hint: str) -> None:
    with pytest.raises(NotFound) as error:
        resolve_session(collection, text)
    assert (str(error.value), error.value.hint) == (f"no session {text}", hint)


@BOOKS
@pytest.mark.parametrize("text", ["", "../x", "old id", "-", "x" * 5000])
def test_what_cannot_be_an_id_begins_none(collection: FileSessions, text: str) -> None:
    with pytest.raises(InvalidValue):
        resolve_session(collection, text)
