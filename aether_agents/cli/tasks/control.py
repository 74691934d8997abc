"""Control: ending, pausing and resuming tasks, several at once, each told about."""

from collections.abc import Iterable
from typing import Literal

from aether_agents.cli.session.protocols import Door
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.errors import AetherError

Act = Literal["cancel", "pause", "resume"]
_DONE: dict[Act, str] = {"cancel": "cancelled", "pause": "paused", "resume": "goes on"}


def control(session: Session, act: Act, task_ids: Iterable[str], *, reason: str = "") -> int:
    """Do it to each task; one that cannot be done does not keep the others from it. The worst exit code."""
    worst = COMPLETED
    rows: list[dict[str, str]] = []
    with session.past() as door:
        for task_id in task_ids:
            try:
                _do(door, act, task_id, session.person, reason)
                view = door.view(task_id)
            except AetherError as error:
                session.output.bad(f"{task_id}: {error}")
                rows.append({"task_id": task_id, "error": str(error), "code": error.code})
                worst = max(worst, error.exit_code)
                continue
            session.keep_for(view, moved=act != "cancel")
            rows.append({"task_id": task_id, "status": str(view.status)})
            if not session.output.json_wanted:
                session.output.good(f"{task_id} {_DONE[act]}")
    if session.output.json_wanted:
        session.output.json(rows)
    return worst


def _do(door: Door, act: Act, task_id: str, by: str, reason: str) -> None:
    if act == "cancel":
        door.cancel(task_id, by=by, reason=reason)
    elif act == "pause":
        door.pause(task_id, by=by)
    else:
        door.resume(task_id, by=by)
