"""Hypothesis strategies for the values that tests share: small worlds, so that things collide."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence, Evidence, Role, Run, merge_agents, merge_runs
from pr_sessions.core.merge_json import entries, rest_of
from pr_sessions.core.models import (
    REPORTED,
    Attribution,
    Basis,
    Completion,
    Merging,
    PullRequest,
    PullRequestRecord,
    Reopening,
    Session,
    Split,
    Stack,
    State,
    Totals,
    Trigger,
)
from pr_sessions.core.policy import Policy
from pr_sessions.core.times import write_time
from pr_sessions.storage.files.codec import StoredSession, encode_session
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.record_codec import Record, StoredRecord, encode_record
from pr_sessions.storage.files.session_file import Entry, SessionFile

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
# A strategy costs more to make than to draw from, so what is drawn often is made once.
_BOOLEANS = st.booleans()
_MAYBE_TRUE = st.none() | _BOOLEANS
_MAYBE_AT = st.none() | MOMENTS
_MAYBE_AUTHOR = st.just("") | AUTHORS


# What a newer version, or another program, wrote into a field that we know: nothing that this version understands.
_STRANGE: st.SearchStrategy[Any] = st.sampled_from([0.5, {"x": 1}, [[1]]])
_STRANGE_ENTRIES: st.SearchStrategy[Any] = st.sampled_from([0.5, False, [1], {"x": [2]}])
WORDS = st.sampled_from(["orbit", "queued"])
LATER = st.fixed_dictionaries({}, optional={"later": JSON})
_BASES = st.sampled_from([basis for basis in Basis if basis])
_MANUAL_BY = st.sampled_from(["", "ada", "bob"])
_DETAILS = st.sampled_from(["", "branch x", "mark"])


@st.composite
def rests(draw: st.DrawFn, **words: bool) -> str:
    """What an entry says beyond what is understood: the words that are not known, and fields of later."""
    return rest_of(draw(LATER) | {key: draw(WORDS) for key, unknown in words.items() if unknown})


@st.composite
def attributions(draw: st.DrawFn, detail: str = "") -> Attribution:
    basis = draw(_BASES)
    by = draw(_MANUAL_BY) if basis is Basis.MANUAL else ""
    rest = draw(rests(rung=basis is Basis.UNKNOWN))
    return Attribution(basis, draw(_MAYBE_AT), detail + draw(_DETAILS), by, rest)


RUNS = st.sampled_from(["0123456789abcdef0123", "fedcba98765432100000"])
_RUN_KEYS = st.sets(RUNS | st.just("00000000000000000001"), min_size=1)
_RUN_AGENTS = st.sampled_from(["codex", "cursor"])
_AGENT_NAMES = st.sampled_from(["claude-code", "codex", "cursor"])
_AGENT_EVIDENCE = st.sets(st.builds(Evidence, st.sampled_from(["head branch", "trailer"]), TEXTS, rests()), max_size=2)
_AGENT_RUNS = st.sets(RUNS, max_size=2)
_ROLES, _CONFIDENCES = st.sampled_from(Role), st.sampled_from(Confidence)


@st.composite
def agents(draw: st.DrawFn) -> Agent:
    """An agent as it is kept: evidence and runs sorted, without repetition."""
    found, runs, name = draw(_AGENT_EVIDENCE), draw(_AGENT_RUNS), draw(_AGENT_NAMES)
    role, confidence, unsaid = draw(_ROLES), draw(_CONFIDENCES), draw(_BOOLEANS)
    words = {"role": role is Role.UNKNOWN, "confidence": confidence is Confidence.UNKNOWN and not unsaid}
    return Agent(name, role, confidence, tuple(sorted(found)), tuple(sorted(runs)), draw(rests(**words)))


@st.composite
def runs(draw: st.DrawFn) -> Run:
    first, last = sorted((draw(MOMENTS), draw(MOMENTS)))
    key, *others = sorted(draw(_RUN_KEYS))
    return Run(draw(_RUN_AGENTS), key, first, last, draw(rests()), tuple(others))


_STACK_NUMBERS = st.integers(0, 2)
_STACK_PLACES = st.integers(0, 3)
_STACK_BASES = st.sampled_from(["", "main"])


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """A place in one of two stacks, or in none any more."""
    number = draw(_STACK_NUMBERS)
    if number == 0:
        return Stack(0, rest=draw(rests()))
    return Stack(number, draw(_STACK_PLACES), draw(_STACK_PLACES), draw(_STACK_BASES))


_REPORTED = st.fixed_dictionaries(
    {
        "author": _MAYBE_AUTHOR,
        "state": st.none() | st.sampled_from(State) | WORDS,
        "files_changed": COUNTS,
        "test_files_added": COUNTS,
        "docs_updated": _MAYBE_TRUE,
        "branch": st.none() | st.sampled_from(["x", "y"]),
        "base": st.none() | st.sampled_from(["main", "x"]),
        "stack": st.none() | stacks(),
        "closed": _MAYBE_AT,
        "merged": _MAYBE_AT,
    }
)
_AGENTS = st.lists(agents(), max_size=2)
_COMMITS = st.sets(st.sampled_from(["aaaaaaaaaaaa", "bbbbbbbbbbbb"]))
_EVIDENCE = st.sets(st.builds(Evidence, st.sampled_from(["title", "agent"]), TEXTS, rests()), max_size=2)


@st.composite
def record(draw: st.DrawFn, *, placed: str | None = "") -> PullRequestRecord:
    """Facts as they are kept: whatever was told has a time, sorted and without repetition."""
    known: dict[str, Any] = draw(_REPORTED)
    told = [key for key in REPORTED if known[key] not in (None, "")]
    seen = {key: draw(MOMENTS) for key in told if draw(_BOOLEANS)}
    return PullRequestRecord(
        **known,
        created=draw(_MAYBE_AT),
        agents=merge_agents(draw(_AGENTS)),
        commits=tuple(sorted(draw(_COMMITS))),
        is_auto=draw(_BOOLEANS),
        evidence=tuple(sorted(draw(_EVIDENCE))),
        attribution=None if placed is None else draw(attributions(placed)),
        reported_at=seen,
    )


@st.composite
def not_understood(draw: st.DrawFn, known: Mapping[str, Any], lists: list[str]) -> dict[str, Any]:
    """Values that are not understood, in the place of a field that is not known and in a list."""
    missing = [key for key, value in known.items() if value in (None, "")]
    found = {draw(st.sampled_from(missing)): draw(_STRANGE)} if missing and draw(_BOOLEANS) else {}
    if draw(_BOOLEANS):
        found[draw(st.sampled_from(lists))] = entries(draw(st.lists(_STRANGE_ENTRIES, min_size=1, max_size=2)))
    return found


@st.composite
def taken_out(draw: st.DrawFn) -> PullRequestRecord:
    """Facts of a pull request that a hand took out of its session."""
    return replace(
        draw(record(placed=None)), attribution=Attribution(Basis.MANUAL, draw(MOMENTS), "unlinked", draw(AUTHORS))
    )


COMPLETIONS = st.builds(Completion, st.none() | MOMENTS, st.sampled_from([*Trigger, "explicit_marker: [ready]"]))
TOTALS = st.builds(Totals, st.integers(0, 20), st.integers(0, 5), _BOOLEANS)
_MAYBE_COMPLETION = st.none() | COMPLETIONS
_MAYBE_REOPENED = st.none() | st.builds(Reopening, MOMENTS, AUTHORS, rests())
_NUMBER_SETS = st.sets(NUMBERS, max_size=2)
_MERGED = st.sets(st.builds(Merging, IDS, MOMENTS, AUTHORS, rests()), max_size=1)
_SPLIT = st.sets(st.builds(Split, IDS, MOMENTS, AUTHORS, rests()), max_size=1)
_RUN_LISTS = st.lists(runs(), max_size=2)


@st.composite
def sessions(draw: st.DrawFn, ids: st.SearchStrategy[str] = IDS) -> Session:
    """A session that says nothing contradictory about itself."""
    session_id = draw(ids)
    pull_requests = draw(st.dictionaries(NUMBERS, record(placed=session_id), max_size=2))
    carried = draw(_NUMBER_SETS)
    reopened = draw(_MAYBE_REOPENED)
    completion = draw(_MAYBE_COMPLETION)
    if reopened and completion and not completion.inferred and not completion.is_after(reopened.at):
        completion = None
    known = {
        "author": draw(_MAYBE_AUTHOR),
        "started": draw(_MAYBE_AT),
        "last_activity": draw(_MAYBE_AT),
        "title": draw(TEXTS),
    }
    return Session(
        id=session_id,
        **known,
        completion=completion,
        reopened=reopened,
        pull_requests=pull_requests,
        carried=in_order(carried),
        carried_totals=draw(TOTALS) if carried else Totals(),
        merged=tuple(sorted(draw(_MERGED))),
        split=tuple(sorted(draw(_SPLIT))),
        runs=merge_runs(draw(_RUN_LISTS)),
        inferred=draw(_BOOLEANS),
    )


@st.composite
def written(draw: st.DrawFn, session: Session) -> Record:
    """The session in a file to which a newer version added fields, and values that are not understood."""
    known = {key: getattr(session, key) for key in ("author", "started", "last_activity", "title")}
    unknown = draw(not_understood(known, ["runs", "merged", "aliases"]))
    records = {number: draw(_newer(record)) for number, record in session.pull_requests.items()}
    return encode_session(session, [StoredSession(draw(UNKNOWN), Session(id=session.id), unknown, records)])


@st.composite
def written_record(draw: st.DrawFn, record: PullRequestRecord) -> Record:
    """What is kept of a pull request, in such a file."""
    return encode_record(record, [draw(_newer(record))])


@st.composite
def _newer(draw: st.DrawFn, record: PullRequestRecord) -> StoredRecord:
    known = {key: getattr(record, key) for key in REPORTED}
    return StoredRecord(draw(UNKNOWN), PullRequestRecord(), draw(not_understood(known, ["agents", "commits"])))


def in_order(numbers: set[str]) -> tuple[str, ...]:
    return Session(id="any", carried=tuple(numbers)).prs


@st.composite
def collections(draw: st.DrawFn) -> dict[str, Session]:
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
def spelled(draw: st.DrawFn, raw: Record) -> Record:
    """The record as another program may have written it: other spellings of times, other orders of fields."""
    changed = {key: _respelled(draw, value) for key, value in raw.items()}
    return {key: changed[key] for key in draw(st.permutations(sorted(changed)))}


def _respelled(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, str) and value.startswith("2025-11-2") and value.endswith("Z"):
        return draw(st.sampled_from([value, value[:-1], value[:-1] + "+00:00"]))
    if isinstance(value, Mapping):
        return draw(spelled(dict(value)))
    return value


@st.composite
def tellings(draw: st.DrawFn, count: int) -> list[FileSessions]:
    """Session files that tell of the same sessions: alike, otherwise spelled, with others, or not at all."""
    histories = [{i: (s, draw(written(s))) for i, s in draw(collections()).items()} for _ in range(2)]
    return [FileSessions(draw(_telling(draw(st.sampled_from(histories))))) for _ in range(count)]


@st.composite
def _telling(draw: st.DrawFn, history: Mapping[str, tuple[Session, Record]]) -> SessionFile:
    entries = []
    for session, raw in history.values():
        how = draw(st.sampled_from(["alike", "alike", "spelled", "missing"]))
        if how != "missing":
            record_written = draw(spelled(raw)) if how == "spelled" else raw
            entries.append(Entry(session.id, record_written, bool(session.completion)))
    held = {number for entry in entries for number in entry.raw["prs"]}
    carried = {n for s, _ in history.values() for n in s.carried}
    lost = draw(st.dictionaries(NUMBERS.filter(lambda n: n not in held | carried), record(placed=None), max_size=1))
    lost |= draw(st.dictionaries(NUMBERS.filter(lambda n: n not in held), taken_out(), max_size=1))
    unattributed = {"unattributed": {n: draw(written_record(f)) for n, f in lost.items()}} if lost else {}
    top: Record = {"last_updated": write_time(draw(MOMENTS)), **draw(UNKNOWN), **unattributed}
    return SessionFile(tuple(entries), top, "sessions.json")


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
