"""Tasks that belong to others: which put back or run again which, and what is taken over when one begins."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from aether_agents.contracts import GivenAnswer, HighLevelTask, Outcome, Plan, PlannedSubtask
from aether_agents.contracts.view import EndedSubtask
from aether_agents.errors import CannotOpen
from aether_agents.store.client.connection import Part
from aether_agents.store.client.head import NO_HEAD, Head, first_head
from aether_agents.store.client.places import Places
from aether_agents.store.client.replies import Delivery
from aether_agents.store.client.store_client import deliveries, unknown
from aether_agents.store.interventions import answers, questions
from aether_agents.store.interventions.answers import field_of
from aether_agents.store.tasks.planner_step import PlannerSteps, wiring
from aether_agents.store.tasks.stored_views import Links
from aether_agents.store.tasks.undo_links import UndoLinks


class Past(NamedTuple):
    """All that is known of a task that ended."""

    task: HighLevelTask
    plan: Plan | None
    left: tuple[EndedSubtask, ...]
    answers: Mapping[str, GivenAnswer]  #: by subtask; children of fan-outs too
    used: frozenset[str]  #: subtasks on whose answer a call was begun that is not safe to repeat


class Placed(NamedTuple):
    """A subtask of a plan as it begins: with an outcome it is taken over."""

    subtask: PlannedSubtask
    outcome: Outcome | None = None
    made_by: str = ""
    answer: GivenAnswer | None = None


class Ready(NamedTuple):
    """What lies ready for an item of a fan-out that runs again."""

    id: str
    outcome: Outcome | None = None
    answer: GivenAnswer | None = None


class Reruns(PlannerSteps, UndoLinks):
    """Links between tasks, and the beginning of one that runs another again."""

    def links(self, task_id: str) -> Links:
        """The tasks that were begun because of one.

        Raises:
            TaskNotFound: there is no such task.
        """
        key = self._access.keys.task(task_id)
        status, undone, reruns = self._access.connection.command("HMGET", key, "status", "undone", "reruns")
        if status is None:
            raise unknown(task_id)
        return Links(task_id, (undone or b"").decode(), (reruns or b"").decode())

    def create_linked(
        self, task: HighLevelTask, kind: Literal["undo", "retry", "fork"], linked: Sequence[Links]
    ) -> bool:
        """Accept a task that belongs to others. False: somebody has begun something with those since they were read.

        Raises:
            NotAllowed: the id belongs to another owner's task.
        """
        read = [part for one in linked for part in one]
        asked, fields = self._asks(task)
        tells = asked, {**fields, "how": kind}
        answer = self._access.call("create_linked", kind, len(linked), *read, *self._asked_for(task), tells=tells)
        if answer == b"changed":
            return False
        self._accepted(task, answer)
        return True

    def past(self, task_id: str) -> Past:
        """All that is known of a task that ended.

        Raises:
            TaskNotFound: there is no such task.
            CannotOpen: the sealing key is not here.
        """
        task, plan = self.task(task_id), self.plan(task_id)
        left = tuple(self.left(task_id))
        head = self._head(task_id)
        blobs = self._fields(task_id, "a", [one.id for one in left])
        given = {one: self._answer(task_id, one, blob, head) for one, blob in blobs.items()}
        used = frozenset(one for one, version in head.used.items() if version == head.version(field_of(one)))
        known = {one: answer for one, answer in given.items() if answer is not None}
        return Past(task, plan, left, known, used)

    def _answer(self, task_id: str, subtask_id: str, blob: bytes, head: Head) -> GivenAnswer | None:
        try:
            return answers.opened(self._access, task_id, subtask_id, blob, head)
        except CannotOpen:
            return None  # it counts for nothing: it is asked again

    def start_rerun(
        self, task_id: str, token: int, plan: Plan, placed: Sequence[Placed], ready: Sequence[Ready]
    ) -> list[Delivery] | None:
        """Run a plan of which a part is done, directly. Gives what to send now; None: the claim is lost."""
        before = self._present_head(task_id)
        given = [field_of(one.subtask.id) for one in placed if one.answer] + [
            field_of(one.id) for one in ready if one.answer
        ]
        head = self._access.open_head(task_id, before) if before else NO_HEAD
        after = (head if head.number else first_head(bound=False)).after(*given)
        args: list[Part] = [task_id, token, *self._plan(task_id, plan, after), self._access.seal_head(task_id, after)]
        done = {one.subtask.id for one in placed if one.outcome}
        following = _following(placed)
        for one in placed:
            args += self._begun(task_id, one, following.get(one.subtask.id, []), done, after)
        for item in ready:
            outcome, answer = self._lying(task_id, item.id, item.outcome, item.answer, after)
            args += [item.id, "", 0, "", "", answer, outcome, ""]
        held, *rest = self._access.call("start_rerun", *args)
        return deliveries(rest[0]) if held else None

    def fan_rerun(
        self, task_id: str, subtask_id: str, token: int, children: Sequence[PlannedSubtask], kept: Mapping[int, str],
        *, window: int,
    ) -> list[Delivery]:  # fmt: skip
        """As `fan`, directly; of the items in `kept`, by the task that called them, the outcome lies ready."""
        args: list[Part] = [task_id, subtask_id, token, max(1, window)]
        head = self._access.head_now(task_id)
        for index, child in enumerate(children):
            document = self._access.seal(head.place(Places.subtask(task_id, child.id)), child)
            args += [child.id, wiring(child, [subtask_id]), document, kept.get(index, "")]
        _, _, sends = self._access.call("fan_rerun", *args)
        return deliveries(sends)

    def _begun(
        self, task_id: str, one: Placed, following: list[str], done: Iterable[str], head: Head
    ) -> tuple[Part, ...]:
        subtask, place = one.subtask, head.place(Places.subtask(task_id, one.subtask.id))
        question = questions.approval(subtask) if questions.asked_ahead(subtask) and not one.outcome else None
        outcome, answer = self._lying(task_id, subtask.id, one.outcome, one.answer, head)
        return (
            subtask.id,
            wiring(subtask, following),
            len(set(subtask.needs) - set(done)),
            self._access.seal(place, subtask),
            questions.seal(self._access, task_id, question) if question else b"",
            answer,
            outcome,
            one.made_by,
        )

    def _lying(
        self, task_id: str, subtask_id: str, outcome: Outcome | None, answer: GivenAnswer | None, head: Head
    ) -> tuple[bytes, bytes]:
        """An outcome and an answer, sealed to their new place."""
        place = head.place(Places.answer(task_id, subtask_id))
        return (
            self._access.seal_outcome(task_id, subtask_id, outcome, head) if outcome else b"",
            self._access.seal(place, answer, head.version(field_of(subtask_id))) if answer else b"",
        )


def _following(placed: Sequence[Placed]) -> dict[str, list[str]]:
    """What comes after each subtask; a child of a fan-out that is taken over has no part in it."""
    following: dict[str, list[str]] = {}
    for one in placed:
        for need in dict.fromkeys(one.subtask.needs if "#" not in one.subtask.id else ()):
            following.setdefault(need, []).append(one.subtask.id)
    return following
