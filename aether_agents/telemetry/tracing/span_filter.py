"""SpanFilter: of a span ids, names, times and statuses leave this process; no words that an error or a tool chose."""

import logging
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from aether_agents.telemetry.logs import redact

log = logging.getLogger("aether_agents.telemetry.tracing")


class SpanFilter(SpanExporter):
    """Sends through another exporter. Says once that the collector is away, and once that it is back."""

    def __init__(self, to: SpanExporter, *, quiet: bool) -> None:
        """With `quiet`, it says nothing."""
        self._to = to
        self._quiet = quiet
        self._away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; those that cannot be sent are lost, and nothing else is."""
        result = self._to.export([span_filter(span) for span in spans])
        away = result is not SpanExportResult.SUCCESS
        if away != self._away and not self._quiet:
            if away:
                log.warning(
                    "the collector of traces (OTEL_EXPORTER_OTLP_ENDPOINT) cannot be reached: spans are dropped"
                )
            else:
                log.info("the collector of traces is back")
        self._away = away
        return result

    def leave(self) -> None:
        """This process ends: a collector that is away is not waited for."""
        if self._away:
            self._to.shutdown()

    def shutdown(self) -> None:
        """Let go of the connection."""
        self._to.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Whether nothing waits here; nothing ever does."""
        return self._to.force_flush(timeout_millis)


def span_filter(span: ReadableSpan) -> ReadableSpan:
    """The span without its events (exceptions with their messages), the words of its status, and any known secret."""
    attributes = {name: redact(one) if isinstance(one, str) else one for name, one in (span.attributes or {}).items()}
    return ReadableSpan(
        name=redact(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
