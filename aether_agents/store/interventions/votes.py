"""Votes: who has said yes to a question that wants several, sealed, until there are enough."""

from pydantic import Field

from aether_agents.contracts import Contract, Intervention
from aether_agents.errors import CannotOpen, WrongStatus
from aether_agents.store.client.places import Places
from aether_agents.store.client.store_client import StorePart


class Votes(Contract):
    """The yes of several to one question."""

    binds: str = Field(default="", description="What they said yes to, as the question had it.")
    people: tuple[str, ...] = Field(default=(), description="Who said yes, each once.")


class Voting(StorePart):
    """Counts the yes of several; the last one is an answer like any other."""

    def voted(self, task_id: str, question: Intervention) -> tuple[str, ...]:
        """Who has said yes to what a question asks about now."""
        return self._votes(task_id, question)[1].people

    def vote(self, task_id: str, question: Intervention, by: str, wanted: int, role: str = "") -> tuple[str, ...]:
        """Say yes. Gives all who have, the one who says it last.

        Raises:
            WrongStatus: he has said so already, or the question is not open any more.
        """
        while True:
            before, votes = self._votes(task_id, question)
            place = self._place(task_id, question)
            if by in votes.people:
                if len(votes.people) >= wanted:  # all have: what the last yes was for did not come about
                    return (*(one for one in votes.people if one != by), by)
                raise WrongStatus(f"{by} has said yes to `{question.id}` already: {wanted} different people are wanted")
            after = Votes(binds=question.binds, people=(*votes.people, by))
            word = f"yes of {by} ({len(after.people)} of {wanted})"
            about = {"task": task_id, "subtask": question.subtask_id, "question": question.id, "by": by, "role": role}
            kind = self._access.call(
                "vote",
                task_id,
                question.id,
                before,
                self._access.seal(place, after),
                word,
                tells=("voted", {**about, "binds": question.binds, "wanted": wanted}),
            )
            if kind == b"ok":
                return after.people
            if kind == b"closed":
                raise WrongStatus(f"`{question.id}` is not open: it was answered, or its task has ended")

    def _votes(self, task_id: str, question: Intervention) -> tuple[bytes, Votes]:
        field = f"y:{question.id}"
        blob = self._access.connection.command("HGET", self._access.keys.subtasks(task_id), field) or b""
        try:
            votes = self._access.open(Votes, self._place(task_id, question), blob) if blob else Votes()
        except CannotOpen:
            return blob, Votes()  # nobody with the key wrote it: it counts for nothing
        return blob, votes if votes.binds == question.binds else Votes()

    def _place(self, task_id: str, question: Intervention) -> str:
        """Of this life of the task: the same id used again later is another's question."""
        place = f"{Places.question(task_id, question.subtask_id or '')}/votes/{question.id}"
        return self._access.head_now(task_id).place(place)
