"""One trace per task, through real processes: who asks, the planner, a specialist's worker, its MCP server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import AgentSystem, CliSettings
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import ROOT, Lab
from tests.integration.monitoring.collector import Collector, Seen, collecting

WORKER = "tests.integration.monitoring.traced_worker"
PRIVATE = "private words of an argument"
PLANNED = ["plan", "run/planner.open_task", "apply_async/planner.open_task", "submit"]


@pytest.fixture
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    system = AgentSystem(cli_interface=CliSettings(logging_format="json"))
    settings = quick(valkey, sealing_key, tmp_path).model_copy(update={"agent_system": system})
    yield from laboratory(settings, tmp_path, names=("dev",))


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


def below(collector: Collector, task_id: str) -> list[Seen]:
    """All spans of the trace that began with a task."""
    spans = collector.spans()
    (root,) = [one for one in spans if one.name == "submit" and one.attributes["aether.task_id"] == task_id]
    return [one for one in spans if one.trace == root.trace]


def told(endpoint: str) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100"}


def ask(lab: Lab, task_id: str, environ: dict[str, str]) -> tuple[float, int]:
    """Hand a task in from another process: how long that took, and how many modules of OpenTelemetry it loaded."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.monitoring.client", task_id, PRIVATE],
        cwd=ROOT,
        env={**os.environ, **environ, "AETHER_TEST_SETTINGS": lab.settings.model_dump_json()},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stderr == ""
    seconds, modules = done.stdout.split()
    return float(seconds), int(modules)


def chain(way: list[Seen]) -> list[str]:
    return [one.name for one in way]


def test_one_trace_per_task_from_who_asks_to_the_server(lab: Lab, collector: Collector) -> None:
    environ = told(collector.endpoint)
    ask(lab, "lost", environ)
    lists = [lab.store.keys.queue("planner", priority) for priority in range(10)]
    assert lab.store.connection.command("DEL", *lists) == 1  # its message, and the context in it
    lab.worker(["planner"], entry=WORKER, env=environ)
    lab.worker(["dev"], entry=WORKER, env={**environ, "AETHER_TEST_POOL": "prefork", "AETHER_TEST_CONCURRENCY": "1"})
    assert lab.ended("lost") == "completed"
    ask(lab, "t", environ)
    assert lab.ended("t") == "completed"
    for worker in lab.workers:
        lab.stop(worker)  # what is left is sent at the end
    served = {one.name: one for one in below(collector, "t") if one.service == "echo"}
    assert sorted(served) == ["tools/call echo", "tools/call fail"]
    way = collector.way_up(served["tools/call echo"])
    assert chain(way)[:4] == ["tools/call echo", "MCP send tools/call echo", "subtask", "run/dev.run_subtask"]
    assert chain(way)[4:] == ["apply_async/dev.run_subtask", *PLANNED]
    assert [one.service for one in way] == ["echo", *["aether-worker"] * 6, *["aether-client"] * 2]
    assert way[2].attributes == {
        "aether.task_id": "t",
        "aether.subtask_id": "a",
        "aether.specialist": "dev",
        "aether.tool": "dev-echo/echo",
        "aether.status": "completed",
    }
    failed = collector.way_up(served["tools/call fail"])  # in their chain it follows the first
    assert chain(failed)[-4:] == PLANNED
    assert (failed[2].attributes["aether.status"], failed[2].failed, way[2].failed) == (
        "failed (tool_error)",
        True,
        False,
    )
    said = [json.loads(line) for line in lab.log_of(1).splitlines() if line.startswith("{")]
    assert {one["trace_id"] for one in said if one.get("task_id") == "t"} == {way[0].trace}
    # a message that lost its context, as after a reaper: the store knows where the trace of its task began
    assert {"submit", "plan", "subtask", "tools/call echo"} <= {one.name for one in below(collector, "lost")}
    assert [body for body in collector.bodies if b"aether-" in body and PRIVATE.encode() in body] == []


def test_without_a_collector_nothing_slows_or_fails(lab: Lab) -> None:
    environ = told("http://127.0.0.1:1")
    lab.worker(env=environ)
    ask(lab, "t", environ)
    assert lab.ended("t") == "completed"
    eventually(lambda: "cannot be reached" in lab.log_of(), what="the worker says so")
    assert lab.stop(lab.workers[0]) == 0
    assert lab.log_of().count("cannot be reached") == 1
    assert "Traceback" not in lab.log_of()


def test_off_nothing_is_loaded(lab: Lab) -> None:
    _, modules = ask(lab, "off", {})
    assert modules == 0
    lab.store.tasks.cancel("off", "me", "enough")
