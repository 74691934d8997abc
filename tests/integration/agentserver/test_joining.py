"""A client beside a running embedded stack: it joins with nothing but the base install.

In CI these tests run too where none of the worker's libraries is installed (`.ci/client-tests`); there the stack is
started by the installation that has them.
"""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.agentserver import AgentProcess
from aether_agents.agentserver.service.service import Service
from aether_agents.errors import StackError
from aether_agents.local import Stack
from aether_agents.settings.model import Settings, SpecialistSettings
from tests.integration.execution.lab import PYTHON, ROOT

#: Only what this task needs (its report is written by `dev`): listing the servers of all four takes seconds.
FEWER = {name: SpecialistSettings(enabled=False) for name in ("data", "security")}

#: What starts a stack and lets it run, as `aether-agent up` does.
STARTS = """
import sys
from aether_agents.local import Stack
from aether_agents.settings.model import Settings
Stack(Settings.model_validate_json(sys.argv[1])).up()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Those of a home whose stack ends with the test."""
    made = Settings(home=tmp_path / "home", specialists=FEWER)
    yield made
    Stack(made).down(now=True)


def without_worker_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is at AetherTerm's locked versions, where they cannot be installed."""
    monkeypatch.setattr("aether_agents.local.stack.NEEDED", ("json", "no_such_module"))


def test_a_client_joins_a_running_stack_and_runs_a_task_in_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([PYTHON, "-c", STARTS, settings.model_dump_json()], check=True, timeout=60, cwd=ROOT)
    without_worker_libraries(monkeypatch)

    async def scenario() -> None:
        service = Service(settings)
        try:
            agent = AgentProcess({"task": "How healthy is this machine?"}, user="ann", service=service)
            updates = [update async for update in agent.execute()]
            assert updates[-1]["status"] == "completed", updates[-1]
        finally:
            await service.close()

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_where_none_runs_a_client_is_told_how_to_start_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    without_worker_libraries(monkeypatch)
    with pytest.raises(StackError, match="starting one needs no_such_module: `"):
        Stack(settings).join_or_start()
