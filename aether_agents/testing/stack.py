"""OneProcessStack: planner, specialists and MCP host as threads of the caller's process, on a Valkey of its own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aether_agents.contracts import TERMINAL_TASK, HighLevelTask, Specialist, TaskView
from aether_agents.execution.worker.celery_worker import app_for
from aether_agents.local.valkey import ValkeyServer
from aether_agents.mcp_host.files.user_file import USER_FILE
from aether_agents.orchestrator.orchestrator import Orchestrator, connect
from aether_agents.process.private_folder import make_private
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists
from aether_agents.store import PLANNER, make_key_file
from aether_agents.testing.stack_settings import stack_settings
from aether_agents.testing.worker_thread import WorkerThread

#: Messages that run side by side.
THREADS = 4


class OneProcessStack:
    """A running stack, and the way in."""

    def __init__(self, settings: Settings, orchestrator: Orchestrator) -> None:
        self.settings = settings  #: lead to it: for `connect`, `register` and whatever else is tested
        self.orchestrator = orchestrator  #: submit, answer, cancel, follow: the same as in a deployment

    def run(self, task: HighLevelTask) -> TaskView:
        """Submit a task and follow it until it has ended, or waits for a person.

        Give the task a `timeout`, or the test one: nothing else bounds this.
        """
        task_id = self.orchestrator.submit(task)
        for _ in self.orchestrator.follow(task_id):
            view = self.orchestrator.view(task_id)
            if view.status in TERMINAL_TASK or view.status == "waiting_user_input":
                break
        return self.orchestrator.view(task_id, outputs=True)


@contextmanager
def one_process_stack(
    home: Path,
    *,
    specialists: Sequence[Specialist] | None = None,
    servers: Mapping[str, Mapping[str, Any]] | None = None,
    settings: Settings | None = None,
) -> Iterator[OneProcessStack]:
    """A stack for as long as the block lasts. Nothing of it is left afterwards but the files in `home`.

    Args:
        home: an empty folder of the test's: the store, the sealing key, reports.
        specialists: which there are; all that are installed, if left out.
        servers: MCP servers of the test, in the words of `mcp.json`, by name.
        settings: what else is to hold; `home`, the broker and the sealing key are the stack's.

    Raises:
        StackError: there is no Valkey, or it does not come up.
        InvalidSettings: a specialist cannot be loaded.
    """
    make_private(home)
    key = home / "sealing.key"
    make_key_file(key)
    if servers is not None:
        (home / USER_FILE).write_text(json.dumps({"mcpServers": {name: dict(one) for name, one in servers.items()}}))
    with ValkeyServer(home / "valkey") as valkey:
        chosen = stack_settings(settings or Settings(), home, valkey.url, key)
        known = tuple(load_specialists(chosen) if specialists is None else specialists)
        queues = (PLANNER, *(one.queue for one in known))
        worker = WorkerThread(lambda: app_for(chosen, known, queues, name="one-process"), queues, THREADS)
        worker.start()
        try:
            with connect(chosen) as orchestrator:
                yield OneProcessStack(chosen, orchestrator)
        finally:
            worker.stop()
