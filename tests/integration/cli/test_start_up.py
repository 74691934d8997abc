"""What the start of each process loads: a second of it is a second of everybody's first subtask."""

import json
import subprocess
import sys

import pytest

#: Libraries and parts of ours that cost time or memory.
HEAVY = {
    *("aether_agents.contracts", "aether_agents.store", "aether_agents.planning"),
    *("aether_agents.orchestrator.orchestrator", "aether_agents.mcp_host.pool.host"),
    *("pydantic", "yaml", "click", "rich", "redis", "cryptography", "celery", "kombu", "mcp", "jsonschema", "bm25s"),
    *("numpy", "duckdb", "socketio", "starlette", "uvicorn", "prometheus_client", "flower"),
}
VALUES = {"aether_agents.contracts", "pydantic"}
FILES = VALUES | {"yaml"}
PLANNING = FILES | {"aether_agents.planning"}
STORE = VALUES | {"aether_agents.store", "redis", "cryptography"}
ORCHESTRATOR = PLANNING | STORE | {"aether_agents.orchestrator.orchestrator"}

#: What may be loaded by what.
MAY_LOAD: dict[str, set[str]] = {
    "import aether_agents": set(),
    "import aether_agents.settings, aether_agents.orchestrator": set(),
    "import aether_agents.local.supervisor": set(),
    "import aether_agents.process.startup, aether_agents.mcp_host.process.guard_program": VALUES,
    "import aether_agents.cli.program": {"click"},
    "import aether_agents.cli.commands.tasks.execute": PLANNING | {"click", "rich"},
    "from aether_agents import connect": ORCHESTRATOR,
    "import aether_agents.agentserver": ORCHESTRATOR,
    "import aether_agents.store": STORE,
    "import aether_agents.planning.planner": PLANNING | {"bm25s", "numpy", "jsonschema"},
    "from aether_agents import load_settings": FILES,
}


def loaded(statement: str) -> set[str]:
    """The modules of a fresh process after a statement."""
    program = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(ran.stdout))


@pytest.mark.parametrize("statement", MAY_LOAD)
def test_a_start_loads_what_it_needs_and_no_more(statement: str) -> None:
    assert (loaded(statement) & HEAVY) - MAY_LOAD[statement] == set()


def test_the_fork_server_loads_nothing_of_ours_but_how_programs_start() -> None:
    """It is run as a file, before it imports the MCP library: the contracts would be in every server's memory."""
    from aether_agents.mcp_host.process.fork_client import PROGRAM

    imports = [line.strip() for line in PROGRAM.read_text(encoding="utf-8").splitlines() if " aether_agents." in line]
    assert imports == ["from aether_agents.process.startup import loading"]
    assert "pydantic" not in loaded("import aether_agents.process.startup")
