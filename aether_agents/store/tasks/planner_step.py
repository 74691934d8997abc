"""Accepting a task, and the planner's own step."""

from aether_agents.contracts import HighLevelTask, Intervention, Json, Plan, PlannedSubtask
from aether_agents.errors import CannotOpen, InvalidPlan, Newer, NotAllowed, Tampered
from aether_agents.store.client.audit_writer import Change
from aether_agents.store.client.connection import Part
from aether_agents.store.client.head import Head, first_head
from aether_agents.store.client.keys import RECENT_MAX
from aether_agents.store.client.places import Places
from aether_agents.store.client.replies import Delivery, PlanningClaim, Refused, Unopened
from aether_agents.store.client.store_client import StorePart, compact, deliveries, message_of
from aether_agents.store.interventions import answers, questions
from aether_agents.telemetry.tracing import traceparent

#: Tools of one plan that the audit record names, with their pins.
_TOOLS_MAX = 50


class PlannerSteps(StorePart):
    """create → claim_planning → (postpone | ask | fail | save_plan) → start | finish_planning.

    All but the first two answer falsely when the claim is no longer held: the planner then stops.
    """

    def create(self, task: HighLevelTask) -> bool:
        """Accept a task. True when it is new, False when it is there already.

        Raises:
            NotAllowed: the id belongs to another owner's task.
        """
        return self._accepted(task, self._access.call("create", *self._asked_for(task), tells=self._asks(task)))

    def _asked_for(self, task: HighLevelTask) -> list[Part]:
        """A task as the library accepts it."""
        settings = self._access.settings
        head = first_head()
        seconds = task.timeout_seconds or settings.agent_system.orchestrator.task_timeout
        return [
            task.task_id,
            task.owner,
            task.priority,
            int(seconds * 1000),
            int(settings.retention.days * 86_400_000),
            f"timed out after {seconds:g} s",
            RECENT_MAX,
            self._access.seal(head.place(Places.task(task.task_id)), task),
            self._access.seal_head(task.task_id, head),
            traceparent(),
        ]

    def _asks(self, task: HighLevelTask) -> Change:
        """A task as the audit record knows it: who asks, and digests of what."""
        digest = self._access.audit.digest
        return "task.asked", {
            "task": task.task_id,
            "by": task.owner,
            "role": task.role,
            "words": digest(task.description),
            "inputs": digest(dict(task.inputs)) if task.inputs else "",
            "type": task.type,
            "context": task.context,
            "yes_ahead": task.assume_yes or None,
            "of": task.undoes or (task.rerun.task_id if task.rerun else None),
        }

    def _accepted(self, task: HighLevelTask, answer: bytes) -> bool:
        if answer == b"other":
            raise NotAllowed(f"the task `{task.task_id}` is somebody else's: leave the id out, or choose another")
        return bool(answer == b"new")

    def trace(self, task_id: str) -> str:
        """Where the trace of a task began, as W3C writes it; empty when it was not traced then."""
        found = self._access.connection.command("HGET", self._access.keys.task(task_id), "trace")
        return found.decode() if found else ""

    def claim_planning(self, task_id: str, *, limit: int) -> PlanningClaim | Unopened | Refused:
        """Take the planner's step of a task. `limit` is how many tasks may be planning or running at once."""
        answer = self._access.call("claim_planning", task_id, limit)
        if answer[0] != b"granted":
            return Refused(answer[0].decode())
        _, token, said_yes, task, plan, head_blob, given = answer
        try:
            head = self._access.open_head(task_id, head_blob)
            opened = self._access.open_task(task_id, task, head)
            planned = self._access.open_plan(task_id, plan, head) if plan else None
        except CannotOpen as error:
            return Unopened(token, str(error), tampered=isinstance(error, Tampered), newer=isinstance(error, Newer))
        found, doubt = answers.believed(self._access, task_id, "", given, head) if said_yes else (None, "")
        approved = found is not None and planned is not None and found.binds == planned.digest
        doubt = "" if head.later or not head.number else doubt  # of a store that is older, or before: asked, no alarm
        return PlanningClaim(token=token, task=opened, plan=planned, approved=approved, doubt=doubt)

    def postpone_planning(self, task_id: str, token: int, delay: float, message: str = "") -> bool:
        """Let go of the step and have it taken again in `delay` seconds. A message goes to the log."""
        return bool(self._access.call("postpone_planning", task_id, token, int(delay * 1000), message_of(message)))

    def save_plan(self, task_id: str, token: int, plan: Plan) -> bool:
        """Save the plan and say so (event task.planned)."""
        sealed, head = self._head_to_plan_with(task_id)
        what = *self._plan(task_id, plan, head), sealed
        return bool(self._access.call("save_plan", task_id, token, *what, tells=planned(task_id, plan)))

    def ask(self, task_id: str, token: int, intervention: Intervention) -> bool:
        """Put a question about the whole task. The store gives it its id; the answer starts the step again."""
        tells: Change = "asked", {"task": task_id, "about": intervention.kind, "binds": intervention.binds}
        sealed = questions.seal(self._access, task_id, intervention)
        return bool(self._access.call("ask_task", task_id, token, sealed, tells=tells))

    def start(self, task_id: str, token: int, plan: Plan, *, direct: bool) -> list[Delivery] | None:
        """Run the plan. Gives what to send now: nothing for a canvas, which brings it. None: the claim is lost.

        Raises:
            InvalidPlan: a subtask needs one that is not in the plan.
        """
        following = _following(plan)
        sealed, head = self._head_to_plan_with(task_id)
        args: list[Part] = [task_id, token, int(direct), *self._plan(task_id, plan, head), sealed]
        for subtask in plan.subtasks:
            ahead = questions.approval(subtask) if questions.asked_ahead(subtask) else None
            question = questions.seal(self._access, task_id, ahead) if ahead else b""
            args += [
                subtask.id,
                wiring(subtask, following[subtask.id]),
                len(set(subtask.needs)),
                self._access.seal(head.place(Places.subtask(task_id, subtask.id)), subtask),
                question,
            ]
        held, *rest = self._access.call("start", *args)
        return deliveries(rest[0]) if held else None

    def finish_planning(self, task_id: str, token: int) -> bool:
        """End a task whose plan is its result (`plan_only`): completed."""
        return bool(self._access.call("finish_planning", task_id, token))

    def fail_planning(self, task_id: str, token: int, error: str, code: str) -> bool:
        """End a task that cannot be planned: failed, with the reason and its code."""
        said = self._access.seal_said(task_id, error)
        return bool(self._access.call("fail_planning", task_id, token, f"not planned: {code}", code, said))

    def _head_to_plan_with(self, task_id: str) -> tuple[bytes, Head]:
        """The head that a plan is written with: as it lies there, or the first of a task of a version before."""
        sealed = self._present_head(task_id) or self._access.seal_head(task_id, first_head(bound=False))
        return sealed, self._access.open_head(task_id, sealed)

    def _present_head(self, task_id: str) -> bytes:
        """The head of a task as it lies there; empty for one that a version before accepted.

        Raises:
            Tampered: it should have one.
        """
        task, head = self._access.connection.command("HMGET", self._access.keys.task(task_id), "task", "head")
        if task and not head:
            self._access.open_task(task_id, task, self._access.open_head(task_id, None))
        return bytes(head or b"")

    def _plan(self, task_id: str, plan: Plan, head: Head) -> tuple[bytes, str]:
        """The sealed plan, and what of it anyone may see."""
        about: Json = {
            "name": plan.template or "",  # a draft's own is made of what was asked
            "origin": plan.origin,
            "template": plan.template,
            "confidence": plan.confidence,
            "digest": plan.digest,
            "subtasks": len(plan.subtasks),
        }
        return self._access.seal(head.place(Places.plan(task_id)), plan, head.version("plan")), compact(about)


def wiring(subtask: PlannedSubtask, successors: list[str]) -> str:
    """The part of a subtask that the library reads: queue, server, flags, successors."""
    flags = ""
    if questions.asked_ahead(subtask):
        flags += "a"
    if not subtask.repeatable and subtask.for_each is None:  # a fan-out itself calls nothing
        flags += "u"
    if subtask.on_failure == "continue":
        flags += "k"
    server = (subtask.tool or "").partition("/")[0] if subtask.for_each is None else ""
    return f"{subtask.specialist}|{server} {flags or '-'} {','.join(successors)}"


def planned(task_id: str, plan: Plan) -> Change:
    """A plan as the audit record knows it."""
    pins = {one.tool: one.pin for one in plan.subtasks if one.tool}
    tools: Json = dict(sorted(pins.items())[:_TOOLS_MAX])
    return "task.planned", {
        "task": task_id,
        "digest": plan.digest,
        "origin": plan.origin,
        "template": plan.template,
        "subtasks": len(plan.subtasks),
        "tools": tools,
        "more_tools": max(0, len(pins) - _TOOLS_MAX) or None,
    }


def _following(plan: Plan) -> dict[str, list[str]]:
    following: dict[str, list[str]] = {subtask.id: [] for subtask in plan.subtasks}
    for subtask in plan.subtasks:
        for need in dict.fromkeys(subtask.needs):
            if need not in following:
                raise InvalidPlan(f"`{subtask.id}` needs `{need}`, which is not in the plan")
            following[need].append(subtask.id)
    return following
