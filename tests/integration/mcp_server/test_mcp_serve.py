"""`aether-agent mcp serve`: with a client of the MCP library in both eras, and with plain JSON-RPC by hand."""

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import Implementation

from aether_agents.contracts import Answer, HighLevelTask
from aether_agents.orchestrator.orchestrator import Orchestrator
from tests.integration.execution.lab import Lab
from tests.integration.mcp_server.conftest import COMMAND

Said = dict[str, Any]


def with_client(environ: dict[str, str], scenario: Callable[[Client], Awaitable[None]], **options: Any) -> None:
    """A scenario with the server that an editor starts."""

    async def run() -> None:
        server = StdioServerParameters(command=COMMAND[0], args=list(COMMAND[1:]), env=environ)
        async with Client(stdio_client(server), read_timeout_seconds=60, **options) as client:
            await scenario(client)

    asyncio.run(asyncio.wait_for(run(), 90))


async def call(client: Client, tool: str, **arguments: Any) -> Said:
    """What a tool answers."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    assert answer.structured_content is not None
    return answer.structured_content


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    """Why a tool refuses."""
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    return str(answer.content[0].text)  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_tasks_are_planned_done_answered_and_read(lab: Lab, environ: dict[str, str], tmp_path: Path, mode: Any) -> None:
    async def scenario(client: Client) -> None:
        tools = {one.name: one for one in (await client.list_tools()).tools}
        assert set(tools) == {"plan", "execute", "status", "answer", "result", "undo"}
        assert "for_a_person" in str(tools["status"].output_schema)
        planned = await call(client, "plan", task="Say hello to the world")
        assert (planned["status"], planned["plan"]) == ("completed", ["say: dev-echo/echo (read)"])
        told: list[float] = []

        async def progress(done: float, total: float | None, message: str | None) -> None:
            told.append(done)

        answer = await client.call_tool("execute", {"task": "Say hello to the world"}, progress_callback=progress)
        done = answer.structured_content or {}
        assert (done["status"], done["result"]) == ("completed", {"said": "hello"})
        assert told
        assert told == sorted(told)
        assert (await call(client, "result", task_id=done["task_id"]))["result"] == {"said": "hello"}
        asks = await call(client, "execute", task="List the notes of a folder")
        question = asks["questions"][0]
        assert (asks["status"], question["kind"], question["for_a_person"]) == ("waiting_user_input", "input", False)
        given = {"folder": str(tmp_path)}
        listed = await call(client, "answer", task_id=asks["task_id"], question_id=question["id"], response=given)
        assert listed["result"] == {"count": 0}
        assert "cannot_undo" in await refusal(client, "undo", task_id=listed["task_id"])
        assert "task_not_found" in await refusal(client, "status", task_id="nosuchtask")

    with_client(environ, scenario, mode=mode)


def test_a_client_consents_to_nothing(lab: Lab, environ: dict[str, str]) -> None:
    orchestrator = Orchestrator(lab.settings, lab.store)

    async def scenario(client: Client) -> None:
        asks = await call(client, "execute", task="Speak after somebody has agreed")
        question = asks["questions"][0]
        assert (question["kind"], question["for_a_person"]) == ("approval", True)
        assert "aether-agent approve" in asks["next"]
        named = {"task_id": asks["task_id"], "question_id": question["id"]}
        for response in ("approve", "deny", {"approve": True}):
            assert "not_allowed" in await refusal(client, "answer", **named, response=response)
        for said in ({"assume_yes": True}, {"role": "Owner"}, {"owner": "local"}):  # no argument of any tool
            more = await client.call_tool("execute", {"task": "Speak after somebody has agreed", **said})
            assert more.is_error or (more.structured_content or {})["status"] == "waiting_user_input"
        await asyncio.to_thread(
            orchestrator.answer, asks["task_id"], Answer(intervention_id=question["id"], response="approve", by="local")
        )
        ended = await call(client, "status", task_id=asks["task_id"], wait_seconds=30)
        assert ended["result"] == {"said": "yes"}
        stored = lab.store.tasks.task(asks["task_id"])
        assert (stored.owner, stored.role, stored.assume_yes) == ("mcp", "User", False)

    with_client(environ, scenario)


def test_it_sees_its_own_tasks_only(lab: Lab, environ: dict[str, str]) -> None:
    orchestrator = Orchestrator(lab.settings, lab.store)
    theirs = orchestrator.submit(HighLevelTask(description="Say hello to the world"))

    async def scenario(client: Client) -> None:
        assert "task_not_found" in await refusal(client, "result", task_id=theirs)
        assert "task_not_found" in await refusal(client, "undo", task_id=theirs)

    with_client(environ, scenario)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_our_own_workers_start_no_tasks_through_it(environ: dict[str, str], mode: Any) -> None:
    """Whoever lists us in a project of ours would have a task that starts tasks that start tasks."""

    async def scenario(client: Client) -> None:
        for tool, said in (("execute", {"task": "Say hello"}), ("plan", {"task": "Say hello"})):
            assert "has no end" in await refusal(client, tool, **said)

    ours = Implementation(name="aether-agents", version="1")
    with_client(environ, scenario, mode=mode, client_info=ours)


def test_a_client_that_only_speaks_json(lab: Lab, environ: dict[str, str]) -> None:
    """Another client than the library's: lines of JSON-RPC, as the specification has them."""
    process = subprocess.Popen(COMMAND, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None

    def say(**message: Any) -> None:
        assert process.stdin is not None
        process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        process.stdin.flush()

    def hear(number: int) -> Said:
        assert process.stdout is not None
        while True:
            said: Said = json.loads(process.stdout.readline())  # nothing else is ever on standard output
            if said.get("id") == number:
                assert "error" not in said, said
                return dict(said["result"])

    try:
        about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "hand", "version": "0"}}
        say(id=1, method="initialize", params=about)
        assert hear(1)["serverInfo"]["name"] == "aether-agents"
        say(method="notifications/initialized")
        say(id=2, method="tools/call", params={"name": "execute", "arguments": {"task": "Say hello to the world"}})
        assert hear(2)["structuredContent"]["result"] == {"said": "hello"}
        process.stdin.close()
        assert process.wait(20) == 0  # it ends with its client
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()


@contextmanager
def served(environ: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The server over HTTP: its address, and its token."""
    with subprocess.Popen(
        [*COMMAND, "--http", "--port", "0"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = ""
            while not lines.endswith("}\n") or lines.count("{") != lines.count("}"):
                line = process.stdout.readline()
                assert line, "it has ended"
                lines += line
            entry = json.loads(lines)["mcpServers"]["aether-agents"]
            assert entry["headers"] == {"Authorization": "Bearer ${AETHER_MCP_TOKEN}"}
            token = (Path(environ["AETHER_HOME"]) / "mcp.token").read_text().strip()
            assert token not in lines
            yield entry["url"], token
        finally:
            process.terminate()


def test_over_http_with_its_token_only(lab: Lab, environ: dict[str, str]) -> None:
    with served(environ) as (url, token):
        holder = {"Authorization": f"Bearer {token}"}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer wrong"}, 401),
            ({**holder, "Origin": "https://elsewhere.example"}, 403),
            ({**holder, "Host": "elsewhere.example"}, 403),
        ):
            assert httpx2.post(url, json=body, headers=headers).status_code == status
        assert httpx2.get(url).status_code == 401

        async def scenario() -> None:
            async with (
                httpx2.AsyncClient(headers=holder, timeout=60) as http,
                Client(streamable_http_client(url, http_client=http), read_timeout_seconds=60) as client,
            ):
                done = await call(client, "execute", task="Say hello to the world")
                assert done["result"] == {"said": "hello"}

        asyncio.run(asyncio.wait_for(scenario(), 60))


def test_it_prints_what_an_editor_needs(environ: dict[str, str]) -> None:
    def shown(*more: str) -> Any:
        done = subprocess.run([*COMMAND, "--show", *more], env=environ, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)["mcpServers"]["aether-agents"]

    stdio = shown()
    assert Path(stdio["command"]).is_absolute()
    assert (stdio["args"], stdio["env"]) == (["mcp", "serve"], {"AETHER_HOME": environ["AETHER_HOME"]})
    assert shown("--http")["url"] == "http://127.0.0.1:57581/mcp"
