"""A worker in small: opens a host with the attacker, lets it leave something behind, and waits to be killed.

python -m tests.hostile.servers.worker HOME MECHANISM MARK
"""

import sys
import time
from pathlib import Path

from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.process import sandbox_view
from tests.hostile.servers.test_servers import spec


def main() -> None:
    """Start it, and stay."""
    home, by, mark = sys.argv[1:]
    sandbox_view.mechanism = lambda: by  # type: ignore[assignment]
    host = Host({"attacker": spec()}, home=Path(home), confinement=sandbox_view.Confinement())
    result = host.call("attacker", "stays", {"on": mark}, timeout=30)
    sys.stdout.write("left\n" if result.ok else f"{result}\n")
    sys.stdout.flush()
    time.sleep(60)


if __name__ == "__main__":
    main()
