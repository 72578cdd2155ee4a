"""A session that completes is one span, with an event for each pull request."""

from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import scene
from pr_sessions.server.services import Services
from pr_sessions.server.traces import Traces


@pytest.fixture
def ended(clone: Path, clock: scene.Clock, local_services: Services) -> Services:
    """A session of two pull requests that completed after eight minutes, and another that goes on."""
    tracker = local_services.backend.tracker("")
    tracker.start(author="ada")
    for minutes, number in ((2, "1"), (5, "2")):
        clock.set(minutes)
        tracker.record(scene.auto(number))
    clock.set(8)
    tracker.complete()
    clock.set(9)
    tracker.start(author="ada")
    return local_services


def test_a_session_is_a_span_and_a_pull_request_an_event(ended: Services) -> None:
    exporter = InMemorySpanExporter()
    traces = Traces(ended, exporter)
    sent = traces.send_completed(scene.START, scene.minute(9))
    traces.close()
    (span,) = exporter.get_finished_spans()

    assert (sent, span.name, span.start_time, span.end_time) == (
        1,
        "session",
        int(scene.START.timestamp() * 1e9),
        int(scene.minute(8).timestamp() * 1e9),
    )
    assert [dict(event.attributes or {}) for event in span.events] == [{"number": "1"}, {"number": "2"}]
    assert dict(span.attributes or {})["pr_sessions.author"] == "ada"


def test_what_was_sent_before_is_not_sent_again(ended: Services) -> None:
    traces = Traces(ended, InMemorySpanExporter())
    sent = traces.send_completed(scene.minute(8), scene.minute(9))
    traces.close()

    assert sent == 0


def test_every_process_gives_a_session_the_same_ids(ended: Services) -> None:
    ids = []
    for _ in range(2):
        exporter = InMemorySpanExporter()
        traces = Traces(ended, exporter)
        traces.send_completed(scene.START, scene.minute(9))
        traces.close()
        ids += [(span.context.trace_id, span.context.span_id) for span in exporter.get_finished_spans()]

    assert len(ids) == 2
    assert len(set(ids)) == 1
