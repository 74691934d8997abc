"""Sockets: `register` puts AgentServer's handlers on a `socketio.AsyncServer`. Nothing of the host's is replaced."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol

from aether_agents.agentserver.service.identity import Identities, Person, SessionServer, Told
from aether_agents.agentserver.service.payload import answer_from, inputs, mapping, number, replan, task_from, text
from aether_agents.agentserver.service.plan_edits import accept, dry_calls, refine
from aether_agents.agentserver.service.priority import prioritize
from aether_agents.agentserver.service.review_view import reviewed
from aether_agents.agentserver.service.service import Service, common_service
from aether_agents.agentserver.service.update import Message, error_of
from aether_agents.agentserver.sockets.clients import Clients
from aether_agents.errors import AetherError, InvalidTask
from aether_agents.settings.model import Settings

log = logging.getLogger(__name__)

NAMESPACE = "/"


class Client(NamedTuple):
    """A connection, and who is behind it."""

    sid: str
    person: Person


#: What an event asks, for one client: gives the acknowledgement.
Act = Callable[[Client, Mapping[str, Any]], Awaitable[Message]]

Handler = Callable[..., Awaitable[Message]]


class Server(SessionServer, Protocol):
    """What AgentServer needs of a `socketio.AsyncServer`, 5.13 or later."""

    handlers: dict[str, dict[str, Any]]
    manager: Any
    eio: Any

    def on(self, event: str, handler: Handler) -> Any: ...
    async def emit(self, event: str, data: Message, *, to: str | list[str]) -> None: ...


class Handle:
    """What `register` gives back."""

    def __init__(
        self, sio: Server, service: Service, clients: Clients, identities: Identities, handlers: Mapping[str, Handler]
    ) -> None:
        self.service = service
        self.identities = identities
        self._sio = sio
        self._clients = clients
        self._handlers = handlers

    async def close(self) -> None:
        """Take the handlers off the server and let go of everything. Tasks go on. Idempotent."""
        known = self._sio.handlers.get(NAMESPACE, {})
        for event, handler in self._handlers.items():
            if known.get(event) is handler:
                del known[event]
        await self._clients.close()
        await self.service.close()


def register(
    sio: Server,
    settings: Settings,
    get_role: Told | None = None,
    get_user: Told | None = None,
    *,
    service: Service | None = None,
) -> Handle:
    """Let the clients of a Socket.IO server submit, follow and answer tasks.

    Args:
        sio: any `socketio.AsyncServer`; its other handlers stay as they are.
        settings: where the tasks are; without a broker, the embedded stack, started when it is first needed.
        get_role: gives the role of a sid (a value or an awaitable): Anonymous, Viewer, User, Supervisor or Owner.
        get_user: gives the name of a sid's user. Without these two, the server's own session is asked (`user` and
            `role` in it), then the headers of a proxy that the settings name. Nobody's word means Anonymous.
        service: one to share with other faces of this process; it is closed with the handle.
    """
    service = common_service(service or Service(settings))
    clients = Clients(sio, service, keep=settings.agent_system.agent_process.session_persistence)
    identities = Identities(sio, settings.agentserver, get_role, get_user)
    acts = _Acts(service, clients)
    handlers = {event: _handler(sio, identities, event, act, fields) for event, (act, fields) in acts.all().items()}
    for event, handler in handlers.items():
        sio.on(event, handler)
    return Handle(sio, service, clients, identities, handlers)


def _handler(sio: Server, identities: Identities, event: str, act: Act, fields: tuple[str, ...] | None) -> Handler:
    """The outermost handler of one event: an error goes to the client twice, as an event and as the answer."""

    async def handle(sid: str, payload: Any = None) -> Message:
        task_id = payload.get("task_id") if isinstance(payload, Mapping) else None
        try:
            said = payload if fields is None else mapping(payload, fields)
            return await act(Client(sid, await identities.of(sid)), said)
        except AetherError as error:
            body = error_of(error, task_id if isinstance(task_id, str) else None)
        except Exception:
            log.exception("%s of %s: unexpected", event, sid)
            body = {"code": "internal", "error": f"a fault of ours in {event}: the server's log has the traceback"}
        await sio.emit("agent_error", body, to=sid)
        return {"status": "error", **body}

    return handle


class _Acts:
    """What each event does."""

    def __init__(self, service: Service, clients: Clients) -> None:
        self._service = service
        self._clients = clients

    def all(self) -> dict[str, tuple[Act, tuple[str, ...] | None]]:
        """By the name of the event: what it does, and the fields it takes (none: it reads them itself)."""
        return {
            "agent_execute_task": (self.execute, None),
            "agent_cancel_task": (self.cancel, ("task_id", "reason")),
            "agent_pause_task": (self.pause, ("task_id",)),
            "agent_resume_task": (self.resume, ("task_id",)),
            "agent_prioritize_task": (self.prioritize, ("task_id", "priority")),
            "agent_retry_task": (self.retry, ("task_id", "from", "inputs", "replan")),
            "agent_refine_task": (self.refine, ("task_id", "instruction")),
            "agent_accept_plan": (self.accept, ("task_id",)),
            "agent_approve_task": (self.approve, ("task_id", "intervention_id", "response", "comment", "changes")),
            "agent_dry_calls": (self.dry_calls, ("task_id",)),
            "agent_review_task": (self.review, ("task_id", "intervention_id")),
            "agent_subscribe_task": (self.subscribe, ("task_id", "after_seq")),
        }

    async def execute(self, client: Client, said: Mapping[str, Any]) -> Message:
        task = task_from(said)
        self._clients.require_room(client.sid, task.task_id)
        task_id = await self._service.submit(task, client.person)
        self._clients.follow(client.sid, client.person, task_id, owned=True)
        return {"status": "accepted", "task_id": task_id}

    async def dry_calls(self, client: Client, said: Mapping[str, Any]) -> Message:
        """The calls of a dry run that has ended."""
        return {"status": "ok", "calls": await dry_calls(self._service, text(said, "task_id"), client.person)}

    async def cancel(self, client: Client, said: Mapping[str, Any]) -> Message:
        await self._service.cancel(text(said, "task_id"), client.person, text(said, "reason", ""))
        return {"status": "ok"}

    async def pause(self, client: Client, said: Mapping[str, Any]) -> Message:
        await self._service.pause(text(said, "task_id"), client.person)
        return {"status": "ok"}

    async def resume(self, client: Client, said: Mapping[str, Any]) -> Message:
        await self._service.resume(text(said, "task_id"), client.person)
        return {"status": "ok"}

    async def prioritize(self, client: Client, said: Mapping[str, Any]) -> Message:
        await prioritize(self._service, text(said, "task_id"), said, client.person)
        return {"status": "ok"}

    async def retry(self, client: Client, said: Mapping[str, Any]) -> Message:
        told = text(said, "task_id"), client.person, text(said, "from", ""), inputs(said), replan(said)
        task_id = await self._service.retry(*told)
        self._clients.follow(client.sid, client.person, task_id, owned=True)
        return {"status": "accepted", "task_id": task_id}

    async def refine(self, client: Client, said: Mapping[str, Any]) -> Message:
        """More words for a task; or a change of a plan that waits to be run, whose difference the answer has."""
        return await refine(self._service, text(said, "task_id"), text(said, "instruction"), client.person)

    async def accept(self, client: Client, said: Mapping[str, Any]) -> Message:
        """Run exactly the plan of a task that was only planned."""
        self._clients.require_room(client.sid, text(said, "task_id"))
        answer = await accept(self._service, text(said, "task_id"), client.person)
        self._clients.follow(client.sid, client.person, answer["task_id"], owned=True)
        return answer

    async def approve(self, client: Client, said: Mapping[str, Any]) -> Message:
        task_id, intervention_id = text(said, "task_id"), text(said, "intervention_id")
        if "response" not in said:
            raise InvalidTask("`response` is missing")
        asked = await self._service.question(task_id, intervention_id, client.person)
        more = text(said, "comment", ""), inputs(said, "changes")
        answer = answer_from(intervention_id, said["response"], asked, *more)
        await self._service.answer(task_id, answer, client.person)
        return {"status": "ok"}

    async def review(self, client: Client, said: Mapping[str, Any]) -> Message:
        shown = await reviewed(self._service, text(said, "task_id"), text(said, "intervention_id"), client.person)
        return {"status": "ok", "review": shown.model_dump(mode="json")}

    async def subscribe(self, client: Client, said: Mapping[str, Any]) -> Message:
        task_id, after = text(said, "task_id"), number(said, "after_seq")
        view = await self._service.view(task_id, client.person)
        self._clients.require_room(client.sid, task_id)
        self._clients.follow(client.sid, client.person, task_id, after=after)
        return {"status": "ok", "state": view.model_dump(mode="json")}
