"""Commands that load an extra of their own: OpenTelemetry, redbeat."""

from pathlib import Path

import pytest

from tests.unit.cli.commands.test_acting import DONE
from tests.unit.cli.conftest import RecordedStack, Run
from tests.unit.cli.fake import RecordedOrchestrator


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, "✓ traces        off"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:secret@c:4318"}, "✓ traces        sent to http://me:***@c:4318"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "! traces"),
    ],
)
def test_doctor_says_how_logs_and_traces_are_kept(
    run: Run, stack: RecordedStack, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], found: str
) -> None:
    monkeypatch.setenv("AETHER_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("AETHER_AGENT_SYSTEM__CLI_INTERFACE__LOGGING_FORMAT", "json")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    stack(RecordedOrchestrator([], DONE))
    ran = run("doctor", "--no-servers")
    assert "as json, from INFO up" in ran.out
    assert found in ran.out


def test_where_nothing_ever_ran_there_are_no_schedules_and_no_fault(run: Run, tmp_path: Path) -> None:
    ran = run("schedule", "list")
    assert ran.code == 0
    assert "no schedules" in ran.err
    assert not (tmp_path / "home" / "stack").exists()
