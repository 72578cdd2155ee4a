"""Why a pull request is automatic and why it is in its session: one value, and the English clauses of all renderers."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from pr_sessions.core.agents import Agent, Confidence, Evidence, Involvement, involvement
from pr_sessions.core.attribution import Candidate
from pr_sessions.core.evidence_text import Form
from pr_sessions.core.models import Attribution, Basis, PullRequestRecord, Session
from pr_sessions.core.people import HIDDEN

if TYPE_CHECKING:
    from pr_sessions.core.inference import Group, Learnt
    from pr_sessions.core.recording import Recorded
    from pr_sessions.core.sign_counts import SignCounts

# Strongest first.
BASES: Mapping[Basis, str] = {
    Basis.MANUAL: "somebody put it there manually",
    Basis.HOOK: "an agent's hook saw the session create it",
    Basis.AGENT_RUN: "its body or a trailer carries the id of an agent's run that belongs to the session",
    Basis.MARKER: "our mark in its title, body or commits names the session",
    Basis.WORKSPACE: "it comes from the working tree or the branch of the session",
    Basis.STACK: "its author's others in the same stack of the forge are in the session",
    Basis.COMMITS: "an agent opened it or assisted, and it shares a commit with the others there or stands alone",
    Basis.TIME: "its author worked in this repository within the timeout",
}
NO_REASON = "an older file lists it without a reason"
NEWER_REASON = "a newer version put it there for a reason that this one does not know"

_NO_CANDIDATE = {
    Basis.MANUAL: "nobody put it there manually",
    Basis.HOOK: "no agent's hook saw a session create it",
    Basis.AGENT_RUN: "no id of an agent's run",
    Basis.MARKER: "no mark of ours named a session",
    Basis.WORKSPACE: "no working tree or branch named a session",
    Basis.STACK: "no stack of the forge is known that it is in",
    Basis.COMMITS: "no other pull request of an agent's was found to share a commit with it",
    Basis.TIME: "no work of its author within the timeout",
}
_NOT_EVALUATED = "not asked: something stronger decided"
_RULES = {
    "title": "its title matches {}",
    "commit message": "a commit message matches {}",
    "agent": "the agent {} opened it",
    "small change": "it changes {}",
    "hook": "a hook saw it opened ({})",
}
# Where evidence comes from, by its rule.
_AUTHOR, _COMMIT_AUTHOR = "its author", "the commit author"
_SOURCES: Mapping[str, str] = {
    "author": "the forge",
    "branch": _AUTHOR,
    "body": _AUTHOR,
    "comment": _AUTHOR,
    "title": _AUTHOR,
    "label": "the person who set the label",
    "commit-author": _COMMIT_AUTHOR,
    "co-author": _COMMIT_AUTHOR,
    "trailer": _COMMIT_AUTHOR,
    "told": "the person who recorded it",
    "hook": "a hook on this machine",
}
# What shows an agent's part, by the evidence's rule.
_SIGNS: Mapping[str, str] = {
    "author": "its author is {}",
    "branch": "branch of {}",
    "commit-author": "commit author {}",
    "co-author": "co-author {}",
    "trailer": "trailer of {}",
    "body": "footer of {}",
    "line": "link or line of {}",
    "comment": "comment of {} in its description",
    "title": "title as {} writes them",
    "label": "label of {}",
    "told": "named by the source: {}",
    "hook": "a hook of {} saw it",
}
_NO_SIGN = "no sign of an agent"


class Outcome(StrEnum):
    """What a basis means for the session that a pull request is in; `EVALUATED` where no basis decided."""

    DECIDED = "decided"
    STRONGER = "stronger"
    WEAKER = "weaker"
    EVALUATED = "tried"


class BasisResult(Struct, frozen=True):
    """What one basis says of a pull request.

    Attributes:
        sessions: ids of the sessions that it names by what is known now.
    """

    basis: Basis
    outcome: Outcome
    detail: str
    sessions: tuple[str, ...] = ()


class Explanation(Struct, frozen=True, kw_only=True):
    """Why a pull request is in its session, or in none.

    Attributes:
        evidence: what makes it automatic.
        agents: those that opened or assisted, also where that is only a hint.
        session: the session that holds it.
        attribution: the basis that decided, or the manual correction that took it out; `None` where nothing decided.
        candidates: what each basis that was evaluated found, strongest first.
        not_asked: by basis, why it could not be asked: what it goes by is not kept, or was not read.
        equal_matches: ids of the sessions that fit equally well, so that it is in none of them.
        would_join: id of the session that it would go to if it were recorded again; empty for none.
        inferred: the pull requests with which it is read as one session, which is not stored, and by what rule; `None`
            where something certain says where it belongs, or no agent's part is known.
    """

    number: str
    is_auto: bool = False
    evidence: tuple[Evidence, ...] = ()
    agents: tuple[Agent, ...] = ()
    session: Session | None = None
    attribution: Attribution | None = None
    candidates: tuple[Candidate, ...] = ()
    not_asked: Mapping[Basis, str] = {}
    equal_matches: tuple[str, ...] = ()
    would_join: str = ""
    inferred: "tuple[Group, Learnt] | None" = None

    @property
    def session_id(self) -> str | None:
        """Return the id of its session."""
        return self.session.id if self.session else None

    @property
    def basis(self) -> Basis:
        """Return the basis that decided."""
        return self.attribution.basis if self.attribution else Basis.NONE

    @property
    def bases(self) -> tuple[BasisResult, ...]:
        """Return every basis, strongest first, with what it found."""
        return tuple(_basis_result(basis, self) for basis in BASES)

    @property
    def shares_commit_with(self) -> tuple[str, ...]:
        """Return the numbers of those in its session with which it shares a commit."""
        records = self.session.pull_requests if self.session else {}
        commits = set(records[self.number].commits) if self.number in records else set()
        sharing = (n for n, record in records.items() if n != self.number and not commits.isdisjoint(record.commits))
        return tuple(sorted(sharing))

    @property
    def sole_author(self) -> str:
        """Return its author, if nothing else in its session is by the same person; empty otherwise."""
        records = self.session.pull_requests if self.session else {}
        author = records[self.number].author if self.number in records else ""
        people = {record.author for n, record in records.items() if n != self.number}
        return "" if self.session is None or author in {self.session.author, *people} else author


def not_asked(record: PullRequestRecord) -> Mapping[Basis, str]:
    """Return which bases cannot be asked by what is kept of a pull request, and why not."""
    texts = "titles, descriptions and commit messages are not kept"
    is_agents_alone = record.verdict.is_agents_alone
    commits = "" if is_agents_alone else "commits are compared where only an agent's part makes it count"
    unknown = {
        Basis.AGENT_RUN: "" if any(agent.runs for agent in record.agents) else f"no run is kept; {texts}",
        Basis.MARKER: texts,
        Basis.WORKSPACE: "" if record.branch not in (None, "", HIDDEN) else "its branch is not known",
        Basis.STACK: "" if record.stack else "the forge did not say whether it is in a stack",
        Basis.COMMITS: commits if record.commits else "its commits are not known",
        Basis.TIME: "" if record.author else "its author is not known",
    }
    if is_agents_alone:
        unknown[Basis.TIME] = "only an agent's part makes it count, and one account may work for several people"
    return {basis: f"not asked: {why}" for basis, why in unknown.items() if why}


def explain_recorded(recorded: "Recorded") -> Explanation:
    """Return why a pull request that was just recorded is where it is."""
    kept, result = recorded.record, recorded.result
    return Explanation(
        number=recorded.number,
        is_auto=recorded.verdict.is_auto,
        evidence=recorded.verdict.evidence,
        agents=recorded.agents,
        session=recorded.session,
        attribution=kept.attribution if kept else result.attribution,
        candidates=result.candidates,
        equal_matches=result.candidates[-1].candidates if result.ambiguous else (),
    )


def evidence_clause(evidence: Evidence, escape: Callable[[str], str]) -> str:
    """Return what a piece of evidence says.

    Args:
        evidence: old files may hold any rule and any detail.
        escape: makes text from outside safe for where it is shown.
    """
    if evidence.detail in set(Form):
        return f"its {'title' if evidence.rule == 'title' else 'body'} carries our mark ({evidence.detail})"
    detail = escape(evidence.detail)
    return _RULES[evidence.rule].format(detail) if evidence.rule in _RULES else f"{escape(evidence.rule)}: {detail}"


def involvement_clause(agents: Sequence[Agent], counts: "SignCounts", escape: Callable[[str], str]) -> str:
    """Return what part agents had in a pull request, and the signs that say so: kind, and in how many commits.

    Args:
        agents: those that opened or assisted, hints among them.
        counts: in how many commits each sign stands, where commits were read.
        escape: as for `evidence_clause`.
    """
    part = involvement(agents)
    shown = [agent for agent in agents if agent.confidence >= Confidence.LIKELY]
    if part is Involvement.OPENED:
        shown.sort(key=lambda agent: not agent.opened)
    # What only a hint shows is no sign; that there is one is said all the same.
    pieces = ((agent, evidence) for agent in shown or agents for evidence in agent.evidence)
    signs = ", ".join(dict.fromkeys(_sign_clause(*piece, counts, escape) for piece in pieces))
    if part is Involvement.NO_SIGN:
        return f"{_NO_SIGN}; only a hint: {signs}" if signs else _NO_SIGN
    names = " + ".join(escape(a.name) for a in shown if a.opened or part is Involvement.ASSISTED)
    return f"{part.value} by {names}: {signs or 'no reason is kept'}"


def _sign_clause(agent: Agent, evidence: Evidence, counts: "SignCounts", escape: Callable[[str], str]) -> str:
    clause = _SIGNS.get(evidence.rule, f"{escape(evidence.rule)} of {{}}").format(escape(agent.name))
    showing = counts.showing.get(evidence, 0)
    if not showing:
        return clause
    return f"{clause} in {showing} of {counts.commits} {'commit' if counts.commits == 1 else 'commits'}"


def source(evidence: Evidence) -> str:
    """Return who vouches for a piece of evidence: what an author can write is worth no more than that."""
    return _SOURCES.get(evidence.rule, "unknown")


def attribution_clause(attribution: Attribution | None, escape: Callable[[str], str]) -> str:
    """Return why a pull request is in its session; `escape` as for `evidence_clause`."""
    if attribution and attribution.basis is Basis.UNKNOWN:
        return NEWER_REASON
    if attribution is None or attribution.basis not in BASES:
        return NO_REASON
    return f"{escape(attribution.by)} put it there manually" if attribution.by else BASES[attribution.basis]


def _basis_result(basis: Basis, explanation: Explanation) -> BasisResult:
    attribution, candidates = explanation.attribution, explanation.candidates
    decided = attribution.basis if attribution else Basis.NONE
    if attribution and basis is decided:
        return BasisResult(basis, Outcome.DECIDED, attribution.detail or BASES[basis])
    outcome = Outcome.STRONGER if basis > decided else Outcome.WEAKER
    if decided is Basis.NONE:
        outcome = Outcome.EVALUATED
    matches = [each for each in candidates if each.basis is basis and (each.candidates or each.sees)]
    is_evaluated = not candidates or basis >= min(each.basis for each in candidates)
    nothing = _NO_CANDIDATE[basis] if is_evaluated else _NOT_EVALUATED
    detail = "; ".join(each.detail for each in matches) or explanation.not_asked.get(basis) or nothing
    return BasisResult(basis, outcome, detail, tuple(sorted({i for each in matches for i in each.candidates})))
