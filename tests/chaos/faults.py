"""Faults, injected from the test's side: the product knows nothing of them.

`AETHER_TEST_FAULTS` is a JSON object: `double` (each message is put twice), `lose` (share of messages that are never
put), `log` (a folder in which each put and each refused claim leaves a line), `clock` (the store's clock can be set).
"""

import json
import os
import random
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import uuid4

from kombu.transport.redis import Channel

from aether_agents.store import Refused
from aether_agents.store.store import Tasks
from tests.integration.store import skewed


def inject() -> None:
    """Patch this process as the environment says."""
    faults = json.loads(os.environ.get("AETHER_TEST_FAULTS", "{}"))
    folder = Path(faults["log"]) if "log" in faults else None
    if faults.get("clock"):
        skewed.install()
    _watch_claims(folder)
    put = Channel._put
    dice = random.Random(os.getpid())

    def faulty(self: Channel, queue: str, message: dict[str, Any], **options: Any) -> None:
        name = message["headers"].get("task", "") if "headers" in message else ""
        if not name.endswith((".run_subtask", ".seam")):
            put(self, queue, message, **options)
            return
        if dice.random() < faults.get("lose", 0):
            _note(folder, "lost", name)
            return
        _note(folder, "put", name)
        put(self, queue, message, **options)
        if faults.get("double"):
            twin = deepcopy(message)
            twin["properties"]["delivery_tag"] = str(uuid4())
            _note(folder, "put", name)
            put(self, queue, twin, **options)

    Channel._put = faulty


def _watch_claims(folder: Path | None) -> None:
    claim = Tasks.claim

    def watched(self: Tasks, task_id: str, subtask_id: str, *more: Any) -> Any:
        answer = claim(self, task_id, subtask_id, *more)
        word = answer.reason if isinstance(answer, Refused) else "granted"
        _note(folder, "claims", f"{word} {task_id} {subtask_id}")
        return answer

    Tasks.claim = watched  # type: ignore[method-assign]


def _note(folder: Path | None, name: str, text: str) -> None:
    if folder is not None:
        with (folder / name).open("ab", buffering=0) as log:
            log.write(f"{text}\n".encode())
