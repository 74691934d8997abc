"""What readers see of tasks. Nothing here changes anything."""

import re
from collections.abc import Iterable
from typing import Any

from aether_agents.contracts import (
    GivenAnswer,
    HighLevelTask,
    Intervention,
    Plan,
    PlannedSubtask,
    SubtaskStatus,
    TaskStatus,
    TaskView,
    depends,
)
from aether_agents.errors import CannotOpen
from aether_agents.store.client.encoding import STATUSES
from aether_agents.store.client.head import Head
from aether_agents.store.client.store_client import unknown
from aether_agents.store.interventions import answers, questions
from aether_agents.store.interventions.open_questions import open_questions
from aether_agents.store.tasks.outcomes import Outcomes, told
from aether_agents.store.tasks.stored_views import (
    TELLING,
    Links,
    Row,
    maker_of,
    moment,
    number,
    plan_view,
    results_of,
    subtask_view,
)

_FIELDS = (
    "status", "owner", "created", "finished", "total", "left", "share", "seq", "degraded", "direct", "error",
    "question_id", "asked_at", "task", "plan", "about", "head", "fault", "undone", "reruns",
)  # fmt: skip

_CHILD = re.compile(r"^(.+)#(\d+)$")


class Views(Outcomes):
    """Views, plans, outcomes."""

    def task(self, task_id: str) -> HighLevelTask:
        """The task as it was asked, with the values people gave since.

        Raises:
            TaskNotFound: there is no such task.
            CannotOpen: the sealing key is not here.
        """
        blob, head = self._access.connection.command("HMGET", self._access.keys.task(task_id), "task", "head")
        if blob is None:
            raise unknown(task_id)
        return self._access.open_task(task_id, blob, self._access.open_head(task_id, head))

    def plan(self, task_id: str) -> Plan | None:
        """The plan of a task, once there is one.

        Raises:
            TaskNotFound: there is no such task.
            CannotOpen: the sealing key is not here.
        """
        key = self._access.keys.task(task_id)
        status, blob, head = self._access.connection.command("HMGET", key, "status", "plan", "head")
        if status is None:
            raise unknown(task_id)
        return self._access.open_plan(task_id, blob, self._access.open_head(task_id, head)) if blob else None

    def subtask(self, task_id: str, subtask_id: str) -> PlannedSubtask | None:
        """A subtask as it will run, an item of a fan-out too; none if there is none of that id."""
        return self.subtasks(task_id, [subtask_id]).get(subtask_id)

    def subtasks(self, task_id: str, ids: Iterable[str]) -> dict[str, PlannedSubtask]:
        """The same of several, by id; one that is not there is left out."""
        blobs = self._fields(task_id, "d", list(ids))
        if not blobs:
            return {}
        head = self._head(task_id)
        return {one: self._access.open_subtask(task_id, one, blob, head) for one, blob in blobs.items()}

    def given(self, task_id: str, subtask_id: str) -> tuple[GivenAnswer | None, str]:
        """What a person said to a subtask's question; or none, and why none counts."""
        blob = self._fields(task_id, "a", [subtask_id]).get(subtask_id)
        return answers.believed(self._access, task_id, subtask_id, blob, self._head(task_id))

    def view(self, task_id: str, *, outputs: bool = False, subtasks: bool = True) -> TaskView:
        """A task as it stands. With `outputs`, the results of its subtasks and its own; perhaps without `subtasks`.

        Raises:
            TaskNotFound: there is no such task.
            CannotOpen: the sealing key is not here.
        """
        meta = self._meta([task_id])[0]
        if meta is None:
            raise unknown(task_id)
        light = self._light(task_id, meta)
        if not meta["plan"]:
            return light
        plan = self._access.open_plan(task_id, meta["plan"], self._access.open_head(task_id, meta["head"]))
        rows = self._rows(task_id) if subtasks else {}
        shown = [one for one, row in rows.items() if row.status in TELLING or outputs]
        shown += () if subtasks or not outputs else depends(list(plan.outputs.values()))
        outcomes = {one: told(outcome) for one, outcome in self.as_far_as_they_open(task_id, shown).items()}
        later = self._fields(task_id, "l", [one for one, row in rows.items() if row.status is SubtaskStatus.CANCELLED])
        created = number(meta["created"])
        waiting = {one: row.since for one, row in rows.items() if row.status is SubtaskStatus.WAITING}
        seen = [
            subtask_view(
                one,
                planned,
                rows[one],
                created,
                outcomes.get(one),
                outputs,
                later.get(one, b"").decode(),
                maker_of(plan, one) if rows[one].taken_over else None,
            )
            for planned in plan.subtasks
            for one in _with_children(planned.id, rows)
        ]
        return light.model_copy(
            update={
                "plan": light.plan
                and light.plan.model_copy(update={"understood": plan.understood, "unused": plan.unused}),
                "subtasks": tuple(seen),
                "interventions": (*light.interventions, *open_questions(self._access, task_id, created, waiting)),
                "outputs": results_of(plan, outcomes) if outputs and light.finished_at else {},
            }
        )

    def recent(self, limit: int = 50) -> list[TaskView]:
        """The tasks accepted last, newest first, without their subtasks. One that does not open says so."""
        found = self._access.connection.command("ZREVRANGE", self._access.keys.recent, 0, limit - 1)
        ids = [name.decode() for name in found]
        return [
            self._listed(task_id, meta)
            for task_id, meta in zip(ids, self._meta(ids), strict=True)
            if meta is not None  # it has just expired
        ]

    def _meta(self, ids: list[str]) -> list[dict[str, Any] | None]:
        keys = self._access.keys
        found = self._access.connection.commands([("HMGET", keys.task(one), *_FIELDS) for one in ids]) if ids else []
        return [dict(zip(_FIELDS, values, strict=True)) if values[0] else None for values in found]

    def _head(self, task_id: str) -> Head:
        blob = self._access.connection.command("HGET", self._access.keys.task(task_id), "head")
        return self._access.open_head(task_id, blob)

    def _light(self, task_id: str, meta: dict[str, Any]) -> TaskView:
        task = self._task_of(task_id, meta)
        of = task.rerun
        said = {"undoes": task.undoes, "dry_run": task.dry_run, "refines": task.refines}
        linked = {"retries" if of.kind == "retry" else "forks": of.task_id} if of else {}
        return self._shown(task_id, meta, task.description, task.owner).model_copy(update={**said, **linked})

    def _task_of(self, task_id: str, meta: dict[str, Any]) -> HighLevelTask:
        return self._access.open_task(task_id, meta["task"], self._access.open_head(task_id, meta["head"]))

    def _listed(self, task_id: str, meta: dict[str, Any]) -> TaskView:
        """A task in a list: one that another key sealed, or somebody changed, hides no other."""
        try:
            return self._light(task_id, meta)
        except CannotOpen as error:
            return self._shown(task_id, meta, f"({error})", meta["owner"].decode())

    def _shown(self, task_id: str, meta: dict[str, Any], description: str, owner: str) -> TaskView:
        status = TaskStatus(meta["status"].decode())
        total, left = number(meta["total"]), number(meta["left"])
        done = 1.0 if status is TaskStatus.COMPLETED else 0.0
        links = Links(task_id, (meta["undone"] or b"").decode(), (meta["reruns"] or b"").decode())
        return TaskView(
            task_id=task_id,
            description=description,
            owner=owner,
            status=status,
            degraded=number(meta["degraded"]) == 1,
            progress=max(number(meta["share"]), 1000 * (total - left) // total) / 1000 if total else done,
            seq=number(meta["seq"]),
            created_at=moment(number(meta["created"])),
            finished_at=moment(number(meta["finished"])),
            plan=plan_view(meta),
            interventions=self._asked_of_all(task_id, meta),
            error=self._fault(task_id, meta),
            retried_by=links.rerun_by("retry"),
            forked_by=links.rerun_by("fork"),
            undone_by=links.undone_by,
        )

    def _asked_of_all(self, task_id: str, meta: dict[str, Any]) -> tuple[Intervention, ...]:
        """What is asked about a task as a whole."""
        if not meta["question_id"]:
            return ()
        name = meta["question_id"].decode()
        blob = self._access.connection.command("HGET", self._access.keys.subtasks(task_id), f"q:{name}")
        return (questions.shown(self._access, task_id, name, "", blob, number(meta["asked_at"])),)

    def _fault(self, task_id: str, meta: dict[str, Any]) -> str | None:
        """Why a task failed: the label, and who has the key reads the whole."""
        if not meta["fault"]:
            return meta["error"].decode() if meta["error"] else None
        where, _, blob = meta["fault"].partition(b" ")
        text = self._access.open_said(task_id, blob)
        return f"{where.decode()}: {text}" if where else text

    def _rows(self, task_id: str) -> dict[str, Row]:
        """The state of every subtask by id."""
        fields = self._access.connection.command("HKEYS", self._access.keys.subtasks(task_id))
        ids = [field[2:].decode() for field in fields if field.startswith(b"s:")]
        return {one: _row(text) for one, text in self._fields(task_id, "s", ids).items()}

    def _fields(self, task_id: str, kind: str, ids: list[str]) -> dict[str, bytes]:
        if not ids:
            return {}
        key = self._access.keys.subtasks(task_id)
        found = self._access.connection.command("HMGET", key, *(f"{kind}:{one}" for one in ids))
        return {one: value for one, value in zip(ids, found, strict=True) if value is not None}


def _row(text: bytes) -> Row:
    status, _need, _passed, token, _resends, attempts, since, started, *_ = text.decode().split()
    return Row(STATUSES[status], int(token) > 0, int(attempts), int(since), int(started))


def _with_children(planned: str, rows: dict[str, Row]) -> list[str]:
    """A subtask and the children it fanned out to; none of them before the plan runs."""
    if planned not in rows:
        return []
    children: list[str] = []
    while (child := f"{planned}#{len(children)}") in rows:
        children.append(child)
    return [planned, *children]
