"""Control: ending, pausing and resuming tasks, several at once, each told about; their priority; and the brake."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.duration import ago
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.errors import AetherError, InvalidTask

Act = Literal["cancel", "pause", "resume"]
_DONE: dict[Act, str] = {"cancel": "cancelled", "pause": "paused", "resume": "goes on"}


class Choice(NamedTuple):
    """The tasks that a command is about."""

    task_ids: Sequence[str] = ()
    specialist: str | None = None
    owner: str | None = None
    everything: bool = False

    @property
    def chooses(self) -> bool:
        """Whether it says which by something else than their ids."""
        return self.everything or self.specialist is not None or self.owner is not None

    def of(self, orchestrator: OrchestratorFace) -> list[str]:
        """The ids; those that stand already as wanted are among them."""
        chosen = orchestrator.chosen(owner=self.owner, specialist=self.specialist) if self.chooses else []
        return list(dict.fromkeys((*self.task_ids, *chosen)))


def control(session: Session, act: Act, choice: Choice, *, reason: str = "") -> int:
    """Do it to each task; one that cannot be done does not keep the others from it. The worst exit code.

    Of tasks that were not named, those to which it cannot be done are left out: what is paused is not paused again.

    Raises:
        InvalidTask: no task is named or chosen, or there is no such specialist.
    """
    if not choice.task_ids and not choice.chooses:
        raise InvalidTask(f"which tasks? name them, or give --specialist, --owner or --all: aether-agent {act} --all")
    if choice.specialist is not None:
        session.check_specialist(choice.specialist)
    worst = COMPLETED
    rows: list[dict[str, str]] = []
    with session.past() as orchestrator:
        for task_id in choice.of(orchestrator):
            try:
                _do(orchestrator, act, task_id, session.person, reason)
                view = orchestrator.view(task_id)
            except AetherError as error:
                if error.code == "wrong_status" and task_id not in choice.task_ids:
                    continue
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
    elif not rows:
        session.output.say(f"there is no such task to {act}")
    return worst


def prioritise(session: Session, task_id: str, priority: int) -> int:
    """Give a task another priority."""
    with session.past() as orchestrator:
        orchestrator.set_priority(task_id, priority, by=session.person)
        session.keep_for(orchestrator.view(task_id), moved=True)
    if session.output.json_wanted:
        session.output.json({"task_id": task_id, "priority": priority})
    else:
        session.output.good(f"{task_id} has priority {priority}")
    return COMPLETED


def brake(session: Session, turn: str | None, *, reason: str, cancel: bool) -> int:
    """Put the brake on all tasks, release it, or say how it stands."""
    with session.past() as orchestrator:
        resumed: tuple[str, ...] = ()
        paused: tuple[str, ...] = ()
        if turn == "on":
            paused = orchestrator.put_brake_on(by=session.person, reason=reason, pause=not cancel)
        elif turn == "off":
            resumed = orchestrator.release_brake(by=session.person)
        ended = _ended(orchestrator, session.person, reason) if turn == "on" and cancel else []
        state = orchestrator.brake()
    if session.output.json_wanted:
        told = (
            {"by": state.by, "reason": state.reason, "at": state.at.isoformat() if state.at else None}
            if state
            else None
        )
        session.output.json({"brake": told, "cancelled": list(ended), "paused": list(paused), "resumed": list(resumed)})
    elif state is None:
        session.output.good("the brake is off")
    else:
        why = f": {state.reason}" if state.reason else ""
        session.output.say(f"the brake is on, since {ago(state.at)}, by {state.by}{why}")
        session.output.hint("release it: aether-agent brake off")
    done = (("cancelled", ended), ("paused", paused), ("goes on", resumed))
    for word, ids in () if session.output.json_wanted else done:
        for task_id in ids:
            session.output.good(f"{task_id} {word}")
    return COMPLETED


def _ended(orchestrator: OrchestratorFace, by: str, reason: str) -> list[str]:
    ended = []
    for task_id in orchestrator.chosen():
        try:
            orchestrator.cancel(task_id, by=by, reason=reason or "the brake was put on")
        except AetherError:
            continue
        ended.append(task_id)
    return ended


def _do(orchestrator: OrchestratorFace, act: Act, task_id: str, by: str, reason: str) -> None:
    if act == "cancel":
        orchestrator.cancel(task_id, by=by, reason=reason)
    elif act == "pause":
        orchestrator.pause(task_id, by=by)
    else:
        orchestrator.resume(task_id, by=by)
