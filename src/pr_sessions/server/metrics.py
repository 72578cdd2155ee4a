"""What Prometheus reads: requests, how long they took, open streams."""

from functools import cache

from litestar.types import Scope
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Numbers of one process; a part that counts something of its own registers it in `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "pr_sessions_requests", "Requests by part and status.", ["part", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "pr_sessions_request_seconds", "Time to answer.", ["part"], buckets=_SECONDS, registry=self.registry
        )
        # To find the one of a part by its labels takes longer than to count.
        self._count_of = cache(lambda part, status: self._requests.labels(part, str(status)))
        self._time_of = cache(self._seconds.labels)
        self.streams = Gauge("pr_sessions_streams", "Open streams of events.", registry=self.registry)

    def count_request(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request that was answered. A stream takes as long as somebody looks, and its time says nothing."""
        part = _part(scope["path"])
        self._count_of(part, status).inc()
        if part != "events":
            self._time_of(part).observe(seconds)

    def text(self) -> bytes:
        """Return all of it in Prometheus' format."""
        return generate_latest(self.registry)


_PARTS = ("api", "compat", "webhooks", "events", "static", "healthz", "readyz", "metrics")


def _part(path: str) -> str:
    """Return which part a path belongs to; there are few, whatever clients ask for."""
    first = path.lstrip("/").partition("/")[0]
    return first if first in _PARTS else "pages"
