"""OtelTracer: OpenTelemetry behind `tracing`. Only here is it imported, and only when it is asked for."""

import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from aether_agents.telemetry.tracing.span_filter import SpanFilter

#: Seconds the last spans get to be sent when a process ends.
FAREWELL = 2.0
#: Seconds a batch may take to be sent by a process that somebody waits for: one attempt.
SHORTLY = 0.75

_W3C = TraceContextTextMapPropagator()


class OtelTracer:
    """Spans of one process, sent in the background. Made after a fork: its threads would not cross one."""

    def __init__(self, process: str, *, quiet: bool) -> None:
        """Where a host program traces already, its way is used."""
        self._ended = threading.Event()
        self._farewell: threading.Thread | None = None
        if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            trace.set_tracer_provider(self._provider(process, quiet))
        self._tracer = trace.get_tracer("aether_agents")
        CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]

    def span(self, name: str, parent: str, since: int | None, ids: Mapping[str, str | int]) -> Iterator[str]:
        """Open a span, below the current one if that is of the parent's trace, and else linked to it."""
        here = trace.get_current_span().get_span_context()
        begun = trace.get_current_span(_W3C.extract({"traceparent": parent}, context.Context())).get_span_context()
        elsewhere = begun.is_valid and begun.trace_id != here.trace_id
        opened = self._tracer.start_as_current_span(
            name,
            context=trace.set_span_in_context(trace.NonRecordingSpan(begun)) if elsewhere else None,
            links=[trace.Link(here)] if elsewhere and here.is_valid else None,
            attributes=_attributes(ids),
            start_time=since,
            record_exception=False,
            set_status_on_exception=False,
        )
        with opened as current:
            yield trace.format_trace_id(current.get_span_context().trace_id)

    def mark(self, ids: Mapping[str, str | int], *, failed: bool) -> None:
        """Say more of the current span."""
        current = trace.get_current_span()
        current.set_attributes(_attributes(ids))
        if failed:
            current.set_status(trace.StatusCode.ERROR)

    def traceparent(self) -> str:
        """The current span, as W3C writes it."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent", "")

    def forget(self) -> None:
        """Have no current span in this context."""
        context.attach(context.Context())

    def end(self) -> None:
        """Send what is left, as far as that takes no longer than a farewell. Waits once."""
        farewell, self._farewell = self._farewell, None
        self._ended.set()
        if farewell is not None:
            farewell.join(FAREWELL)

    def _provider(self, process: str, quiet: bool) -> TracerProvider:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # Discreet says it, once
        timeout = (
            SHORTLY
            if quiet and not _is_set("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")
            else None
        )
        span_filter = SpanFilter(OTLPSpanExporter(timeout=timeout), quiet=quiet)
        provider = TracerProvider(resource=_resource(process), shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(span_filter))

        def leave() -> None:
            self._ended.wait()
            span_filter.leave()
            provider.shutdown()

        # Begun now: while an interpreter ends, no thread can be started any more.
        self._farewell = threading.Thread(target=leave, name="aether-tracing-farewell", daemon=True)
        self._farewell.start()
        return provider


def _resource(process: str) -> Resource:
    named = _is_set("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    own = {SERVICE_INSTANCE_ID: f"{process}@{socket.gethostname()}:{os.getpid()}"}
    return Resource.create(own if named else {**own, SERVICE_NAME: f"aether-{process}"})


def _attributes(ids: Mapping[str, str | int]) -> dict[str, str | int]:
    return {f"aether.{name}": one for name, one in ids.items()}


def _is_set(*names: str) -> bool:
    return any(os.environ.get(name) for name in names)
