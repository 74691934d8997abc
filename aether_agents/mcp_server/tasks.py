"""Tasks of MCP clients: in the role of a User who sees his own, who consents to nothing and answers no approval."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any

from aether_agents.agentserver.service.identity import CLIENT, Confined, Person
from aether_agents.agentserver.service.payload import answer_from
from aether_agents.agentserver.service.service import Service
from aether_agents.contracts import TERMINAL_TASK, GitIdentity, HighLevelTask, TaskStatus
from aether_agents.errors import InvalidTask, NotAllowed
from aether_agents.mcp_server.standing import Standing, may_answer, standing_of
from aether_agents.process.git_identity import git_identity

#: Told while a task goes on: progress from 0 to 1, and what happens.
Tell = Callable[[float, str], Awaitable[None]]

_STILL = frozenset(one.value for one in (*TERMINAL_TASK, TaskStatus.WAITING, TaskStatus.PAUSED))


class ClientTasks:
    """What an MCP client may do. Belongs to one event loop; close it when done."""

    def __init__(self, service: Service, person: Person | None = None) -> None:
        self._service = service
        self._person = person or Confined(CLIENT, "User")

    async def submit(self, task: str, inputs: Mapping[str, Any], folder: str, **said: Any) -> str:
        """Submit a task; its id.

        Raises:
            InvalidTask, NotAllowed, TooManyTasks, StoreUnavailable, StackError: it was not accepted.
        """
        payload = {"description": task, "inputs": dict(inputs), "folder": _absolute(folder), **said}
        known = await asyncio.to_thread(git_identity, os.environ)  # whoever serves, commits: his clients act for him
        git = {"git": GitIdentity(**known._asdict())}
        return await self._service.submit(HighLevelTask.from_dict(payload).model_copy(update=git), self._person)

    async def standing(
        self, task_id: str, wait: float = 0, tell: Tell | None = None, *, whole: bool = False
    ) -> Standing:
        """A task as it stands, or as soon as it needs somebody or has ended, `wait` seconds at most.

        Raises:
            TaskNotFound: there is none of this client.
        """
        if wait > 0:
            try:
                async with asyncio.timeout(wait):
                    await self._until_still(task_id, tell)
            except TimeoutError:
                pass  # how it stands is the answer
        view = await self._service.view(task_id, self._person, outputs=True)
        plan = (
            await self._service.call(lambda backend: backend.orchestrator.plan_of(task_id))
            if not view.subtasks
            else None
        )
        return standing_of(view, plan, whole=whole)

    async def answer(self, task_id: str, question_id: str, response: object) -> None:
        """Answer a question about what is missing or meant.

        Raises:
            NotAllowed: it is one that a person answers.
            InvalidTask, WrongStatus: it is no answer, or nothing of that name is asked.
        """
        asked = await self._service.question(task_id, question_id, self._person)
        if asked is None:
            raise InvalidTask(f"`{question_id}` is not asked (any more): see `questions` of `status`")
        if not may_answer(asked):
            raise NotAllowed(
                f"`{question_id}` is for a person: `aether-agent approve {task_id}` at a terminal, or the page of "
                "`aether-agent serve`"
            )
        await self._service.answer(task_id, answer_from(question_id, response, asked), self._person)

    async def cancel(self, task_id: str) -> None:
        """End a task of this client.

        Raises:
            TaskNotFound, WrongStatus: see each.
        """
        await self._service.view(task_id, self._person)
        await self._service.cancel(task_id, self._person, "cancelled by its MCP client")

    async def begun(self, task_id: str) -> datetime | None:
        """When a task was asked for.

        Raises:
            TaskNotFound: there is none of this client.
        """
        return (await self._service.view(task_id, self._person)).created_at

    async def undo(self, task_id: str) -> str:
        """Put back what a task changed, in a task of its own, which asks a person first.

        Raises:
            CannotUndo, WrongStatus, TaskNotFound: see each.
        """
        await self._service.view(task_id, self._person)
        who = self._person
        return await self._service.call(lambda backend: backend.orchestrator.undo(task_id, by=who.name, role=who.role))

    async def close(self) -> None:
        """Let go of everything. Tasks go on."""
        await self._service.close()

    async def _until_still(self, task_id: str, tell: Tell | None) -> None:
        """Until it has ended, or waits for somebody, as it stands now and not only as it once did."""
        seen = (await self._service.view(task_id, self._person)).seq
        async with aclosing(self._service.updates(task_id, self._person, max(0, seen - 1))) as updates:
            async for update in updates:
                if tell is not None:
                    await tell(update["progress"], update["message"])
                if update["status"] in _STILL:
                    return


def _absolute(folder: str) -> str:
    """A folder as a task has it; without one, where this process was started: an editor's is its workspace."""
    return os.path.abspath(folder or ".")  # noqa: PTH100 - of a name that need not exist
