"""Schedules of the JSON API: what is under `/api/schedules`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aether_agents.agentserver.service import schedules
from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.service.payload import mapping, text
from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.request_values import body_of
from aether_agents.errors import InvalidTask
from aether_agents.orchestrator.scheduling import Times


class SchedulesApi:
    """Listing, adding and removing; each is given who asks."""

    _service: Service

    async def schedules(self, request: Request, person: Person) -> Response:  # noqa: ARG002 - all that he sees
        """The schedules, each with its times, what became of its last slot, and who added it."""
        return JSONResponse(await schedules.schedules(self._service, person))

    async def add_schedule(self, request: Request, person: Person) -> Response:
        """`{task_id, crontab, timezone?, name?, yes?}`: do again and again what a task does that was only planned
        (`plan_only`). Each run asks in the name of who added it; `yes` counts from who may approve.
        """
        said = mapping(await body_of(request), ("task_id", "crontab", "timezone", "name", "yes"))
        yes = said.get("yes", False)
        if not isinstance(yes, bool):
            raise InvalidTask("`yes`: true or false is wanted")
        times = Times(text(said, "crontab"), text(said, "timezone", "UTC"), yes)
        task_id, name = text(said, "task_id"), text(said, "name", "")
        return JSONResponse(await schedules.add(self._service, task_id, times, name, person), 201)

    async def remove_schedule(self, request: Request, person: Person) -> Response:
        """Forget a schedule that was added; a task of it that runs goes on."""
        await schedules.remove(self._service, str(request.path_params["name"]), person)
        return JSONResponse({"status": "ok"})
