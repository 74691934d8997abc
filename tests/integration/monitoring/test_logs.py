"""What a real worker logs: JSON with the ids of whom it is about, and no secret, not even in a traceback of ours."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import HighLevelTask, Subtask, Template
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import AgentSystem, BrokerSettings, CliSettings, ContextSettings
from aether_agents.store import PLANNER, Delivery, open_store
from tests.conftest import eventually
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

PASSWORD = "p4ssw0rd-of-the-broker"
TOKEN = "t0ken-of-the-context"


@pytest.fixture
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    settings = quick(valkey, sealing_key, tmp_path)
    with open_store(settings) as store:
        store.connection.command("ACL", "SETUSER", "logger", "on", f">{PASSWORD}", "~*", "&*", "+@all")
    url = str(settings.broker.url).replace("unix://", f"unix://logger:{PASSWORD}@")
    settings = settings.model_copy(
        update={
            "broker": BrokerSettings(url=url, prefix=settings.broker.prefix),
            "agent_system": AgentSystem(cli_interface=CliSettings(logging_format="json")),
            "contexts": {"local": ContextSettings(secrets={"token": "env:PLANTED_TOKEN"})},
        }
    )
    yield from laboratory(settings, tmp_path, names=("dev",))


def lines(lab: Lab) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lab.log_of().splitlines()]


def about(lab: Lab, task_id: str, subtask_id: str) -> list[dict[str, Any]]:
    return [one for one in lines(lab) if (one.get("task_id"), one.get("subtask_id")) == (task_id, subtask_id)]


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_worker_says_whom_it_is_about_and_nothing_secret(lab: Lab, sealing_key: Path, pool: str) -> None:
    lab.worker(
        entry="tests.integration.monitoring.entry",
        env={"PLANTED_TOKEN": TOKEN, "AETHER_TEST_POOL": pool, "AETHER_TEST_CONCURRENCY": "2"},
    )
    lab.launch([step("t", "a"), step("t", "b", args={"message": "boom ${secrets.token}"})], "t")
    assert lab.ended("t") == "failed"
    (completed,) = eventually(lambda: about(lab, "t", "a"), what="the line of the subtask")
    assert completed["message"].startswith("completed in ")
    assert completed["process"].startswith("w0@")
    assert "%" not in completed["process"]
    fault = next(one for one in about(lab, "t", "b") if one["level"] == "ERROR")
    assert "RuntimeError: planted: boom •••" in fault["traceback"]
    assert fault["traceback"].count("•••") == 3  # token, key, password
    said = lab.log_of()
    key = sealing_key.read_text().strip().partition(":")[2]
    for secret in (PASSWORD, TOKEN, key):
        assert secret not in said
    assert [one for one in said.splitlines() if "CRITICAL" in one[:60]] == []


def test_planning_is_about_its_task(lab: Lab) -> None:
    lab.worker(env={"PLANTED_TOKEN": TOKEN})
    plan = Template(name="one", description="one call", subtasks=(Subtask(id="a", tool="dev-echo/echo"),))
    lab.store.tasks.create(HighLevelTask(task_id="by-planner", description="run it", document=plan))
    lab.sender.send([Delivery("by-planner", "", PLANNER)])
    assert lab.ended("by-planner") == "completed"
    assert eventually(lambda: about(lab, "by-planner", "a"), what="the line of the subtask")
    (planned,) = [one for one in lines(lab) if one.get("task_id") == "by-planner" and "subtask_id" not in one]
    assert planned["message"].startswith("planned: 1 subtasks")
