"""Which pull requests of coding agents belong to one session though no mark says so: a few signs, each with a weight.

The tracker keeps no words, so it sees the first sign alone. The others are measured beside it
(`pr-sessions benchmark grouping`, docs/reference/grouping.md).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import fsum, log

from msgspec import Struct

from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.pr_text import own_words
from pr_sessions.sessions.session import PullRequest

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


def signs(one: Trace, other: Trace, rarity: Mapping[str, float]) -> tuple[str, ...]:
    """What speaks for or against one session of the two, as named in `WEIGHTS`."""
    found = {
        _COMMIT: abs(one.at - other.at) <= WITHIN and not one.commits.isdisjoint(other.commits),
        _NEAR: abs(one.at - other.at) <= NEAR,
        _ISSUES: bool(one.issues) and one.issues == other.issues,
        _BODY: _alike(one.words, other.words, rarity) >= ALIKE,
        _TITLE: bool(one.title) and one.title == other.title,
        _REQUESTERS: bool(one.requester and other.requester) and one.requester != other.requester,
    }
    return tuple(sign for sign in WEIGHTS if found[sign])


def score(found: Sequence[str]) -> int:
    """What the signs weigh together; from `ENOUGH` on the two belong together."""
    return sum(WEIGHTS[sign] for sign in found)


def together(traces: Sequence[Trace]) -> Iterator[tuple[str, str]]:
    """The pairs of one repository's pull requests that belong together, by number; the order of `traces` is nothing."""
    ordered = sorted(traces, key=lambda one: (one.at, number_order(one.number)))
    rarity = _rarity(ordered)
    for one, other in sorted(_candidates(ordered)):
        if score(signs(ordered[one], ordered[other], rarity)) >= ENOUGH:
            yield ordered[one].number, ordered[other].number


def rules_digest() -> str:
    """SHA-256 over weights and bounds: a table of figures says with it which rules it is about."""
    from hashlib import sha256

    told = [*WEIGHTS.items(), NEAR.total_seconds(), WITHIN.total_seconds(), ALIKE, ENOUGH, MOST_NEIGHBOURS]
    return sha256(repr(told).encode()).hexdigest()


def _candidates(ordered: Sequence[Trace]) -> set[tuple[int, int]]:
    """Places of pairs that can reach `ENOUGH` at all: near in time, or with a commit of both."""
    return {*_near(ordered), *_sharing(ordered)}


def _near(ordered: Sequence[Trace]) -> Iterator[tuple[int, int]]:
    for place, one in enumerate(ordered):
        for before in range(place - 1, max(-1, place - 1 - MOST_NEIGHBOURS), -1):
            if one.at - ordered[before].at > NEAR:
                break
            yield before, place


def _sharing(ordered: Sequence[Trace]) -> Iterator[tuple[int, int]]:
    """A chain through all that hold the commit: it joins them as well as all pairs would."""
    last: dict[str, int] = {}
    for place, one in enumerate(ordered):
        yield from ((last[sha], place) for sha in one.commits if sha in last)
        last |= dict.fromkeys(one.commits, place)


def _rarity(traces: Sequence[Trace]) -> Mapping[str, float]:
    """How much each word says in this repository: nothing where every body has it."""
    count = Counter(word for one in traces for word in one.words)
    return defaultdict(float, {word: log((len(traces) + 1) / often) for word, often in count.items()})


def _alike(one: frozenset[str], other: frozenset[str], rarity: Mapping[str, float]) -> float:
    either = fsum(rarity[word] for word in one | other)
    return fsum(rarity[word] for word in one & other) / either if either else 0.0
