"""One page: its frame, who looks at it, and what it may show of an error."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response
from msgspec import Struct

from pr_sessions.errors import NotFound
from pr_sessions.render import inbox_words
from pr_sessions.render.inbox_drawing import sign
from pr_sessions.render.inbox_view import TEMPLATES as SHARED
from pr_sessions.render.inbox_view import markup
from pr_sessions.render.terminal import plural
from pr_sessions.server.assets import asset_address
from pr_sessions.server.backend import Backend
from pr_sessions.server.pages import links, text
from pr_sessions.server.pages.look import version
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Refused, Right, Viewer

TEMPLATES = Path(__file__).with_name("templates")
NOBODY = Viewer("")

AnyRequest = Request[Any, Any, Any]
Html = Response[str]


class Step(Struct, frozen=True):
    """A step of the way from the first page to this one.

    Attributes:
        address: empty for the page itself.
    """

    title: str
    address: str = ""


class Pages:
    """Makes pages of templates."""

    def __init__(self, services: Services) -> None:
        self.services = services
        # A clone's pages are read on its own machine.
        self.zone: tzinfo | None = UTC if services.backend.is_team else None
        environment = Environment(
            loader=FileSystemLoader([TEMPLATES, SHARED]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(text.filters(services.clock, self.zone))
        environment.globals.update(
            links=links,
            words=inbox_words,
            plural=plural,
            sign=lambda name: markup(sign(name)),
            Right=Right,
            is_team=services.backend.is_team,
            version=version(),
            asset=asset_address,
        )
        if services.backend.is_team:
            # The first person who looks does not wait until each template is compiled.
            for path in TEMPLATES.glob("*.html"):
                environment.get_template(path.name)
        self._environment = environment

    @property
    def backend(self) -> Backend:
        """What is shown."""
        return self.services.backend

    def show(
        self,
        request: AnyRequest,
        template: str,
        title: str,
        trail: Sequence[Step] = (),
        status: int = 200,
        **values: Any,
    ) -> Html:
        """Return a page.

        Args:
            request: the one that is answered.
            template: its file.
            title: of the page; may hold text of people.
            trail: the steps to it, without the first page.
            status: of HTTP.
            values: what the template shows.
        """
        html = self._environment.get_template(template).render(
            viewer=viewer_of(request),
            title=title,
            trail=trail,
            here=request.url.path,
            csrf=csrf_token(request),
            zone=text.zone_name(self.services.clock(), self.zone),
            **values,
        )
        # What a person may see depends on the person. There is no ETag: almost every page shows ages, the key of a form
        # and who looks, so none would fit twice; the revision of a repository says nothing of them.
        headers = {"Cache-Control": "private, no-cache"}
        return Response(html, media_type=MediaType.HTML, status_code=status, headers=headers)


def viewer_of(request: AnyRequest) -> Viewer:
    """Return who looks; `NOBODY` where the person has not logged in."""
    viewer = request.scope.get("user")
    return viewer if isinstance(viewer, Viewer) else NOBODY


def csrf_token(request: AnyRequest) -> str:
    """Return what a form of this person carries to be accepted."""
    return str(request.scope.get("state", {}).get("csrf_token", ""))


def need(request: AnyRequest, right: Right, repository: str = "", *, filters: bool = False) -> Viewer:
    """Return who looks, who has the right.

    Args:
        request: the one that is answered.
        right: what the person needs.
        repository: what is shown; empty for all.
        filters: whether the page itself leaves out the repositories that the person may not see.

    Raises:
        Refused: the person has not.
        NotFound: the person may not know of the repository, or may see only some and names none.
    """
    viewer = viewer_of(request)
    if not viewer.may(right):
        raise Refused(_REFUSED[right], "log in as somebody who may")
    if viewer.repositories is not None and not repository and not filters:
        raise NotFound("no repository is named", "choose one: Repositories")
    if repository and not viewer.sees(repository):
        raise NotFound(f"no repository {repository[:200]}", "see those that you may see: Repositories")
    return viewer


_REFUSED = {
    Right.READ: "you may not see this",
    Right.WRITE: "you may not change sessions",
    Right.AUDIT: "you may not read the log of changes",
    Right.ADMIN: "only administrators may do this",
}
