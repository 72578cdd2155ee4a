"""The inbox: what needs people now, of all repositories, of one, or of the person who looks."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect
from markupsafe import Markup
from msgspec import Struct

from pr_sessions.core.inbox import Inbox, Row
from pr_sessions.core.inbox_sections import Section
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.errors import PrSessionsError
from pr_sessions.render.inbox_view import InboxView
from pr_sessions.server.backend import InboxFilter, StoredInbox, StoredRow
from pr_sessions.server.pages import links
from pr_sessions.server.pages.forms import Text, UrlEncoded, ViewersOnly
from pr_sessions.server.pages.pages import AnyRequest, Html, Pages, Step, need
from pr_sessions.server.viewer import Right

PAGE = 60


class ServedInbox(InboxView):
    """A page of the inbox that leads to sessions and explanations.

    Args:
        stored: the inbox without its rows.
        rows: those of this page.
        zone: of the times that are shown.
    """

    def __init__(self, stored: StoredInbox, rows: Sequence[StoredRow], now: datetime, zone: tzinfo | None) -> None:
        inbox = Inbox(
            at=now,
            source=stored.source,
            repositories=tuple(sorted({each.repository for each in rows})),
            rows=tuple(each.row for each in rows),
            conflicts=tuple(dict.fromkeys(pair for each in rows for pair in each.row.conflicts)),
            budgets=stored.budgets,
            unknowns=stored.unknowns,
        )
        super().__init__(inbox, zone, None)
        self._counts = stored.counts
        self._repositories = {id(each.row): each.repository for each in rows}
        self._stored = {pr.key: each.repository for each in rows for pr in each.row.prs}

    def count(self, section: Section) -> int:
        """Return how many rows a section has, those of other pages included."""
        return self._counts.get(section, len(self.inbox.rows_in(section)))

    def heading(self, row: Row) -> Markup:
        """Return the title of a row, which leads to its session."""
        title = super().heading(row)
        if not row.session_id:
            return title
        place = links.session_page(self._repositories[id(row)], row.session_id)
        return Markup('<a href="{}">{}</a>').format(place, title)

    def about(self, pr: OpenPullRequest, *, has_author: bool = False) -> Markup:
        """Return who made a pull request and what it belongs to, with a link to why it is where it is."""
        place = links.pull_request_page(self._stored[pr.key], pr.number)
        hidden = Markup('<span class="hidden"> #{} is here</span>').format(pr.number)
        why = Markup('<span><a href="{}">why{}</a></span>').format(place, hidden)
        return super().about(pr, has_author=has_author) + why


class _Shown(Struct, frozen=True, kw_only=True):
    """What of the inbox is shown: the values of its address."""

    repository: str = ""
    is_viewers: bool = False
    cursor: str = ""

    @property
    def values(self) -> Mapping[str, object]:
        return {"repository": self.repository, "mine": self.is_viewers and "1", "cursor": self.cursor}


def inbox_routes(pages: Pages) -> list[BaseRouteHandler]:
    """Return the handlers of the inbox."""

    @get("/", sync_to_thread=True)
    def inbox(request: AnyRequest, repository: Text = "", is_viewers: ViewersOnly = False, cursor: Text = "") -> Html:
        viewer = need(request, Right.READ, repository, filters=True)
        shown = _Shown(repository=repository, is_viewers=is_viewers, cursor=cursor)
        login = (viewer.login or pages.backend.login) if is_viewers else ""
        wanted = InboxFilter(repository=repository, login=login, repositories=viewer.repositories)
        is_unknown = is_viewers and not login
        stored = StoredInbox() if is_unknown else pages.backend.inbox_summary(wanted)
        page = None if is_unknown else pages.backend.inbox(wanted, cursor, PAGE)
        rows = page.items if page else ()
        view = ServedInbox(stored, rows, pages.services.clock(), pages.zone)
        return pages.show(
            request,
            "inbox_served.html",
            "Inbox",
            [Step(repository)] if repository else [],
            shown=shown,
            view=view,
            inbox=view.inbox,
            stored=stored,
            total=sum(stored.counts.values()),
            is_unknown=is_unknown,
            older=links.address("/", **{**shown.values, "cursor": page.next}) if page and page.next else "",
            newest=links.with_values("/", shown.values),
            everything=links.with_values("/", shown.values, mine=""),
            only_mine=links.with_values("/", shown.values, mine="1"),
            live=links.address("/events", repository=repository),
        )

    @post("/inbox/read", sync_to_thread=True)
    def read_again(request: AnyRequest, data: UrlEncoded) -> Redirect | Html:
        repository = data.get("repository", "")
        need(request, Right.READ, repository)
        place = links.address("/", repository=repository, mine=data.get("mine", ""))
        try:
            pages.backend.read_again(repository)
        except PrSessionsError as error:
            return pages.show(
                request, "not_read.html", "The inbox was not read", [Step("Inbox", place)], error=error, back=place
            )
        return Redirect(place, status_code=303)

    return [inbox, read_again]
