"""The state of the system: repositories, deliveries that were given up, and where everything is stored."""

from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect
from msgspec.structs import replace

from pr_sessions.server.backend import RepositoryFilter
from pr_sessions.server.pages import links
from pr_sessions.server.pages.forms import Flag, State, Text, UrlEncoded
from pr_sessions.server.pages.pages import AnyRequest, Html, Pages, Step, need
from pr_sessions.server.viewer import Right

PAGE = 50
_STATES = ("dead", "waiting", "handled", "ignored")


def repository_routes(pages: Pages) -> list[BaseRouteHandler]:
    """Return the handlers of repositories and storage; those of deliveries only for a team."""

    @get("/repositories", sync_to_thread=True)
    def repositories(request: AnyRequest, q: Text = "", troubled: Flag = False, cursor: Text = "") -> Html:
        viewer = need(request, Right.READ, filters=True)
        wanted = RepositoryFilter(text=q, has_problem=troubled, repositories=viewer.repositories)
        page = pages.backend.repositories(wanted, cursor, PAGE)
        every = RepositoryFilter(repositories=viewer.repositories)
        values: dict[str, object] = {"q": q.strip(), "troubled": troubled and "1", "cursor": cursor}
        return pages.show(
            request,
            "repositories.html",
            "Repositories",
            lines=page.items,
            total=pages.backend.count_repositories(every),
            troubled=pages.backend.count_repositories(replace(every, has_problem=True)),
            values=values,
            older=links.address("/repositories", **{**values, "cursor": page.next}) if page.next else "",
            newest=links.with_values("/repositories", values) if cursor else "",
        )

    @get("/storage", sync_to_thread=True)
    def storage(request: AnyRequest, repository: Text = "") -> Html:
        need(request, Right.READ, repository)
        lines = pages.backend.storage(repository)
        sizes = [line.size for line in lines if line.size is not None]
        return pages.show(
            request,
            "storage.html",
            "Storage",
            [Step("Storage", "/storage"), Step(repository)] if repository else [],
            lines=lines,
            total=sum(sizes) if sizes else None,
            unknown=len(lines) - len(sizes),
        )

    return [repositories, storage, *(_delivery_routes(pages) if pages.backend.is_team else ())]


def _delivery_routes(pages: Pages) -> list[BaseRouteHandler]:
    @get("/deliveries", sync_to_thread=True)
    def deliveries(
        request: AnyRequest,
        repository: Text = "",
        wanted_state: State = "dead",
        cursor: Text = "",
        again: Text = "",
    ) -> Html:
        need(request, Right.READ, repository)
        state = wanted_state if wanted_state in _STATES else _STATES[0]
        page = pages.backend.deliveries(repository, state, cursor, PAGE)
        values: dict[str, object] = {"repository": repository, "state": state, "cursor": cursor}
        return pages.show(
            request,
            "deliveries.html",
            "Deliveries",
            [Step("Deliveries", "/deliveries"), Step(repository)] if repository else [],
            lines=page.items,
            values=values,
            states=_STATES,
            again=again[:100],
            older=links.address("/deliveries", **{**values, "cursor": page.next}) if page.next else "",
            newest=links.with_values("/deliveries", values) if cursor else "",
        )

    @post("/deliveries/redeliver", sync_to_thread=True)
    def redeliver(request: AnyRequest, data: UrlEncoded) -> Redirect:
        viewer = need(request, Right.ADMIN, data.get("repository", ""))
        line = pages.backend.redeliver(data.get("id", ""), viewer.name)
        place = links.address("/deliveries", repository=data.get("repository", ""), again=line.guid)
        return Redirect(place, status_code=303)

    return [deliveries, redeliver]
