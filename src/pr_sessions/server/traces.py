"""A span for each session that completes, sent to where `OTEL_EXPORTER_OTLP_ENDPOINT` says. Loaded only then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from hashlib import sha256

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator

from pr_sessions.core.models import Session
from pr_sessions.errors import PrSessionsError
from pr_sessions.server.services import Services
from pr_sessions.storage.queries import MOST_ON_PAGE, SessionFilter, SessionLine

_EVERY_SECONDS = 30.0


class Traces:
    """Sends sessions that completed.

    Args:
        services: of the server.
        exporter: takes the spans; by default by OTLP, as the environment says.
    """

    def __init__(self, services: Services, exporter: SpanExporter | None = None) -> None:
        self._services = services
        self._ids = _Ids()
        resource = Resource.create({"service.name": "pr-sessions"})
        self._provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("pr_sessions")

    def send_completed(self, since: datetime, until: datetime) -> int:
        """Send the sessions that completed in a time; return how many those were."""
        queries, cursor, sent = self._services.backend.queries, "", 0
        while True:
            page = queries.sessions(SessionFilter(is_active=False), cursor, MOST_ON_PAGE)
            for line in page.items:
                session = queries.session(line.repository, line.id) if _ended(line, since, until) else None
                if session:
                    self._send(line, session)
                    sent += 1
            cursor = page.next
            # The latest activity comes first, and no session ends before it.
            if not cursor or (page.items[-1].latest and page.items[-1].latest <= since):
                return sent

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()

    def _send(self, line: SessionLine, session: Session) -> None:
        self._ids.seed = f"{line.repository}\0{line.id}\0{line.ended}"
        start = line.started or line.ended
        span = self._tracer.start_span(
            "session",
            start_time=_nanoseconds(start),
            attributes={
                "pr_sessions.repository": line.repository,
                "pr_sessions.session": line.id,
                "pr_sessions.author": line.author,
                "pr_sessions.agent": line.agent,
                "pr_sessions.trigger": line.trigger,
                "pr_sessions.pull_requests": line.pull_requests,
            },
        )
        for number, record in session.pull_requests.items():
            span.add_event("pull request", {"number": number}, _nanoseconds(record.created or start))
        span.end(_nanoseconds(line.ended))


class _Ids(IdGenerator):
    """The same session has the same ids, whichever process sends it, and however often."""

    seed = ""

    def generate_span_id(self) -> int:
        return int.from_bytes(sha256(f"span\0{self.seed}".encode()).digest()[:8]) or 1

    def generate_trace_id(self) -> int:
        return int.from_bytes(sha256(f"trace\0{self.seed}".encode()).digest()[:16]) or 1


@asynccontextmanager
async def sending(services: Services) -> AsyncIterator[None]:
    """Send sessions that complete while the server runs."""
    traces = Traces(services)
    task = asyncio.create_task(_send_all(traces, services))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await asyncio.to_thread(traces.close)


async def _send_all(traces: Traces, services: Services) -> None:
    since = services.clock()
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        until = services.clock()
        try:
            await asyncio.to_thread(traces.send_completed, since, until)
            since = until
        except PrSessionsError as error:
            structlog.get_logger().warning("sessions were not traced", error=str(error))


def _ended(line: SessionLine, since: datetime, until: datetime) -> bool:
    return line.ended is not None and since < line.ended <= until


def _nanoseconds(at: datetime | None) -> int | None:
    return int(at.timestamp() * 1e9) if at else None
