"""The JSON API of `aether-agent serve`. The same payloads and updates as over Socket.IO, over HTTP."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.known_specialists import known_specialists
from aether_agents.agentserver.service.payload import answer_from, inputs, mapping, replan, task_from, text
from aether_agents.agentserver.service.plan_edits import accept, dry_calls, estimate, refine
from aether_agents.agentserver.service.priority import prioritize
from aether_agents.agentserver.service.review_view import reviewed
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.service.update import error_of
from aether_agents.agentserver.web.access_log import asked_by
from aether_agents.agentserver.web.refused_access import RefusedAccess
from aether_agents.agentserver.web.request_guard import person_of
from aether_agents.agentserver.web.request_values import body_of, number_in, task_id_of
from aether_agents.agentserver.web.schedules_api import SchedulesApi
from aether_agents.errors import AetherError
from aether_agents.monitoring.metrics import CONTENT_TYPE, metrics_text

LIST_MAX = 500  #: tasks listed at most

HEARTBEAT = 15.0  #: seconds of silence after which a stream says that it is still there

#: By an error's code, the status of the answer; any other error of ours is 400.
STATUS = {
    "not_allowed": 403, "task_not_found": 404, "wrong_status": 409, "too_many_tasks": 429,
    "no_store": 503, "store_refuses": 503, "no_worker": 503, "stack": 503, "cannot_open": 503,
}  # fmt: skip

Answering = Callable[[Request, Person], Awaitable[Response]]


class Api(SchedulesApi):
    """What is under `/api`. Each request says who it is: `Authorization: Bearer TOKEN`, or a configured proxy does."""

    def __init__(self, service: Service, token: str) -> None:
        self._service = service
        self._token = token
        self._suspecting = RefusedAccess(service)

    def routes(self) -> list[Route]:
        """The routes, each behind its check."""
        acts = {"approve": self.approve, "cancel": self.cancel, "pause": self.pause, "resume": self.resume,
                "refine": self.refine, "accept": self.accept, "retry": self.retry,
                "prioritize": self.prioritize}  # fmt: skip
        return [
            Route("/specialists", self._known(self.specialists), methods=["GET"]),
            Route("/schedules", self._known(self.schedules), methods=["GET"]),
            Route("/schedules", self._known(self.add_schedule), methods=["POST"]),
            Route("/schedules/{name}", self._known(self.remove_schedule), methods=["DELETE"]),
            Route("/tasks", self._known(self.submit), methods=["POST"]),
            Route("/tasks", self._known(self.tasks), methods=["GET"]),
            Route("/tasks/{task_id}", self._known(self.task), methods=["GET"]),
            Route("/tasks/{task_id}/reviews/{intervention_id}", self._known(self.review), methods=["GET"]),
            Route("/tasks/{task_id}/calls", self._known(self.calls), methods=["GET"]),
            Route("/tasks/{task_id}/estimate", self._known(self.estimate), methods=["GET"]),
            Route("/tasks/{task_id}/profile", self._known(self.profile), methods=["GET"]),
            Route("/tasks/{task_id}/undoing", self._known(self.undoing), methods=["GET"]),
            Route("/tasks/{task_id}/subtasks/{subtask_id}", self._known(self.subtask), methods=["GET"]),
            Route("/tasks/{task_id}/events", self._known(self.events), methods=["GET"]),
            *(Route(f"/tasks/{{task_id}}/{name}", self._known(act), methods=["POST"]) for name, act in acts.items()),
        ]

    def numbers(self) -> Route:
        """`/metrics`, which stands beside `/api` because Prometheus looks there; behind the same check."""
        return Route("/metrics", self._known(self.metrics), methods=["GET"])

    async def metrics(self, request: Request, person: Person) -> Response:  # noqa: ARG002 - everybody known may look
        """The numbers of this installation, as Prometheus reads them."""
        told = await self._service.call(
            lambda backend: metrics_text(backend.store, self._service.settings.alerts.budgeted())
        )
        return Response(told, headers={"content-type": CONTENT_TYPE})

    async def specialists(self, request: Request, person: Person) -> Response:  # noqa: ARG002 - everybody known may look
        """The specialists there are: name, description, and how many workers serve each now."""
        known = await self._service.call(lambda backend: known_specialists(self._service.settings, backend.store))
        return JSONResponse([one._asdict() for one in known])

    async def submit(self, request: Request, person: Person) -> Response:
        """A task, as `agent_execute_task` takes it."""
        task_id = await self._service.submit(task_from(await body_of(request)), person)
        return JSONResponse({"status": "accepted", "task_id": task_id}, 202)

    async def tasks(self, request: Request, person: Person) -> Response:
        """The latest tasks, newest first; `?limit=`."""
        limit = min(number_in(request.query_params.get("limit"), "limit", 50), LIST_MAX)
        return JSONResponse([view.model_dump(mode="json") for view in await self._service.tasks(person, max(1, limit))])

    async def task(self, request: Request, person: Person) -> Response:
        """A task as it stands; with `?outputs=1`, the results of its subtasks."""
        view = await self._service.view(task_id_of(request), person, outputs=bool(request.query_params.get("outputs")))
        return JSONResponse(view.model_dump(mode="json"))

    async def review(self, request: Request, person: Person) -> Response:
        """What the review of a result shows, whole."""
        shown = await reviewed(self._service, task_id_of(request), str(request.path_params["intervention_id"]), person)
        return JSONResponse(shown.model_dump(mode="json"))

    async def undoing(self, request: Request, person: Person) -> Response:
        """What undoing a task would do, and what it could not; nothing runs."""
        await self._service.view(task_id_of(request), person)
        told = await self._service.call(lambda backend: backend.orchestrator.undoing(task_id_of(request)))
        return JSONResponse(told.model_dump(mode="json", exclude={"document"}))

    async def calls(self, request: Request, person: Person) -> Response:
        """The calls of a dry run: those that were made, and those that would be."""
        return JSONResponse(await dry_calls(self._service, task_id_of(request), person))

    async def estimate(self, request: Request, person: Person) -> Response:
        """What the plan of a task takes, from what its tools took before; null before there is a plan."""
        return JSONResponse(await estimate(self._service, task_id_of(request), person))

    async def profile(self, request: Request, person: Person) -> Response:
        """Where the time of a task went, by layer and by subtask."""
        await self._service.view(task_id_of(request), person)
        found = await self._service.call(lambda backend: backend.orchestrator.profile(task_id_of(request)))
        return JSONResponse(found.model_dump(mode="json"))

    async def subtask(self, request: Request, person: Person) -> Response:
        """One call of a task: its arguments, its output, its error. Of a secret, only its name."""
        await self._service.view(task_id_of(request), person)
        name = str(request.path_params["subtask_id"])
        return JSONResponse(
            await self._service.call(lambda backend: backend.orchestrator.call_of(task_id_of(request), name))
        )

    async def events(self, request: Request, person: Person) -> Response:
        """The updates of a task as server-sent events, from `Last-Event-ID` or `?after=` on, until it has ended."""
        said = request.headers.get("last-event-id") or request.query_params.get("after")
        after = number_in(said, "after", 0)
        await self._service.view(task_id_of(request), person)  # what is wrong is an answer, not the end of a stream
        return StreamingResponse(self._stream(task_id_of(request), person, after), media_type="text/event-stream")

    async def approve(self, request: Request, person: Person) -> Response:
        """`{intervention_id, response, comment?, changes?}`, as `agent_approve_task` takes it."""
        said = mapping(await body_of(request), ("intervention_id", "response", "comment", "changes"))
        intervention_id = text(said, "intervention_id")
        asked = await self._service.question(task_id_of(request), intervention_id, person)
        more = text(said, "comment", ""), inputs(said, "changes")
        answer = answer_from(intervention_id, said.get("response"), asked, *more)
        await self._service.answer(task_id_of(request), answer, person)
        return JSONResponse({"status": "ok"})

    async def cancel(self, request: Request, person: Person) -> Response:
        """`{reason?}`."""
        said = mapping(await body_of(request), ("reason",))
        await self._service.cancel(task_id_of(request), person, text(said, "reason", ""))
        return JSONResponse({"status": "ok"})

    async def pause(self, request: Request, person: Person) -> Response:
        """Start nothing new of it."""
        await self._service.pause(task_id_of(request), person)
        return JSONResponse({"status": "ok"})

    async def resume(self, request: Request, person: Person) -> Response:
        """Go on."""
        await self._service.resume(task_id_of(request), person)
        return JSONResponse({"status": "ok"})

    async def prioritize(self, request: Request, person: Person) -> Response:
        """`{priority}`, 0 to 9, while it waits or runs."""
        await prioritize(self._service, task_id_of(request), mapping(await body_of(request), ("priority",)), person)
        return JSONResponse({"status": "ok"})

    async def retry(self, request: Request, person: Person) -> Response:
        """`{from?, inputs?, replan?}`: go on with it in a task of its own, whose id the answer gives."""
        said = mapping(await body_of(request), ("from", "inputs", "replan"))
        task_id = await self._service.retry(
            task_id_of(request), person, text(said, "from", ""), inputs(said), replan(said)
        )
        return JSONResponse({"status": "accepted", "task_id": task_id}, 202)

    async def refine(self, request: Request, person: Person) -> Response:
        """`{instruction}`. Of a task that was only planned, a change of its plan: the answer has what is other."""
        said = mapping(await body_of(request), ("instruction",))
        return JSONResponse(await refine(self._service, task_id_of(request), text(said, "instruction"), person))

    async def accept(self, request: Request, person: Person) -> Response:
        """Run exactly the plan of a task that was only planned, in a task of its own, whose id the answer gives."""
        return JSONResponse(await accept(self._service, task_id_of(request), person), 202)

    def _known(self, answer: Answering) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            peer = request.client.host if request.client else "unix"
            person = person_of(
                self._service.settings.agentserver,
                self._token,
                given.strip() if scheme.lower() == "bearer" else "",
                peer,
                request.headers.getlist,
            )
            asked_by(request.scope, person)
            if person.role == "Anonymous":
                if given or request.headers.get(self._service.settings.agentserver.proxy_secret_header):
                    await self._suspecting.refused(peer, "a token or a proxy's secret that is not ours")
                said = {"code": "not_allowed", "error": "say who you are: `Authorization: Bearer TOKEN`"}
                return JSONResponse(said, 401, {"WWW-Authenticate": "Bearer"})
            try:
                return await answer(request, person)
            except AetherError as error:
                return JSONResponse(error_of(error, request.path_params.get("task_id")), STATUS.get(error.code, 400))

        return answered

    async def _stream(self, task_id: str, person: Person, after: int) -> AsyncGenerator[str, None]:
        async with aclosing(self._service.updates(task_id, person, after)) as updates:
            coming = asyncio.ensure_future(anext(updates, None))
            try:
                while True:
                    done, _ = await asyncio.wait({coming}, timeout=HEARTBEAT)
                    if not done:
                        yield ": still here\n\n"
                        continue
                    update = coming.result()
                    if update is None:
                        return
                    what = "event: error" if "code" in update else f"id: {update['seq']}"
                    yield f"{what}\ndata: {json.dumps(update, ensure_ascii=False)}\n\n"
                    coming = asyncio.ensure_future(anext(updates, None))
            except AetherError as error:
                yield f"event: error\ndata: {json.dumps(error_of(error, task_id))}\n\n"
            finally:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
