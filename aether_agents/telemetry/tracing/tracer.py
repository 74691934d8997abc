"""Tracing: one trace per task, from who asked for it to the MCP servers, sent where OTEL_… says. Off unless it does.

    tracing.begin("worker")                        once per process, after a fork
    with tracing.span("subtask", task_id=…): …     a span; nothing at all while tracing is off
    tracing.traceparent()                          what is carried along, as W3C writes it

The store keeps where the trace of a task began. Its messages carry the context too (Celery's instrumentation does
that), but one that a reaper sends again, or that follows a person's answer, comes from elsewhere. The MCP library
carries it on to servers. Spans have ids, names and statuses; arguments, results and words of errors are in none.
Nothing of OpenTelemetry is imported while it is off.
"""

import atexit
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from aether_agents.process.installation import install_command
from aether_agents.telemetry.logs import about

log = logging.getLogger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
#: The one way of sending that the extra brings.
_PROTOCOL = "http/protobuf"


class Tracer(Protocol):
    """What is behind it while it is on; `telemetry.tracing.otel` has it."""

    def span(self, name: str, parent: str, since: int | None, ids: Mapping[str, str | int]) -> Iterator[str]:
        """Open a span for as long as the iterator lives; gives the id of its trace."""

    def mark(self, ids: Mapping[str, str | int], *, failed: bool) -> None:
        """Say more of the current span."""

    def traceparent(self) -> str:
        """The current span, as W3C writes it; empty without one."""

    def forget(self) -> None:
        """Have no current span in this context."""

    def end(self) -> None:
        """Send what is left."""


class _State:
    """The one tracer of this process."""

    tracer: Tracer | None = None
    asked = False


def wanted(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the standard variables ask for traces."""
    exporters = [one.strip() for one in environ.get("OTEL_TRACES_EXPORTER", "").split(",") if one.strip()]
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or (exporters and "otlp" not in exporters):
        return False
    return bool(exporters) or any(environ.get(name) for name in _ENDPOINTS)


def destination(environ: Mapping[str, str] = os.environ) -> str:
    """Where traces are sent, when they are."""
    return next((environ[name] for name in _ENDPOINTS if environ.get(name)), "http://localhost:4318")


def problem(environ: Mapping[str, str] = os.environ) -> str:
    """Why there are no traces though they are asked for, with the fix; empty when nothing is wrong."""
    protocol = next((environ[name] for name in _PROTOCOLS if environ.get(name)), _PROTOCOL)
    if protocol != _PROTOCOL:
        return f"traces are sent as {_PROTOCOL} only, not as {protocol}: set {_PROTOCOLS[1]}={_PROTOCOL}"
    try:
        from aether_agents.telemetry.tracing import otel  # noqa: F401, PLC0415 - an extra of its own, loaded when asked for
    except ModuleNotFoundError as missing:
        return (
            f"OTEL_… asks for traces, and {missing.name} is not installed: `{install_command('otel')}`, or set "
            "OTEL_SDK_DISABLED=true"
        )
    return ""


def begin(process: str, *, quiet: bool = False) -> None:
    """Trace from now on, if OTEL_… asks for it. Never fails; the first call counts.

    Args:
        process: what this is: its spans' service is `aether-<process>`, unless OTEL_SERVICE_NAME says otherwise.
        quiet: the collector is not complained of, and waited for shortly: somebody is at a terminal.
    """
    if _State.asked or not wanted():
        return
    _State.asked = True
    if why := problem():
        log.warning("%s", why)
        return
    from aether_agents.telemetry.tracing.otel import OtelTracer  # noqa: PLC0415 - see `problem`

    _State.tracer = OtelTracer(process, quiet=quiet)
    atexit.register(end)


def end() -> None:
    """Send what is left, within two seconds. Idempotent."""
    if _State.tracer is not None:
        _State.tracer.end()


@contextmanager
def span(name: str, *, parent: Callable[[], str] = str, since: int | None = None, **ids: str | int) -> Iterator[None]:
    """What happens inside is one span. An exception passes through and is not recorded: what it says may be secret.

    Args:
        name: of a few there are: `submit`, `plan`, `subtask`.
        parent: gives where the trace began; the current span is the parent if it is of that trace. Asked only when on.
        since: when it began, in nanoseconds since the epoch, if that was before now.
        ids: ids, names and statuses, no more; each becomes the attribute `aether.<name>`.
    """
    if _State.tracer is None:
        yield
        return
    opened = contextmanager(_State.tracer.span)(name, parent(), since, ids)
    with opened as trace_id, about(trace_id=trace_id):
        yield


def mark(*, failed: bool = False, **ids: str | int) -> None:
    """Say more of the span that this happens in."""
    if _State.tracer is not None:
        _State.tracer.mark(ids, failed=failed)


def traceparent() -> str:
    """The span that this happens in, as W3C writes it; empty when there is none."""
    return _State.tracer.traceparent() if _State.tracer is not None else ""


def forget() -> None:
    """What this asyncio task or thread does from now on is part of no trace."""
    if _State.tracer is not None:
        _State.tracer.forget()
