"""`pr-sessions list`."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click
from msgspec import Struct

from pr_sessions.cli import options, output, session_text, views
from pr_sessions.sessions.agent import Confidence
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.join import by_hand
from pr_sessions.sessions.lifecycle import status as status_of
from pr_sessions.sessions.session import Rung, Session, Status
from pr_sessions.tracker import Tracker

_HEADER = ("session", "author", "status", "started", "lasted", "PRs", "trigger")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Wanted(Struct, frozen=True):
    """The filters; `None` lets everything through."""

    author: str | None
    status: str | None
    trigger: str | None
    agent: str | None
    since: datetime | None
    until: datetime | None


@click.command("list")
@click.option("--author", help="Only this author's.")
@click.option("--status", type=click.Choice([status.value for status in Status]), help="Only these, as of now.")
@click.option("--trigger", help="Only those that ended so, such as timeout or explicit_marker.")
@click.option("--agent", metavar="NAME", help="Only those with a pull request of this agent.")
@click.option("--since", type=options.Moment(), help="Only those that went on at or after this time.")
@click.option("--until", type=options.Moment(), help="Only those that began at or before this time.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many.")
@options.as_json
def command(
    author: str | None,
    status: str | None,
    trigger: str | None,
    agent: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    json: bool,
) -> None:
    r"""List sessions, with filters.

    The newest first. Pull requests that are in no session stand below, whatever the filters.

    \b
    Examples:
      pr-sessions list --limit 10
      pr-sessions list --author cursor-bot --status completed --trigger timeout
      pr-sessions list --since 2025-11-01T00:00:00Z --json
    """
    tracker = options.tracker()
    book, now = tracker.book(), tracker.now()
    wanted = Wanted(author, status, trigger, agent, since, until)
    sessions = sorted((s for s in book if _fits(s, wanted, tracker, now)), key=_age, reverse=True)[:limit]
    lost = sorted(book.unattributed, key=number_order)
    data = {
        "sessions": [views.session_view(session, tracker, now) for session in sessions],
        "unattributed": {number: views.facts_view(book.unattributed[number], tracker) for number in lost},
    }
    rows = [_row(session, tracker, now) for session in sessions]
    rows += [("in no session", *("-" * 4), session_text.numbers(lost), "-")] if lost else []
    lines = output.table(rows, _HEADER)
    out = [number for number in lost if by_hand(book.unattributed[number])]
    lines += [f"  of these by hand: {session_text.numbers(out)}"] if out else []
    output.show(data, lines, as_json=json)


def _fits(session: Session, wanted: Wanted, tracker: Tracker, now: datetime) -> bool:
    return all(
        (
            wanted.author in (None, session.author),
            wanted.status in (None, status_of(session, now, tracker.policy)),
            wanted.trigger is None or wanted.trigger in _triggers(session),
            wanted.agent is None or wanted.agent in _agents(session),
            wanted.since is None or _last(session) >= wanted.since,
            wanted.until is None or _first(session) <= wanted.until,
        )
    )


def _agents(session: Session) -> Iterator[str]:
    told = (agent for facts in session.pull_requests.values() for agent in facts.agents)
    return (agent.name for agent in told if agent.confidence > Confidence.HINT)


def _triggers(session: Session) -> Iterator[str]:
    """`explicit_marker: [ready]` is found by its whole and by its name."""
    if session.completion:
        yield session.completion.trigger
        yield session.completion.trigger.partition(":")[0]


def _first(session: Session) -> datetime:
    return session.started or session.latest or _last(session)


def _last(session: Session) -> datetime:
    return (session.completion.at if session.completion else None) or session.latest or _LONG_AGO


def _age(session: Session) -> tuple[datetime, str]:
    return _first(session), session.id


def _count(session: Session) -> str:
    """How many pull requests, whether only time says so, and what of it hands corrected."""
    marks = ["inferred"] if session.rests_on is Rung.TIME else []
    marks += [f"{len(session.by_hand)} by hand"] if session.by_hand else []
    marks += ["merged"] if session.merged else []
    marks += ["reopened"] if session.reopened else []
    return f"{len(session.prs)} ({', '.join(marks)})" if marks else str(len(session.prs))


def _row(session: Session, tracker: Tracker, now: datetime) -> tuple[str, ...]:
    return (
        output.one_line(session.id),
        output.one_line(session.author, 30),
        status_of(session, now, tracker.policy).value,
        output.clock(session.started),
        output.span(session.duration if session.completion else session.active_time),
        _count(session),
        output.one_line(session.completion.trigger) if session.completion else "-",
    )
