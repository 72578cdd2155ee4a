"""What the gate decided in a repository, and what it gave up on the forge. A clone has neither."""

from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect

from pr_sessions.server.pages import links
from pr_sessions.server.pages.forms import Text, UrlEncoded
from pr_sessions.server.pages.pages import AnyRequest, Html, Pages, Step, need
from pr_sessions.server.viewer import Right

PAGE = 50


def gate_routes(pages: Pages) -> list[BaseRouteHandler]:
    """Return the handlers, only for a team."""
    if not pages.backend.is_team:
        return []

    @get("/decisions", sync_to_thread=True)
    def decisions(request: AnyRequest, repository: Text = "", cursor: Text = "") -> Html:
        need(request, Right.READ, repository)
        page = pages.backend.decisions(repository, cursor, PAGE)
        values: dict[str, object] = {"repository": repository, "cursor": cursor}
        return pages.show(
            request,
            "decisions.html",
            "Gate",
            [Step("Repositories", "/repositories"), Step(repository)],
            lines=page.items,
            days=pages.backend.decision_days(repository),
            repository=repository,
            older=links.address("/decisions", **{**values, "cursor": page.next}) if page.next else "",
            newest=links.with_values("/decisions", values) if cursor else "",
        )

    @get("/given-up", sync_to_thread=True)
    def given_up(request: AnyRequest, repository: Text = "", cursor: Text = "", again: Text = "") -> Html:
        need(request, Right.READ, repository)
        page = pages.backend.given_up(repository, cursor, PAGE)
        values: dict[str, object] = {"repository": repository, "cursor": cursor}
        return pages.show(
            request,
            "given_up.html",
            "Given up",
            [Step("Deliveries", "/deliveries"), Step("Given up")],
            lines=page.items,
            values=values,
            again=again[:100],
            older=links.address("/given-up", **{**values, "cursor": page.next}) if page.next else "",
            newest=links.with_values("/given-up", values) if cursor else "",
        )

    @post("/given-up/try-again", sync_to_thread=True)
    def try_again(request: AnyRequest, data: UrlEncoded) -> Redirect:
        repository = data.get("repository", "")
        viewer = need(request, Right.ADMIN, repository)
        line = pages.backend.try_again(data.get("id", ""), viewer.name, viewer.repositories)
        what = f"{line.kind} {line.subject}".strip()
        return Redirect(links.address("/given-up", repository=repository, again=what), status_code=303)

    return [decisions, given_up, try_again]
