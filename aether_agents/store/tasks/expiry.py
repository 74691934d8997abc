"""Expiry: what nobody has answered within its time is a no."""

from aether_agents.contracts import Answer, Intervention
from aether_agents.errors import TaskNotFound, WrongStatus
from aether_agents.store.client.replies import Delivery
from aether_agents.store.interventions.questions import EFFECTS, allowed
from aether_agents.store.tasks.control import Control

#: Who gives the answer that nobody gave.
EXPIRY = "expiry"

#: Questions that are looked at in one round.
_AT_ONCE = 50


class Expiry(Control):
    """Any process may look at any time, twice: an answer counts once."""

    def expire(self) -> list[Delivery]:
        """Answer with no what was asked longer ago than `policy.answer_within`. Gives what is to be sent.

        Raises:
            StoreUnavailable: the store is away.
        """
        within = self._access.settings.policy.answer_within
        if not within:
            return []
        seconds, micros = self._access.connection.command("TIME")
        before = int(seconds) * 1000 + int(micros) // 1000 - int(within * 1000)
        found = self._access.call("unanswered", _AT_ONCE, before)
        sends: list[Delivery] = []
        for at in range(0, len(found), 3):
            task_id, _, question_id = (part.decode() for part in found[at : at + 3])
            try:
                sends += self._refuse(task_id, question_id, f"nobody answered within {within:g} s")
            except (WrongStatus, TaskNotFound):
                continue  # somebody answered after all
        return sends

    def _refuse(self, task_id: str, question_id: str, why: str) -> list[Delivery]:
        question = self.question(task_id, question_id)
        if question is None:
            return []
        no = _no(question)
        if no:
            return self.answer(task_id, Answer(intervention_id=question_id, response=no, by=EXPIRY, comment=why))
        if question.subtask_id is None:
            self._access.call("cancel", task_id, EXPIRY, self._access.seal_said(task_id, f"cancelled: {why}"))
        return []


def _no(question: Intervention) -> str:
    """The answer that lets nothing go on; the safest stands last. Empty where there is none."""
    return next((one for one in reversed(allowed(question)) if one in EFFECTS), "")
