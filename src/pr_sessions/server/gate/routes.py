"""What workflows ask, and how the gate is switched off.

A workflow takes every answer but the expected one for "run", also none at all: nothing here can keep a check from
running that has to run.
"""

from threading import BoundedSemaphore
from time import monotonic, sleep
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import RawBody
from msgspec import Meta, Struct
from sqlalchemy import Connection, Engine, func, select

from pr_sessions.config.organisation import Mode
from pr_sessions.core.json_text import decode
from pr_sessions.errors import PrSessionsError
from pr_sessions.server.auth.audit import note
from pr_sessions.server.gate.configuration import ServedRepository, repository_named, switch
from pr_sessions.server.gate.decisions import StoredDecision, find
from pr_sessions.server.gate.outbox import LATE
from pr_sessions.server.gate.runner_tokens import Job, RunnerTokens
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Right, Viewer
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import outbox

# A job waits for five seconds.
_LONGEST_SECONDS, _PAUSE_SECONDS = 2.5, 0.25
_WAITING = BoundedSemaphore(16)
RUN, WAIT, APP = "run", "wait", "app"
# A job has a token that is none of this server's, so it comes in a header of its own.
JOB_HEADER = "x-job-token"
_MOST = 1024

_Name = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}\Z")]
_Login = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]{1,39}\Z")]


class Question(Struct, frozen=True):
    """What a workflow asks: whether the checks of a commit may wait, or whether the App starts them (`about=start`)."""

    repository: _Name
    number: Annotated[str, Meta(pattern=r"\A[1-9][0-9]{0,17}\Z")]
    sha: Annotated[str, Meta(pattern=r"\A[0-9a-f]{40}\Z")]
    about: Annotated[str, Meta(pattern=r"\A(wait|start)\Z")] = "wait"


class Switch(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the gate of an organisation is to be off."""

    off: bool


def routes(services: Services) -> list[BaseRouteHandler]:
    """Return the handlers of the gate; a clone has none."""
    engine = services.engine
    if engine is None:
        return []
    tokens = RunnerTokens(services.settings)

    @get("/gate/decision", media_type=MediaType.TEXT, sync_to_thread=True, opt={"public": True})
    def decision(request: Request[Any, Any, Any]) -> Response[str]:
        try:
            question = msgspec.convert(dict(request.query_params), Question)
        except msgspec.ValidationError as error:
            return _text(400, f"the question cannot be read: {error}")
        job = tokens.job(request.headers.get(JOB_HEADER, ""), services.clock)
        if not _may_ask(job, request.user, question):
            return _text(401, "no token that may ask about this repository")
        try:
            return _text(200, _answer(engine, services, question))
        except PrSessionsError as error:
            return _text(503, str(error))

    @post("/gate/organisations/{organisation:str}", sync_to_thread=True, status_code=200)
    def switch_organisation(request: Request[Any, Any, Any], body: RawBody) -> Response[Any]:
        viewer: Viewer = request.user
        if not viewer.may(Right.ADMIN):
            return _problem(403, "this takes a token with the scope admin")
        try:
            name = msgspec.convert(request.path_params["organisation"], _Login)
            wanted = decode(body[:_MOST], Switch)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            return _problem(400, f"it cannot be read: {error}")
        now = services.clock()
        try:
            count = switch(engine, name, now, viewer.name, off=wanted.off)
            with writing(engine) as connection:
                note(connection, now, viewer.name, f"gate {'off' if wanted.off else 'on'}", organisation=name)
        except PrSessionsError as error:
            return _problem(503, str(error))
        return Response({"organisation": name, "off": wanted.off, "repositories": count}, media_type=MediaType.JSON)

    return [decision, switch_organisation]


def _may_ask(job: Job | None, viewer: Viewer, question: Question) -> bool:
    """Return whether it is a job of that very repository, or somebody who may read it."""
    if job:
        return job.repository.lower() == question.repository.lower()
    return viewer.may(Right.READ) and viewer.sees(question.repository)


def _answer(engine: Engine, services: Services, question: Question) -> str:
    """Return the answer by what is stored, and nothing but that: GitHub is not asked."""
    with reading(engine) as connection:
        served = repository_named(connection, question.repository)
        if served is None or not served.is_active or served.mode is not Mode.ENFORCE or served.effective.mistakes:
            return RUN
        if question.about == "start":
            return f"{APP} {question.sha}" if _starts(connection, served, services) else RUN
    decision = _soon(engine, served.id, question)
    if decision is None or decision.mode is not Mode.ENFORCE or not decision.waits:
        return RUN
    now = services.clock()
    return f"{WAIT} {question.sha}" if decision.decided <= now < decision.valid_until else RUN


def _soon(engine: Engine, repository_id: int, question: Question) -> StoredDecision | None:
    """Return the decision about a commit; a job may ask a moment before its own event has been looked at.

    Only so many wait for one at a time, or the threads that answer would be used up.
    """
    decision = _find(engine, repository_id, question)
    if decision or not _WAITING.acquire(blocking=False):
        return decision
    try:
        ends = monotonic() + _LONGEST_SECONDS
        while decision is None and monotonic() < ends:
            sleep(_PAUSE_SECONDS)
            decision = _find(engine, repository_id, question)
        return decision
    finally:
        _WAITING.release()


def _find(engine: Engine, repository_id: int, question: Question) -> StoredDecision | None:
    with reading(engine) as connection:
        decision = find(connection, repository_id, question.number)
    return decision if decision and decision.sha == question.sha else None


def _starts(connection: Connection, served: ServedRepository, services: Services) -> bool:
    """Return whether the App starts checks there, and nothing that it has to do is late."""
    if not served.effective.dispatch:
        return False
    is_late = outbox.c.next_at < services.clock() - LATE
    late = connection.execute(
        select(func.count()).where(outbox.c.repository_id == served.id, outbox.c.kind == "checks", is_late)
    ).scalar_one()
    return late == 0


def _text(status: int, text: str) -> Response[str]:
    return Response(f"{text}\n", status_code=status, media_type=MediaType.TEXT, headers={"cache-control": "no-store"})


def _problem(status: int, title: str) -> Response[Any]:
    return Response(
        msgspec.json.encode({"title": title, "status": status}),
        status_code=status,
        media_type="application/problem+json",
    )
