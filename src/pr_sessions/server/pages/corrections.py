"""Corrections: each has a page that says what will happen and who is named in the log, and a form that does it."""

from collections.abc import Iterator, Sequence
from typing import Any

from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect
from msgspec import Struct

from pr_sessions.core.ids import check_number
from pr_sessions.core.models import Trigger
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.render.outcomes import entry_details
from pr_sessions.render.terminal import plural
from pr_sessions.server.pages import links
from pr_sessions.server.pages.changes import NOTHING, last_change
from pr_sessions.server.pages.forms import Id, Text, UrlEncoded
from pr_sessions.server.pages.pages import AnyRequest, Html, Pages, Step, need
from pr_sessions.server.pages.session import Subject, find_session
from pr_sessions.server.viewer import Right
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.queries import SessionFilter, SessionLine
from pr_sessions.tracker.corrections import Merged

NEW = "new"
_CHOICES = 12


class Confirmation(Struct, frozen=True, kw_only=True):
    """What a person is to agree to.

    Attributes:
        sentences: what will happen.
        button: what the person does.
        path: where the form is sent.
        values: what it carries.
        back: where the person came from.
    """

    sentences: tuple[str, ...]
    button: str
    path: str
    values: dict[str, str]
    back: str


def correction_routes(pages: Pages) -> list[BaseRouteHandler]:
    """Return the handlers of all corrections."""
    return [*_complete_routes(pages), *_merge_routes(pages), *_move_routes(pages), *_undo_routes(pages)]


def _complete_routes(pages: Pages) -> list[BaseRouteHandler]:
    @get("/session/complete", sync_to_thread=True)
    def confirm_completion(request: AnyRequest, session_id: Id, repository: Text = "") -> Html:
        need(request, Right.WRITE, repository)
        subject = find_session(pages, repository, session_id)
        if subject.session.completion:
            raise InvalidValue(f"{subject.session.id} has completed already", "undo that in the log of changes")
        confirmation = Confirmation(
            sentences=(
                "The session ends now. Later activity does not move this end.",
                "What its author opens from now on begins another session.",
            ),
            button="Complete the session",
            path="/session/complete",
            values={"repository": repository, "id": subject.session.id},
            back=subject.address,
        )
        return _confirm(pages, request, "Complete this session?", subject.trail, confirmation, subject=subject)

    @post("/session/complete", sync_to_thread=True)
    def complete(request: AnyRequest, data: UrlEncoded) -> Redirect:
        repository, session_id = data.get("repository", ""), data.get("id", "")
        viewer = need(request, Right.WRITE, repository)
        completed = pages.backend.tracker(repository).complete(session_id, trigger=Trigger.MANUAL, by=viewer.name)
        done = last_change(pages, repository, viewer.name) if completed.asked else NOTHING
        return _see(links.session_page(repository, completed.session.id, done=done))

    return [confirm_completion, complete]


def _merge_routes(pages: Pages) -> list[BaseRouteHandler]:
    @get("/session/merge", sync_to_thread=True)
    def confirm_merge(
        request: AnyRequest,
        session_id: Id,
        repository: Text = "",
        to: Text = "",
        q: Text = "",
    ) -> Html:
        viewer = need(request, Right.WRITE, repository)
        subject = find_session(pages, repository, session_id)
        if not to.strip():
            return _choose(pages, request, "Merge with which session?", subject, q, path="/session/merge")
        merged = subject.tracker.preview_merge(subject.session.id, to.strip(), by=viewer.name)
        if not merged.changed:
            raise InvalidValue(f"both are {merged.session.id} already", "choose another session")
        confirmation = Confirmation(
            sentences=tuple(_merging(merged)),
            button="Merge the sessions",
            path="/session/merge",
            values={"repository": repository, "id": subject.session.id, "to": to.strip()},
            back=subject.address,
        )
        return _confirm(pages, request, "Merge these sessions?", subject.trail, confirmation, subject=subject)

    @post("/session/merge", sync_to_thread=True)
    def merge(request: AnyRequest, data: UrlEncoded) -> Redirect:
        repository = data.get("repository", "")
        viewer = need(request, Right.WRITE, repository)
        tracker = pages.backend.tracker(repository)
        merged = tracker.merge(data.get("id", ""), data.get("to", ""), by=viewer.name)
        done = last_change(pages, repository, viewer.name) if merged.changed else NOTHING
        return _see(links.session_page(repository, merged.session.id, done=done))

    return [confirm_merge, merge]


def _move_routes(pages: Pages) -> list[BaseRouteHandler]:
    @get("/pull-request/move", sync_to_thread=True)
    def confirm_move(
        request: AnyRequest,
        number: Text,
        repository: Text = "",
        to: Text = "",
        q: Text = "",
    ) -> Html:
        need(request, Right.WRITE, repository)
        number = check_number(number)
        holder = pages.backend.queries.holder(repository, number)
        trail = _to_pull_request(repository, number)
        if not to.strip():
            title = f"Where does {_name(number)} belong?"
            return _choose_place(pages, request, title, repository, number, holder.id if holder else "", q)
        target = None if to == NEW else find_session(pages, repository, to.strip())
        if target and holder and target.session.id == holder.id:
            raise InvalidValue(f"{_name(number)} is in {holder.id} already", "choose another session")
        confirmation = Confirmation(
            sentences=tuple(_moving(number, holder.id if holder else "", target)),
            button=f"Move {_name(number)}",
            path="/pull-request/move",
            values={"repository": repository, "number": number, "to": NEW if target is None else target.session.id},
            back=links.pull_request_page(repository, number),
        )
        return _confirm(pages, request, f"Move {_name(number)}?", trail, confirmation, subject=target)

    @post("/pull-request/move", sync_to_thread=True)
    def move(request: AnyRequest, data: UrlEncoded) -> Redirect:
        repository, to = data.get("repository", ""), data.get("to", "")
        viewer = need(request, Right.WRITE, repository)
        tracker, number = pages.backend.tracker(repository), check_number(data.get("number", ""))
        moved = tracker.move(number, by=viewer.name) if to == NEW else tracker.link(number, to, by=viewer.name)
        done = last_change(pages, repository, viewer.name) if moved.changed else NOTHING
        return _see(links.pull_request_page(repository, number, done=done))

    @get("/pull-request/unlink", sync_to_thread=True)
    def confirm_unlink(request: AnyRequest, number: Text, repository: Text = "") -> Html:
        need(request, Right.WRITE, repository)
        number = check_number(number)
        holder = pages.backend.queries.holder(repository, number)
        if holder is None:
            raise InvalidValue(f"{_name(number)} is in no session", "put it into one: move it")
        confirmation = Confirmation(
            sentences=(
                f"{_name(number)} leaves {holder.id} and is in no session.",
                "Nothing automatic puts it into one again.",
            ),
            button=f"Take {_name(number)} out",
            path="/pull-request/unlink",
            values={"repository": repository, "number": number},
            back=links.pull_request_page(repository, number),
        )
        title = f"Take {_name(number)} out of its session?"
        return _confirm(pages, request, title, _to_pull_request(repository, number), confirmation)

    @post("/pull-request/unlink", sync_to_thread=True)
    def unlink(request: AnyRequest, data: UrlEncoded) -> Redirect:
        repository = data.get("repository", "")
        viewer = need(request, Right.WRITE, repository)
        number = check_number(data.get("number", ""))
        moved = pages.backend.tracker(repository).unlink(number, by=viewer.name)
        done = last_change(pages, repository, viewer.name) if moved.changed else NOTHING
        return _see(links.pull_request_page(repository, number, done=done))

    return [confirm_move, move, confirm_unlink, unlink]


def _undo_routes(pages: Pages) -> list[BaseRouteHandler]:
    @get("/undo", sync_to_thread=True)
    def confirm_undo(request: AnyRequest, entry: Text, repository: Text = "") -> Html:
        viewer = need(request, Right.WRITE, repository)
        undone = pages.backend.tracker(repository).to_undo(entry)
        others = f"This is a change of {undone.by}." if undone.by != viewer.name else ""
        sentences = (f"{undone.operation} is undone: {entry_details(undone)}.", others)
        confirmation = Confirmation(
            sentences=tuple(filter(None, sentences)),
            button="Undo it",
            path="/undo",
            values={"repository": repository, "entry": undone.id},
            back=_place_of(repository, undone),
        )
        trail = [Step("Changes", links.address("/changes", repository=repository))]
        return _confirm(pages, request, f"Undo this {undone.operation}?", trail, confirmation, entry=undone)

    @post("/undo", sync_to_thread=True)
    def undo(request: AnyRequest, data: UrlEncoded) -> Redirect:
        repository, entry = data.get("repository", ""), data.get("entry", "")
        viewer = need(request, Right.WRITE, repository)
        if not entry:
            raise NotFound("no change is named", "choose one in the log of changes")
        undone = pages.backend.tracker(repository).undo(entry, by=viewer.name)
        return _see(_place_of(repository, undone.entry, done=last_change(pages, repository, viewer.name)))

    return [confirm_undo, undo]


def _merging(merged: Merged) -> Iterator[str]:
    survivor, absorbed, count = merged.session.id, merged.absorbed, len(merged.session.prs)
    yield f"{absorbed} becomes part of {survivor}, which then holds {plural(count, 'pull request')}."
    yield f"The name {absorbed} stays as an alias: links to it keep working."
    if merged.dropped_author:
        yield f"The author {merged.dropped_author} is not kept."


def _moving(number: str, holder: str, target: Subject | None) -> Iterator[str]:
    where = target.session.id if target else "a new session of its own"
    yield f"{_name(number)} leaves {holder} and goes to {where}." if holder else f"{_name(number)} goes to {where}."
    yield "Nothing automatic moves it from there."


def _confirm(
    pages: Pages,
    request: AnyRequest,
    title: str,
    trail: Sequence[Step],
    confirmation: Confirmation,
    subject: Subject | None = None,
    entry: AuditEntry | None = None,
) -> Html:
    return pages.show(
        request, "confirm.html", title, [*trail, Step(title)], confirmation=confirmation, subject=subject, entry=entry
    )


def _choose(pages: Pages, request: AnyRequest, title: str, subject: Subject, q: str, *, path: str) -> Html:
    lines = [line for line in _candidates(pages, subject.repository, q) if line.id != subject.session.id]
    values = {"repository": subject.repository, "id": subject.session.id}
    return _choice_page(pages, request, title, subject.trail, lines, q, path=path, values=values, may_be_new=False)


def _choose_place(
    pages: Pages, request: AnyRequest, title: str, repository: str, number: str, holder: str, q: str
) -> Html:
    lines = [line for line in _candidates(pages, repository, q) if line.id != holder]
    trail, values = _to_pull_request(repository, number), {"repository": repository, "number": number}
    path = "/pull-request/move"
    return _choice_page(pages, request, title, trail, lines, q, path=path, values=values, may_be_new=True)


def _choice_page(
    pages: Pages,
    request: AnyRequest,
    title: str,
    trail: Sequence[Step],
    lines: Sequence[SessionLine],
    q: str,
    **more: Any,
) -> Html:
    return pages.show(request, "choose.html", title, [*trail, Step(title)], lines=lines[:_CHOICES], q=q, **more)


def _candidates(pages: Pages, repository: str, q: str) -> Sequence[SessionLine]:
    """Return sessions to choose from: those that fit what was typed, else the latest."""
    queries = pages.backend.queries
    if q.strip():
        return queries.search(q, repository, _CHOICES + 1)
    return queries.sessions(SessionFilter(repository=repository), "", _CHOICES + 1).items


def _to_pull_request(repository: str, number: str) -> list[Step]:
    sessions = Step("Sessions", links.address("/sessions", repository=repository))
    return [sessions, Step(f"Pull request {_name(number)}", links.pull_request_page(repository, number))]


def _place_of(repository: str, entry: AuditEntry, done: str = "") -> str:
    """Return the page of what an entry of the log is about."""
    details = entry.details
    if number := details.get("pr"):
        return links.pull_request_page(repository, str(number), done=done)
    if session_id := details.get("session"):
        return links.session_page(repository, str(session_id), done=done)
    return links.address("/changes", repository=repository)


def _see(place: str) -> Redirect:
    return Redirect(place, status_code=303)


def _name(number: str) -> str:
    return number if "#" in number else f"#{number}"
