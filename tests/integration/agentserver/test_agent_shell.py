"""AgentShell in real shells on real terminals: what it runs, and where it types nothing."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aether_agents.agentserver import AgentCommand, AgentShell, AuditFile, HistoryTerminal
from aether_agents.agentserver.service.identity import Person
from aether_agents.agentserver.terminal.agent_shell import AuditEntry, CommandResult
from aether_agents.agentserver.terminal.audit_file import ShellRecord, line_digest
from aether_agents.agentserver.terminal.foreground import TerminalBusy
from aether_agents.errors import NotAllowed, TaskNotFound
from aether_agents.process.local_journal import taken_from
from tests.conftest import eventually
from tests.integration.agentserver.terminal import PtySession

ANN = Person("ann", "User")
VIEWER = Person("vic", "Viewer")


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


def test_the_audit_record_has_each_line_without_what_was_typed(session: PtySession, tmp_path: Path) -> None:
    shell = AgentShell(HistoryTerminal({"s1": session}), ShellRecord(tmp_path), lambda _: ANN.name)
    asyncio.run(shell.execute(AgentCommand(command="echo pink-giraffe", session="s1"), ANN))
    with pytest.raises(NotAllowed):
        asyncio.run(shell.execute(AgentCommand(command="true", session="other"), VIEWER))
    lines = [AuditEntry.model_validate_json(line) for line in (tmp_path / "audit/shell.jsonl").read_text().splitlines()]
    noted = list(taken_from(tmp_path))
    assert [(one["kind"], one["by"], one["status"]) for one in noted] == [
        ("shell.intent", ANN.name, ""),
        ("shell.outcome", ANN.name, ""),
        ("shell.intent", VIEWER.name, "refused"),
    ]
    assert [one["line"] for one in noted] == [line_digest(line) for line in lines]
    assert "giraffe" not in str(noted)
    assert line_digest(lines[0].model_copy(update={"by": "eve"})) != noted[0]["line"]
    assert len({line.salt for line in lines}) == len(lines)


BASH = ("/bin/bash", "--norc", "-i")
SH = ("/bin/sh", "-i")


@pytest.fixture(
    params=[(BASH, True), (SH, True), (BASH, False), (SH, False)], ids=["bash", "sh", "bash-plain", "sh-plain"]
)
def at_prompt(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PtySession]:
    """At its prompt: a shell that edits lines and one that does not, each with a controlling terminal and without."""
    shell, login = request.param
    opened = PtySession(*shell, folder=tmp_path, login=login)
    try:
        eventually(lambda: opened.history != "", 10, "a prompt")
        yield opened
    finally:
        opened.end()


def typed(session: PtySession, text: str, shown: str) -> None:
    """A person types, and sees something."""
    at = len(session.history)
    asyncio.run(session.write(text))
    eventually(lambda: shown in session.history[at:], 10, f"{shown!r} in {session.history[at:]!r}")


def ran(session: PtySession, audit: Path, command: str, **more: Any) -> CommandResult:
    shell = AgentShell(HistoryTerminal({"s1": session}), AuditFile(audit), lambda _: "ann")
    asked = AgentCommand(command=command, session="s1", **more)
    return asyncio.run(asyncio.wait_for(shell.execute(asked, ANN), 30))


@pytest.mark.parametrize("half", ["touch half", "touch half; for x in 1 2\ndo touch half", "echo 'touch half\n"])
def test_what_a_person_has_half_typed_is_never_run(at_prompt: PtySession, tmp_path: Path, half: str) -> None:
    typed(at_prompt, half, "half")
    assert ran(at_prompt, tmp_path / "audit", "echo ours") == CommandResult.model_construct(
        exit_code=0, output="ours", seconds=pytest.approx(1, abs=20)
    )
    assert not (tmp_path / "half").exists()


@pytest.mark.parametrize(
    ("theirs", "seen", "named"),
    [
        ("cat >notes; echo over\n", "over\r\n", "`cat`"),
        ("sleep 60\n", "sleep 60\r\n", "`sleep`"),
        ("echo ready; read secret\n", "ready\r\nready\r\n", "not at its prompt"),
    ],
)
def test_nothing_is_typed_into_what_runs(
    at_prompt: PtySession, tmp_path: Path, theirs: str, seen: str, named: str
) -> None:
    typed(at_prompt, theirs, seen.removeprefix("ready\r\n"))
    eventually(lambda: named in refusal(at_prompt, tmp_path / "audit"), 10, f"{named} is in front")
    before = at_prompt.history
    with pytest.raises(TerminalBusy):
        ran(at_prompt, tmp_path / "audit", "touch ours")
    assert at_prompt.history == before  # not even a key
    assert not (tmp_path / "ours").exists()
    notes = tmp_path / "notes"
    assert not notes.exists() or notes.read_text() == ""
    entries = [json.loads(line) for line in (tmp_path / "audit").read_text().splitlines()]
    assert (entries[-1]["phase"], entries[-1]["exit_code"]) == ("outcome", None)
    assert named in entries[-1]["refused"]


def refusal(session: PtySession, audit: Path) -> str:
    """Why a command is refused; nothing where it is not, since what a person started has not begun."""
    try:
        ran(session, audit, ":")
    except TerminalBusy as error:
        return str(error)
    return ""


def test_a_shell_in_a_shell_is_not_ours(at_prompt: PtySession, tmp_path: Path) -> None:
    """It may be that of another machine, container or user."""
    typed(at_prompt, "bash --norc -i\n", "bash-")
    with pytest.raises(TerminalBusy, match="`bash` runs in the foreground"):
        ran(at_prompt, tmp_path / "audit", "touch ours")
    assert not (tmp_path / "ours").exists()


def test_what_was_shown_before_reaches_neither_result_nor_audit(at_prompt: PtySession, tmp_path: Path) -> None:
    typed(at_prompt, "echo pass''word-of-before\n", "password-of-before")
    audit = tmp_path / "audit"
    assert ran(at_prompt, audit, "echo ours", timeout=0.0001).output in {"", "ours"}
    assert ran(at_prompt, audit, "sleep 20", timeout=0.5) == CommandResult.model_construct(
        exit_code=None, output="", seconds=pytest.approx(0.5, abs=20)
    )
    assert ran(at_prompt, audit, "seq 1 20000").output.endswith("\n20000")  # more than is remembered
    assert "password-of-before" not in audit.read_text()


def test_a_line_longer_than_a_terminal_takes_is_refused_or_run_whole(at_prompt: PtySession, tmp_path: Path) -> None:
    command = "true " + "x" * 5_000 + "; echo whole"
    try:
        assert ran(at_prompt, tmp_path / "audit", command).output == "whole"
    except TerminalBusy as error:
        assert "put the command into a file" in str(error)  # noqa: PT017 - one of both


class Closed:
    """A session that shows nothing of itself."""

    history, closed = "$ ", False

    async def write(self, text: str) -> None:
        raise AssertionError(text)


def test_a_session_that_shows_nothing_of_itself_is_not_typed_into() -> None:
    with pytest.raises(TerminalBusy, match="no `fd` and `pid`"):
        asyncio.run(HistoryTerminal({"s1": Closed()}).run("s1", "true", 1))  # type: ignore[dict-item]
