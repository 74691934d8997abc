"""Tracing: one trace per task, from who asked for it to the MCP servers. Off unless OTEL_… asks for it."""

from aether_agents.telemetry.tracing.tracer import (
    begin,
    destination,
    end,
    forget,
    mark,
    problem,
    span,
    traceparent,
    wanted,
)

__all__ = ["begin", "destination", "end", "forget", "mark", "problem", "span", "traceparent", "wanted"]
