"""Discreet: no words that an error or a tool chose leave the process in a span."""

import logging
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status, StatusCode

from aether_agents.telemetry.logs import hide
from aether_agents.telemetry.tracing.span_filter import SpanFilter


class Memory(SpanExporter):
    """Keeps what it is given; can be away."""

    def __init__(self) -> None:
        self.kept: list[ReadableSpan] = []
        self.result = SpanExportResult.SUCCESS
        self.closed = False

    def shutdown(self) -> None:
        self.closed = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.kept += spans
        return self.result


def say(memory: Memory, span_filter: SpanFilter) -> ReadableSpan:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(span_filter))
    with provider.get_tracer("t").start_as_current_span("call", attributes={"rpc": "s3cr3t-token", "n": 7}) as span:
        span.record_exception(ValueError("the password is x"))
        span.set_status(Status(StatusCode.ERROR, "the password is x"))
    return memory.kept[-1]


def test_ids_names_and_status_stay_and_words_go() -> None:
    hide("s3cr3t-token")
    memory = Memory()
    left = say(memory, SpanFilter(memory, quiet=False))
    assert (left.name, dict(left.attributes or {})) == ("call", {"rpc": "•••", "n": 7})
    assert (left.status.status_code, left.status.description, left.events) == (StatusCode.ERROR, None, ())
    assert left.context is not None
    assert left.end_time is not None


def test_a_collector_that_is_away_is_told_of_once(said: list[logging.LogRecord]) -> None:
    memory = Memory()
    span_filter = SpanFilter(memory, quiet=False)
    memory.result = SpanExportResult.FAILURE
    say(memory, span_filter)
    say(memory, span_filter)
    memory.result = SpanExportResult.SUCCESS
    say(memory, span_filter)
    assert [record.levelname for record in said] == ["WARNING", "INFO"]


def test_at_a_terminal_nothing_is_said_of_it(said: list[logging.LogRecord]) -> None:
    memory = Memory()
    memory.result = SpanExportResult.FAILURE
    say(memory, SpanFilter(memory, quiet=True))
    assert said == []


@pytest.mark.parametrize("result", SpanExportResult)
def test_at_the_end_only_a_collector_that_is_there_is_waited_for(result: SpanExportResult) -> None:
    memory = Memory()
    memory.result = result
    span_filter = SpanFilter(memory, quiet=True)
    say(memory, span_filter)
    span_filter.leave()
    assert memory.closed is (result is SpanExportResult.FAILURE)
