"""A run with one id on the machine and another one in the cloud is one run, whatever is known first."""

from collections.abc import Callable
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence, Role, Run, merge_runs
from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.hook_events import AgentEvent, Kind, Tree, apply_events
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.merge import join_all
from pr_sessions.core.models import Attribution, Basis, PullRequest, PullRequestRecord, Session, held_runs
from pr_sessions.core.one_run import with_one_run
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.core.recording import record
from pr_sessions.core.runs import run_key
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_collections
from rules import all_signatures
from strategies import at, runs

LOCAL, CLOUD = "0b1f3c5e-1111-4222-8333-abcdefabcdef", "session_01AbCdEfGhIjKlMnOpQrStUv"
KEYS = sorted(map(run_key, (LOCAL, CLOUD)))
LOCAL_KEY, CLOUD_KEY = run_key(LOCAL), run_key(CLOUD)
RULES = all_signatures(Policy())
Step = Callable[[InMemorySessions], InMemorySessions]


def learn(sessions: InMemorySessions) -> InMemorySessions:
    return with_one_run(sessions, "claude-code", KEYS)


def opened(number: str, key: str, minutes: float, author: str = "ada") -> Step:
    """A pull request of the run is recorded, by one of its ids."""
    agent = Agent("claude-code", Role.OPENED, Confidence.CERTAIN, runs=(key,))
    pr = PullRequest(number=number, author=author, created=at(minutes), agents=(agent,))
    return lambda sessions: record(sessions, pr, AttributionContext(at=at(minutes)), RULES, at(minutes))[0]


def hooks(sessions: InMemorySessions) -> InMemorySessions:
    """A hook sees the run begin in a working tree."""
    event = AgentEvent(at=at(0), host="claude-code", run=LOCAL, kind=Kind.START, root="/work")
    known = next((s for s in sessions if not s.inferred), None)
    trees = {"/work": Tree(known.id, at(0), at(0))} if known else {}
    return apply_events(sessions, [event], trees, lambda: "ada", RULES, at(30)).collection


def places(sessions: InMemorySessions) -> dict[str, tuple[str, ...]]:
    """The pull requests of each session that has any, by an id that the run of it has."""
    return {"hook" if not s.inferred else s.id: s.prs for s in sessions if s.prs}


def keys_of(session: Session) -> set[str]:
    return {key for _, key in held_runs(session)}


def made(key: str, number: str, author: str = "ada") -> Session:
    """The session that one of the ids made, with one pull request."""
    [session] = opened(number, key, 5, author)(InMemorySessions())
    return session


@pytest.mark.parametrize("order", [*permutations((learn, hooks, opened("1", LOCAL_KEY, 5), opened("2", CLOUD_KEY, 9)))])
def test_the_hooks_session_has_what_either_id_opened_in_any_order(order: tuple[Step, ...]) -> None:
    sessions = InMemorySessions()
    # The log is read again, and so are the pull requests.
    for step in (*order, learn, opened("1", LOCAL_KEY, 5), opened("2", CLOUD_KEY, 9)):
        sessions = step(sessions)
    assert places(sessions) == {"hook": ("1", "2")}
    assert [keys_of(session) for session in sessions if session.prs] == [set(KEYS)]


@pytest.mark.parametrize("order", [*permutations((learn, opened("1", LOCAL_KEY, 5), opened("2", CLOUD_KEY, 9)))])
def test_without_a_hook_both_ids_are_one_session_and_both_lead_to_it(order: tuple[Step, ...]) -> None:
    sessions = InMemorySessions()
    for step in (*order, learn):
        sessions = step(sessions)
    [session] = sessions
    assert (session.prs, keys_of(session)) == (("1", "2"), set(KEYS))
    names = [f"claude-code-{key[:10]}" for key in KEYS]
    assert [sessions.get(name) for name in names] == [session, session]
    assert learn(sessions) is sessions


def test_a_hooks_session_that_has_both_ids_is_one_run_that_ends_with_either() -> None:
    sessions = learn(hooks(InMemorySessions()))
    end = AgentEvent(at=at(1), host="claude-code", run=CLOUD, kind=Kind.END, root="/work")
    [session] = apply_events(sessions, [end], {}, lambda: "ada", RULES, at(30)).collection
    assert session.runs == (Run("claude-code", KEYS[0], at(0), at(0), also=(KEYS[1],)),)
    assert session.completion
    assert session.completion.trigger == "run_ended"


def test_a_session_that_the_hooks_run_made_before_stays_and_new_pull_requests_go_to_the_hooks() -> None:
    sessions = learn(hooks(opened("1", CLOUD_KEY, 0)(InMemorySessions())))
    sessions = opened("2", CLOUD_KEY, 9)(sessions)
    assert places(sessions) == {f"claude-code-{CLOUD_KEY[:10]}": ("1",), "hook": ("2",)}


def test_sessions_of_different_people_stay_two() -> None:
    before = InMemorySessions(made(LOCAL_KEY, "1"), made(CLOUD_KEY, "2", "bob"))
    assert sorted(s.prs for s in learn(before)) == [("1",), ("2",)]


def test_copies_that_were_made_by_different_ids_are_one_in_a_merge() -> None:
    [session] = merged(learn(InMemorySessions(made(LOCAL_KEY, "1"))), InMemorySessions(made(CLOUD_KEY, "2")))
    assert (session.prs, keys_of(session)) == (("1", "2"), set(KEYS))


def merged(*copies: InMemorySessions) -> InMemorySessions:
    """The copies as one, whichever comes first, in memory and in files."""
    left, right = ({session.id: session for session in copy} for copy in copies)
    whole = join_all(left, right)
    files = [FileSessions().put(*copy.values()) for copy in (left, right)]
    joined = [merge_collections(*pair) for pair in (files, files[::-1])]
    assert [{s.id: s for s in collection} for collection in (*joined, join_all(right, left).values())] == [whole] * 3
    return InMemorySessions(*whole.values())


def test_copies_of_the_session_that_a_run_made_are_one_in_a_merge() -> None:
    copies = InMemorySessions(made(CLOUD_KEY, "1")), InMemorySessions(made(CLOUD_KEY, "2"))
    assert places(merged(*copies)) == {f"claude-code-{CLOUD_KEY[:10]}": ("1", "2")}


@pytest.mark.parametrize("key", KEYS)
def test_a_hooks_session_keeps_its_run_in_a_merge_and_takes_its_new_pull_requests(key: str) -> None:
    here, elsewhere = learn(hooks(InMemorySessions())), InMemorySessions(made(key, "1"))
    sessions = opened("2", key, 9)(merged(here, elsewhere))
    assert places(sessions) == {f"claude-code-{key[:10]}": ("1",), "hook": ("2",)}


def test_of_a_session_of_an_earlier_version_the_runs_of_its_pull_requests_count() -> None:
    agent = Agent("claude-code", runs=(LOCAL_KEY,))
    record = PullRequestRecord(agents=(agent,), attribution=Attribution(Basis.AGENT_RUN, at(0)))
    old = replace(begin("ada-1", "ada", at(0), inferred=True), pull_requests={"1": record})
    [session] = learn(InMemorySessions(old))
    assert (session.id, keys_of(session)) == ("ada-1", set(KEYS))


@given(st.lists(runs(), max_size=5), st.randoms(use_true_random=False))
def test_runs_that_share_a_key_are_one_in_any_order(some: list[Run], random: "st.random.Random") -> None:
    merged = merge_runs(some)
    shuffled = random.sample(some, len(some))
    assert merge_runs(*([run] for run in shuffled)) == merge_runs(merged, shuffled) == merged
    of_agent = [(run.agent, key) for run in merged for key in run.keys]
    assert len(of_agent) == len({*of_agent}) == len({(run.agent, key) for run in some for key in run.keys})
