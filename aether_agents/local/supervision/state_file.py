"""State: the processes of a stack, written to its folder so that a successor can end what a killed supervisor left."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from aether_agents.local.supervision.process_identity import ProcessIdentity


class ProcessInfo(NamedTuple):
    """One process of the stack, as `ps` shows it."""

    name: str
    kind: str  # supervisor, server, worker, beat or flower
    pid: int
    queues: tuple[str, ...]
    status: str  # starting, ready, restarting, stopped (by a signal), or what it, or the system, says of it


def write_state(path: Path, processes: Iterable[ProcessInfo]) -> None:
    """Replace the state file, whole or not at all."""
    rows = [{**info._asdict(), "born": ProcessIdentity.of(info.pid).born} for info in processes if info.pid]
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    draft.replace(path)


def read_state(path: Path) -> list[tuple[ProcessInfo, ProcessIdentity]]:
    """What the state file says; nothing if there is none, or it was cut short."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [
            (
                ProcessInfo(row["name"], row["kind"], row["pid"], tuple(row["queues"]), row["status"]),
                ProcessIdentity(row["pid"], row["born"]),
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []
