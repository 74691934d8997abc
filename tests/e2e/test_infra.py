"""The infra specialist from the command line: a sentence, its queue, its servers, a report on disk."""

import socket
from pathlib import Path

import pytest

from tests.e2e.terminal import Person

pytestmark = pytest.mark.timeout(300)


def test_health_report_of_this_machine(person: Person) -> None:
    told = person.json("execute", "Health report of this machine", "--input", "disk_limit=0")
    assert (told["status"], told["plan"]["template"]) == ("completed", "health_report")
    assert {step["specialist"] for step in told["subtasks"]} == {"infra", "dev"}
    assert told["outputs"]["status"] == "fail"
    assert "Disk nearly full" in Path(told["outputs"]["markdown"]).read_text()


def test_watch_what_the_sentence_names(person: Person) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        told = person.json("execute", f"Watch these endpoints: 127.0.0.1:{port} and tcp://localhost:{port}")
    assert told["plan"]["template"] == "watch_endpoints"
    assert told["outputs"]["status"] == "pass"
    again = person.run("execute", f"check whether 127.0.0.1:{port} answers")
    assert again.returncode == 0, again.stderr
    assert f"tcp://127.0.0.1:{port}" in again.stdout + again.stderr
    assert "Endpoint does not answer" in again.stdout + again.stderr


def test_without_endpoints_it_asks_which(person: Person) -> None:
    asked = person.run("execute", "Watch these endpoints")
    assert asked.returncode == 4
    assert "Which endpoints?" in asked.stdout + asked.stderr
