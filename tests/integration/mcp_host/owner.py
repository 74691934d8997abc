"""A worker in small: opens a host, prints the process ids of its servers, and waits to be killed.

python -m tests.integration.mcp_host.owner HOME [fork] [bundled]
"""

import json
import os
import sys
import time
from pathlib import Path

from aether_agents.mcp_host.pool.host import Host
from tests.servers import bundled, spec


def main() -> None:
    """Start two servers that do not end by themselves, tell of them, and stay."""
    home = Path(sys.argv[1])
    like = bundled if "bundled" in sys.argv else spec
    host = Host(
        {"family": like("raw", "family", name="family"), "deaf": like("raw", "stubborn", name="deaf")}, home=home
    )
    host.call("deaf", "call", timeout=10)
    family = host.call("family", "call", timeout=10).output
    child = os.fork() if "fork" in sys.argv else None
    if child == 0:
        time.sleep(60)  # a child that outlives its parent, with all that it inherited
        os._exit(0)
    told = {"owner": os.getpid(), "forked": child, **(family if isinstance(family, dict) else {})}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    time.sleep(60)


if __name__ == "__main__":
    main()
