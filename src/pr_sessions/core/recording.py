"""Recording a pull request: verdict, facts, place; the collection of sessions before becomes the collection after."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Involvement, Run, merge_agents, merge_runs
from pr_sessions.core.attribution import AttributionContext, AttributionResult, choose
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.completion import completion_reason
from pr_sessions.core.detection import detect
from pr_sessions.core.ids import new_id, repository_of
from pr_sessions.core.lifecycle import Activity, CompletionAsked, TimePassed, advance, begin
from pr_sessions.core.merge import attribution_order, is_manual, merge_records, merge_sessions, with_record
from pr_sessions.core.models import (
    NO_STACK,
    REPORTED,
    Attribution,
    Basis,
    PullRequest,
    PullRequestRecord,
    Session,
    Stack,
    State,
    Verdict,
    in_stack,
)
from pr_sessions.core.people import TICK, record_without_person, without_person
from pr_sessions.core.policy import People, Policy, Ruleset, Track
from pr_sessions.core.runs import run_key
from pr_sessions.core.similarity import abbreviated

L = TypeVar("L", bound=SessionCollection)
_ENDS = ("state", "closed", "merged")


class Recorded(Struct, frozen=True, kw_only=True):
    """What recording came to.

    Attributes:
        session: the session that holds it; `None` if it is not automatic or unattributed.
        record: what is kept of it; `None` if nothing is.
        result: how its session was found.
        is_new: whether it was not known before.
    """

    number: str
    verdict: Verdict
    result: AttributionResult
    session: Session | None = None
    record: PullRequestRecord | None = None
    is_new: bool = False

    @property
    def agents(self) -> tuple[Agent, ...]:
        """All that had part in it, automatic or not."""
        return self.verdict.agents


def record(
    collection: L,
    pull_request: PullRequest,
    context: AttributionContext,
    rules: Ruleset,
    now: datetime,
    verdict: Verdict | None = None,
) -> tuple[L, Recorded]:
    """Return the collection with the pull request in its session; recording it again changes nothing.

    Only what `is_tracked` looks for a session itself; any other is recorded where a person puts it, or where it is
    already. A completion marker completes the session. What the pull request says replaces what was reported before.

    Args:
        collection: the sessions before.
        pull_request: what is reported of it.
        context: what is known besides.
        rules: the team's.
        now: the time.
        verdict: of `detect`, where that was asked already.
    """
    verdict, policy = verdict or detect(pull_request, rules), rules.policy
    counts = is_tracked(verdict, policy)
    pull_request = replace(pull_request, agents=verdict.agents)
    number = pull_request.number
    unattributed = collection.unattributed(number)
    holder = None if unattributed and is_manual(unattributed) else collection.for_pull_request(number)
    if not (counts or holder or context.manual or unattributed):
        return collection, Recorded(number=number, verdict=verdict, result=AttributionResult())
    known, run = holder.pull_requests.get(number) if holder else unattributed, _own_run(verdict)
    account, reported = pull_request.author, pull_request
    pull_request = without_person(reported, known, run, policy)
    if known and policy.people is People.HIDDEN:
        known = record_without_person(replace(known, agents=merge_agents(known.agents, verdict.agents)))
    # Of somebody without a name, time says nothing.
    alone = verdict.by_agent_alone or (counts and not verdict.is_auto) or account != pull_request.author
    context = replace(context, agent_alone=alone, run=run, account=account)
    result = choose(collection, pull_request, replace(context, current=None) if holder else context, policy)
    target, result = _target(collection, pull_request, context, result, holder)
    replaced = [field for field in REPORTED if getattr(pull_request, field) != getattr(reported, field)]
    record = _record(known, pull_request, verdict, result.attribution, context, now, replaced)
    if target is None:
        kept = collection.put_unattributed(number, record)
        return kept, Recorded(number=number, verdict=verdict, result=result, record=record, is_new=known is None)
    is_new = holder is None
    session = _place(target, pull_request, record, context, policy, now, is_new=is_new)
    changed = [session]
    if holder and holder.id not in (session.id, *result.absorbs):
        changed.append(with_record(holder, number, None))
    collection = collection.put(*changed, absorbed=result.absorbs).put_unattributed(number, None)
    recorded = Recorded(number=number, verdict=verdict, result=result, session=session, record=record, is_new=is_new)
    return collection, recorded


def is_tracked(verdict: Verdict, policy: Policy) -> bool:
    """Return whether a pull request looks for a session itself."""
    return verdict.is_auto or (policy.track is Track.AGENTS and verdict.involvement is Involvement.ASSISTED)


def _target(
    collection: SessionCollection,
    pull_request: PullRequest,
    context: AttributionContext,
    result: AttributionResult,
    holder: Session | None,
) -> tuple[Session | None, AttributionResult]:
    """The session to put it in: where it is, unless stronger evidence moves it; a known, a named or a new one."""
    if holder and not (_moves(holder, pull_request.number, result) or _bridges(holder, pull_request.number, result)):
        again = result.attribution if result.session_id == holder.id else None
        current = _attribution_in(holder, pull_request.number)
        stays = again if again and (current is None or again.basis > current.basis) else current
        return holder, replace(result, session_id=holder.id, attribution=stays, absorbs=())
    unattributed = collection.unattributed(pull_request.number)
    if holder is None and unattributed and is_manual(unattributed) and not _by_later_correction(result, unattributed):
        return None, replace(result, session_id=None, attribution=unattributed.attribution, absorbs=())
    if context.agent_alone and result.candidates[-1].basis is Basis.COMMITS and not result.ambiguous:
        current = _attribution_in(holder, pull_request.number) if holder else None
        # One that was placed otherwise leaves alone; the others of that session stay.
        return _by_commits(
            collection, pull_request, context, result, holder if current and current.basis is Basis.COMMITS else None
        )
    if result.session_id is not None:
        return _known_or_named(collection, pull_request, context, result), result
    if not pull_request.author or result.ambiguous:
        return None, result
    subject = repository_of(pull_request.number)
    session_id = new_id(pull_request.author, context.at, lambda i: collection.get(i) is not None, subject)
    attribution = Attribution(Basis.TIME, context.at, result.candidates[-1].detail)
    fresh = begin(session_id, pull_request.author, context.at, inferred=True)
    return fresh, replace(result, session_id=session_id, attribution=attribution)


def _own_run(verdict: Verdict) -> tuple[str, str] | None:
    """Return the run that opened it, agent and key: the first that its texts name, else one that its source names."""
    named = ((run.agent, run_key(run.id)) for run in verdict.runs)
    reported = ((agent.name, run) for agent in verdict.agents for run in agent.runs)
    return next(chain(named, reported), None)


def _moves(holder: Session, number: str, result: AttributionResult) -> bool:
    if result.session_id is None or result.attribution is None or result.session_id == holder.id:
        return False
    current = _attribution_in(holder, number)
    if result.attribution.basis is Basis.MANUAL:
        return attribution_order(result.attribution) > attribution_order(current)
    # What an older file lists without a reason is worth as much as closeness in time.
    return result.attribution.basis > (current.basis if current else Basis.TIME)


def _bridges(holder: Session, number: str, result: AttributionResult) -> bool:
    """Whether news of its commits, or that it was merged, joins its session with another one."""
    current = _attribution_in(holder, number)
    bases = {attribution.basis for attribution in (current, result.attribution) if attribution}
    may_join = bases == {Basis.COMMITS} or (bases == {Basis.AGENT_RUN} and holder.inferred)
    return may_join and not {result.session_id, *result.absorbs} <= {None, holder.id}


def _by_commits(
    collection: SessionCollection,
    pull_request: PullRequest,
    context: AttributionContext,
    result: AttributionResult,
    holder: Session | None,
) -> tuple[Session, AttributionResult]:
    """A session of its own, named after it, joined with all that hold a commit of it: a function of the set."""
    author = pull_request.author or next((agent.name for agent in pull_request.agents if agent.opened), "agent")
    session = holder or begin(
        new_id(author, context.at, lambda i: collection.get(i) is not None, pull_request.number),
        author,
        context.at,
        inferred=True,
    )
    names = {name for name in (result.session_id, *result.absorbs, holder.id if holder else None) if name}
    for session_id in sorted(names - {session.id}):
        if known := collection.get(session_id):
            session = merge_sessions(session, known)
    attribution = Attribution(Basis.COMMITS, context.at, "inferred: nothing names a session")
    absorbs = tuple(sorted(names - {session.id}))
    return session, replace(result, session_id=session.id, attribution=attribution, absorbs=absorbs)


def _by_later_correction(result: AttributionResult, unattributed: PullRequestRecord) -> bool:
    order = attribution_order(unattributed.attribution)
    return result.session_id is not None and attribution_order(result.attribution) > order


def _attribution_in(holder: Session, number: str) -> Attribution | None:
    record = holder.pull_requests.get(number)
    return record.attribution if record else None


def _known_or_named(
    collection: SessionCollection, pull_request: PullRequest, context: AttributionContext, result: AttributionResult
) -> Session:
    """An id that somebody named and that nobody knows yet is a session that began elsewhere."""
    assert result.session_id is not None  # noqa: S101 - narrows the type; `_target` asked before
    session = collection.get(result.session_id)
    if session is None and result.attribution and result.attribution.basis is Basis.AGENT_RUN:
        return begin(result.session_id, pull_request.author, context.at, inferred=True)
    if session is None:
        return begin(result.session_id, pull_request.author, context.at)
    for absorbed in result.absorbs:
        if known := collection.get(absorbed):
            session = merge_sessions(session, known)
    return session


def _place(
    session: Session,
    pull_request: PullRequest,
    record: PullRequestRecord,
    context: AttributionContext,
    policy: Policy,
    now: datetime,
    *,
    is_new: bool,
) -> Session:
    """PullRequestRecord in, then what they mean for the session's life."""
    known = session.pull_requests.get(pull_request.number)
    if known != record:
        session = with_record(session, pull_request.number, record)
        if is_new or record.state in (None, State.OPEN):
            session = _worked(session, record.attribution, context, policy)
    reason = completion_reason(pull_request.title, pull_request.body, record, policy) if record.is_auto else None
    if reason:
        session = advance(session, CompletionAsked(context.at, reason), policy)
    return advance(session, TimePassed(now), policy)


def _worked(session: Session, attribution: Attribution | None, context: AttributionContext, policy: Policy) -> Session:
    """Return the session after activity. One that an agent's run made goes on for as long as that run does."""
    at = context.at
    by_run = attribution is not None and attribution.basis is Basis.AGENT_RUN
    if not (by_run and session.inferred and session.started and context.run):
        return advance(session, Activity(at), policy)
    begun = session if session.started <= at else replace(session, started=at)
    begun = replace(begun, runs=merge_runs(session.runs, [Run(*context.run, at, at)]))
    return advance(begun, Activity(at, since=session.started), policy)


def _record(
    known: PullRequestRecord | None,
    pull_request: PullRequest,
    verdict: Verdict,
    attribution: Attribution | None,
    context: AttributionContext,
    now: datetime,
    replaced: Iterable[str],
) -> PullRequestRecord:
    """Return what was known with what is reported now; a value that is reported again keeps its time.

    What stands in place of a report counts for later than a copy of that report.
    """
    at = context.at
    reported = {field: getattr(pull_request, field) for field in REPORTED}
    reported["stack"] = _stack_news(known.stack if known else None, pull_request.stack)
    news: dict[str, Any] = {
        field: value
        for field, value in reported.items()
        if value not in (None, "") and value != getattr(known, field, None)
    }
    # An end is reported no earlier than it came: it must beat "open", reported of the same creation.
    end = max(filter(None, (at, pull_request.closed, pull_request.merged)))
    # It says nothing of when it changed, and was read now.
    times = dict.fromkeys(_ENDS, end) | {"stack": max(at, now)}
    times |= {field: times.get(field, at) + TICK for field in replaced}
    report = PullRequestRecord(
        **news,
        created=pull_request.created,
        # In the order of a merge, so that the same report changes nothing.
        agents=merge_agents(pull_request.agents),
        commits=abbreviated(pull_request.commits) if context.agent_alone or not verdict.is_auto else (),
        is_auto=verdict.is_auto,
        evidence=tuple(sorted(verdict.evidence)),
        attribution=attribution,
        reported_at={field: times.get(field, at) for field in news},
    )
    joined = merge_records(known, report) if known else report
    return replace(joined, attribution=attribution)


def _stack_news(known: Stack | None, reported: Stack | None) -> Stack | None:
    """Return the place in a stack as it is reported, if that is new; to be in none is news only of one that left."""
    if reported is None or (reported == NO_STACK and in_stack(known) is None):
        return None
    return None if known and replace(known, rest="") == reported else reported
