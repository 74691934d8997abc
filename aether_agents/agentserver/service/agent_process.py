"""AgentProcess: one task, as a server's handler drives it. Errors are values: nothing is raised into the handler."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from aether_agents.agentserver.service.identity import NOBODY, Person, name_of, role_of
from aether_agents.agentserver.service.payload import answer_from
from aether_agents.agentserver.service.service import Service, common_service
from aether_agents.agentserver.service.update import Message, error_of
from aether_agents.contracts import HighLevelTask
from aether_agents.errors import AetherError, InvalidTask, StoreUnavailable
from aether_agents.process.running_process import working_folder

log = logging.getLogger(__name__)


class AgentProcess:
    """One task: submitted when it is first executed, and followed as often as one likes."""

    def __init__(
        self,
        task: str | Mapping[str, Any] | HighLevelTask,
        context: object = None,
        user: object = None,
        *,
        service: Service | None = None,
    ) -> None:
        """Nothing is sent yet, and nothing is raised: `execute` says what is wrong.

        Args:
            task: a sentence, a payload as `HighLevelTask.from_dict` reads it, or a task. A payload that is only a
                `task_id` follows a task that is there already.
            context: a mapping with any of `name`, `path`, `session`; the id of a terminal session; or an object with
                `.session`, `.path`, `.user`, and `.pid`: where it has no path, the folder that its shell is in is
                meant. What the task itself says goes first.
            user: who asks: a name (then he is a User), a mapping with `name` and `role`, or an object with `.name`.
                Without one the context's user; without that, nobody: he is Anonymous, who may nothing.
            service: the way to the tasks. Without one that of `register`; without that, one for the settings here.
        """
        self.person = _person(user if user is not None else getattr(context, "user", None))
        self.task: HighLevelTask | None = None
        self.task_id = ""
        self._service = service
        self._fault: AetherError | None = None
        self._last: Message = {}
        try:
            self._read(task, context)
        except InvalidTask as error:
            self._fault = error

    async def execute(self, after: int = 0) -> AsyncGenerator[Message, None]:
        """Submit the task, unless that was done, and yield its `agent_update`s until it has ended.

        Executing again replays from number `after`. Whoever stops listening does not stop the task. While the store is
        away, updates with `error` and `code` and the last status say so, and it goes on. It ends only after a terminal
        status: that of the task; or `failed`, with `error` and `code`, of one that was never made or is gone.
        """
        try:
            service = await self._submitted()
            async with aclosing(service.updates(self.task_id, self.person, after)) as updates:
                async for update in updates:
                    self._last = update
                    yield update
        except AetherError as error:
            yield self._failed(error_of(error))
        except Exception:
            log.exception("%s: unexpected", self.task_id)
            yield self._failed({"code": "internal", "error": "a fault of ours: the server's log has the traceback"})

    async def cancel(self, reason: str = "") -> Message:
        """End the task. `{status: ok}`, or `{status: error, code, error}`."""
        return await self._act(lambda service: service.cancel(self.task_id, self.person, reason))

    async def pause(self) -> Message:
        """Start nothing new of the task for now. `{status}` as for `cancel`."""
        return await self._act(lambda service: service.pause(self.task_id, self.person))

    async def resume(self) -> Message:
        """Go on with it. `{status}` as for `cancel`."""
        return await self._act(lambda service: service.resume(self.task_id, self.person))

    async def retry(self, start: str = "", inputs: Mapping[str, Any] | None = None) -> Message:
        """Go on with it where it failed, in a task of its own: `{status: ok, task_id}`, or as for `cancel`.

        `AgentProcess({"task_id": …})` follows that one; it shows the difference, and asks, first.
        """
        found: list[str] = []

        async def again(service: Service) -> None:
            found.append(await service.retry(self.task_id, self.person, start, inputs))

        said = await self._act(again)
        return {**said, "task_id": found[0]} if found else said

    async def refine(self, text: str) -> Message:
        """Have it planned anew with more words, while it asks about its plan. `{status}` as for `cancel`."""
        return await self._act(lambda service: service.refine(self.task_id, text, self.person))

    async def approve(self, intervention_id: str, response: object = True) -> Message:
        """Answer what it asks: a choice, true or false, or a mapping of inputs. `{status}` as for `cancel`."""

        async def answer(service: Service) -> None:
            asked = await service.question(self.task_id, intervention_id, self.person)
            await service.answer(self.task_id, answer_from(intervention_id, response, asked), self.person)

        return await self._act(answer)

    async def _act(self, act: Callable[[Service], Awaitable[None]]) -> Message:
        try:
            await act(await self._open())
        except AetherError as error:
            return {"status": "error", **error_of(error, self.task_id)}
        return {"status": "ok"}

    async def _submitted(self) -> Service:
        if self._fault is not None:
            raise self._fault
        service = await self._open()
        if self.task is not None:
            await service.submit(self.task, self.person)
            self.task = None
        return service

    async def _open(self) -> Service:
        if self._service is None:
            self._service = common_service()
        await self._service.open()
        return self._service

    def _read(self, task: str | Mapping[str, Any] | HighLevelTask, context: object) -> None:
        if isinstance(task, HighLevelTask):
            self.task, self.task_id = _within(task, context), task.task_id
            return
        payload: dict[str, Any] = {"description": task} if isinstance(task, str) else dict(task)
        if set(payload) == {"task_id"}:
            self.task_id = str(payload["task_id"])
            return
        if context is not None:
            payload.setdefault("context", _context(context))
        self.task = HighLevelTask.from_dict(payload)
        self.task_id = self.task.task_id

    def _failed(self, error: Message) -> Message:
        """What ends a following that went wrong. Of a task that was seen, a server that closes says no more."""
        seen = self._last.get("status", "failed")
        return {
            "task_id": self.task_id,
            "seq": self._last.get("seq", 0),
            "status": seen if error["code"] == StoreUnavailable.code else "failed",
            "progress": self._last.get("progress", 0.0),
            "message": error["error"],
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            **error,
        }


def _person(user: object) -> Person:
    if user is None:
        return NOBODY
    said = user.get("role") or user.get("roles") if isinstance(user, Mapping) else None
    roles = ",".join(map(str, said)) if isinstance(said, list | tuple) else said
    role = role_of(roles) if roles else "User"
    name = name_of(user)
    return Person(name, role) if name and role != "Anonymous" else NOBODY


def _within(task: HighLevelTask, context: object) -> HighLevelTask:
    """A task in the context it was made for: what it does not say itself."""
    said = _context(context) if context is not None else {}
    found = {"context": said.get("name"), "folder": said.get("path"), "session": said.get("session")}
    return task.model_copy(update={name: str(one) for name, one in found.items() if one and not getattr(task, name)})


def _context(context: object) -> dict[str, Any]:
    """A context as a payload has it."""
    if isinstance(context, str):
        return {"session": context}
    if isinstance(context, Mapping):
        return {key: context[key] for key in ("name", "path", "session") if context.get(key) is not None}
    found = {name: getattr(context, name, None) for name in ("path", "session")}
    if not found["path"] and isinstance(shell := getattr(context, "pid", None), int):
        found["path"] = working_folder(shell)
    return {name: str(value) for name, value in found.items() if value}
