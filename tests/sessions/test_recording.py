from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.sessions.agent import Agent, Confidence, Evidence, Role
from pr_sessions.sessions.attribution import Situation
from pr_sessions.sessions.lifecycle import begin, sweep
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.pr_text import mark_body
from pr_sessions.sessions.recording import Recorded, record
from pr_sessions.sessions.session import (
    Completion,
    Facts,
    Placement,
    PullRequest,
    Rung,
    Session,
    State,
    Totals,
    Trigger,
    Verdict,
)
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document
from pr_sessions.stores.signatures import package_signatures
from strategies import MOMENTS, at, few, pull_requests

POLICY = Policy()
EMPTY = Book(Document())
STARTED = begin("ada-1", "ada", at(0))


def pr(number: str, minutes: float = 0, **fields: Any) -> PullRequest:
    return PullRequest(number=number, **{"title": "auto-pr: x", "author": "ada", "created": at(minutes), **fields})


def put(
    book: Book,
    pull_request: PullRequest,
    *,
    when: datetime | None = None,
    now: datetime | None = None,
    by_hand: str | None = None,
    current: str | None = None,
    policy: Policy = POLICY,
) -> tuple[Book, Recorded]:
    when = when or pull_request.created or at(0)
    return record(book, pull_request, Situation(at=when, by_hand=by_hand, current=current), policy, now or when)


def put_all(book: Book, told: Iterable[PullRequest]) -> Book:
    for pull_request in told:
        book, _ = put(book, pull_request)
    return book


def test_the_first_automatic_pull_request_begins_a_session() -> None:
    book, recorded = put(EMPTY, pr("1", files_changed=3, branch="x"))
    told = Facts(
        files_changed=3,
        branch="x",
        author="ada",
        created=at(0),
        is_auto=True,
        evidence=recorded.verdict.evidence,
        placement=Placement(Rung.TIME, at(0), "work of ada within 30 minutes"),
        seen=dict.fromkeys(("files_changed", "branch", "author"), at(0)),
    )
    expected = replace(begin("ada-20251122-1000", "ada", at(0), inferred=True), pull_requests={"1": told})
    assert (list(book), recorded.session, recorded.facts, recorded.is_new) == ([expected], expected, told, True)


def test_a_pull_request_that_is_not_automatic_leaves_everything_as_it_is() -> None:
    book, recorded = put(EMPTY, pr("1", title="Fix the parser"))
    assert (book is EMPTY, recorded.session, recorded.facts) == (True, None, None)


def test_a_hand_records_what_is_not_automatic() -> None:
    book, recorded = put(EMPTY.put(STARTED), pr("1", title="Fix the parser"), by_hand="ada-1")
    assert (book["ada-1"].prs, recorded.facts and recorded.facts.is_auto) == (("1",), False)


@given(st.lists(pull_requests(), max_size=4), pull_requests(), st.sampled_from([None, "ada-1", "new"]))
def test_recording_twice_is_recording_once(before: list[PullRequest], told: PullRequest, hand: str | None) -> None:
    book = put_all(EMPTY.put(STARTED), before)
    once, _ = put(book, told, by_hand=hand, now=at(700))
    twice, recorded = put(once, told, by_hand=hand, now=at(700))
    assert (twice is once, recorded.is_new) == (True, False)


def test_an_update_replaces_what_it_says_and_leaves_the_rest() -> None:
    book, _ = put(EMPTY, pr("1", files_changed=9, branch="x"))
    book, _ = put(book, pr("1", files_changed=2, created=None), when=at(5))
    told = book["ada-20251122-1000"].pull_requests["1"]
    assert (told.files_changed, told.branch, told.seen["files_changed"], told.seen["branch"]) == (2, "x", at(5), at(0))


def test_old_news_does_not_replace_newer_news() -> None:
    book, _ = put(EMPTY, pr("1", files_changed=9), when=at(5))
    book, _ = put(book, pr("1", files_changed=2, base="main"), when=at(1))
    told = book["ada-20251122-1005"].pull_requests["1"]
    assert (told.files_changed, told.base) == (9, "main")


def test_a_pull_request_that_is_told_again_as_merged_is_merged() -> None:
    book, _ = put(EMPTY, pr("1", state=State.OPEN))
    book, _ = put(book, pr("1", state=State.MERGED, merged=at(400)))
    assert book["ada-20251122-1000"].pull_requests["1"].state is State.MERGED


@pytest.mark.parametrize("state", [State.CLOSED, State.MERGED])
def test_closing_and_merging_are_no_activity(state: State) -> None:
    book, _ = put(EMPTY, pr("1", state=State.OPEN))
    book, _ = put(book, pr("1", state=state), when=at(20))
    assert book["ada-20251122-1000"].last_activity == at(0)


def test_an_update_of_an_open_pull_request_is_activity() -> None:
    book, _ = put(EMPTY, pr("1", files_changed=1))
    book, _ = put(book, pr("1", files_changed=2), when=at(20))
    assert book["ada-20251122-1000"].last_activity == at(20)


CARRIED = replace(STARTED, carried=("1", "2", "3", "4"), carried_totals=Totals(13))


@pytest.mark.parametrize("order", list(permutations("1234")), ids="".join)
def test_late_facts_about_carried_numbers_never_count_twice(order: tuple[str, ...]) -> None:
    book, totals = EMPTY.put(CARRIED), []
    for number in order:
        book, _ = put(book, pr(number, files_changed=5))
        totals.append(book["ada-1"].totals.files_changed)
    assert (totals, book["ada-1"].prs) == ([13, 13, 15, 20], ("1", "2", "3", "4"))


def test_a_new_pull_request_counts_beside_what_was_carried() -> None:
    book, _ = put(EMPTY.put(CARRIED), pr("9", files_changed=5, docs_updated=True))
    assert book["ada-1"].totals == Totals(18, 0, docs_updated=True)


OTHER = begin("bob-1", "bob", at(0))


def marked(number: str, session_id: str, **fields: Any) -> PullRequest:
    return pr(number, body=mark_body("", session_id), **fields)


def test_stronger_evidence_moves_a_pull_request_with_all_that_is_known() -> None:
    book, _ = put(EMPTY.put(STARTED, OTHER), pr("1", files_changed=3))
    book, recorded = put(book, marked("1", "bob-1"), when=at(1))
    told = book["bob-1"].pull_requests["1"]
    assert (book["ada-1"].prs, book["bob-1"].prs, recorded.is_new) == ((), ("1",), False)
    assert (told.files_changed, told.placement and told.placement.rung) == (3, Rung.MARK)


def test_weaker_evidence_moves_nothing() -> None:
    book, _ = put(EMPTY.put(STARTED, OTHER), marked("1", "bob-1"))
    same, recorded = put(book, pr("1"), current="ada-1")
    assert (same is book, recorded.session and recorded.session.id) == (True, "bob-1")


def test_a_hand_moves_a_pull_request_and_the_later_hand_wins() -> None:
    book, _ = put(EMPTY.put(STARTED, OTHER), marked("1", "bob-1"))
    book, _ = put(book, pr("1"), by_hand="ada-1", when=at(2))
    assert book["ada-1"].prs == ("1",)
    book, _ = put(book, pr("1"), by_hand="bob-1", when=at(3))
    assert (book["ada-1"].prs, book["bob-1"].prs) == ((), ("1",))
    late, _ = put(book, pr("1"), by_hand="ada-1", when=at(2))
    assert late["bob-1"].prs == ("1",)


def test_a_carried_number_that_moves_keeps_its_new_facts() -> None:
    book, _ = put(EMPTY.put(CARRIED, OTHER), marked("1", "bob-1", files_changed=3))
    book, recorded = put(book, marked("1", "bob-1", branch="x"), when=at(1))
    told = book["bob-1"].pull_requests["1"]
    assert (recorded.session and recorded.session.id, told.files_changed, told.branch) == ("bob-1", 3, "x")


def test_a_mark_of_an_unknown_session_names_one_that_began_elsewhere() -> None:
    book, _ = put(EMPTY, marked("1", "cloud-7"))
    assert (book["cloud-7"].prs, book["cloud-7"].inferred) == (("1",), False)


def test_what_fits_nowhere_is_kept_as_unattributed_and_finds_its_place_later() -> None:
    book, recorded = put(EMPTY, pr("1", author="", files_changed=3))
    assert (recorded.session, recorded.is_new, list(book.unattributed)) == (None, True, ["1"])
    book, recorded = put(book, pr("1", author="ada"))
    told = recorded.facts
    assert (told and told.files_changed, dict(book.unattributed), recorded.is_new) == (3, {}, True)


def test_a_completion_marker_completes_the_session() -> None:
    book, _ = put(EMPTY, pr("1", 5, title="auto-pr: x [ready]"))
    assert book["ada-20251122-1005"].completion == Completion(at(5), "explicit_marker: [ready]")


def test_a_completion_marker_in_a_pull_request_that_is_not_automatic_completes_nothing() -> None:
    book, _ = put(EMPTY.put(STARTED), pr("1", title="fix [ready]"), by_hand="ada-1")
    assert book["ada-1"].completion is None


def test_a_marker_that_becomes_known_after_the_timeout_still_completes_when_it_stood() -> None:
    book, _ = put(EMPTY, pr("1", 0), now=at(500))
    book, _ = put(book, pr("1", 0, title="auto-pr: x [ready]"), when=at(10), now=at(500))
    assert book["ada-20251122-1000"].completion == Completion(at(10), "explicit_marker: [ready]")


def test_tests_with_docs_complete_only_where_the_team_wants_it() -> None:
    told = pr("1", test_files_added=1, docs_updated=True)
    ends = [
        next(iter(put(EMPTY, told, policy=Policy(enable_heuristic_completion=switched))[0])).completion
        for switched in (False, True)
    ]
    assert ends == [None, Completion(at(0), Trigger.HEURISTIC_TESTS_DOCS)]


def test_a_late_pull_request_bridges_two_inferred_sessions() -> None:
    book = put_all(EMPTY, [pr("1", 0), pr("2", 50), pr("3", 25)])
    (session,) = book
    assert (session.id, session.aliases, session.prs) == ("ada-20251122-1000", ("ada-20251122-1050",), ("1", "2", "3"))
    assert book.get("ada-20251122-1050") is session


def test_nothing_bridges_an_end_that_was_asked_for() -> None:
    book = put_all(EMPTY, [pr("1", 0), pr("2", 10, title="auto-pr: x [ready]"), pr("3", 20), pr("4", 5)])
    assert [session.prs for session in book] == [("3",), ("1", "2", "4")]


Grouping = list[tuple[tuple[str, ...], datetime | None, Completion | None]]


def grouping(book: Book) -> Grouping:
    swept, _ = sweep(book, POLICY, at(10_000))
    return sorted((s.prs, s.started, s.completion) for s in swept)


def by_gaps(told: list[PullRequest]) -> Grouping:
    """A naive model: per author, a gap longer than the timeout parts two sessions."""
    found: list[list[PullRequest]] = []
    for one in sorted(told, key=lambda pr: (pr.author, pr.created or at(0))):
        last = found[-1][-1] if found else None
        near = last and last.author == one.author and _gap(last, one) <= POLICY.timeout
        found[-1].append(one) if near else found.append([one])
    return sorted(_group(group) for group in found)


def _gap(one: PullRequest, other: PullRequest) -> timedelta:
    assert one.created
    assert other.created
    return other.created - one.created


def _group(group: list[PullRequest]) -> tuple[tuple[str, ...], datetime | None, Completion]:
    numbers = Session(id="any", carried=tuple(one.number for one in group)).prs
    end = (group[-1].created or at(0)) + POLICY.timeout
    return numbers, group[0].created, Completion(end, Trigger.TIMEOUT)


@st.composite
def close(draw: st.DrawFn) -> list[PullRequest]:
    """Pull requests of different numbers, minutes apart."""
    count = draw(st.integers(0, 12))
    drawn = [draw(pull_requests(numbers=st.just(str(n)))) for n in range(1, count + 1)]
    return [replace(one, created=at(draw(st.integers(0, 200)))) for one in drawn]


@given(close(), st.randoms(use_true_random=False), st.lists(MOMENTS, min_size=12, max_size=12))
def test_inferred_sessions_are_a_function_of_the_set_of_pull_requests(
    told: list[PullRequest], chance: Any, clocks: list[datetime]
) -> None:
    chance.shuffle(told)
    book = EMPTY
    for one, now in zip(told, clocks, strict=False):
        book, _ = put(book, one, now=now)
        book, _ = sweep(book, POLICY, now)
    assert grouping(book) == by_gaps(told)


@few
@given(close(), st.lists(MOMENTS, max_size=12))
def test_a_pull_request_is_in_one_session_once(told: list[PullRequest], updates: list[datetime]) -> None:
    book = put_all(EMPTY, told)
    for one, when in zip(told, updates, strict=False):
        book, _ = put(book, replace(one, files_changed=99), when=when)
    numbers = [number for session in book for number in session.prs]
    assert sorted(numbers) == sorted(one.number for one in told)


def test_a_sweep_completes_all_that_ran_out_and_nothing_else() -> None:
    live, old = begin("b", "ada", at(20)), begin("a", "ada", at(0))
    book, ended = sweep(EMPTY.put(live, old), POLICY, at(31))
    expected = replace(old, completion=Completion(at(30), Trigger.TIMEOUT))
    assert (ended, book["a"], book["b"]) == ((expected,), expected, live)
    assert sweep(book, POLICY, at(31)) == (book, ())


def of_runs(*runs: str, number: str, minutes: float, author: str = "ada") -> PullRequest:
    evidence = (Evidence("author", "devin/author"),) if author == "devin[bot]" else ()
    agent = Agent("devin", Role.OPENED, Confidence.CERTAIN, evidence, runs)
    return PullRequest(number=number, author=author, created=at(minutes), agents=(agent,) if runs else (), title=AUTO)


AUTO = "auto-pr: x"
RUNS = st.lists(st.sampled_from(["r1", "r2", "r3", "r4"]), max_size=2, unique=True)


@st.composite
def mixed(draw: st.DrawFn) -> list[PullRequest]:
    """Pull requests with and without runs, minutes and hours apart."""
    return [
        of_runs(
            *draw(RUNS),
            number=str(number),
            minutes=draw(st.integers(0, 600)),
            author=draw(st.sampled_from(["ada", "bob", "devin[bot]"])),
        )
        for number in range(1, draw(st.integers(1, 9)) + 1)
    ]


@few
@given(mixed(), st.randoms(use_true_random=False))
def test_sessions_of_runs_are_a_function_of_the_set_of_pull_requests(told: list[PullRequest], chance: Any) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)
    one, other = put_all(EMPTY, told), put_all(EMPTY, shuffled)
    assert grouping(one) == grouping(other)
    assert grouping(put_all(other, shuffled)) == grouping(other)


@few
@given(mixed())
def test_pull_requests_of_one_author_and_run_are_in_one_session(told: list[PullRequest]) -> None:
    book = put_all(EMPTY, told)
    homes: dict[tuple[str, str], set[str]] = {}
    for one in told:
        home = book.holding(one.number)
        assert home
        for run in (run for agent in one.agents for run in agent.runs):
            homes.setdefault((one.author, run), set()).add(home.id)
    assert {key: len(ids) for key, ids in homes.items()} == dict.fromkeys(homes, 1)


@few
@given(mixed())
def test_the_word_of_others_brings_nobody_into_a_session(told: list[PullRequest]) -> None:
    sessions = put_all(EMPTY, told)
    assert [{facts.author for facts in s.pull_requests.values()} for s in sessions] == [{s.author} for s in sessions]


def test_a_session_of_a_run_lasts_as_long_as_the_run() -> None:
    book = put_all(EMPTY, [of_runs("r1", number="1", minutes=300), of_runs("r1", number="2", minutes=0)])
    assert grouping(book) == [(("1", "2"), at(0), Completion(at(330), Trigger.TIMEOUT))]


def test_signatures_of_the_policy_are_looked_for_and_kept() -> None:
    rules = replace(POLICY, signatures=package_signatures())
    told = PullRequest(number="1", author="ada", branch="codex/x", created=at(0))
    book, recorded = record(EMPTY, told, Situation(at=at(0)), rules, at(0))
    agent = Agent("codex", Role.OPENED, Confidence.LIKELY, (Evidence("branch", "codex/branch"),))
    assert recorded.verdict == Verdict(is_auto=True, evidence=(Evidence("agent", "codex"),))
    assert book.holding("1") is not None
    assert recorded.facts is not None
    assert recorded.facts.agents == (agent,)


@pytest.mark.parametrize(
    "told",
    [
        PullRequest(number="1", author="ada", title="[codex] x"),
        PullRequest(number="1", author="ada", commit_messages=("x\n\nCo-authored-by: Claude <noreply@anthropic.com>",)),
    ],
    ids=["hint", "help"],
)
def test_help_and_hints_make_nothing_automatic(told: PullRequest) -> None:
    rules = replace(POLICY, signatures=package_signatures())
    book, recorded = record(EMPTY, told, Situation(at=at(0)), rules, at(0))
    assert (book, recorded.verdict) == (EMPTY, Verdict(is_auto=False))
