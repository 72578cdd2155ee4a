"""Bring comments up to date on schedule: sessions that timed out, bursts, missed events."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from pr_sessions.core.ids import number_order
from pr_sessions.core.policy import Commenting, Ruleset
from pr_sessions.forges.base import ForgeWriter
from pr_sessions.gate.commands import CommentReader
from pr_sessions.gate.comments.bot_comments import (
    NOBODY,
    BotComment,
    DesiredComment,
    RepositoryState,
    content_hash,
    for_session,
    is_in_place,
    is_urgent,
    session_comments,
)
from pr_sessions.gate.comments.publish import NEVER, UNKNOWN, CommentReport, publish
from pr_sessions.gate.comments.replies import unanswered_commands
from pr_sessions.gate.event import Event
from pr_sessions.gate.fetch import fetch_recent, fetch_ruleset, is_recent
from pr_sessions.gate.file_lists import FileLists

MOST = 10
# What ended longer ago is left as it is until something happens to it.
BACK = timedelta(hours=6)
_NOTHING = "nothing is behind"


async def catch_up(forge: ForgeWriter, event: Event, now: datetime, *, write: bool) -> CommentReport:
    """Look at all recent sessions by what is cheap to fetch, and publish for those whose comments are outdated."""
    rules, unknowns = await fetch_ruleset(forge)
    if unknowns:
        return CommentReport(notes=(UNKNOWN, *unknowns))
    policy = rules.policy
    if policy.comment is Commenting.NEVER:
        return CommentReport(policy.gate, notes=(NEVER,))
    reader = CommentReader()
    numbers, unknowns = await _fetch_outdated(forge, rules, now, reader)
    reports = await _publish_all(forge, event, in_turn(numbers, now, MOST), now, reader, write=write)
    later = (f"{len(numbers) - MOST} more have to wait for the next time",) if len(numbers) > MOST else ()
    nothing = () if numbers or unknowns else (_NOTHING,)
    return CommentReport(
        policy.gate,
        done=tuple(done for report in reports for done in report.done),
        planned=tuple(write for report in reports for write in report.planned),
        notes=(*unknowns, *nothing, *later),
        refused=tuple(refused for report in reports for refused in report.refused),
    )


async def _fetch_outdated(
    forge: ForgeWriter, rules: Ruleset, now: datetime, reader: CommentReader
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the pull requests to publish for, or the unknowns because of which there are none."""
    snapshot, rebuilt = await fetch_recent(forge, rules, now, BACK, reader)
    if snapshot.unknowns:
        return (), (UNKNOWN, *snapshot.unknowns)
    return outdated(RepositoryState(snapshot, rebuilt, rules.policy, now), forge.app), ()


async def _publish_all(
    forge: ForgeWriter, event: Event, numbers: Sequence[str], now: datetime, reader: CommentReader, *, write: bool
) -> Sequence[CommentReport]:
    """Publish for one after the other; where GitHub refuses one, the others are not tried."""
    reports: list[CommentReport] = []
    lists = FileLists()
    for number in numbers:
        of_one = replace(event, number=number)
        reports.append(await publish(forge, of_one, now, write=write, reader=reader, lists=lists))
        if reports[-1].refused:
            break
    return reports


def outdated(state: RepositoryState, app: str) -> tuple[str, ...]:
    """Return the pull requests to look at: one of each session whose comments lack something and may be edited.

    It returns also those that carry a comment although they left their session, and those with a command without a
    reply.
    """
    existing = session_comments(state.snapshot.comments, app)
    sessions = {n: session for n in state.snapshot.pull_requests if (session := state.rebuilt.session_of(n))}
    recent = {session.id: session for session in sessions.values() if is_recent(session, state.at, BACK)}
    firsts = [
        session.prs[0]
        for session in recent.values()
        if any(_is_due(each, existing.get(each.number), state.at) for each in for_session(state, session, existing))
    ]
    unanswered = (command.number for command in unanswered_commands(state.snapshot, app))
    return tuple(sorted({*firsts, *_left(state, existing), *unanswered}, key=number_order))


def in_turn(numbers: tuple[str, ...], at: datetime, most: int) -> tuple[str, ...]:
    """Return at most so many of them, others at another time, so that each gets its turn."""
    if len(numbers) <= most:
        return numbers
    first = int(at.timestamp() // 600) * most % len(numbers)
    return (numbers[first:] + numbers[:first])[:most]


def _is_due(desired: DesiredComment, existing: BotComment | None, at: datetime) -> bool:
    if existing is None:
        return True
    is_same = existing.outline == content_hash(desired.outline)
    if is_in_place(desired, existing) and (is_same or (existing.final and desired.final)):
        return False
    return is_urgent(desired, existing) or not existing.rests(at)


def _left(state: RepositoryState, existing: Mapping[str, BotComment]) -> Iterator[str]:
    """Yield those that carry a comment about a session, and are in none."""
    for number, comment in existing.items():
        is_in_none = number in state.snapshot.pull_requests and state.rebuilt.session_of(number) is None
        if is_in_none and comment.key != NOBODY:
            yield number
