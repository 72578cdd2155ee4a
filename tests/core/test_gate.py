from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.core.gate import Decision, PullRequestStatus, Reason, Why, decide
from pr_sessions.core.models import State
from pr_sessions.core.policy import GateMode, Policy

ADVISORY = Policy()
ENFORCE = Policy(gate=GateMode.ENFORCE, gate_checks=("tests",), gate_workflow="ci.yml")
WAITS = PullRequestStatus(
    number="7",
    state=State.OPEN,
    is_fork=False,
    trusted=True,
    is_auto=True,
    session_id="ada-20251122-1000",
    is_session_active=True,
    files=("src/a.py",),
)
UNKNOWN = PullRequestStatus()
NOT_KNOWN = Reason(Why.UNKNOWN, "its files are not known")


def test_what_nothing_speaks_against_waits_only_where_the_team_says_so() -> None:
    assert decide(WAITS, ADVISORY) == Decision(postpone=True, skip=False)
    assert decide(WAITS, ENFORCE) == Decision(postpone=True, skip=True)


@pytest.mark.parametrize(
    ("news", "reasons"),
    [
        ({"event": "merge_group"}, [Reason(Why.EVENT, "merge_group")]),
        (
            {"unknowns": ("GitHub is down", "no token")},
            [Reason(Why.UNKNOWN, "GitHub is down"), Reason(Why.UNKNOWN, "no token")],
        ),
        ({"is_fork": True}, [Reason(Why.FORK)]),
        ({"is_fork": True, "trusted": False}, [Reason(Why.FORK)]),
        ({"trusted": False}, [Reason(Why.UNTRUSTED)]),
        ({"trusted": None}, [Reason(Why.UNKNOWN, "whether its author may write is not known")]),
        ({"excluded": True}, [Reason(Why.EXCLUDED)]),
        ({"excluded": True, "is_auto": False, "session_id": None}, [Reason(Why.EXCLUDED)]),
        ({"is_auto": False}, [Reason(Why.NOT_AUTOMATIC)]),
        ({"is_auto": False, "is_assisted": True}, [Reason(Why.NOT_AUTOMATIC)]),
        ({"session_id": None}, [Reason(Why.NO_SESSION)]),
        ({"is_session_active": False, "trigger": "timeout"}, [Reason(Why.COMPLETED, "timeout")]),
        ({"is_session_active": False}, [Reason(Why.COMPLETED)]),
        ({"trigger": "timeout"}, [Reason(Why.COMPLETED, "timeout")]),
        ({"is_session_quiet": True}, [Reason(Why.QUIET)]),
        ({"is_session_quiet": True, "trigger": "timeout"}, [Reason(Why.COMPLETED, "timeout")]),
        ({"state": None}, [Reason(Why.NOT_OPEN)]),
        ({"state": State.MERGED}, [Reason(Why.NOT_OPEN, "merged")]),
        ({"approved": True}, [Reason(Why.APPROVED)]),
        ({"ready": True}, [Reason(Why.READY)]),
        ({"auto_merge": True}, [Reason(Why.AUTO_MERGE)]),
        ({"files": None}, [NOT_KNOWN]),
        ({"files": ()}, [NOT_KNOWN]),
        ({"files": ("a.py", ".github/workflows/ci.yml", "uv.lock")}, [Reason(Why.ALWAYS, ".github/workflows/ci.yml")]),
        ({"is_session_active": False, "approved": True}, [Reason(Why.COMPLETED), Reason(Why.APPROVED)]),
    ],
)
def test_each_of_these_runs_the_checks_at_once(news: dict[str, Any], reasons: list[Reason]) -> None:
    status = replace(WAITS, **news)
    assert decide(status, ENFORCE) == Decision(postpone=False, skip=False, reasons=tuple(reasons))
    assert decide(status, ADVISORY) == decide(status, ENFORCE)


@pytest.mark.parametrize("is_assisted", [True, False])
def test_what_a_person_made_with_an_agent_waits_only_where_the_team_says_so(is_assisted: bool) -> None:
    status = replace(WAITS, is_auto=False, is_assisted=is_assisted)
    assert decide(status, replace(ENFORCE, gate_assisted=True)).skip is is_assisted


def test_what_nothing_is_known_of_never_waits() -> None:
    told = [Why.FORK, Why.NOT_AUTOMATIC, Why.NOT_OPEN, Why.UNKNOWN]
    assert [reason.why for reason in decide(UNKNOWN, ENFORCE).reasons] == told
    assert not decide(UNKNOWN, ENFORCE).skip


@pytest.mark.parametrize(
    "field", ["state", "is_fork", "trusted", "is_auto", "session_id", "is_session_active", "files"]
)
def test_a_single_fact_that_is_left_out_runs_the_checks(field: str) -> None:
    decision = decide(replace(WAITS, **{field: getattr(UNKNOWN, field)}), ENFORCE)
    assert (decision.postpone, decision.skip, len(decision.reasons)) == (False, False, 1)


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"gate_checks": ()}, ["enforce needs gate.checks"]),
        ({"gate_workflow": None}, ["enforce needs gate.workflow"]),
        ({"gate_workflow": ""}, ["enforce needs gate.workflow"]),
        ({"gate_checks": (), "gate_workflow": None}, ["enforce needs gate.checks", "enforce needs gate.workflow"]),
    ],
)
def test_what_nobody_could_start_later_does_not_wait(settings: dict[str, Any], missing: list[str]) -> None:
    reasons = tuple(Reason(Why.UNFINISHED, detail) for detail in missing)
    assert decide(WAITS, replace(ENFORCE, **settings)) == Decision(postpone=True, skip=False, reasons=reasons)


@pytest.mark.parametrize(("globs", "postpone"), [((), True), (("src/**",), False), (("docs/**", "*.py"), True)])
def test_the_team_says_which_paths_never_wait(globs: tuple[str, ...], postpone: bool) -> None:
    assert decide(WAITS, replace(ENFORCE, gate_always=globs)).postpone is postpone


STANDINGS = st.builds(
    PullRequestStatus,
    number=st.sampled_from(["", "7"]),
    event=st.sampled_from(["", "merge_group"]),
    state=st.none() | st.sampled_from(State),
    is_fork=st.booleans(),
    trusted=st.booleans(),
    excluded=st.booleans(),
    is_auto=st.booleans(),
    is_assisted=st.booleans(),
    session_id=st.sampled_from([None, "ada-1"]),
    is_session_active=st.booleans(),
    is_session_quiet=st.booleans(),
    trigger=st.sampled_from([None, "timeout"]),
    files=st.none() | st.lists(st.sampled_from(["a.py", "uv.lock"]), max_size=2).map(tuple),
    approved=st.booleans(),
    ready=st.booleans(),
    auto_merge=st.booleans(),
    unknowns=st.sampled_from([(), ("GitHub is down",)]),
)
POLICIES = st.builds(
    Policy,
    gate=st.sampled_from(GateMode),
    gate_checks=st.sampled_from([(), ("tests",)]),
    gate_workflow=st.sampled_from([None, "ci.yml"]),
    gate_assisted=st.booleans(),
)


@given(status=STANDINGS, policy=POLICIES)
def test_checks_wait_only_where_all_is_known_and_nothing_speaks_against_it(
    status: PullRequestStatus, policy: Policy
) -> None:
    decision = decide(status, policy)
    counts = status.is_auto or (status.is_assisted and policy.gate_assisted)
    record = replace(status, number=WAITS.number, session_id=status.session_id and WAITS.session_id)
    record = replace(record, is_auto=counts, is_assisted=False)
    harmless = bool(record.files) and "uv.lock" not in (record.files or ())
    assert decision.postpone is (harmless and replace(record, files=WAITS.files) == WAITS)
    assert decision.skip is (decision.postpone and not decision.reasons and policy.gate is GateMode.ENFORCE)
    assert not decision.skip or (policy.gate_checks and policy.gate_workflow)
    assert decision.postpone or decision.reasons


@given(status=STANDINGS, policy=POLICIES)
def test_one_more_doubt_never_lets_checks_wait(status: PullRequestStatus, policy: Policy) -> None:
    for news in (
        {"unknowns": (*status.unknowns, "what is that?")},
        {"is_fork": True},
        {"event": "push"},
        {"files": None},
    ):
        decision = decide(replace(status, **news), policy)
        assert (decision.postpone, decision.skip) == (False, False)


@given(status=STANDINGS, policy=POLICIES)
def test_advisory_never_skips(status: PullRequestStatus, policy: Policy) -> None:
    assert not decide(status, replace(policy, gate=GateMode.ADVISORY)).skip
