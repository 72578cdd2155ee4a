"""Reports in any order, repeated, late or edited, give the sessions of an import."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.branch_prefix import with_branch_agents
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Completion, PullRequest, State
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.forges.base import Comment, ForgePullRequest, User
from pr_sessions.gate.rebuild import NO_SESSION, Snapshot, is_excluded, rebuild, visible_to_rules
from pr_sessions.server.worker.replay import Report, replay
from pr_sessions.tracker.environment import tidy
from rules import all_signatures
from strategies import at

RULES = all_signatures(Policy())
NOW = at(2_000)


class Latest(Struct):
    """The latest reports, in memory."""

    prs: dict[str, ForgePullRequest] = {}
    by_id: dict[int, Comment] = {}
    untrusted: frozenset[str] = frozenset()

    def pull_requests(self, numbers: Collection[str]) -> Mapping[str, Report]:
        return {number: self._report(self.prs[number]) for number in numbers if number in self.prs}

    def comments(self) -> Sequence[Comment]:
        return list(self.by_id.values())

    def of_authors(self, authors: Collection[str]) -> Mapping[str, Report]:
        return {n: self._report(pr) for n, pr in self.prs.items() if pr.author.login.lower() in authors}

    def _report(self, pr: ForgePullRequest) -> Report:
        is_trusted = pr.author.login not in self.untrusted
        shown = tidy(visible_to_rules(pr, trusted=is_trusted))
        return Report(pull_request=shown, is_trusted=is_trusted, is_excluded=is_excluded(pr))


def on_forge(pr: PullRequest, updated: datetime) -> ForgePullRequest:
    author = User(pr.author, 1, "User")
    repository = "ada/shop"
    return ForgePullRequest(
        pull_request=pr, author=author, repository=repository, head_repository=repository, updated=updated
    )


def imported(latest: Latest) -> SessionCollection:
    """The sessions as the gate rebuilds them, which is an import with comments in between."""
    people = {pr.author.login for pr in latest.prs.values()} | {c.author.login for c in latest.by_id.values()}
    writers = {login: login not in latest.untrusted for login in people}
    comments = tuple(latest.by_id.values())
    taking_part = {
        n: report.pull_request for n, report in latest.pull_requests(latest.prs).items() if not report.is_excluded
    }
    shown = {pr.number: pr for pr in with_branch_agents(taking_part.values(), RULES.signatures)}
    prs = {n: replace(pr, pull_request=shown.get(n, pr.pull_request)) for n, pr in latest.prs.items()}
    snapshot = Snapshot(repository="ada/shop", pull_requests=prs, comments=comments, writers=writers)
    return rebuild(snapshot, RULES, NOW).collection


def delivered(
    deliveries: Iterable[ForgePullRequest | Comment], untrusted: frozenset[str] = frozenset()
) -> tuple[SessionCollection, Latest]:
    """The sessions after these deliveries, of which older ones change nothing."""
    latest = Latest({}, {}, untrusted)
    sessions: SessionCollection = InMemorySessions()
    for each in deliveries:
        if isinstance(each, Comment):
            latest.by_id[each.id] = each
            number = each.number
        else:
            number = each.pull_request.number
            known = latest.prs.get(number)
            if known is None or (known.updated and each.updated and known.updated <= each.updated):
                latest.prs[number] = each
        sessions = stored(replay(sessions, [number], latest, RULES, NOW))
    return sessions, latest


def stored(sessions: SessionCollection) -> InMemorySessions:
    return InMemorySessions(*sessions, unattributed=dict(sessions.all_unattributed()))


def shape(sessions: SessionCollection) -> Any:
    """Everything of sessions but their ids and aliases."""
    everything = [
        (
            session.author,
            session.started,
            session.last_activity,
            session.completion,
            session.runs,
            {n: replace(record, reported_at={}) for n, record in session.pull_requests.items()},
        )
        for session in sessions
        if session.prs
    ]
    unattributed = {n: replace(r, reported_at={}) for n, r in sessions.all_unattributed().items()}
    return sorted(everything, key=lambda each: min(map(int, each[5]))), unattributed


def ids_are_known(sessions: SessionCollection, expected: SessionCollection) -> bool:
    return all(
        (holder := sessions.for_pull_request(session.prs[0])) is not None and session.id in (holder.id, *holder.aliases)
        for session in expected
        if session.prs
    )


RUN = "https://claude.ai/code/session_{}"
BODIES = [
    "",
    "",
    "text",
    "ready for review",
    RUN.format("01AAAAAAAAAAAAAAAAAAAAAA"),
    RUN.format("01BBBBBBBBBBBBBBBBBBBBBB"),
]


@st.composite
def versions(draw: st.DrawFn, number: int) -> list[ForgePullRequest]:
    """A pull request as it was reported over time."""
    opened = draw(st.integers(0, 24)) * 5
    author, branch = draw(st.sampled_from(["ada", "mary"])), draw(st.sampled_from(["x", "claude/y"]))
    result = []
    for step in range(draw(st.integers(1, 3))):
        updated = at(opened + 7 * step)
        end = updated if step and draw(st.booleans()) else None
        is_merged = draw(st.booleans())
        pr = PullRequest(
            number=str(number),
            title=draw(st.sampled_from(["auto-pr: fix", "auto-pr: fix", "fix"])),
            body=draw(st.sampled_from(BODIES)),
            author=author,
            branch=branch,
            labels=(NO_SESSION,) if draw(st.integers(0, 9)) == 0 else (),
            state=(State.MERGED if is_merged else State.CLOSED) if end else State.OPEN,
            created=at(opened),
            closed=end,
            merged=end if is_merged else None,
        )
        result.append(on_forge(pr, updated))
    return result


@st.composite
def comments(draw: st.DrawFn, comment: int) -> Comment:
    number, minutes = draw(st.integers(1, 4)), draw(st.integers(0, 40)) * 4 + 1
    return Comment(
        id=comment,
        author=User("mary", 2, "User"),
        body="/complete-session",
        created=at(minutes),
        updated=at(minutes),
        number=str(number),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[ForgePullRequest | Comment]:
    """What happened, delivered in any order, some of it twice, and some of what was soon out of date never."""
    everything: list[ForgePullRequest | Comment] = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        *older, last = draw(versions(number))
        everything += [*(each for each in older if draw(st.booleans())), last]
    everything += draw(st.lists(st.sampled_from(everything), max_size=4))
    return draw(st.permutations(everything))


@given(histories())
def test_deliveries_in_any_order_give_the_sessions_of_an_import(history: list[ForgePullRequest | Comment]) -> None:
    sessions, latest = delivered(history)
    expected = imported(latest)
    assert shape(sessions) == shape(expected)
    assert ids_are_known(sessions, expected)


@given(histories(), st.lists(st.integers(1, 9), max_size=3, unique=True), st.data())
def test_comments_in_any_order_give_the_sessions_of_the_gate(
    history: list[ForgePullRequest | Comment], ids: list[int], data: st.DataObject
) -> None:
    opened = {pr.pull_request.number: pr.pull_request.created for pr in history if isinstance(pr, ForgePullRequest)}
    # Nobody comments on what is not open yet.
    written = [c for i in ids if (c := data.draw(comments(i))).created and c.created > (opened.get(c.number) or NOW)]
    sessions, latest = delivered(data.draw(st.permutations([*history, *written])))
    assert shape(sessions) == shape(imported(latest))


@given(histories())
def test_what_is_delivered_again_changes_nothing(history: list[ForgePullRequest | Comment]) -> None:
    sessions, latest = delivered(history)
    numbers = list(latest.prs)
    assert replay(stored(sessions), numbers, latest, RULES, NOW).changes.sessions == {}


def test_a_move_by_a_comment_counts_whichever_is_delivered_first() -> None:
    prs = [
        on_forge(PullRequest(number=str(n), title="auto-pr: fix", author=author, created=at(n)), at(n))
        for n, author in ((1, "ada"), (2, "mary"))
    ]
    move = Comment(
        id=1, author=User("mary", 2, "User"), body="/session move #1", created=at(9), updated=at(9), number="2"
    )
    for order in permutations([*prs, move]):
        sessions, latest = delivered(order)
        assert shape(sessions) == shape(imported(latest))
        assert sorted(s.prs for s in sessions if s.prs) == [("1", "2")]


def test_what_a_person_began_stays_and_its_pull_requests_are_brought_up_to_date() -> None:
    begun = begin("ada-1", "ada", at(-10), title="the shop")
    first = on_forge(
        PullRequest(number="1", title="auto-pr: fix", author="ada", state=State.OPEN, created=at(0)), at(0)
    )
    closed = replace(first.pull_request, state=State.CLOSED, closed=at(5))
    latest = Latest({"1": first})
    sessions = replay(InMemorySessions(begun), ["1"], latest, RULES, at(1))
    for reported, state in ((closed, State.CLOSED), (first.pull_request, State.OPEN)):
        latest.prs["1"] = on_forge(reported, at(6))
        sessions = replay(stored(sessions), ["1"], latest, RULES, at(7))
        session = sessions["ada-1"]
        assert (session.started, session.title) == (at(-10), "the shop")
        assert session.pull_requests["1"].state == state


def test_an_end_that_a_person_asked_for_stays() -> None:
    first = on_forge(PullRequest(number="1", title="auto-pr: fix", author="ada", created=at(0)), at(0))
    latest = Latest({"1": first})
    [session] = replay(InMemorySessions(), ["1"], latest, RULES, at(1))
    ended = replace(session, completion=Completion(at(2), "manual_cli"))
    latest.prs["1"] = replace(first, updated=at(9))
    [session] = replay(InMemorySessions(ended), ["1"], latest, RULES, at(9))
    assert session.completion == Completion(at(2), "manual_cli")


def test_the_text_of_somebody_who_may_not_write_counts_for_nothing() -> None:
    sessions, _ = delivered(
        [on_forge(PullRequest(number="1", title="auto-pr: fix", author="eve", created=at(0)), at(0))],
        frozenset({"eve"}),
    )
    assert (list(sessions), sessions.all_unattributed()) == ([], {})
