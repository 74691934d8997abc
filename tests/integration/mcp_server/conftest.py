"""Fixtures: a worker with templates, and our MCP server in front of it, as an editor starts it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.contracts import Template
from aether_agents.local.valkey import ValkeyServer
from tests.integration.agentserver.conftest import TEMPLATES
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab

#: What an editor starts.
COMMAND = (str(Path(sys.executable).with_name("aether-agent")), "mcp", "serve")


@pytest.fixture(scope="package")
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One worker for all queues."""
    folder = tmp_path_factory.mktemp("mcp-server")
    templates = tuple(
        Template.model_validate({"name": name, "specialist": "dev", **body}) for name, body in TEMPLATES.items()
    )
    settings = quick(valkey, sealing_key, folder).model_copy(update={"task_templates": {"development": templates}})
    yield from laboratory(settings, folder, with_worker=True)


@pytest.fixture(scope="package")
def environ(lab: Lab) -> dict[str, str]:
    """What leads the command to this worker."""
    lab.settings.home.mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(lab.settings.home),
        "AETHER_HOME": str(lab.settings.home),
        "AETHER_REDIS_URL": str(lab.settings.broker.url),
        "AETHER_BROKER__PREFIX": lab.settings.broker.prefix,
        "AETHER_SEALING_KEY_FILE": str(lab.settings.encryption.key_file),
    }
