"""AgentShell in a real shell on a real terminal; ControlServer in front of real tasks."""

import asyncio
import json
import os
import pty
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aether_agents.agentserver import AgentCommand, AgentProcess, AgentShell, AuditFile, ControlServer, HistoryTerminal
from aether_agents.agentserver.service.identity import Person
from aether_agents.errors import NotAllowed, TaskNotFound
from tests.integration.agentserver.conftest import gate
from tests.integration.agentserver.test_process import desk
from tests.integration.execution.lab import Lab

ANN = Person("ann", "User")


class PtySession:
    """A session as AetherTerm has one: `write`, `history`, `closed`, with a real shell on a real terminal behind."""

    def __init__(self) -> None:
        self.history = ""
        self.closed = False
        self._terminal, theirs = pty.openpty()
        self._shell = subprocess.Popen(
            ["/bin/sh", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    async def write(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def end(self) -> None:
        self._shell.kill()
        self._shell.wait()
        self._reader.join(10)
        os.close(self._terminal)

    def _read(self) -> None:
        with suppress(OSError):  # its shell has ended
            while chunk := os.read(self._terminal, 65_536):
                self.history = (self.history + chunk.decode(errors="replace"))[-50_000:]
        self.closed = True


@pytest.fixture
def session() -> Iterator[PtySession]:
    opened = PtySession()
    try:
        yield opened
    finally:
        opened.end()


def test_commands_in_a_terminal_are_run_and_recorded(session: PtySession, tmp_path: Path) -> None:
    audit = tmp_path / "audit" / "shell.jsonl"
    owners = {"s1": "ann", "s2": "ann", "s3": "bob"}
    shell = AgentShell(HistoryTerminal({"s1": session, "s3": session}), AuditFile(audit), owners.get)

    async def ran(command: str, **more: Any) -> tuple[int | None, str]:
        result = await shell.execute(AgentCommand(command=command, session="s1", **more), ANN)
        return result.exit_code, result.output

    async def scenario() -> None:
        assert await ran("echo hello; exit_code() { return 3; }; exit_code") == (3, "hello")
        assert await ran(f"cd {tmp_path}") == (0, "")
        assert await ran("pwd") == (0, str(tmp_path))
        assert await ran("cat # it reads nothing we type") == (0, "")
        code, output = await ran("echo 'not closed")
        assert code != 0
        assert await ran("printf 'a\\nb\\n'; printf '\\033[31mred\\033[0m\\n' >&2; false") == (1, "a\nb\nred")
        code, output = await ran("seq 1 30000")
        assert (code, output.splitlines()[-1]) == (0, "30000")
        assert await ran("sleep 4", timeout=0.3) == (None, "")
        assert await ran("echo still there") == (0, "still there")
        assert await ran("exit 4") == (None, "")
        with pytest.raises(TaskNotFound, match="no terminal session `s2`"):
            await shell.execute(AgentCommand(command="true", session="s2"), ANN)
        with pytest.raises(NotAllowed):
            await shell.execute(AgentCommand(command="true", session="s1"), Person("eve", "Viewer"))
        sue, nobody = Person("sue", "Supervisor"), Person("", "Owner")
        for theirs, person in (("s3", ANN), ("s1", sue), ("s4", ANN), ("s1", nobody)):
            with pytest.raises(NotAllowed, match="not known to be"):
                await shell.execute(AgentCommand(command="echo no", session=theirs), person)
        nobodys = AgentShell(HistoryTerminal({"s1": session}), AuditFile(audit))
        with pytest.raises(NotAllowed, match="owner_of"):
            await nobodys.execute(AgentCommand(command="echo no", session="s1"), ANN)

    asyncio.run(asyncio.wait_for(scenario(), 60))
    entries = [json.loads(line) for line in audit.read_text().splitlines()]
    assert audit.stat().st_mode & 0o777 == 0o600
    first, second = entries[:2]
    assert (first["phase"], first["by"], first["role"], first["exit_code"]) == ("intent", "ann", "User", None)
    assert (second["phase"], second["exit_code"], second["output_end"]) == ("outcome", 3, "hello")
    assert second["command"] == first["command"]
    assert [(one["allowed"], one["by"]) for one in entries[-6:]] == [
        (False, "eve"), (False, "ann"), (False, "sue"), (False, "ann"), (False, ""), (False, "ann")
    ]  # fmt: skip


def test_what_cannot_be_recorded_does_not_run(session: PtySession, tmp_path: Path) -> None:
    (tmp_path / "audit").touch()
    record = AuditFile(tmp_path / "audit" / "shell.jsonl")
    shell = AgentShell(HistoryTerminal({"s1": session}), record, lambda _: ANN.name)
    with pytest.raises(OSError, match="audit"):
        asyncio.run(shell.execute(AgentCommand(command=f"touch {tmp_path}/ran", session="s1"), ANN))
    assert not (tmp_path / "ran").exists()


class Line:
    """Both ends of a connection to AetherTerm's ControlServer, in memory: what it says, and what it hears."""

    def __init__(self, *said: dict[str, Any]) -> None:
        self._said = said
        self.heard: list[dict[str, Any]] = []

    async def send(self, text: str) -> None:
        self.heard.append(json.loads(text))

    async def __aiter__(self) -> AsyncIterator[str]:
        yield "this is not JSON"
        for message in self._said:
            yield json.dumps(message)


def test_the_control_server_sees_and_stops_tasks(lab: Lab, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk(lab) as at:
            with gate(tmp_path) as path:
                payload = {"task": "Stand", "type": "stand_at_a_gate", "inputs": {"gate": str(path)}, "priority": 8}
                agents = [AgentProcess({**payload, "session": name}, user="ann", desk=at) for name in ("s-a", "s-b")]
                for agent in agents:
                    async for update in agent.execute():
                        if update.get("subtask", {}).get("status") == "running":
                            break
                control = ControlServer(at, Person("sue", "Supervisor"))
                seen = await control.monitor_agent_operations()
                assert {seen["priorities"][agent.task_id] for agent in agents} == {8}
                assert seen["resources"]["slots"]["used"] >= 2
                assert {"planner", "dev"} <= set(seen["resources"]["queues"])
                assert seen["resources"]["store_bytes"] > 0
                assert sum(seen["reports"]["by_status"].values()) == len(seen["reports"]["latest"])
                block = {"type": "emergency_block", "action": "block_session", "affected_sessions": ["s-a"]}
                line = Line(
                    block, {"type": "get_status"}, {"type": "unblock_session", "session_id": "s-a"}, {"type": "x"}
                )
                await control.serve(line, "agents-1")
                register, blocked, status, released = line.heard
                assert (register["type"], register["agent_id"]) == ("agent_register", "agents-1")
                assert (blocked["action"], blocked["affected"]) == ("pause", [agents[0].task_id])
                assert agents[0].task_id in status["priorities"]
                assert released["affected"] == [agents[0].task_id]
                everything = await control.emergency_block("cancel", reason="fire")
                assert {agent.task_id for agent in agents} <= set(everything["affected"])
                assert everything["failed"] == {}
                later = AgentProcess({"task": "Say hello", "type": "say_hello"}, user="ann", desk=at)
                following = later.execute()
                assert (await anext(following))["status"] == "pending"  # the brake is on: nothing begins
                again = ControlServer(at, Person("sue", "Supervisor"))  # as after a restart
                assert await again.release() == {"affected": []}
                assert [update async for update in following][-1]["status"] == "completed"
                for agent in agents:
                    last = [update async for update in agent.execute()][-1]
                    assert (last["status"], "fire" in last["error"]) == ("cancelled", True)
                with pytest.raises(NotAllowed):
                    await ControlServer(at, ANN).emergency_block()

    asyncio.run(asyncio.wait_for(scenario(), 60))
