"""In the embedded stack, a server that hangs delays only its own calls."""

import json
import sys

from aether_agents.contracts import HighLevelTask, Template
from aether_agents.orchestrator.orchestrator import connect
from aether_agents.settings.model import DeliverySettings
from tests.conftest import eventually
from tests.integration.execution.lab import ECHO
from tests.integration.local.conftest import StackLab

TABLE = {"echo": {"risk": "read", "repeatable": True}, "gate": {"risk": "read", "repeatable": True}}


def plan(server: str, tool: str, calls: int, args: dict[str, str]) -> Template:
    steps = [{"id": f"n{at}", "tool": f"{server}/{tool}", "args": args} for at in range(calls)]
    return Template.model_validate({"name": server, "description": server, "specialist": "dev", "subtasks": steps})


def test_sixteen_calls_that_hang_do_not_hold_up_a_healthy_servers_call(stack_lab: StackLab) -> None:
    """Three threads serve all queues: the hanging calls would take them all, and sixteen more."""
    stack_lab.home.mkdir(mode=0o700, exist_ok=True)
    entry = {"command": sys.executable, "args": [str(ECHO)], "queue": "dev", "table": TABLE}
    (stack_lab.home / "mcp.json").write_text(json.dumps({"mcpServers": {"hung": entry, "well": entry}}))
    gate = stack_lab.home.parent / "gate"
    stack = stack_lab.stack_with(delivery=DeliverySettings(concurrency=1, grace=2), isolation="off")
    with stack.join_or_start():
        stack_lab.ready()
        with connect(stack.settings()) as orchestrator:
            live = lambda: {name for name, one in orchestrator.catalogue().items() if one.status == "live"}  # noqa: E731
            eventually(lambda: {"hung", "well"} <= live(), within=90, what="both are listed")
            waits = plan("hung", "gate", 16, {"path": str(gate)})
            hung = orchestrator.submit(HighLevelTask(description="hang", document=waits))
            eventually(
                lambda: sum(one.status.value == "running" for one in orchestrator.view(hung).subtasks) >= 3,
                within=60,
                what="every thread stands",
            )
            says = plan("well", "echo", 2, {"message": "well"})
            well = orchestrator.submit(HighLevelTask(description="speak", document=says, priority=9))
            eventually(lambda: orchestrator.view(well).finished_at, within=30, what="the healthy one ends")
            assert orchestrator.view(well).status.value == "completed"
            assert not orchestrator.view(hung).finished_at
            gate.touch()
            eventually(lambda: orchestrator.view(hung).finished_at, within=60, what="the other one ends too")
            assert orchestrator.view(hung).status.value == "completed"
