"""Survey the pull requests of a history: sessions are put together in memory, as recording would have done."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta, tzinfo
from functools import reduce

from msgspec.structs import replace

from pr_sessions.core.agents import Involvement
from pr_sessions.core.attribution import AttributionContext, is_by_commits
from pr_sessions.core.branch_prefix import with_branch_agents
from pr_sessions.core.clues import Clues, clues
from pr_sessions.core.detection import detect
from pr_sessions.core.explain import explain_recorded
from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.ids import number_order
from pr_sessions.core.inference import bursts, infer
from pr_sessions.core.merge import merge_sessions
from pr_sessions.core.models import Basis, Session, Verdict
from pr_sessions.core.overlaps import overlaps, overlaps_of
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import People, Ruleset, Track
from pr_sessions.core.recording import Recorded, record
from pr_sessions.core.relations import agent_counts, ranked, stacks
from pr_sessions.core.runs import agents_with_ids, run_key
from pr_sessions.core.sign_counts import count_signs
from pr_sessions.core.trailers import is_squashed
from pr_sessions.look.survey import (
    Closeup,
    EvidenceCount,
    PullRequestGroup,
    Survey,
    SurveyedPullRequest,
    chains_by_number,
    reviewable,
)

# How far from one pull request others are looked at, to say which touch the same files.
NEIGHBOURHOOD = timedelta(days=7)
# To search all texts for more ids than these costs more than to read them.
_FEW_RUNS = 30


def survey_days(
    prs: Sequence[HistoricPullRequest], days: int, rules: Ruleset, now: datetime, zone: tzinfo | None = None
) -> Survey:
    """Return the last days on which pull requests were merged.

    Args:
        prs: the whole history.
        days: how many days.
        rules: patterns, signatures, timeout.
        now: the time of looking.
        zone: whose days; the machine's if not given.

    Raises:
        InvalidValue: one of the team's patterns cannot be used.
    """
    days_by_number = {pr.number: pr.when.astimezone(zone).date() for pr in prs}
    shown = sorted(set(days_by_number.values()))[-days:]
    core = {number for number, day in days_by_number.items() if day >= shown[0]}
    return _survey(prs, core, rules, now, tuple(shown))


def survey_hours(prs: Sequence[HistoricPullRequest], hours: int, rules: Ruleset, now: datetime) -> Survey:
    """Return what was merged within so many hours before `now`, or after it by a clock that is ahead.

    Raises:
        InvalidValue: one of the team's patterns cannot be used.
    """
    core = {pr.number: pr.when.astimezone().date() for pr in prs if now - pr.when <= timedelta(hours=hours)}
    return replace(_survey(prs, core.keys(), rules, now, tuple(sorted(set(core.values())))), hours=hours)


def survey_around(prs: Sequence[HistoricPullRequest], number: str, rules: Ruleset, now: datetime) -> Closeup | None:
    """Return a pull request and what was merged within a week of it; `None` if the history does not name it.

    Raises:
        InvalidValue: one of the team's patterns cannot be used.
    """
    center = next((pr for pr in prs if pr.number == number), None)
    if center is None:
        return None
    core = {pr.number for pr in prs if abs(pr.when - center.when) <= NEIGHBOURHOOD}
    survey = _survey(prs, core, rules, now)
    shown = [pr for pr in prs if pr.number in survey.pull_requests]
    pairs = overlaps_of({number}, shown, survey.stacks)
    counts = count_signs(center.pull_request, rules.signatures)
    return Closeup(pull_request=survey.pull_requests[number], survey=survey, overlaps=pairs, counts=counts)


def _survey(
    prs: Sequence[HistoricPullRequest],
    core: AbstractSet[str],
    rules: Ruleset,
    now: datetime,
    days: tuple[date, ...] = (),
) -> Survey:
    # Nothing is stored: work with an agent is shown whatever the team tracks.
    rules = replace(rules, policy=replace(rules.policy, track=Track.AGENTS, people=People.SHOWN))
    prs = _with_branch_agents(prs, rules)
    verdicts = _verdicts((pr for pr in prs if pr.number in core), rules)
    # Detection costs most: others are asked only where they may belong to what is shown.
    is_inferred = any(verdict.is_agents_alone and not verdict.runs for verdict in verdicts.values())
    asked = prs if is_inferred else _naming(prs, {run.id for verdict in verdicts.values() for run in verdict.runs})
    verdicts |= _verdicts((pr for pr in asked if pr.number not in verdicts), rules)
    signs = _clues((pr for pr in prs if pr.number in verdicts), verdicts)
    inference = infer(signs) if is_inferred else None
    groups_found = inference.groups if inference else ()
    inferred = {group.id: group.numbers for group in groups_found if not core.isdisjoint(group.numbers)}
    wanted = {*core, *same_runs(verdicts, core), *(n for numbers in inferred.values() for n in numbers)}
    near = linked(prs, wanted, rules.policy.timeout)
    verdicts |= _verdicts((pr for pr in near if pr.number not in verdicts), rules)
    collection, recorded = _record(near, verdicts, rules, now)
    by_number = {pr.number: pr for pr in near}
    joined = _join_inferred(collection, inferred)
    sessions = [session for session in joined if any(number in core for number in session.prs)]
    manual = [pr for pr in near if _is_without_sign(verdicts[pr.number])]
    work = [stretch for stretch in stretches(manual, rules.policy.timeout) if any(pr.number in core for pr in stretch)]
    unattributed = tuple(n for n in by_number if n in core and collection.unattributed(n))
    groups = [*(session.prs for session in sessions), *([pr.number for pr in stretch] for stretch in work)]
    group_of = {number: place for place, numbers in enumerate(groups) for number in numbers}
    session_of = {number: session for session in joined for number in session.prs}
    shown = {
        number: _surveyed(by_number[number], recorded[number], session_of.get(number))
        for number in sorted({*group_of, *unattributed}, key=number_order)
    }
    historic = [pr for pr in prs if pr.number in shown]
    chains = stacks(historic)
    shared_files = overlaps(historic, {number: session.id for number, session in session_of.items()}, chains)
    pairs = shared_files.pairs
    together = {pair.numbers for pair in pairs if len({group_of.get(number, number) for number in pair.numbers}) == 1}
    by_chain = chains_by_number(chains)
    counts = Counter(evidence for pr in shown.values() for evidence in pr.explanation.evidence)
    return Survey(
        pull_requests=shown,
        sessions=_largest_first(_session_group(s, [shown[n] for n in s.prs], by_chain) for s in sessions),
        unattributed=unattributed,
        not_automatic=_largest_first(_group([shown[pr.number] for pr in stretch], by_chain) for stretch in work),
        agents=agent_counts(agent for pr in shown.values() for agent in pr.agents),
        shared_files=shared_files,
        collisions=tuple(pair for pair in pairs if pair.numbers not in together),
        overlaps=tuple(pair for pair in pairs if pair.numbers in together),
        stacks=chains,
        read=len(prs),
        undescribed=sum(_is_without_sign(verdicts[pr.number]) and not _is_described(pr) for pr in historic),
        signs=Counter(pr.sign for pr in shown.values()),
        bursts=bursts(each for each in signs if each.number in core),
        learnt=inference.learnt if inference else None,
        days=days,
        evidence=tuple(EvidenceCount(evidence.rule, evidence.detail, count) for evidence, count in ranked(counts)),
        patterns=tuple(rules.policy.auto_pr_patterns),
    )


def _with_branch_agents(prs: Sequence[HistoricPullRequest], rules: Ruleset) -> list[HistoricPullRequest]:
    with_agents = with_branch_agents((pr.pull_request for pr in prs), rules.signatures)
    return [
        pr if pr.pull_request is known else replace(pr, pull_request=known)
        for pr, known in zip(prs, with_agents, strict=True)
    ]


def _verdicts(prs: Iterable[HistoricPullRequest], rules: Ruleset) -> dict[str, Verdict]:
    return {pr.number: detect(pr.pull_request, rules) for pr in prs}


def _naming(prs: Iterable[HistoricPullRequest], runs: AbstractSet[str]) -> list[HistoricPullRequest]:
    """Return those whose texts may name one of these runs."""
    if not runs:
        return []
    if len(runs) > _FEW_RUNS:
        return list(prs)
    texts = ((pr, (pr.pull_request.body, *pr.pull_request.commit_messages)) for pr in prs)
    return [pr for pr, parts in texts if any(run in part for part in parts for run in runs)]


def _is_described(pr: HistoricPullRequest) -> bool:
    """Return whether its description is in git: a squash often has the messages of its commits in that place."""
    body = pr.pull_request.body
    return bool(body.strip()) and not is_squashed(body)


def _is_without_sign(verdict: Verdict) -> bool:
    return not verdict.is_auto and verdict.involvement is Involvement.NO_SIGN


def _clues(prs: Iterable[HistoricPullRequest], verdicts: Mapping[str, Verdict]) -> list[Clues]:
    pairs = ((pr, verdicts[pr.number]) for pr in prs)
    return [
        clues(pr, run=next((run.id for run in verdict.runs), None), has_agent=verdict.is_agents_alone)
        for pr, verdict in pairs
    ]


def _join_inferred(collection: InMemorySessions, inferred: Mapping[str, tuple[str, ...]]) -> list[Session]:
    """Return the sessions, with those of pull requests that stand alone made into the inferred ones."""
    alone = {session.prs[0]: session for session in collection if len(session.prs) == 1 and is_by_commits(session)}
    joined: dict[str, Session] = {}
    for session_id, numbers in inferred.items():
        members = [alone[number] for number in numbers if number in alone]
        # One that an agent opened alone has the name with which it would be recorded.
        if len(members) > 1 or any(
            not record.is_auto for member in members for record in member.pull_requests.values()
        ):
            whole = reduce(merge_sessions, (replace(member, id=session_id) for member in members))
            joined |= dict.fromkeys((member.id for member in members), whole)
    sessions = (joined.get(session.id, session) for session in collection)
    return list({session.id: session for session in sessions}.values())


def _record(
    prs: Iterable[HistoricPullRequest], verdicts: Mapping[str, Verdict], rules: Ruleset, now: datetime
) -> tuple[InMemorySessions, Mapping[str, Recorded]]:
    collection, recorded = InMemorySessions(), {}
    for pr in prs:
        context = AttributionContext(at=pr.opened)
        verdict = verdicts[pr.number]
        collection, recorded[pr.number] = record(collection, pr.pull_request, context, rules, now, verdict)
    return collection, recorded


def _surveyed(pr: HistoricPullRequest, recorded: Recorded, session: Session | None) -> SurveyedPullRequest:
    pull_request = pr.pull_request
    explanation = explain_recorded(recorded)
    run_ids = {run_key(run.id): run.id for run in recorded.verdict.runs}
    return SurveyedPullRequest(
        explanation=replace(explanation, session=session, agents=agents_with_ids(explanation.agents, run_ids)),
        title=pull_request.title,
        author=pull_request.author,
        opened=pr.opened,
        branch=pull_request.branch,
        base=pull_request.base,
        files=None if pull_request.files_changed is None else pr.files,
        merged=pr.when,
        commit=pr.sha,
        kind=pr.kind,
    )


def _session_group(
    session: Session, prs: Sequence[SurveyedPullRequest], chains: Mapping[str, Sequence[Sequence[str]]]
) -> PullRequestGroup:
    group = _group(prs, chains)
    return replace(
        group,
        session_id=session.id,
        author=session.author,
        started=session.started or group.started,
        latest=session.latest or group.latest,
        inferred=session.inferred and session.rests_on is not Basis.AGENT_RUN,
        trigger=session.completion.trigger if session.completion else None,
    )


def _group(prs: Sequence[SurveyedPullRequest], chains: Mapping[str, Sequence[Sequence[str]]]) -> PullRequestGroup:
    times = [pr.opened for pr in prs if pr.opened]
    numbers = tuple(pr.number for pr in prs)
    group = PullRequestGroup(author=prs[0].author, started=min(times), latest=max(times), prs=numbers)
    # Where a shallow clone ends, what is known is counted.
    files = len({path for pr in prs for path in pr.files or ()})
    return replace(reviewable(group, prs, chains), files=files)


def _largest_first(groups: Iterable[PullRequestGroup]) -> tuple[PullRequestGroup, ...]:
    """Sort by size; of the same size, the latest first."""
    return tuple(sorted(groups, key=lambda group: (len(group.prs), group.latest, group.prs), reverse=True))


def linked(prs: Iterable[HistoricPullRequest], core: Collection[str], timeout: timedelta) -> list[HistoricPullRequest]:
    """Return the core and the earlier and later ones that its sessions may reach to, in the order of opening.

    A session goes on while the same author or the same branch does within the timeout. So the cost of recording
    grows with the days that are shown and not with the whole history.
    """
    ordered = sorted(prs, key=lambda pr: (pr.opened, number_order(pr.number)))
    reached = set(core)
    for direction in (reversed(ordered), ordered):
        reached |= set(_reached(direction, reached, timeout))
    return [pr for pr in ordered if pr.number in reached]


def _reached(ordered: Iterable[HistoricPullRequest], core: Collection[str], timeout: timedelta) -> Iterator[str]:
    last: dict[tuple[str, str | None], datetime] = {}
    for pr in ordered:
        keys = [key for key in (("author", pr.pull_request.author), ("branch", pr.pull_request.branch)) if key[1]]
        if pr.number in core or any(key in last and abs(pr.opened - last[key]) <= timeout for key in keys):
            yield pr.number
            last |= dict.fromkeys(keys, pr.opened)


def same_runs(verdicts: Mapping[str, Verdict], core: Collection[str]) -> set[str]:
    """Return the numbers of those that name a run that the core names, however far apart."""
    runs = {run.id for number in core for run in verdicts[number].runs}
    return {number for number, verdict in verdicts.items() if any(run.id in runs for run in verdict.runs)}


def stretches(prs: Iterable[HistoricPullRequest], timeout: timedelta) -> Iterator[list[HistoricPullRequest]]:
    """Yield the work of one author without a gap longer than the timeout.

    Args:
        prs: in the order of opening.
        timeout: the longest gap.
    """
    latest: dict[str, list[HistoricPullRequest]] = {}
    for pr in prs:
        author = pr.pull_request.author
        current = latest.setdefault(author, [])
        if current and pr.opened - current[-1].opened > timeout:
            yield current
            current = latest[author] = []
        current.append(pr)
    yield from latest.values()
