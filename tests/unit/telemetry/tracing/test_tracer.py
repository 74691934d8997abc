"""Tracing: on only when it is asked for, and one clear line where it cannot be."""

import logging
import sys

import pytest

from aether_agents.process.installation import install_command
from aether_agents.telemetry import tracing
from aether_agents.telemetry.logs import scope
from aether_agents.telemetry.tracing import tracer

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that has not begun."""
    monkeypatch.setattr(tracer._State, "tracer", None)
    monkeypatch.setattr(tracer._State, "asked", False)


@pytest.mark.parametrize(
    ("environ", "on"),
    [
        ({}, False),
        ({ENDPOINT: ""}, False),
        ({ENDPOINT: "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "console, otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", ENDPOINT: "http://c:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", ENDPOINT: "http://c:4318"}, False),
    ],
)
def test_the_standard_variables_turn_it_on(environ: dict[str, str], on: bool) -> None:
    assert tracing.wanted(environ) is on


def test_a_way_of_sending_that_is_not_there_is_named_with_the_fix() -> None:
    assert tracing.problem({}) == ""
    assert "set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf" in tracing.problem({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})


def test_without_the_extra_there_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, said: list[logging.LogRecord]
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:1")
    monkeypatch.delitem(sys.modules, "aether_agents.telemetry.tracing.otel", raising=False)
    monkeypatch.delattr(tracing, "otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.instrumentation.celery", None)  # as if it were not installed
    tracing.begin("worker")
    tracing.begin("worker")
    assert [record.levelname for record in said] == ["WARNING"]
    assert install_command("otel") in said[0].getMessage()
    with tracing.span("subtask", task_id="t"):
        assert tracing.traceparent() == ""


def test_off_it_does_nothing() -> None:
    def never() -> str:
        raise AssertionError("nobody asks the store for a parent")

    with tracing.span("subtask", parent=never, task_id="t"):
        tracing.mark(status="completed")
        assert (tracing.traceparent(), dict(scope())) == ("", {})
    tracing.forget()
    tracing.end()
