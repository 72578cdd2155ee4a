"""Where a team hides people: what is stored of a pull request that somebody made with an agent names the agent."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence, Involvement, involvement, merge_agents
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.models import REPORTED, Attribution, Basis, PullRequest, PullRequestRecord, Session
from pr_sessions.core.policy import People, Policy

L = TypeVar("L", bound=SessionCollection)
P = TypeVar("P", PullRequest, PullRequestRecord)

# Stands where a branch or somebody who made a correction would be named. No branch has this name.
HIDDEN = "-"
# What replaces a report is this much later, so that it wins over copies of that report, the same in every clone.
TICK = timedelta(microseconds=1)
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def without_person(
    pull_request: PullRequest, known: PullRequestRecord | None, run: tuple[str, str] | None, policy: Policy
) -> PullRequest:
    """Return what may be stored of a pull request: itself, or the name of its agent in place of its author's.

    A branch that names the author is `HIDDEN`. What an agent opened stays as it is.

    Args:
        pull_request: with the agents that were found.
        known: what is stored of it already; a hook may have seen an agent open it.
        run: the run that opened it, agent and key.
        policy: whether people are hidden.
    """
    known = known or PullRequestRecord()
    agents = merge_agents(known.agents, pull_request.agents)
    if policy.people is People.SHOWN or involvement(agents) is not Involvement.ASSISTED:
        return pull_request
    author = pull_request.author or known.author
    if name := _name_in_place_of(author, agents):
        stored = _without_names(pull_request, author, run[0] if run else name)
        return stored if pull_request.author else replace(stored, author="")
    if not pull_request.author:
        # It does not say any more whom a branch names that was hidden before.
        branch = HIDDEN if pull_request.branch and known.branch == HIDDEN else pull_request.branch
        base = HIDDEN if pull_request.base and known.base == HIDDEN else pull_request.base
        return replace(pull_request, branch=branch, base=base)
    return pull_request


def record_without_person(record: PullRequestRecord) -> PullRequestRecord:
    """Return the record with the name of an agent that assisted in place of people's; itself where it names nobody.

    The author of a correction of it is a person, too.
    """
    if involvement(record.agents) is not Involvement.ASSISTED:
        return record
    author, name = record.author, _name_in_place_of(record.author, record.agents)
    hidden = _without_names(record, author, name) if name else record
    hidden = replace(hidden, attribution=_attribution_without_person(record.attribution, author, name))
    if hidden == record:
        return record
    fields = [field for field in REPORTED if getattr(hidden, field) != getattr(record, field)]
    reported_at = {field: record.reported_at.get(field, _NO_TIME) + TICK for field in fields}
    return replace(hidden, reported_at={**record.reported_at, **reported_at})


def session_without_people(session: Session) -> Session:
    """Return the session with records that name no person; itself where all are so. Its own author stays."""
    changed = _changed(session.pull_requests)
    return replace(session, pull_requests={**session.pull_requests, **changed}) if changed else session


def hide_people(sessions: L, ids: Iterable[str], policy: Policy) -> L:
    """Return the sessions as files may hold them.

    Args:
        sessions: what is to be stored.
        ids: the sessions that may name people.
        policy: whether people are hidden.
    """
    if policy.people is People.SHOWN:
        return sessions
    sessions = sessions.put(*(session_without_people(sessions[i]) for i in ids))
    for number, record in _changed(sessions.all_unattributed()).items():
        sessions = sessions.put_unattributed(number, record)
    return sessions


def _changed(records: Mapping[str, PullRequestRecord]) -> dict[str, PullRequestRecord]:
    hidden = {number: record_without_person(record) for number, record in records.items()}
    return {number: record for number, record in hidden.items() if record is not records[number]}


def _name_in_place_of(author: str, agents: Collection[Agent]) -> str:
    """Return the name of an agent that assisted; empty where the author is unknown or has the name of one already."""
    shown = [agent.name for agent in agents if agent.confidence >= Confidence.LIKELY]
    return "" if not author or author in shown else shown[0]


def _without_names(value: P, author: str, name: str) -> P:
    stack = value.stack
    if stack and _hides(author, stack.base):
        stack = replace(stack, base="")
    branch = HIDDEN if _hides(author, value.branch) else value.branch
    base = HIDDEN if _hides(author, value.base) else value.base
    return replace(value, author=name, branch=branch, base=base, stack=stack)


def _hides(author: str, branch: str | None) -> bool:
    """Whether a branch names the author."""
    return branch is not None and author.casefold() in branch.casefold()


def _attribution_without_person(attribution: Attribution | None, author: str, name: str) -> Attribution | None:
    """Return the attribution without the author's name; of two copies, the one that is returned counts."""
    if attribution is None:
        return None
    detail, by = attribution.detail, attribution.by
    if name and attribution.basis is Basis.WORKSPACE and detail.startswith("branch "):
        detail = f"branch {HIDDEN}" if _hides(author, detail) else detail
    elif name and attribution.basis is Basis.TIME:
        detail = detail.replace(f"work of {author} ", f"work of {name} ")
    by = by and HIDDEN
    if (detail, by) == (attribution.detail, attribution.by):
        return attribution
    # Of two corrections the later one counts, else the earlier attribution.
    tick = TICK if attribution.basis is Basis.MANUAL else -TICK
    return replace(attribution, detail=detail, by=by, at=attribution.at + tick if attribution.at else None)
