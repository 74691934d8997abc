"""Hosts of the tests' own, and the check that nothing of theirs stays behind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.pool.opener import Limits
from tests.conftest import eventually
from tests.servers import FOLDER

OpenHost = Callable[..., Host]


def servers_running() -> list[psutil.Process]:
    """The test servers among our descendants that a host has started."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            words = process.cmdline() if process.status() != psutil.STATUS_ZOMBIE else []
        except psutil.NoSuchProcess:
            continue
        if any(str(FOLDER) in word for word in words) and "--http" not in words:
            found.append(process)
    return found


@pytest.fixture
def open_host(tmp_path: Path) -> Iterator[OpenHost]:
    """Opens a host for some servers; all are closed after the test, and none of their servers is left."""
    opened: list[Host] = []
    others = {process.pid for process in servers_running()}  # of hosts that live longer than a test

    def open_(*specs: ServerSpec, connect_timeout: float = 20.0, **limits: float) -> Host:
        host = Host(
            {spec.name: spec for spec in specs},
            home=tmp_path / "home",
            connect_timeout=connect_timeout,
            limits=Limits()._replace(**limits),
        )
        opened.append(host)
        return host

    yield open_
    for host in opened:
        host.close()
    eventually(lambda: {p.pid for p in servers_running()} <= others, what="a server outlived its host")
