"""Hypothesis strategies for the values that tests share: small worlds, so that things collide."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.sessions.agent import Agent, Confidence, Evidence, Role, Run, join_agents, join_runs
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import (
    REPORTED,
    Completion,
    Facts,
    Merging,
    Placement,
    PullRequest,
    Reopening,
    Rung,
    Session,
    State,
    Totals,
    Trigger,
)
from pr_sessions.sessions.times import write_time
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document, Entry
from pr_sessions.stores.records import Record, write_facts, write_session

# A busy machine is no failure, and drawing whole books takes long.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")
few = settings(max_examples=25)

START = datetime(2025, 11, 22, 10, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes after the start of the tests' day."""
    return START + timedelta(minutes=minutes)


MOMENTS = st.integers(-600, 600).map(at)
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9998, 12, 30, tzinfo=UTC)
ANY_MOMENT = st.integers(0, (_LAST - _FIRST) // timedelta(microseconds=1)).map(
    lambda passed: _FIRST + timedelta(microseconds=passed)
)
NUMBERS = st.one_of(st.integers(1, 12).map(str), st.sampled_from(["7", "ada/tool#7"]))
IDS = st.sampled_from(["a", "b", "c", "d", "e"])
AUTHORS = st.sampled_from(["ada", "mary-jane", "dependabot[bot]"])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=4)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.0, -0.0, 1.0, 0.5]), TEXTS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["x", "y", "z"]), inner, max_size=3),
    max_leaves=4,
)
UNKNOWN = st.dictionaries(st.sampled_from(["final_score", "later", "x_note"]), JSON, max_size=2)
COUNTS = st.none() | st.integers(0, 20)


@st.composite
def placements(draw: st.DrawFn, detail: str = "") -> Placement:
    rung = draw(st.sampled_from([rung for rung in Rung if rung]))
    by = draw(st.sampled_from(["", "ada", "bob"])) if rung is Rung.HAND else ""
    return Placement(rung, draw(MOMENTS), detail + draw(st.sampled_from(["", "branch x", "mark"])), by)


@st.composite
def agents(draw: st.DrawFn) -> Agent:
    """An agent as it is kept: evidence and runs sorted, without repetition."""
    found = draw(st.sets(st.builds(Evidence, st.sampled_from(["head branch", "trailer"]), TEXTS), max_size=2))
    runs = draw(st.sets(st.sampled_from(["one", "two"]), max_size=2))
    name = draw(st.sampled_from(["claude-code", "codex", "cursor"]))
    role, confidence = draw(st.sampled_from(Role)), draw(st.sampled_from(Confidence))
    return Agent(name, role, confidence, tuple(sorted(found)), tuple(sorted(runs)))


@st.composite
def runs(draw: st.DrawFn) -> Run:
    first, last = sorted((draw(MOMENTS), draw(MOMENTS)))
    return Run(draw(st.sampled_from(["codex", "cursor"])), draw(st.sampled_from(["one", "two"])), first, last)


@st.composite
def facts(draw: st.DrawFn, *, placed: str | None = "") -> Facts:
    """Facts as they are kept: whatever was told has a time, sorted and without repetition."""
    known: dict[str, Any] = {
        "author": draw(st.just("") | AUTHORS),
        "state": draw(st.none() | st.sampled_from(State)),
        "files_changed": draw(COUNTS),
        "test_files_added": draw(COUNTS),
        "docs_updated": draw(st.none() | st.booleans()),
        "branch": draw(st.none() | st.sampled_from(["x", "y"])),
        "base": draw(st.none() | st.sampled_from(["main", "x"])),
        "closed": draw(st.none() | MOMENTS),
        "merged": draw(st.none() | MOMENTS),
    }
    told = [key for key in REPORTED if known[key] not in (None, "")]
    seen = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(told, MOMENTS))) if told else {}
    return Facts(
        **known,
        created=draw(st.none() | MOMENTS),
        agents=join_agents(draw(st.lists(agents(), max_size=2))),
        commits=tuple(sorted(draw(st.sets(st.sampled_from(["aaaaaaaaaaaa", "bbbbbbbbbbbb"]))))),
        is_auto=draw(st.booleans()),
        evidence=tuple(
            sorted(draw(st.sets(st.builds(Evidence, st.sampled_from(["title", "agent"]), TEXTS), max_size=2)))
        ),
        placement=None if placed is None else draw(placements(placed)),
        seen=seen,
        source=draw(UNKNOWN),
    )


@st.composite
def taken_out(draw: st.DrawFn) -> Facts:
    """Facts of a pull request that a hand took out of its session."""
    return replace(draw(facts(placed=None)), placement=Placement(Rung.HAND, draw(MOMENTS), "unlinked", draw(AUTHORS)))


COMPLETIONS = st.builds(Completion, MOMENTS, st.sampled_from([*Trigger, "explicit_marker: [ready]"]))
TOTALS = st.builds(Totals, st.integers(0, 20), st.integers(0, 5), st.booleans())


@st.composite
def sessions(draw: st.DrawFn, ids: st.SearchStrategy[str] = IDS) -> Session:
    """A session that says nothing contradictory about itself."""
    session_id = draw(ids)
    pull_requests = draw(st.dictionaries(NUMBERS, facts(placed=session_id), max_size=2))
    carried = draw(st.sets(NUMBERS, max_size=2))
    reopened = draw(st.none() | st.builds(Reopening, MOMENTS, AUTHORS))
    completion = draw(st.none() | COMPLETIONS)
    if reopened and completion and not completion.inferred and completion.at <= reopened.at:
        completion = None
    return Session(
        id=session_id,
        author=draw(st.just("") | AUTHORS),
        started=draw(st.none() | MOMENTS),
        last_activity=draw(st.none() | MOMENTS),
        completion=completion,
        reopened=reopened,
        pull_requests=pull_requests,
        carried=in_order(carried),
        carried_totals=draw(TOTALS) if carried else Totals(),
        merged=tuple(sorted(draw(st.sets(st.builds(Merging, IDS, MOMENTS, AUTHORS), max_size=1)))),
        runs=join_runs(draw(st.lists(runs(), max_size=2))),
        title=draw(TEXTS),
        inferred=draw(st.booleans()),
        source=draw(UNKNOWN),
    )


def in_order(numbers: set[str]) -> tuple[str, ...]:
    return Session(id="any", carried=tuple(numbers)).prs


@st.composite
def books(draw: st.DrawFn) -> dict[str, Session]:
    """Sessions by id in normal form: a pull request has facts in one place and is listed there alone, an alias names
    one session.
    """
    taken: set[str] = set()
    found: dict[str, Session] = {}
    for session in draw(st.lists(sessions(), max_size=3, unique_by=lambda s: s.id)):
        mine = {n: f for n, f in session.pull_requests.items() if n not in taken}
        taken |= mine.keys()
        found[session.id] = replace(session, pull_requests=mine)
    settled = {i: replace(s, elsewhere=in_order({*s.carried} & taken - {*s.pull_requests})) for i, s in found.items()}
    return _with_aliases(draw, settled)


def _with_aliases(draw: st.DrawFn, found: dict[str, Session]) -> dict[str, Session]:
    """Some of the ids that no session has became part of one that sorts before them."""
    for alias in sorted(set("abcde") - found.keys()):
        earlier = sorted(i for i in found if i < alias)
        chosen = draw(st.none() | st.sampled_from(earlier)) if earlier else None
        if chosen is not None:
            found[chosen] = replace(found[chosen], aliases=(*found[chosen].aliases, alias))
    return found


@st.composite
def spelled(draw: st.DrawFn, record: Record) -> Record:
    """The record as another program may have written it: other spellings of times, other orders of fields."""
    changed = {key: _respelled(draw, value) for key, value in record.items()}
    return {key: changed[key] for key in draw(st.permutations(sorted(changed)))}


def _respelled(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, str) and value.startswith("2025-11-2") and value.endswith("Z"):
        return draw(st.sampled_from([value, value[:-1], value[:-1] + "+00:00"]))
    if isinstance(value, Mapping):
        return draw(spelled(dict(value)))
    return value


@st.composite
def tellings(draw: st.DrawFn, count: int) -> list[Book]:
    """Session files that tell of the same sessions: alike, otherwise spelled, with others, or not at all."""
    histories = [draw(books()) for _ in range(2)]
    return [Book(draw(_telling(draw(st.sampled_from(histories))))) for _ in range(count)]


@st.composite
def _telling(draw: st.DrawFn, history: Mapping[str, Session]) -> Document:
    entries = []
    for session in history.values():
        record = write_session(session, UTC)
        how = draw(st.sampled_from(["alike", "alike", "spelled", "missing"]))
        if how != "missing":
            written = draw(spelled(record)) if how == "spelled" else record
            entries.append(Entry(session.id, written, bool(session.completion)))
    held = {number for entry in entries for number in entry.record["prs"]}
    carried = {n for s in history.values() for n in s.carried}
    lost = draw(st.dictionaries(NUMBERS.filter(lambda n: n not in held | carried), facts(placed=None), max_size=1))
    lost |= draw(st.dictionaries(NUMBERS.filter(lambda n: n not in held), taken_out(), max_size=1))
    unattributed = {"unattributed": {n: write_facts(f, UTC) for n, f in lost.items()}} if lost else {}
    top: Record = {"last_updated": write_time(draw(MOMENTS)), **draw(UNKNOWN), **unattributed}
    return Document(tuple(entries), top, "sessions.json")


POLICIES = st.builds(
    Policy,
    timeout=st.integers(5, 120).map(lambda m: timedelta(minutes=m)),
    enable_timeout_completion=st.booleans(),
    enable_heuristic_completion=st.booleans(),
)


@st.composite
def pull_requests(draw: st.DrawFn, numbers: st.SearchStrategy[str] = NUMBERS) -> PullRequest:
    """An automatic pull request without a mark of any session."""
    return PullRequest(
        number=draw(numbers),
        title=f"auto-pr: {draw(st.sampled_from(['fix', 'docs', 'tests']))}",
        author=draw(AUTHORS),
        files_changed=draw(COUNTS),
        test_files_added=draw(COUNTS),
        docs_updated=draw(st.none() | st.booleans()),
        state=draw(st.none() | st.sampled_from(State)),
        branch=draw(st.none() | st.sampled_from(["x", "y"])),
        created=draw(MOMENTS),
    )
