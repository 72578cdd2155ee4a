"""A session is work in one repository: no evidence but a person's word or a hook puts another one's into it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from examples import few
from pr_sessions.core.agents import Agent, Confidence, Role, Run
from pr_sessions.core.attribution import AttributionContext, AttributionResult, choose
from pr_sessions.core.corrections import link
from pr_sessions.core.evidence_text import mark_body
from pr_sessions.core.ids import number_order
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Attribution, Basis, PullRequest, PullRequestRecord, Session
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.core.recording import record
from rules import no_signatures
from strategies import at

POLICY = Policy()
EMPTY = InMemorySessions()
END = at(10_000)
DEVIN = Agent("devin", Role.OPENED, Confidence.CERTAIN, (), ("r1",))
COMMIT = "a" * 12
PAIRS = [
    ("", "", True),
    ("org/a#", "org/a#", True),
    ("org/a#", "Org/A#", True),
    ("", "org/a#", False),
    ("org/a#", "", False),
    ("org/a#", "org/b#", False),
    ("org/a#", "fork/a#", False),
]
NAMES = ["own", "the same", "another spelling", "another one", "own after another one", "two others", "a fork"]


class Case(Struct, frozen=True):
    """A session that holds one pull request, and what of a second one leads to it."""

    session: Session
    record: PullRequestRecord
    told: dict[str, Any]
    context: dict[str, Any] = {}


def placed(basis: Basis, **record: Any) -> PullRequestRecord:
    return PullRequestRecord(attribution=Attribution(basis, at(0)), is_auto=True, **record)


DEVINS = (Run("devin", "r1", at(0), at(0)),)
INFERRED = begin("s", "ada", at(0), inferred=True)
STARTED = begin("s", "bob", at(0))
WEAK = {
    "run": Case(replace(INFERRED, runs=DEVINS), placed(Basis.AGENT_RUN, agents=(DEVIN,)), {"agents": (DEVIN,)}),
    "run that hooks saw": Case(
        replace(STARTED, runs=DEVINS),
        placed(Basis.MARKER),
        {"agents": (DEVIN,), "author": ""},
    ),
    "mark": Case(STARTED, placed(Basis.MARKER), {"body": mark_body("", "s")}),
    "working tree": Case(STARTED, placed(Basis.WORKSPACE), {}, {"current": "s"}),
    "branch": Case(STARTED, placed(Basis.TIME, branch="x"), {"branch": "x"}),
    "commits": Case(INFERRED, placed(Basis.COMMITS, commits=(COMMIT,)), {"commits": (COMMIT,)}, {"agent_alone": True}),
    "time": Case(INFERRED, placed(Basis.TIME), {}),
    "time in a started session": Case(replace(STARTED, author="ada"), placed(Basis.TIME), {}),
}


def chosen(case: Case, held: str, number: str) -> AttributionResult:
    collection = EMPTY.put(replace(case.session, pull_requests={held: case.record}))
    told = PullRequest(**{"number": number, "author": "ada", **case.told})
    return choose(collection, told, AttributionContext(at=at(1), **case.context), POLICY)


@pytest.mark.parametrize("case", WEAK.values(), ids=WEAK)
@pytest.mark.parametrize(("held", "asked", "fits"), PAIRS, ids=NAMES)
def test_every_other_evidence_compares_the_repository(case: Case, held: str, asked: str, fits: bool) -> None:
    session_id = chosen(case, f"{held}1", f"{asked}2").session_id
    # A run begins a session of its own where it finds none.
    assert (session_id == "s", session_id is None) == (fits, not fits and "agents" not in case.told)


@pytest.mark.parametrize(("held", "asked", "_fits"), PAIRS, ids=NAMES)
@pytest.mark.parametrize(("context", "basis"), [({"manual": "s"}, Basis.MANUAL), ({"hook": "s"}, Basis.HOOK)])
def test_a_person_and_a_hook_may_put_any_into_a_session(
    held: str, asked: str, _fits: bool, context: dict[str, Any], basis: Basis
) -> None:
    case = Case(STARTED, placed(Basis.WORKSPACE), {}, context)
    result = chosen(case, f"{held}1", f"{asked}2")
    assert (result.session_id, result.attribution and result.attribution.basis) == ("s", basis)


@pytest.mark.parametrize("basis", [Basis.MANUAL, Basis.HOOK])
def test_what_a_person_or_a_hook_put_there_lets_no_others_of_its_repository_in(basis: Basis) -> None:
    case = Case(replace(STARTED, author="ada"), placed(basis), {})
    assert [chosen(case, "org/a#1", number).session_id for number in ("org/a#2", "2")] == [None, "s"]


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (begin("s", "ada", at(0)), "s"),
        (replace(begin("s", "ada", at(0)), carried=("org/a#1",)), None),
        (replace(begin("s", "ada", at(0)), carried=("org/a#1",), elsewhere=("org/a#1",)), "s"),
        (replace(INFERRED, pull_requests={"org/a#1": placed(Basis.MANUAL)}), None),
    ],
    ids=["started", "an old file's listing", "an old file's listing that is elsewhere", "inferred, then corrected"],
)
def test_the_repository_of_a_session_without_evidence_of_its_own(session: Session, expected: str | None) -> None:
    result = choose(EMPTY.put(session), PullRequest(number="2", author="ada"), AttributionContext(at=at(1)), POLICY)
    assert result.session_id == expected


def test_a_session_that_no_one_knows_yet_belongs_to_the_repository_of_the_mark() -> None:
    told = [pr(number, body=mark_body("", "cloud-7")) for number in ("org/a#1", "org/b#2", "org/a#3")]
    assert {session.id: session.prs for session in put_all(told)} == {
        "cloud-7": ("org/a#1", "org/a#3"),
        "ada-20251122-1000-org-b": ("org/b#2",),
    }


def test_the_explanation_says_that_a_marked_session_is_of_another_repository() -> None:
    result = chosen(WEAK["mark"], "org/a#1", "2")
    assert [candidates.detail for candidates in result.candidates if candidates.basis is Basis.MARKER] == [
        "full mark in the body, of a session of another repository: s"
    ]


def test_sessions_of_one_minute_in_two_repositories_have_ids_of_their_own_in_every_order() -> None:
    told = [pr("1"), pr("org/a#1"), pr("Org/B#1")]
    expected = {
        "ada-20251122-1000": ("1",),
        "ada-20251122-1000-org-a": ("org/a#1",),
        "ada-20251122-1000-org-b": ("Org/B#1",),
    }
    assert [{s.id: s.prs for s in put_all(order)} for order in (told, reversed(told))] == [expected, expected]


def pr(number: str, minutes: float = 0, **told: Any) -> PullRequest:
    return PullRequest(**{"number": number, "title": "auto-pr: x", "author": "ada", "created": at(minutes), **told})


def put_all(told: Iterable[PullRequest], collection: InMemorySessions = EMPTY) -> InMemorySessions:
    for one in told:
        collection, _ = record(collection, one, AttributionContext(at=one.created or at(0)), no_signatures(POLICY), END)
    return collection


class Step(Struct, frozen=True):
    """One pull request that is recorded, or linked by a person."""

    told: PullRequest
    context: AttributionContext
    linked: str | None = None


STARTS = (begin("own", "ada", at(0)), begin("hooked", "bob", at(0)), begin("elsewhere", "ada", at(30)))
SESSIONS = st.sampled_from(["own", "hooked", "elsewhere", "cloud-1", "cloud-2"])
REPOSITORIES = st.sampled_from(["", "org/a#", "org/b#"])


@st.composite
def steps(draw: st.DrawFn) -> Step:
    number = draw(REPOSITORIES) + str(draw(st.integers(1, 4)))
    runs = tuple(draw(st.sets(st.sampled_from(["r1", "r2"]), max_size=1)))
    opened = at(draw(st.integers(0, 90)))
    told = PullRequest(
        number=number,
        title=draw(st.sampled_from(["auto-pr: x", "auto-pr: x [ready]", "x"])),
        body=mark_body("", draw(SESSIONS)) if draw(st.booleans()) else "",
        author=draw(st.sampled_from(["ada", "bob", ""])),
        branch=draw(st.sampled_from([None, "x", "y"])),
        commits=tuple(draw(st.sets(st.sampled_from(["a" * 40, "b" * 40]), max_size=2))),
        agents=(Agent("devin", Role.OPENED, Confidence.CERTAIN, (), runs),) if draw(st.booleans()) else (),
        created=opened,
    )
    maybe = st.none() | st.none() | SESSIONS
    context = AttributionContext(at=opened, manual=draw(maybe), hook=draw(maybe), current=draw(maybe), by="ada")
    return Step(told, context, draw(st.none() | st.none() | st.sampled_from([s.id for s in STARTS])))


def taken(collection: InMemorySessions, step: Step) -> InMemorySessions:
    collection, _ = record(collection, step.told, step.context, no_signatures(POLICY), END)
    session = collection.get(step.linked) if step.linked else None
    return link(collection, step.told.number, session, "ada", step.context.at) if session else collection


def of_its_own(session: Session) -> set[str]:
    weak = (n for n, f in session.pull_requests.items() if f.attribution and f.attribution.basis < Basis.HOOK)
    return {number.rpartition("#")[0] for number in weak}


@few
@given(st.lists(steps(), max_size=14), st.randoms(use_true_random=False))
def test_no_session_mixes_repositories_unless_a_person_or_a_hook_did(told: list[Step], chance: Any) -> None:
    again = [*told, *told]
    chance.shuffle(again)
    collection = EMPTY.put(*STARTS)
    for step in again:
        collection = taken(collection, step)
    assert {session.id: len(of_its_own(session)) for session in collection if len(of_its_own(session)) > 1} == {}


def by_gaps(told: list[PullRequest]) -> list[tuple[str, ...]]:
    """A naive model: per author and repository, a gap longer than the timeout parts two sessions."""
    found: list[list[PullRequest]] = []
    for one in sorted(told, key=lambda pr: (pr.author, pr.number.rpartition("#")[0], pr.created or at(0))):
        last = found[-1][-1] if found else None
        near = last is not None and (last.author, last.number.rpartition("#")[0]) == (
            one.author,
            one.number.rpartition("#")[0],
        )
        gap = (one.created or at(0)) - (last.created or at(0)) if last else timedelta()
        found[-1].append(one) if near and gap <= POLICY.timeout else found.append([one])
    return sorted(tuple(sorted((one.number for one in group), key=number_order)) for group in found)


@st.composite
def worked(draw: st.DrawFn) -> list[PullRequest]:
    """Pull requests of several repositories that rest on time alone."""
    names = [draw(REPOSITORIES) + str(number) for number in range(1, draw(st.integers(1, 9)) + 1)]
    return [pr(name, draw(st.integers(0, 200)), author=draw(st.sampled_from(["ada", "bob"]))) for name in names]


@few
@given(worked(), st.randoms(use_true_random=False))
def test_sessions_by_time_are_a_function_of_the_set_in_each_repository(told: list[PullRequest], chance: Any) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)
    assert sorted(session.prs for session in put_all(shuffled)) == by_gaps(told)


@st.composite
def by_agents(draw: st.DrawFn) -> list[PullRequest]:
    """Pull requests of several repositories that rest on runs, or on commits."""
    names = [draw(REPOSITORIES) + str(number) for number in range(1, draw(st.integers(1, 8)) + 1)]
    return [
        pr(
            name,
            draw(st.integers(0, 200)),
            title=draw(st.sampled_from(["x", "auto-pr: x"])),
            agents=(replace(DEVIN, runs=tuple(draw(st.sets(st.sampled_from(["r1", "r2"]), max_size=1)))),),
            commits=tuple(draw(st.sets(st.sampled_from(["a" * 40, "b" * 40]), max_size=2))),
        )
        for name in names
    ]


@few
@given(by_agents(), st.randoms(use_true_random=False))
def test_sessions_of_agents_are_a_function_of_the_set_in_each_repository(told: list[PullRequest], chance: Any) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)
    one, other = put_all(told), put_all(shuffled)
    assert sorted(session.prs for session in one) == sorted(session.prs for session in other)
    assert all(len(of_its_own(session)) == 1 for session in one if session.prs)
