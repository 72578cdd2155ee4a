"""What is new or changed since a person's last look at the inbox, and what they hid until its next event.

Only hashes and times are kept: neither names nor titles.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import zip_longest

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.conflicts import MergeResult
from pr_sessions.core.inbox import Mark, Row
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState

MOST_KEPT = 5000
"""Pull requests of a repository, in each of the two tables."""
Fingerprint = tuple[str, ...]
"""A hash for each aspect of a pull request; an empty one stands for what was not known."""


class LastLook(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person saw of one repository.

    Attributes:
        at: when they looked last; `None` before the first time.
        prs: what they saw, by the hash of the pull request's name.
        snoozed: what they hid, as it was then, by the same.
    """

    at: datetime | None = None
    prs: Mapping[str, Fingerprint] = {}
    snoozed: Mapping[str, Fingerprint] = {}


def marked(rows: Iterable[Row], last: Mapping[str, LastLook]) -> tuple[Row, ...]:
    """Return the rows with what is new or changed, and what is snoozed. Before the first look, nothing is marked.

    A row is new where none of its pull requests was seen, so that regrouping makes nothing new. What is not known now,
    or was not known then, has not changed.

    Args:
        rows: of any repositories.
        last: what was seen of each repository, by its name.
    """
    return tuple(_marked(row, last.get(row.repository, LastLook())) for row in rows)


def looked(last: LastLook, every: Sequence[Row] | None, shown: Iterable[Row], now: datetime) -> LastLook:
    """Return what is kept after a look.

    Args:
        last: what was kept before.
        every: all rows that are open, to forget all others, and what woke; `None` where more may be open.
        shown: those that the person saw.
        now: the time of the look.
    """
    prs, snoozed = dict(last.prs), dict(last.snoozed)
    if every is not None:
        is_open = {pr_key(pr) for row in every for pr in row.prs}
        asleep = {pr_key(pr) for row in every if _is_snoozed(row, last) for pr in row.prs}
        prs = {key: kept for key, kept in prs.items() if key in is_open}
        snoozed = {key: kept for key, kept in snoozed.items() if key in asleep}
    for key, shown_now in _fingerprints(shown).items():
        prs[key] = _merged(prs.pop(key, ()), shown_now)
    return LastLook(at=now, prs=_newest(prs), snoozed=_newest(snoozed))


def snooze(last: LastLook, row: Row) -> LastLook:
    """Return the same with a row hidden until its next event; one that is hidden is shown again."""
    prints = _fingerprints([row])
    if _is_snoozed(row, last):
        return replace(last, snoozed={key: kept for key, kept in last.snoozed.items() if key not in prints})
    return replace(last, snoozed=_newest({**last.snoozed, **prints}))


def pr_key(pr: OpenPullRequest) -> str:
    """Return what stands for a pull request in files."""
    return _hash("\0".join(pr.key).lower(), 16)


def repository_key(host: str, repository: str) -> str:
    """Return what stands for a repository in files; its name may be private."""
    return _hash(f"{host}\0{repository.lower()}", 16)


def _marked(row: Row, last: LastLook) -> Row:
    return replace(row, mark=_mark(row, last) if last.at else None, is_snoozed=_is_snoozed(row, last))


def _mark(row: Row, last: LastLook) -> Mark | None:
    prints = _fingerprints([row])
    known = [key for key in prints if key in last.prs]
    if not known:
        return Mark.NEW
    is_changed = len(known) < len(prints) or any(_differs(last.prs[key], prints[key]) for key in known)
    return Mark.CHANGED if is_changed else None


def _is_snoozed(row: Row, last: LastLook) -> bool:
    return all(
        key in last.snoozed and not _differs(last.snoozed[key], shown_now)
        for key, shown_now in _fingerprints([row]).items()
    )


def _fingerprints(rows: Iterable[Row]) -> dict[str, Fingerprint]:
    return {pr_key(pr): _fingerprint(pr, row) for row in rows for pr in row.prs}


def _fingerprint(pr: OpenPullRequest, row: Row) -> Fingerprint:
    """Return head, review, checks, merge state, conflicts and section; the last needs all that was to be read."""
    review, checks = pr.review.state is not ReviewState.UNKNOWN, pr.checks is not Checks.UNKNOWN
    merge = pr.merge_state not in ("", "unknown") and pr.has_base_conflict is not None
    pairs = [each for each in row.conflicts if pr.number in each.numbers]
    are_tried = all(each.attempt.result is not MergeResult.NOT_TRIED for each in pairs)
    conflicting = sorted(each.numbers for each in pairs if each.attempt.result is MergeResult.CONFLICT)
    return (
        _hash(pr.head_sha) if pr.head_sha else "",
        _hash(f"{pr.review.state} {pr.review.commit}") if review else "",
        _hash(pr.checks) if checks else "",
        _hash(f"{pr.merge_state} {pr.has_base_conflict} {pr.is_draft} {pr.is_queued}") if merge else "",
        _hash(repr(conflicting)) if are_tried else "",
        _hash(row.section) if review and checks and merge and are_tried else "",
    )


def _differs(before: Fingerprint, shown_now: Fingerprint) -> bool:
    return any(old and new and old != new for old, new in zip(before, shown_now, strict=False))


def _merged(before: Fingerprint, shown_now: Fingerprint) -> Fingerprint:
    """Keep what was known of an aspect until it is known again."""
    return tuple(new or old for old, new in zip_longest(before, shown_now, fillvalue=""))


def _newest(kept: Mapping[str, Fingerprint]) -> dict[str, Fingerprint]:
    return dict(list(kept.items())[-MOST_KEPT:])


def _hash(text: str, digits: int = 8) -> str:
    """Return hexadecimal digits, by default enough to tell the states of one thing apart."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
