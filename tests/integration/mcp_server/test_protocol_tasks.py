"""Tasks of the protocol (2026-07-28) over `aether-agent mcp serve`, with the library's client told of them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.client.stdio import stdio_client
from mcp_types import CallToolResult, Request, RequestParams, Result
from pydantic import ConfigDict, Field

from aether_agents.contracts import Answer
from aether_agents.mcp_server.protocol_tasks import EXTENSION
from aether_agents.orchestrator.orchestrator import Orchestrator
from tests.integration.execution.lab import Lab
from tests.integration.mcp_server.conftest import COMMAND

Said = dict[str, Any]


class Handle(Result):
    """What a call is answered with that became a task."""

    model_config = ConfigDict(extra="allow")
    result_type: Literal["task"] = Field(alias="resultType")
    task_id: str = Field(alias="taskId")


class Answered(Result):
    """Whatever an answer about a task holds."""

    model_config = ConfigDict(extra="allow")


class Asked(RequestParams):
    model_config = ConfigDict(extra="allow")


class About(Request[Asked, str]):
    """A question about a task."""

    method: str
    params: Asked


class Tasks(ClientExtension):
    """A client that has tasks: it keeps the handle and asks by itself."""

    identifier = EXTENSION

    def claims(self) -> tuple[ResultClaim[Any], ...]:
        async def resolve(handle: Handle, _: ClaimContext) -> CallToolResult:
            raise AssertionError(f"who calls keeps the handle {handle}")

        return (ResultClaim(result_type="task", model=Handle, resolve=resolve),)


def with_client(
    environ: dict[str, str], scenario: Callable[[Client], Awaitable[None]], *extensions: ClientExtension
) -> None:
    """A scenario with the server that an editor starts."""

    async def run() -> None:
        server = StdioServerParameters(command=COMMAND[0], args=list(COMMAND[1:]), env=environ)
        async with Client(stdio_client(server), read_timeout_seconds=60, extensions=extensions) as client:
            await scenario(client)

    asyncio.run(asyncio.wait_for(run(), 90))


async def begin(client: Client, tool: str, **arguments: Any) -> Said:
    """The handle of what a tool began."""
    answer = await client.session.call_tool(tool, arguments, allow_claimed=True)
    assert isinstance(answer, Handle), answer
    return answer.model_dump(by_alias=True)


async def ask(client: Client, method: str, task_id: str, **more: Any) -> Said:
    """What is answered about a task."""
    request = About(method=method, params=Asked(taskId=task_id, **more))
    answer = await client.session.send_request(request, Answered)
    return answer.model_dump(by_alias=True)


async def until(client: Client, task_id: str, *states: str) -> Said:
    """How a task stands, as soon as it is in one of these states. Each question is a round trip."""
    async with asyncio.timeout(60):
        while (told := await ask(client, "tasks/get", task_id))["status"] not in states:
            pass
    return told


def test_a_call_gives_a_handle_and_the_result_is_fetched(lab: Lab, environ: dict[str, str], tmp_path: Path) -> None:
    async def scenario(client: Client) -> None:
        handle = await begin(client, "execute", task="Say hello to the world")
        assert (handle["status"], handle["ttlMs"], handle["pollIntervalMs"]) == ("working", None, 1_000)
        done = await until(client, handle["taskId"], "completed")
        assert done["result"]["structuredContent"]["result"] == {"said": "hello"}
        planned = await begin(client, "plan", task="Say hello to the world")
        told = await until(client, planned["taskId"], "completed")
        assert told["result"]["structuredContent"]["plan"] == ["say: dev-echo/echo (read)"]

        asks = await begin(client, "execute", task="List the notes of a folder")
        waiting = await until(client, asks["taskId"], "input_required")
        [(question, request)] = waiting["inputRequests"].items()
        assert request["method"] == "elicitation/create"
        assert request["params"]["requestedSchema"]["properties"]["folder"]["type"] == "string"
        given = {question: {"action": "accept", "content": {"folder": str(tmp_path)}}}
        await ask(client, "tasks/update", asks["taskId"], inputResponses=given)
        listed = await until(client, asks["taskId"], "completed")
        assert listed["result"]["structuredContent"]["result"] == {"count": 0}

    with_client(environ, scenario, Tasks())


def test_what_a_person_decides_is_no_clients_and_it_may_cancel(lab: Lab, environ: dict[str, str]) -> None:
    orchestrator = Orchestrator(lab.settings, lab.store)

    async def scenario(client: Client) -> None:
        for response in ("approve", None):
            handle = await begin(client, "execute", task="Speak after somebody has agreed")
            told = await ask(client, "tasks/get", handle["taskId"])
            while not lab.store.tasks.view(handle["taskId"]).interventions:
                told = await ask(client, "tasks/get", handle["taskId"])
            told = await ask(client, "tasks/get", handle["taskId"])
            assert (told["status"], "inputRequests" in told) == ("working", False)
            assert "aether-agent approve" in told["statusMessage"]
            question = lab.store.tasks.view(handle["taskId"]).interventions[0].id
            forced = {question: {"action": "accept", "content": {"answer": "approve", "approve": True}}}
            await ask(client, "tasks/update", handle["taskId"], inputResponses=forced)
            assert (await ask(client, "tasks/get", handle["taskId"]))["status"] == "working"
            if response is None:
                await ask(client, "tasks/cancel", handle["taskId"])
                await until(client, handle["taskId"], "cancelled")
                await ask(client, "tasks/cancel", handle["taskId"])  # it has ended: nothing to do, and no error
            else:
                given = Answer(intervention_id=question, response=response, by="local")
                await asyncio.to_thread(orchestrator.answer, handle["taskId"], given)
                await until(client, handle["taskId"], "completed")
        with pytest.raises(MCPError, match="task_not_found"):
            await ask(client, "tasks/get", "nosuchtask")

    with_client(environ, scenario, Tasks())


def test_who_has_not_said_that_he_has_tasks_is_answered_as_ever(lab: Lab, environ: dict[str, str]) -> None:
    async def scenario(client: Client) -> None:
        done = await client.call_tool("execute", {"task": "Say hello to the world"})
        assert (done.structured_content or {})["result"] == {"said": "hello"}
        with pytest.raises(MCPError, match=EXTENSION):
            await ask(client, "tasks/get", (done.structured_content or {})["task_id"])

    with_client(environ, scenario)
