"""Every `SessionCollection` gives the same answers, wherever its sessions are kept."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from databases import KINDS, new_url
from examples import few
from pr_sessions.core.agents import Agent, Run
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.lifecycle import begin, covers
from pr_sessions.core.merge import merge_sessions
from pr_sessions.core.models import Attribution, Basis, Completion, PullRequestRecord, Session, Trigger
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse
from pr_sessions.storage.sql.engine import open_engine
from sql_stores import sql_store
from strategies import IDS, MOMENTS, NUMBERS, at, collections, sessions

ADA = begin("ada-1", "ada", at(0))
Keep = Callable[..., SessionCollection]


def in_memory(*sessions: Session, unattributed: dict[str, PullRequestRecord] | None = None) -> SessionCollection:
    return InMemorySessions(*sessions, unattributed=unattributed)


def in_a_file(*sessions: Session, unattributed: dict[str, PullRequestRecord] | None = None) -> SessionCollection:
    collection = FileSessions().put(*sessions)
    for number, record in (unattributed or {}).items():
        collection = collection.put_unattributed(number, record)
    return FileSessions(parse(collection.to_bytes(), "sessions.json"))


def put_in_memory(*sessions: Session, unattributed: dict[str, PullRequestRecord] | None = None) -> SessionCollection:
    collection = InMemorySessions().put(*sessions)
    for number, record in (unattributed or {}).items():
        collection = collection.put_unattributed(number, record)
    return collection


KEEPS: dict[str, Keep] = {"memory": in_memory, "put": put_in_memory, "file": in_a_file}


@pytest.fixture(params=[*KEEPS, *KINDS])
def keep(request: Any, tmp_path: Path) -> Iterator[Keep]:
    """Return a collection that keeps the given sessions."""
    if request.param in KEEPS:
        yield KEEPS[request.param]
        return
    engine, numbers = open_engine(new_url(request.param, request, tmp_path)), count()

    def in_a_database(
        *sessions: Session, unattributed: dict[str, PullRequestRecord] | None = None
    ) -> SessionCollection:
        store = sql_store(engine, f"ada/tool-{next(numbers)}")
        with store.transaction(at(0)) as work:
            collection = work.sessions.put(*sessions)
            for number, record in (unattributed or {}).items():
                collection = collection.put_unattributed(number, record)
            work.commit(collection)
        return store.read()

    yield in_a_database
    engine.dispose()


def ids(sessions: Iterable[Session]) -> list[str]:
    return [session.id for session in sessions]


def test_an_empty_collection_holds_nothing(keep: Keep) -> None:
    empty = keep()
    assert (list(empty), len(empty), list(empty.active()), dict(empty.all_unattributed())) == ([], 0, [], {})
    assert (empty.get("a"), empty.for_pull_request("1"), empty.unattributed("1")) == (None, None, None)
    assert (list(empty.all_for_pull_request("1")), list(empty.for_run(RUN))) == ([], [])


def test_put_leaves_the_collection_as_it_is(keep: Keep) -> None:
    collection = keep(ADA)
    later = collection.put(replace(ADA, title="x"))
    assert (list(collection), list(later)) == ([ADA], [replace(ADA, title="x")])


def test_putting_the_same_gives_the_same_collection(keep: Keep) -> None:
    collection = keep(ADA, unattributed={"1": PullRequestRecord(branch="x")})
    assert collection.put(ADA) is collection
    assert collection.put_unattributed("1", PullRequestRecord(branch="x")) is collection
    assert collection.put_unattributed("2", None) is collection


def test_changes_are_what_was_put(keep: Keep) -> None:
    begun, record = begin("b", "bob", at(5)), PullRequestRecord(branch="x")
    before = keep(ADA, begin("a", "ada", at(0)), unattributed={"1": record})
    collection = before.put(begun, absorbed=["a"]).put_unattributed("1", None).put_unattributed("2", record)
    changes = collection.changes
    assert (changes.sessions["b"], "a" in changes.absorbed) == (begun, True)
    assert {n: changes.unattributed[n] for n in ("1", "2")} == {"1": None, "2": record}
    assert (ids(collection), dict(collection.all_unattributed())) == (["ada-1", "b"], {"2": record})


def test_an_absorbed_session_is_gone_and_can_come_back(keep: Keep) -> None:
    collection = keep(ADA).put(absorbed=["ada-1"])
    assert (len(collection), collection.get("ada-1"), ids(collection)) == (0, None, [])
    assert ids(collection.put(ADA)) == ["ada-1"]


def test_active_sessions_come_by_id_and_completed_ones_by_their_end(keep: Keep) -> None:
    def ended(session_id: str, minutes: float) -> Session:
        return replace(begin(session_id, "ada", at(-90)), completion=Completion(at(minutes), Trigger.MANUAL))

    kept = keep(begin("b", "ada", at(0)), ended("late", 20), ended("early", 0))
    collection = kept.put(begin("a", "ada", at(5)), ended("middle", 10))
    assert (ids(collection), ids(collection.active())) == (["a", "b", "early", "middle", "late"], ["a", "b"])


def test_an_absorbed_session_is_found_by_its_old_id(keep: Keep) -> None:
    both = replace(ADA, aliases=("old",))
    for collection in (keep(both), keep(both).put(replace(both, title="x")), keep().put(both)):
        session = collection.get("old")
        assert session is not None
        assert session.id == "ada-1"


def test_a_session_with_a_record_holds_a_number_before_one_that_only_lists_it(keep: Keep) -> None:
    lists, knows = replace(ADA, id="a", carried=("7",)), replace(ADA, id="b", pull_requests={"7": PullRequestRecord()})
    for collection in (keep(lists, knows), keep(knows, lists), keep(knows).put(lists), keep(lists).put(knows)):
        session = collection.for_pull_request("7")
        assert session is not None
        assert session.id == "b"
        assert sorted(ids(collection.all_for_pull_request("7"))) == ["a", "b"]


RUN, OTHER = "0123456789abcdef0123", "fedcba98765432100000"


def with_run(session_id: str, run: str, *, hook: bool = False) -> Session:
    session = begin(session_id, "ada", at(0))
    if hook:
        return replace(session, runs=(Run("devin", run, at(0), at(0)),))
    # As version 0.1.0 kept it.
    record = PullRequestRecord(agents=(Agent("devin", runs=(run,)),), attribution=Attribution(Basis.AGENT_RUN, at(0)))
    return replace(session, pull_requests={session_id: record}, inferred=True)


def test_a_run_is_found_whether_hooks_saw_it_or_a_pull_request_carries_it(keep: Keep) -> None:
    one, two, three = with_run("1", RUN), with_run("2", RUN, hook=True), with_run("3", OTHER)
    for collection in (keep(one, two, three), keep(one, two).put(three), keep(three).put(two, one)):
        assert (ids(collection.for_run(RUN)), list(collection.for_run("none"))) == (["1", "2"], [])


def test_a_run_that_moved_is_found_where_it_is(keep: Keep) -> None:
    collection = keep(with_run("1", RUN)).put(begin("1", "ada", at(0)), with_run("2", RUN))
    assert ids(collection.for_run(RUN)) == ["2"]
    assert ids(collection.put(absorbed=["2"]).for_run(RUN)) == []


@pytest.mark.parametrize("keep", ["memory", "file", *KINDS], indirect=True)
@settings(few, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(collections(), st.lists(st.tuples(sessions(), st.booleans()), max_size=4), NUMBERS, IDS, MOMENTS)
def test_a_collection_answers_as_a_list_of_its_sessions_would(
    keep: Keep, before: dict[str, Session], changes: list[tuple[Session, bool]], number: str, name: str, moment: Any
) -> None:
    collection = keep(*before.values())
    model = {session.id: session for session in collection}
    for session, absorbed in changes:
        if absorbed and session.id in model:
            del model[session.id]
            collection = collection.put(absorbed=(session.id,))
        else:
            model[session.id] = _grown(session, model)
            collection = collection.put(model[session.id])
    assert {session.id: session for session in collection} == model
    assert len(collection) == len(model)

    recorded = {s.id for s in model.values() if number in s.pull_requests}
    listed = {s.id for s in model.values() if number in s.prs}
    holder, named = collection.for_pull_request(number), collection.get(name)
    assert holder.id in (recorded or listed) if holder else not listed
    assert set(ids(collection.all_for_pull_request(number))) == listed
    survivors = {s.id for s in model.values() if name in s.aliases}
    assert named.id in ({name} if name in model else survivors) if named else not survivors and name not in model
    policy = Policy()
    alive = {s.id for s in model.values() if covers(s, moment, policy)}
    assert alive <= {s.id for s in collection.active_near(moment, policy.timeout)}
    quiet = {s.id for s in model.values() if not s.completion and (s.latest is None or s.latest <= moment)}
    assert quiet <= {s.id for s in collection.active_until(moment)} <= {s.id for s in collection.active()}


def _grown(session: Session, model: dict[str, Session]) -> Session:
    """As sessions change: nothing that was known goes, and no pull request has records in two of them."""
    taken = {n for other in model.values() if other.id != session.id for n in other.pull_requests}
    grown = replace(session, pull_requests={n: f for n, f in session.pull_requests.items() if n not in taken})
    return merge_sessions(model[session.id], grown) if session.id in model else grown
