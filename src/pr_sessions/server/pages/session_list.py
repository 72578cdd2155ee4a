"""Lists: sessions by filters or by what their names begin with, and the pull requests that are in none."""

from litestar import get
from litestar.handlers import BaseRouteHandler

from pr_sessions.server.pages import links
from pr_sessions.server.pages.forms import State, Text
from pr_sessions.server.pages.names import repository_names
from pr_sessions.server.pages.pages import AnyRequest, Html, Pages, Step, need
from pr_sessions.server.viewer import Right
from pr_sessions.storage.queries import PullRequestFilter, SessionFilter

PAGE = 50
_ACTIVE = {"active": True, "completed": False}


def list_routes(pages: Pages) -> list[BaseRouteHandler]:
    """Return the handlers of lists."""

    @get("/sessions", sync_to_thread=True)
    def sessions(
        request: AnyRequest,
        q: Text = "",
        wanted_state: State = "",
        agent: Text = "",
        author: Text = "",
        repository: Text = "",
        cursor: Text = "",
    ) -> Html:
        viewer = need(request, Right.READ, repository, filters=True)
        values: dict[str, object] = {
            "q": q.strip(),
            "state": wanted_state if wanted_state in _ACTIVE else "",
            "agent": agent,
            "author": author.strip(),
            "repository": repository,
            "cursor": cursor,
        }
        queries = pages.backend.queries
        wanted = SessionFilter(
            repository=repository,
            is_active=_ACTIVE.get(wanted_state),
            author=author.strip(),
            agent=agent,
            repositories=viewer.repositories,
        )
        if q.strip():
            lines, following = queries.search(q, repository, PAGE, repositories=viewer.repositories), ""
        else:
            page = queries.sessions(wanted, cursor, PAGE)
            lines, following = page.items, page.next
        return pages.show(
            request,
            "sessions.html",
            "Sessions",
            values=values,
            lines=lines,
            counts=queries.counts(repository, repositories=viewer.repositories),
            agents=queries.agents(repository, repositories=viewer.repositories),
            repositories=repository_names(pages, viewer.repositories),
            is_filtered=any(value for name, value in values.items() if name != "cursor"),
            older=links.address("/sessions", **{**values, "cursor": following}) if following else "",
            newest=links.with_values("/sessions", values) if cursor else "",
        )

    @get("/pull-requests", sync_to_thread=True)
    def pull_requests(request: AnyRequest, repository: Text = "", cursor: Text = "") -> Html:
        viewer = need(request, Right.READ, repository, filters=True)
        wanted = PullRequestFilter(repository=repository, is_attributed=False, repositories=viewer.repositories)
        page = pages.backend.queries.pull_requests(wanted, cursor, PAGE)
        values: dict[str, object] = {"repository": repository, "cursor": cursor}
        return pages.show(
            request,
            "pull_requests.html",
            "Pull requests in no session",
            [Step("Sessions", links.address("/sessions", repository=repository)), Step("In no session")],
            values=values,
            lines=page.items,
            older=links.address("/pull-requests", **{**values, "cursor": page.next}) if page.next else "",
            newest=links.with_values("/pull-requests", values) if cursor else "",
        )

    return [sessions, pull_requests]
