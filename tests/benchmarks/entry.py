"""The worker of the benchmarks: the product's, and beside it the same calls as bare Celery tasks.

`dev.bare` calls the echo tool on a warm session and nothing else; `dev.bare_end` also says that it is over.
"""

import os
import sys
from pathlib import Path
from typing import Any

from celery import Celery

from aether_agents.execution.worker import celery_worker
from aether_agents.execution.worker.occupancy import Occupancy
from aether_agents.mcp_host.pool.host import Host
from aether_agents.store import open_store
from tests.integration.execution.entry import main
from tests.integration.execution.lab import specialists

_made = celery_worker.app_for


def with_bare(settings: Any, *args: Any, **options: Any) -> Celery:
    """The product's app, and two bare Celery tasks on the same queue, pool and settings."""
    app = _made(settings, *args, **options)
    spec = specialists(Path(sys.argv[2]), ["dev"])[0].servers[0]
    host = Host({spec.name: spec}, home=settings.home, connect_timeout=30)
    store = open_store(settings)

    def bare() -> None:
        result = host.call(spec.name, "echo", {"message": "m"}, timeout=60)
        assert result.ok, result

    def bare_end(key: str) -> None:
        bare()
        store.connection.command("SET", key, 1, "PX", 60_000)

    for function in (bare, bare_end):
        app.task(function, name=f"dev.{function.__name__}", queue="dev", shared=False, ignore_result=True)
    return app


if __name__ == "__main__":
    if os.environ.get("AETHER_TEST_NO_BULKHEADS"):
        Occupancy.full = lambda _occupancy: False  # type: ignore[method-assign]
    celery_worker.app_for = with_bare
    sys.exit(main())
