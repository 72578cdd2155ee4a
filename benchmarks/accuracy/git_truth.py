"""What `look` makes of histories whose messages carry ids of runs: with the ids, and with them hidden."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import fsum

from msgspec import Struct

from benchmarks.accuracy.agreement import Tally, tally, total
from benchmarks.accuracy.plain_reading import Reading, read
from benchmarks.accuracy.rebuilt import Rebuilt
from pr_sessions.config.cache import package_signatures
from pr_sessions.core.agents import Confidence
from pr_sessions.core.clues import Clues, clues, path_levels
from pr_sessions.core.ids import number_order
from pr_sessions.core.inference import BLOCKS, Rule, group_by_rule, learn
from pr_sessions.core.policy import Policy, Ruleset
from pr_sessions.look.history import survey_days
from pr_sessions.look.survey import Survey

INFERRED = "inferred-"


class Visible(Struct, frozen=True, kw_only=True):
    """What `look` finds while the ids are there. The truth: messages that name exactly one.

    Attributes:
        sessions: true sessions with several pull requests, and how many of them are found with exactly these.
        false_joins: pull requests that share an id with their session only by a text that does not count.
        signed: pull requests with a sign of an agent in a place that counts, and how many are shown so.
    """

    tally: Tally
    sessions: tuple[int, int]
    false_joins: tuple[str, ...]
    signed: tuple[int, int]


class Hidden(Struct, frozen=True, kw_only=True):
    """What is inferred while the ids of a block are hidden, by the rule learnt on the other blocks.

    Attributes:
        rules: the rule that was chosen for each block.
        one_each: B-cubed of one session for each pull request.
        inferred: of each block's pull requests, in the groups that its rule makes of all whose session is known.
        within: the same in the groups that it makes of the block alone, against the truth within the block.
    """

    rules: tuple[Rule, ...]
    one_each: Tally
    inferred: Tally
    within: Tally


class Figures(Struct, frozen=True, kw_only=True):
    """One history."""

    pull_requests: int
    with_one_id: int
    visible: Visible
    hidden: Hidden


def measure(history: Rebuilt) -> Figures:
    """Measure one history."""
    authors = {pr.number: next(iter(pr.pull_request.commit_authors), "") for pr in history.pull_requests}
    readings = {number: read(message, authors[number]) for number, message in history.messages.items()}
    truth = {number: next(iter(each.named)) for number, each in readings.items() if len(each.named) == 1}
    return Figures(
        pull_requests=len(history.pull_requests),
        with_one_id=len(truth),
        visible=_visible(history, readings, truth),
        hidden=_hidden(history, truth),
    )


def _visible(history: Rebuilt, readings: Mapping[str, Reading], truth: Mapping[str, str]) -> Visible:
    survey = _survey(history)
    sessions = [group.prs for group in survey.sessions if not (group.session_id or "").startswith(INFERRED)]
    of_session = {number: f"session {place}" for place, numbers in enumerate(sessions) for number in numbers}
    found = {number: of_session.get(number, number) for number in truth}
    signed = [number for number, each in readings.items() if each.has_sign]
    return Visible(
        tally=tally(truth, found),
        sessions=_exact(truth, found),
        false_joins=tuple(number for numbers in sessions for number in _false_joins(numbers, readings)),
        signed=(len(signed), sum(_is_shown(survey, number) for number in signed)),
    )


def _survey(history: Rebuilt) -> Survey:
    now = max(pr.when for pr in history.pull_requests)
    return survey_days(history.pull_requests, len(history.pull_requests), Ruleset(Policy(), package_signatures()), now)


def _is_shown(survey: Survey, number: str) -> bool:
    shown = survey.pull_requests.get(number)
    return shown is not None and any(agent.confidence > Confidence.HINT for agent in shown.agents)


def _exact(truth: Mapping[str, str], found: Mapping[str, str]) -> tuple[int, int]:
    groups: dict[str, set[str]] = defaultdict(set)
    sessions: dict[str, set[str]] = defaultdict(set)
    for number in truth:
        groups[found[number]].add(number)
        sessions[truth[number]].add(number)
    several = [numbers for numbers in sessions.values() if len(numbers) > 1]
    return len(several), sum(numbers in groups.values() for numbers in several)


def _false_joins(numbers: Sequence[str], readings: Mapping[str, Reading]) -> Iterator[str]:
    counted = Counter(run for number in numbers for run in readings[number].runs)
    named = Counter(run for number in numbers for run in readings[number].named)
    for number in numbers:
        reading = readings[number]
        is_shared = any(counted[run] > 1 for run in reading.runs)
        if not is_shared and any(named[run] > 1 for run in reading.named):
            yield number


def _hidden(history: Rebuilt, truth: Mapping[str, str]) -> Hidden:
    # Nothing of an id is among the clues.
    every = [clues(pr, run=truth.get(pr.number), has_agent=pr.number in truth) for pr in history.pull_requests]
    levels = path_levels(every)
    known = sorted((each for each in every if each.run is not None), key=lambda pr: (pr.at, number_order(pr.number)))
    one_each = tally(truth, {number: number for number in truth})
    rules, inferred, within = [], [], []
    for block, others in _blocks(known):
        learnt = learn(others, levels)
        rules.append(learnt.rule)
        of_all = {number: group.id for group in group_by_rule(known, learnt, levels) for number in group.numbers}
        alone = {number: group.id for group in group_by_rule(block, learnt, levels) for number in group.numbers}
        inferred.append(_of_these({pr.number for pr in block}, truth, of_all))
        within.append(tally({pr.number: truth[pr.number] for pr in block}, alone))
    return Hidden(rules=tuple(rules), one_each=one_each, inferred=total(inferred), within=total(within))


def _blocks(known: Sequence[Clues]) -> Iterator[tuple[Sequence[Clues], Sequence[Clues]]]:
    """Yield each of some blocks of equal count by time, and what is outside it."""
    for n in range(BLOCKS):
        first, end = len(known) * n // BLOCKS, len(known) * (n + 1) // BLOCKS
        yield known[first:end], [*known[:first], *known[end:]]


def _of_these(numbers: Collection[str], truth: Mapping[str, str], found: Mapping[str, str]) -> Tally:
    """Return the B-cubed sums of some of the pull requests, in groups of all of them."""
    sessions, groups = Counter(truth.values()), Counter(found[number] for number in truth)
    both = Counter((truth[number], found[number]) for number in truth)
    shared = {number: both[truth[number], found[number]] for number in numbers}
    return Tally(
        items=len(numbers),
        precision=fsum(n / groups[found[number]] for number, n in shared.items()),
        recall=fsum(n / sessions[truth[number]] for number, n in shared.items()),
    )
