"""Commands that show sessions: `show`, `status`, `find`, `list`."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from pr_sessions.cli import options
from pr_sessions.core.agents import Confidence
from pr_sessions.core.ids import number_order
from pr_sessions.core.models import Session, State, Status
from pr_sessions.core.runs import session_with_ids
from pr_sessions.core.summary import Overview, SessionSummary
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import InvalidValue, NotFound, PrSessionsError
from pr_sessions.render import screen, terminal
from pr_sessions.render.json import (
    overview_json,
    record_json,
    refreshed_json,
    session_json,
    session_with_pull_requests_json,
)
from pr_sessions.render.sessions import describe_status, list_lines, overview_lines, pull_request_lines, session_lines
from pr_sessions.tracker import Tracker, resolve_session, way_on

if TYPE_CHECKING:
    from pr_sessions.core.collection import SessionCollection
    from pr_sessions.core.urls import PullRequestReference
    from pr_sessions.look.refresh import Refreshed

_RECENT = 10
_DEFAULT_LIMIT = 30
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@click.command("show")
@click.argument("target", required=False, type=options.SessionName(), metavar="[PR|SESSION]")
@click.option("--why", is_flag=True, help="Explain why the pull request is in its session.")
@click.option("--refresh", is_flag=True, help="Ask the forge for titles and states, which are not stored.")
@options.as_json
def show_command(target: str | None, why: bool, refresh: bool, json: bool) -> None:
    r"""Show a session, or explain why a pull request is in it.

    Without an argument: the current session, the counts and the last ten. SESSION may be a unique prefix of an id.

    \b
    Examples:
      pr-sessions show
      pr-sessions show 42
      pr-sessions show 42 --why
      pr-sessions show ada-20251122-1000 --json
    """
    if target is None:
        if why or refresh:
            given = "--why takes a pull request" if why else "--refresh takes a pull request or a session"
            raise click.UsageError(f"{given}, such as `pr-sessions show 42 {'--why' if why else '--refresh'}`.")
        _show_here(options.tracker(), as_json=json)
        return
    reference = _reference(target)
    if why and reference is None:
        raise click.UsageError(f"--why takes a pull request, and {target[:60]!r} is none.")
    tracker = options.tracker()
    if reference is None:
        session = resolve_session(tracker.sessions(), target)
        if target in session.aliases:
            terminal.note(f"{one_line(target, 200)} became part of {one_line(session.id, 200)}")
        _show(tracker, session, refresh=refresh, as_json=json)
    elif why:
        from pr_sessions.cli.commands.explanations import explain

        explain(tracker, options.number_in(tracker.repository, reference), as_json=json)
    else:
        number = options.number_in(tracker.repository, reference)
        _show_pull_request(tracker, number, target, refresh=refresh, as_json=json)


def _reference(target: str) -> "PullRequestReference | None":
    from pr_sessions.core.urls import read_reference

    with suppress(InvalidValue):
        return read_reference(target)
    return None


def _show_pull_request(tracker: Tracker, number: str, target: str, *, refresh: bool, as_json: bool) -> None:
    """Show its session, or the session whose id is that number, where no pull request has it."""
    try:
        _show(tracker, tracker.find(number), refresh=refresh, as_json=as_json)
    except NotFound:
        collection = tracker.sessions()
        if target in collection:
            _show(tracker, collection[target], refresh=refresh, as_json=as_json)
            return
        unattributed = collection.unattributed(number)
        if unattributed is None:
            raise
        record = {number: record_json(unattributed)}
        data = {"session_id": None, "prs": [number], "pull_requests": record}
        lines = [f"Pull request {number} is in no session; why: pr-sessions show {number} --why"]
        terminal.show(data, lines, as_json=as_json)


def _show(tracker: Tracker, session: Session, *, refresh: bool, as_json: bool) -> None:
    session = session_with_ids(session, tracker.run_ids())
    summary = SessionSummary(session, tracker.policy, tracker.now())
    now = _refreshed(tracker, session.prs) if refresh else None
    data = session_with_pull_requests_json(summary) | ({"refreshed": refreshed_json(now)} if now else {})
    lines = [*session_lines(summary), *pull_request_lines(session, _page(tracker), now)]
    screen.show(data, lines, as_json=as_json)


def _refreshed(tracker: Tracker, numbers: Sequence[str]) -> "Refreshed | None":
    """Return what the forge says of pull requests; `None`, and a note, where it cannot be asked."""
    from pr_sessions.look.refresh import refresh

    try:
        return options.run_async(refresh(tracker.repository, numbers, os.environ))
    except PrSessionsError as error:
        terminal.note(f"titles and states are as they were stored: {one_line(str(error), 300)}")
        if error.hint:
            terminal.note(f"hint: {error.hint}")
        return None


def _page(tracker: Tracker) -> str:
    """Return where people read pull requests, up to the number; nothing where no terminal shows links."""
    if not (screen.is_terminal() and tracker.repository.git_dir):
        return ""
    from pr_sessions.git.remotes import read_remotes

    return options.pull_request_page(read_remotes(tracker.repository.root))


@click.command("status")
@click.argument("session", required=False, type=options.SessionName())
@click.option("--all", "everywhere", is_flag=True, help="The current session of every working tree of this clone.")
@options.as_json
def status_command(session: str | None, everywhere: bool, json: bool) -> None:
    r"""Show the current session, the counts and the last ten.

    The same as `pr-sessions show`.

    \b
    Examples:
      pr-sessions status
      pr-sessions status ada-20251122-1000
      pr-sessions status --all
    """
    if session and everywhere:
        raise click.UsageError("SESSION and --all exclude each other.")
    tracker = options.tracker()
    if not (session or everywhere):
        _show_here(tracker, as_json=json)
        return
    _note_pause(tracker)
    if session:
        named = session_with_ids(resolve_session(tracker.sessions(), session), tracker.run_ids())
        summary = SessionSummary(named, tracker.policy, tracker.now())
        terminal.show(session_json(summary), session_lines(summary), as_json=json)
    else:
        _show_everywhere(tracker, as_json=json)


def _show_here(tracker: Tracker, *, as_json: bool) -> None:
    """Print the current session, the counts and the last ten; decode nothing else."""
    _note_pause(tracker)
    overview = _overview(tracker)
    is_empty = not (overview.active or overview.completed or overview.unattributed)
    terminal.show(overview_json(overview), _empty(tracker) if is_empty else overview_lines(overview), as_json=as_json)
    if tracker.policy.ask_forge:
        _start_asking(tracker)


def _start_asking(tracker: Tracker) -> None:
    """Start the tracker, which asks the forge what hooks did not see; nobody waits for it."""
    import time
    from contextlib import suppress

    from pr_sessions.hooks.asking import start_if_due

    with suppress(OSError):  # Nothing was asked; the next hook or command tries again.
        start_if_due(str(tracker.repository.root), time.time_ns(), os.environ)


def _note_pause(tracker: Tracker) -> None:
    if tracker.paused:
        terminal.note(f"tracking is off here: {tracker.paused}; switch it on: {way_on(os.environ)}")


def _overview(tracker: Tracker) -> Overview:
    view, policy = tracker.view(), tracker.policy
    collection, now, current = view.sessions, view.now, view.named()
    completed = collection.completed_ids()
    return Overview(
        current=SessionSummary(current.session, policy, now) if current else None,
        active=tuple(_not_left_empty(collection, collection.active_ids(), tracker)),
        completed=tuple(completed),
        recent=tuple(islice(_not_left_empty(collection, reversed(completed), tracker), _RECENT)),
        pull_requests=collection.count_pull_requests(),
        unattributed=len(collection.all_unattributed()),
        paused=tracker.paused,
    )


def _not_left_empty(collection: "SessionCollection", ids: Iterable[str], tracker: Tracker) -> Iterator[SessionSummary]:
    now = tracker.now()
    summaries = (SessionSummary(collection[session_id], tracker.policy, now) for session_id in ids)
    return (summary for summary in summaries if not summary.is_left_empty)


def _empty(tracker: Tracker) -> Iterator[str]:
    from pr_sessions.io.files import exists

    yield "No sessions here yet."
    if not exists(tracker.repository.config):
        yield "  pr-sessions init    set this repository up"
    yield "  pr-sessions start   begin a session"
    yield "  pr-sessions look    see what the history tells, without storing anything"


def _show_everywhere(tracker: Tracker, *, as_json: bool) -> None:
    now = tracker.now()
    trees = [(str(c.root), SessionSummary(c.session, tracker.policy, now)) for c in tracker.everywhere()]
    data = {"worktrees": [{"root": root, "session": session_json(summary)} for root, summary in trees]}
    rows = [
        (one_line(root, 200), one_line(summary.session.id, 200), describe_status(summary)) for root, summary in trees
    ]
    terminal.show(data, terminal.table(rows, ("working tree", "session", "")), as_json=as_json)


@click.command("find")
@click.argument("pr", type=options.Number())
@options.as_json
def find_command(pr: str, json: bool) -> None:
    r"""Find the session of a pull request.

    Prints only the id, for scripts.

    \b
    Examples:
      pr-sessions find 42
      pr-sessions show "$(pr-sessions find 42)"
    """
    from pr_sessions.look.explanation import known

    tracker = options.tracker()
    session, _ = known(tracker, pr)
    if session is None:
        terminal.note(f"pull request {pr} is in no session; why: pr-sessions show {pr} --why")
    data = {
        "pr_number": pr,
        "session_id": session.id if session else None,
        "unattributed": session is None,
        "session": session_json(SessionSummary(session, tracker.policy, tracker.now())) if session else None,
    }
    terminal.show(data, [session.id] if session else [], as_json=json)


class Filters(Struct, frozen=True):
    """The filters of `list`; `None` lets everything through."""

    author: str | None
    status: str | None
    trigger: str | None
    agent: str | None
    since: datetime | None
    until: datetime | None
    is_open: bool
    fewest: int

    def match(self, summary: SessionSummary) -> bool:
        """Return whether a session passes all of them. A trigger is matched as a whole, or by the part before `:`."""
        session = summary.session
        trigger = session.completion.trigger if session.completion else None
        agents = (agent for record in session.pull_requests.values() for agent in record.agents)
        return all(
            (
                self.author in (None, session.author),
                self.status in (None, summary.status),
                self.trigger is None or (trigger and self.trigger in (trigger, trigger.partition(":")[0])),
                self.agent is None or self.agent in (a.name for a in agents if a.confidence > Confidence.HINT),
                self.since is None or _last(session) >= self.since,
                self.until is None or _first(session) <= self.until,
                not self.is_open or any(r.state is State.OPEN for r in session.pull_requests.values()),
                len(session.prs) >= self.fewest,
                not summary.is_left_empty,
            )
        )


@click.command("list")
@click.option("--author", help="Only sessions of this author.")
@click.option("--status", type=click.Choice([status.value for status in Status]), help="Only sessions in this state.")
@click.option("--trigger", help="Only sessions that ended this way, such as timeout.")
@click.option("--agent", metavar="NAME", help="Only sessions with this agent.")
@click.option("--since", type=options.Moment(), help="Only sessions active at or after this time.")
@click.option("--until", type=options.Moment(), help="Only sessions begun at or before this time.")
@click.option("--open", "is_open", is_flag=True, help="Only sessions with a pull request that is known to be open.")
@click.option(
    "--min", "fewest", type=click.IntRange(0), default=0, metavar="N", help="Only with N pull requests or more."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Most sessions. [default: 30, with --json all]")
@click.option("--all", "everything", is_flag=True, help="Every session.")
@click.option("--refresh", is_flag=True, help="Ask the forge for titles and states, which are not stored.")
@options.as_json
def list_command(
    author: str | None,
    status: str | None,
    trigger: str | None,
    agent: str | None,
    since: datetime | None,
    until: datetime | None,
    is_open: bool,
    fewest: int,
    limit: int | None,
    everything: bool,
    refresh: bool,
    json: bool,
) -> None:
    r"""List sessions, with filters.

    Newest first. Unattributed pull requests follow, whatever the filters. Sessions that lost their last pull request to
    another one are left out, unless somebody started them and they go on.

    \b
    Examples:
      pr-sessions list --limit 10
      pr-sessions list --author cursor-bot --status completed --trigger timeout
      pr-sessions list --open --min 2
      pr-sessions list --since 2025-11-01T00:00:00Z
      pr-sessions list --open --refresh
    """
    if limit and everything:
        raise click.UsageError("--all and --limit exclude each other.")
    tracker = options.tracker()
    collection, now = tracker.sessions(), tracker.now()
    filters = Filters(author, status, trigger, agent, since, until, is_open, fewest)
    every = (SessionSummary(session, tracker.policy, now) for session in collection)
    matching = sorted(filter(filters.match, every), key=lambda s: (_first(s.session), s.session.id), reverse=True)
    shown = matching[: limit or (None if everything or json else _DEFAULT_LIMIT)]
    records = collection.all_unattributed()
    unattributed = {number: records[number] for number in sorted(records, key=number_order)}
    refreshed = _refreshed(tracker, [number for each in shown for number in each.session.prs]) if refresh else None
    data = {
        "sessions": [session_json(summary) for summary in shown],
        "unattributed": {number: record_json(record) for number, record in unattributed.items()},
    } | ({"refreshed": refreshed_json(refreshed)} if refreshed else {})
    left_out = 0 if limit else len(matching) - len(shown)
    lines = list_lines(shown, unattributed, left_out=left_out, page=_page(tracker), now=refreshed)
    screen.show(data, lines, as_json=json)


def _first(session: Session) -> datetime:
    return session.started or session.latest or _last(session)


def _last(session: Session) -> datetime:
    return (session.completion.at if session.completion else None) or session.latest or _LONG_AGO
