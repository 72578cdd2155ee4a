"""The log of changes: who changed what and when, and the way to undo it."""

from litestar import get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from pr_sessions.core.models import INFERRED_TRIGGERS
from pr_sessions.render.outcomes import entry_details
from pr_sessions.server.backend import StoredEntry
from pr_sessions.server.pages import links
from pr_sessions.server.pages.forms import Text
from pr_sessions.server.pages.names import repository_names
from pr_sessions.server.pages.pages import AnyRequest, Html, Pages, Step, need
from pr_sessions.server.viewer import Right
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.queries import Page

PAGE = 50
NOTHING = "nothing"
_RECENT = 20
_CORRECTIONS = ("link", "unlink", "move", "merge", "undo")


class Notice(Struct, frozen=True):
    """What was done a moment ago.

    Attributes:
        entry: `None` where nothing had to be changed.
    """

    entry: AuditEntry | None
    details: str = ""
    undo: str = ""


def change_routes(pages: Pages) -> list[BaseRouteHandler]:
    """Return the handler of the log of changes."""

    @get("/changes", sync_to_thread=True)
    def changes(request: AnyRequest, repository: Text = "", cursor: Text = "") -> Html:
        viewer = need(request, Right.AUDIT, repository, filters=True)
        page = _entries(pages, repository, viewer.repositories, cursor)
        values: dict[str, object] = {"repository": repository, "cursor": cursor}
        return pages.show(
            request,
            "changes.html",
            "Changes",
            [Step("Changes", "/changes"), Step(repository)] if repository else [],
            values=values,
            names=repository_names(pages, viewer.repositories) if repository == "" else [],
            lines=[
                (each.repository, each.entry, entry_details(each.entry), undo_address(each.repository, each.entry))
                for each in page.items
            ],
            older=links.address("/changes", **{**values, "cursor": page.next}) if page.next else "",
            newest=links.with_values("/changes", values) if cursor else "",
        )

    return [changes]


def _entries(pages: Pages, repository: str, visible: frozenset[str] | None, cursor: str) -> Page[StoredEntry]:
    if not repository:
        return pages.backend.changes(visible, cursor, PAGE)
    page = pages.backend.audit(repository, cursor, PAGE)
    return Page(tuple(StoredEntry(repository, entry) for entry in page.items), page.next)


def undo_address(repository: str, entry: AuditEntry) -> str:
    """Return where an entry is undone; empty for one that no person asked for."""
    is_asked = entry.operation == "complete" and entry.reason not in INFERRED_TRIGGERS
    if not repository or (not is_asked and entry.operation not in _CORRECTIONS):
        return ""
    return links.address("/undo", repository=repository, entry=entry.id)


def done_notice(pages: Pages, repository: str, done: str) -> Notice | None:
    """Return what the address of a page says was done; `None` for nothing that is known."""
    if done == NOTHING:
        return Notice(None)
    if not done:
        return None
    recent = pages.backend.audit(repository, "", _RECENT).items
    entry = next((each for each in recent if each.id == done), None)
    return Notice(entry, entry_details(entry), undo_address(repository, entry)) if entry else None


def last_change(pages: Pages, repository: str, by: str) -> str:
    """Return the id of the last entry of somebody, for the page after a correction."""
    recent = pages.backend.audit(repository, "", _RECENT).items
    return next((entry.id for entry in recent if entry.by == by), "")
