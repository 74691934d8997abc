"""Backup and restore of ourselves: the embedded stack with all it holds, into another home, on another server."""

import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import eventually
from tests.e2e.terminal import ECHO, Person, only
from tests.integration.local.conftest import processes_of

WAIT = """\
name: wait_a_while
description: Wait a while and do nothing else
specialist: dev
examples: ["wait for a while and do nothing else"]
inputs: {seconds: {type: number, default: 1}}
subtasks:
  - {id: idle, tool: echo/wait, args: {seconds: "${inputs.seconds}"}}
outputs: {waited: "${subtasks.idle.output.waited}"}
"""
ASK = WAIT.replace("wait_a_while", "wait_with_consent").replace("wait for a while", "wait after a yes")
ASK = ASK.replace('"${inputs.seconds}"}}', '"${inputs.seconds}"}, approval: required}')


def somebody(folder: Path, project: Path) -> Person:
    """A home with one server, on the project that both homes work in."""
    home = folder / "home"
    return Person(home, project, AETHER_POLICY__YES_UP_TO="destructive", **only("dev"))


@pytest.fixture
def people(tmp_path: Path) -> Iterator[tuple[Person, Person]]:
    """Somebody with a stack, and the one who takes it over; in the end nothing is left of either."""
    project = tmp_path / "project"
    (project / "templates").mkdir(parents=True)
    (project / "templates" / "wait.yaml").write_text(WAIT)
    (project / "templates" / "ask.yaml").write_text(ASK)
    both = somebody(tmp_path / "one", project), somebody(tmp_path / "two", project)
    for person in both:
        person.home.parent.mkdir()
    first = both[0]
    first.home.mkdir()
    echo = {"command": sys.executable, "args": [str(ECHO)], "queue": "dev"}
    (first.home / "mcp.json").write_text(json.dumps({"mcpServers": {"echo": echo}}))
    assert first.run("trust", "--yes").returncode == 0
    yield both
    for person in both:
        person.run("down", "--now")
        left = processes_of(person.home)
        for process in left:
            process.kill()
        assert left == []


def asked(person: Person, template: str, seconds: float = 0.1, *yes: str) -> str:
    words = ("execute", "wait for a while", "--template", template, "--input", f"seconds={seconds}", "--detach")
    return str(person.json(*words, *yes)["task_id"])


def becomes(person: Person, task_id: str, status: str) -> None:
    eventually(lambda: person.json("status", task_id)["status"] == status, 60, f"{task_id} is {status}", pause=0.3)


@pytest.mark.timeout(400)
def test_a_stack_is_restored_into_another_home_and_every_task_is_right(
    people: tuple[Person, Person], tmp_path: Path
) -> None:
    first, second = people
    assert first.run("up").returncode == 0
    finished = asked(first, "wait_a_while", 0.1, "--yes")
    becomes(first, finished, "completed")
    waiting, running = asked(first, "wait_with_consent"), asked(first, "wait_a_while", 600, "--yes")
    becomes(first, waiting, "waiting_user_input")
    becomes(first, running, "running")
    words = ("schedule", "add", "wait for a while and do nothing else every night at 02:30 Europe/Berlin", "--yes")
    assert first.json(*words)["timezone"] == "Europe/Berlin"
    head = tmp_path / "head.json"
    head.write_text(first.run("audit", "head").stdout)

    archive = tmp_path / "backup.tar.gz"
    told = first.json("backup", "-o", str(archive))
    assert (told["schedules"], told["has_key"]) == (1, False)
    assert told["tasks"] == {"completed": 2, "running": 1, "waiting_user_input": 1}  # planning the schedule is one
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert not [name for name in names if "key" in name or "token" in name or "password" in name]
    assert oct(archive.stat().st_mode & 0o777) == "0o600"

    # Without the key nothing is written; onto what lives nothing is written.
    refused = second.run("restore", str(archive))
    assert (refused.returncode, "--key FILE" in refused.stderr) == (2, True), refused.stderr
    assert first.run("restore", str(archive)).returncode == 2
    key = first.home / "stack" / "sealing.key"
    restored = second.json("restore", str(archive), "--key", str(key))
    assert restored["tasks"] == told["tasks"]

    assert second.run("up").returncode == 0
    assert second.json("status", finished)["status"] == "completed"
    (question,) = second.json("status", waiting)["interventions"]
    assert "it may have run already" in question["prompt"], "the stack that it is from may have gone on"
    assert second.run("approve", waiting).returncode == 0
    becomes(second, waiting, "completed")  # one yes is enough: the question said all
    told = [json.loads(line)["type"] for line in second.run("events", waiting, "--json").stdout.splitlines()]
    assert told.count("subtask.waiting") == 1
    (row,) = second.json("schedule", "list")
    assert row["when"].endswith("Europe/Berlin")
    becomes(second, running, "waiting_user_input")  # an unknown tool: it may have run
    assert "is not safe. Retry, skip or fail?" in second.run("status", running).stderr
    assert second.run("approve", running, "--choose", "skip").returncode == 0
    becomes(second, running, "completed")
    assert second.json("status", running)["degraded"]
    assert second.run("audit", "verify").returncode == 0
    assert second.run("audit", "verify", "--head", str(head)).returncode == 0


def test_an_archive_that_was_changed_or_cut_is_refused(people: tuple[Person, Person], tmp_path: Path) -> None:
    first, second = people
    with_task = first.run("execute", "wait for a while", "--template", "wait_a_while", "--yes")
    assert with_task.returncode == 0, with_task.stderr
    archive = tmp_path / "backup.tar.gz"
    assert first.run("backup", "-o", str(archive)).returncode == 0
    key = first.home / "stack" / "sealing.key"

    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(archive.read_bytes()[:-200])
    changed = tmp_path / "changed.tar.gz"
    with tarfile.open(archive) as old, tarfile.open(changed, "w:gz") as new:
        for member in old:
            file = old.extractfile(member)
            if member.name == "home/mcp.json":
                member.mode = 0o600
                text = (file.read() if file else b"").replace(b"echo", b"evil")
                member.size = len(text)
                extra = tmp_path / "extra"
                extra.write_bytes(text)
                with extra.open("rb") as content:
                    new.addfile(member, content)
            else:
                new.addfile(member, file)
    for wrong, why in ((cut, "cut"), (changed, "was changed or is damaged: home/mcp.json")):
        refused = second.run("restore", str(wrong), "--key", str(key))
        assert (refused.returncode, why in refused.stderr) == (2, True), refused.stderr
    assert not (second.home / "stack" / "valkey").exists()
