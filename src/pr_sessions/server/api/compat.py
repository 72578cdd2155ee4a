"""The interface that the original's dashboard reads: the session file, and the completion of a session."""

from typing import Any

from litestar import Request, Response
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from msgspec import json

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.ids import check_id
from pr_sessions.core.models import Session, Trigger
from pr_sessions.errors import Ambiguous, NotFound
from pr_sessions.server.api.dispatch import JSON, AnyRequest, refuse, viewer_of
from pr_sessions.server.api.operations import Call
from pr_sessions.server.backend import RepositoryFilter
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Right
from pr_sessions.storage.files.dashboard import dashboard_document, session_record

PREFIX = "/compat/api/v1"
# The dashboard shows all at once; the newest completed ones are enough for it.
MOST = 1000


def routes(services: Services) -> list[BaseRouteHandler]:
    """Return the handlers. `?repository=owner/name` names the repository where the server has several."""

    def all_sessions(request: Request[Any, Any, Any]) -> Response[bytes]:
        _, _, sessions = _opened(services, request, Right.READ)
        return _answered(dashboard_document(sessions, MOST))

    def get_session(request: Request[Any, Any, Any]) -> Response[bytes]:
        _, _, sessions = _opened(services, request, Right.READ)
        return _answered(session_record(_named(sessions, request)))

    def complete(request: Request[Any, Any, Any]) -> Response[bytes]:
        call, repository, sessions = _opened(services, request, Right.WRITE)
        session = _named(sessions, request)
        done = call.tracker(repository).complete(session.id, trigger=Trigger.MANUAL, by=call.viewer.name)
        return _answered(session_record(done.session))

    made = (("GET", "/sessions", all_sessions), ("GET", "/sessions/{session_id:str}", get_session))
    return [
        HTTPRouteHandler(
            PREFIX + path,
            http_method=method,  # type: ignore[arg-type] # Litestar names the methods by an enumeration
            status_code=200,
            name=f"compat_{function.__name__}",
            sync_to_thread=True,
            exception_handlers={Exception: refuse},
        )(function)
        for method, path, function in (*made, ("POST", "/sessions/{session_id:str}/complete", complete))
    ]


def _opened(services: Services, request: AnyRequest, right: Right) -> tuple[Call, str, SessionCollection]:
    """Return the call, the repository that it is about, and its sessions."""
    call = Call(services=services, viewer=viewer_of(request))
    call.require(right)
    name = request.query_params.get("repository", "")
    if name and not call.viewer.sees(name):
        raise NotFound(f"no repository {name[:200]}")
    name = call.backend.repository(name).name if name else _only(call)
    return call, name, call.backend.tracker(name).sessions()


def _only(call: Call) -> str:
    """Return the one repository that the viewer sees."""
    wanted = RepositoryFilter(repositories=call.viewer.repositories)
    page = call.backend.repositories(wanted, limit=1)
    if not page.items:
        raise NotFound("there is no repository yet")
    if page.next:
        count = call.backend.count_repositories(wanted)
        raise Ambiguous(f"there are {count} repositories", "name one: ?repository=owner/name")
    return page.items[0].name


def _named(sessions: SessionCollection, request: AnyRequest) -> Session:
    session_id = check_id(request.path_params["session_id"])
    session = sessions.get(session_id)
    if session is None:
        raise NotFound(f"no session {session_id}")
    return session


def _answered(value: Any) -> Response[bytes]:
    headers = {"cache-control": "private, no-cache"}
    return Response(json.encode(value), status_code=200, media_type=JSON, headers=headers)
