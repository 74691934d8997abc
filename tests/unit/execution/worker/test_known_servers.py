"""The servers a worker may start: how long they may take."""

from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec, Specialist
from aether_agents.execution.worker.known_servers import KnownServers
from aether_agents.execution.worker.known_specialists import KnownSpecialists
from aether_agents.settings.model import Settings


def known(home: Path, **timeouts: float | None) -> KnownServers:
    """Servers by name, each with the time it says it takes to start, if it says so."""
    servers = tuple(
        ServerSpec(name=name, queue="dev", command="x", trusted=True, timeout=timeout)
        for name, timeout in timeouts.items()
    )
    settings = Settings.model_validate(
        {"home": home, "project": home, "agent_system": {"mcp_integration": {"auto_discovery": False}}}
    )
    return KnownServers(settings, KnownSpecialists([Specialist(name="dev", description="d", servers=servers)]))


@pytest.mark.parametrize(
    ("waited", "seconds"),
    [
        (["quick"], 30 + 90),  # the settings' own time; the slowest may be started first
        (["slow"], 60 + 90),
        (["slowest"], 90 + 60),
        (["quick", "slow", "slowest"], 90),
        (["nobody"], 30 + 90),
    ],
)
def test_a_server_may_take_as_long_as_it_says_itself(tmp_path: Path, waited: list[str], seconds: float) -> None:
    assert known(tmp_path, quick=None, slow=60.0, slowest=90.0).store_retry(waited) == seconds


def test_without_such_servers_it_is_what_the_settings_say(tmp_path: Path) -> None:
    assert known(tmp_path, one=None, other=None).store_retry(["one"]) == 30
