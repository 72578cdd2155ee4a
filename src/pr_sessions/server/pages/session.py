"""One session: what happened, its pull requests and why they are in it, what they change together, and its runs."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from urllib.parse import quote

from litestar import get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from pr_sessions.core.agents import Run
from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.core.open_heads import open_in_review_order
from pr_sessions.core.relations import busiest_first
from pr_sessions.core.stacks import recorded_stacks
from pr_sessions.core.summary import SessionSummary
from pr_sessions.errors import NotFound
from pr_sessions.render.explanation import attribution_clause, evidence_clauses
from pr_sessions.render.sessions import describe_status, inferred_from, stack_clause
from pr_sessions.server.backend import InboxFilter, StoredInbox, StoredRow
from pr_sessions.server.pages import links
from pr_sessions.server.pages.changes import done_notice
from pr_sessions.server.pages.forms import Id, Text
from pr_sessions.server.pages.inbox import ServedInbox
from pr_sessions.server.pages.pages import AnyRequest, Html, Pages, Step, need, viewer_of
from pr_sessions.server.pages.resume import resume_command
from pr_sessions.server.pages.timeline import MOST_EVENTS, timeline
from pr_sessions.server.viewer import Right
from pr_sessions.tracker import Tracker

MOST_PULL_REQUESTS = 200
_MOST_ROWS = 20


class Listed(Struct, frozen=True):
    """A pull request of a session.

    Attributes:
        record: `None` where an old file only lists its number.
        address: on the forge; empty where that is not known.
        why: why it is in the session, as a clause.
        evidence: what makes it automatic, one clause each.
    """

    number: str
    record: PullRequestRecord | None
    address: str
    why: str
    evidence: tuple[str, ...]


class ShownRun(Struct, frozen=True):
    """A run of an agent.

    Attributes:
        command: opens it again; empty where the vendor's id or a command is not known here.
    """

    run: Run
    command: str


class Subject(Struct, frozen=True):
    """A session, and what shows it."""

    repository: str
    session: Session
    tracker: Tracker

    @property
    def summary(self) -> SessionSummary:
        """Return the session as it is now."""
        return SessionSummary(self.session, self.tracker.policy, self.tracker.now())

    @property
    def name(self) -> str:
        """Return its title, else its id."""
        return self.session.title or self.session.id

    @property
    def address(self) -> str:
        """Return the address of its page."""
        return links.session_page(self.repository, self.session.id)

    @property
    def trail(self) -> list[Step]:
        """Return the steps to a page below it."""
        return [
            Step("Sessions", links.address("/sessions", repository=self.repository)),
            Step(self.name, self.address),
        ]


def find_session(pages: Pages, repository: str, session_id: str) -> Subject:
    """Return a session by its id or alias.

    Raises:
        NotFound: there is none.
    """
    session = pages.backend.queries.session(repository, session_id)
    if session is None:
        raise NotFound(f"no session {session_id[:200]}", "it may have been merged or removed: see the list of sessions")
    return Subject(repository, session, pages.backend.tracker(repository))


def session_routes(pages: Pages) -> list[BaseRouteHandler]:
    """Return the handler of a session."""

    @get("/session", sync_to_thread=True)
    def session(request: AnyRequest, session_id: Id, repository: Text = "", done: Text = "") -> Html:
        viewer = need(request, Right.READ, repository)
        subject = find_session(pages, repository, session_id)
        summary, known = subject.summary, subject.session
        page = pages.backend.pull_request_page(repository)
        stored = pages.backend.inbox(InboxFilter(repository=repository, session_id=known.id), "", _MOST_ROWS).items
        rows = _own_rows(stored, known)
        view = ServedInbox(StoredInbox(), rows, subject.tracker.now(), pages.zone)
        open_prs = [pr for pr in view.prs if known.lists(pr.number)]
        events = timeline(summary, open_prs)
        listed = known.prs[:MOST_PULL_REQUESTS]
        return pages.show(
            request,
            "session.html",
            subject.name,
            [subject.trail[0], Step(subject.name)],
            subject=subject,
            session=known,
            summary=summary,
            status_words=describe_status(summary).removeprefix(summary.status.value).lstrip(",: "),
            rests_on=inferred_from(known),
            agents=busiest_first(agent for record in known.pull_requests.values() for agent in record.agents),
            view=view,
            inbox=view.inbox,
            open_prs=open_prs,
            order=open_in_review_order(known.pull_requests),
            stacks=[(stack_clause(stack), numbers) for stack, numbers in recorded_stacks(known.pull_requests)],
            listed=[_listed(number, known, page, pages.services.settings.web) for number in listed],
            more=len(known.prs) - len(listed),
            events=events[-MOST_EVENTS:],
            earlier=max(len(events) - MOST_EVENTS, 0),
            compare=_compare(known, page),
            linked=pages.backend.queries.linked(repository, known.id, repositories=viewer.repositories),
            runs=list(_runs(known, subject.tracker)) if viewer_of(request).name else None,
            notice=done_notice(pages, repository, done),
            live=links.address("/events", repository=repository),
        )

    return [session]


def _own_rows(stored: Sequence[StoredRow], session: Session) -> list[StoredRow]:
    """Return the rows, those of the session itself first."""
    return sorted(stored, key=lambda each: each.row.session_id != session.id)


def _listed(number: str, session: Session, page: str, web: str) -> Listed:
    record = session.pull_requests.get(number)
    why = attribution_clause(record.attribution if record else None)
    evidence = tuple(evidence_clauses(record.evidence)) if record else ()
    return Listed(number, record, links.on_forge(page, number, web), why, evidence)


def _compare(session: Session, page: str) -> str:
    """Return where GitHub shows what the open pull requests change together: only of a stack that is known.

    A comparison of two branches shows one line of work, and nothing of what was built beside it.
    """
    records, order = session.pull_requests, open_in_review_order(session.pull_requests)
    if not page.endswith("/pull/") or not order:
        return ""
    is_chain = all(records[upper].base == records[lower].branch for lower, upper in pairwise(order))
    first, last = records[order[0]], records[order[-1]]
    if not is_chain or not first.base or not last.branch:
        return ""
    return f"{page.removesuffix('/pull/')}/compare/{quote(first.base)}...{quote(last.branch)}"


def _runs(session: Session, tracker: Tracker) -> Iterator[ShownRun]:
    ids: Mapping[str, str] = tracker.run_ids()
    for run in session.runs:
        known = next((ids[key] for key in (run.id, *run.also) if key in ids), "")
        yield ShownRun(run, resume_command(run.agent, known))
