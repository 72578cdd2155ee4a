"""Which pull requests of coding agents belong to one session though no mark says so: a few signs, each with a weight.

The tracker keeps no words, so it sees the first sign alone. The others are measured beside it
(`python -m benchmarks.accuracy grouping`, docs/reference/accuracy.md).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import fsum, log

from msgspec import Struct

from pr_sessions.core.evidence_text import own_words
from pr_sessions.core.ids import number_order
from pr_sessions.core.models import PullRequest

NEAR = timedelta(minutes=20)
WITHIN = timedelta(days=7)
"""Further apart, a commit of both is no sign: so the tracker looks at the sessions of some days, not at all."""

ALIKE = 0.3
ENOUGH = 5
MOST_NEIGHBOURS = 50
"""In a burst only so many of the pull requests opened before are compared: the cost stays in proportion."""

WEIGHTS: Mapping[str, int] = {
    "a commit is in both": 12,  # outweighs all that speaks against
    "opened within 20 minutes": 3,
    "the same issues are named": 2,
    "the bodies share most of their rare words": 2,
    "the same title": -4,  # the same task given to several runs at once
    "requested by different people": -2,
}
_COMMIT, _NEAR, _ISSUES, _BODY, _TITLE, _REQUESTERS = WEIGHTS

_WORD = r"\w+"
_ISSUE = r"(?a)#([0-9]{1,10})\b"
_REQUESTER = r"(?im)^Requested by:[ \t]*@?(\S+)"


class Trace(Struct, frozen=True, kw_only=True):
    """What of a pull request is compared with another one of the same repository.

    Attributes:
        at: when it was opened.
        commits: their hashes, abbreviated.
        words: those of the body that its author wrote.
        issues: numbers that title and body name.
        requester: the first word after "Requested by:"; empty where nobody is named.
    """

    number: str
    at: datetime
    commits: frozenset[str] = frozenset()
    title: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    issues: frozenset[str] = frozenset()
    requester: str = ""


def abbreviated(commits: Iterable[str]) -> tuple[str, ...]:
    """Hashes of commits as they are kept: twelve digits each, each once, sorted."""
    return tuple(sorted({sha[:12].casefold() for sha in commits}))


def trace(pull_request: PullRequest, at: datetime, *, text: bool = True) -> Trace:
    """What can be compared of it; without `text`, no more than is kept."""
    commits = frozenset(abbreviated(pull_request.commits))
    if not text:
        return Trace(number=pull_request.number, at=at, commits=commits)
    body = "\n".join(own_words(pull_request.body))
    requester = re.search(_REQUESTER, body)
    return Trace(
        number=pull_request.number,
        at=at,
        commits=commits,
        title=tuple(re.findall(_WORD, pull_request.title.casefold())),
        words=frozenset(re.findall(_WORD, body.casefold())),
        issues=frozenset(re.findall(_ISSUE, f"{pull_request.title}\n{body}")),
        requester=requester[1].casefold() if requester else "",
    )


def signs(first: Trace, second: Trace, rarity: Mapping[str, float]) -> tuple[str, ...]:
    """Return the signs for or against one session of the two, as named in `WEIGHTS`."""
    holds = {
        _COMMIT: abs(first.at - second.at) <= WITHIN and not first.commits.isdisjoint(second.commits),
        _NEAR: abs(first.at - second.at) <= NEAR,
        _ISSUES: bool(first.issues) and first.issues == second.issues,
        _BODY: _similarity(first.words, second.words, rarity) >= ALIKE,
        _TITLE: bool(first.title) and first.title == second.title,
        _REQUESTERS: bool(first.requester and second.requester) and first.requester != second.requester,
    }
    return tuple(sign for sign in WEIGHTS if holds[sign])


def score(signs: Sequence[str]) -> int:
    """Return the weight of all signs; from `ENOUGH` on the two belong together."""
    return sum(WEIGHTS[sign] for sign in signs)


def together(traces: Sequence[Trace]) -> Iterator[tuple[str, str]]:
    """Yield the numbers of each two pull requests of a repository that belong together; `traces` may have any order."""
    ordered = sorted(traces, key=lambda each: (each.at, number_order(each.number)))
    count = Counter(word for each in ordered for word in each.words)
    # How much each word says in this repository: nothing where every body has it.
    rarity = defaultdict(float, {word: log((len(ordered) + 1) / often) for word, often in count.items()})
    for first, second in sorted({*_near(ordered), *_sharing(ordered)}):
        if score(signs(ordered[first], ordered[second], rarity)) >= ENOUGH:
            yield ordered[first].number, ordered[second].number


def rules_digest() -> str:
    """Return the SHA-256 of weights and bounds, by which a table of figures names its rules."""
    from hashlib import sha256

    rules = [*WEIGHTS.items(), NEAR.total_seconds(), WITHIN.total_seconds(), ALIKE, ENOUGH, MOST_NEIGHBOURS]
    return sha256(repr(rules).encode()).hexdigest()


def _near(ordered: Sequence[Trace]) -> Iterator[tuple[int, int]]:
    """Yield the places of pairs that are near in time; without that or a commit of both, none reaches `ENOUGH`."""
    for place, trace in enumerate(ordered):
        for before in range(place - 1, max(-1, place - 1 - MOST_NEIGHBOURS), -1):
            if trace.at - ordered[before].at > NEAR:
                break
            yield before, place


def _sharing(ordered: Sequence[Trace]) -> Iterator[tuple[int, int]]:
    """Yield a chain through all that hold a commit: it connects them as well as all pairs would."""
    last: dict[str, int] = {}
    for place, trace in enumerate(ordered):
        yield from ((last[sha], place) for sha in trace.commits if sha in last)
        last |= dict.fromkeys(trace.commits, place)


def _similarity(first: frozenset[str], second: frozenset[str], rarity: Mapping[str, float]) -> float:
    """Return how much of what the words say is in both, from 0 to 1."""
    either = fsum(rarity[word] for word in first | second)
    return fsum(rarity[word] for word in first & second) / either if either else 0.0
