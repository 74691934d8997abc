"""One embedded stack for all end-to-end tests of the command line, and somebody who uses it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import eventually
from tests.e2e.terminal import ECHO, Person
from tests.e2e.two_versions import install_before

TEMPLATES = {
    "look_at_permissions": """\
description: Look at the permissions of one folder
specialist: security
examples: ["look at the permissions of one folder"]
inputs:
  folder: {type: string, format: path, required: true, prompt: "Which folder?"}
subtasks:
  - {id: look, name: look at permissions, tool: code/permissions, args: {path: "${inputs.folder}"}}
outputs: {status: "${subtasks.look.output.status}"}
""",
    "write_with_consent": """\
description: Write a small report after somebody has agreed
specialist: dev
examples: ["write a small report with consent"]
subtasks:
  - id: write
    name: write it
    tool: reports/write
    approval: required
    args: {title: Small, folder: "${context.reports}", sections: [{title: One, content: "text"}]}
outputs: {report: "${subtasks.write.output.html}"}
""",
    "wait_a_while": """\
description: Wait a while, which can be stopped
specialist: dev
examples: ["wait for a while and do nothing else"]
inputs:
  seconds: {type: number, default: 60}
subtasks:
  - {id: idle, name: wait, tool: echo/wait, args: {seconds: "${inputs.seconds}"}}
outputs: {waited: "${subtasks.idle.output.waited}"}
""",
    "keep_a_note": """\
description: Keep a note in a folder, and one that nobody takes away
specialist: dev
examples: ["keep a note in a folder"]
inputs:
  folder: {type: string, format: path, default: "."}
  lasting: {type: boolean, default: false}
subtasks:
  - id: keep
    tool: echo/write_note
    args: {folder: "${inputs.folder}", name: kept.txt, text: "a note"}
    compensate: {tool: echo/remove, args: {folder: "${inputs.folder}", name: kept.txt}}
  - id: lasting
    tool: echo/write_note
    needs: [keep]
    if: {ref: "${inputs.lasting}", value: true}
    args: {folder: "${inputs.folder}", name: lasting.txt, text: "a note"}
outputs: {path: "${subtasks.keep.output.path}"}
""",
    "keep_a_long_note": """\
description: Keep what a look at permissions found in notes, each after somebody has agreed
specialist: dev
examples: ["keep what the look at permissions found in notes"]
inputs:
  folder: {type: string, format: path, required: true, prompt: "Which folder?"}
subtasks:
  - {id: look, tool: code/permissions, args: {path: "${inputs.folder}"}}
  - id: keep
    tool: echo/write_note
    for_each: ["found.txt"]
    approval: required
    args: {folder: "${inputs.folder}", name: "${item}", text: "found: ${subtasks.look.output}"}
outputs: {status: "${subtasks.look.output.status}"}
""",
    "fail_for_sure": """\
description: Scan a folder that is not there, which fails
specialist: security
examples: ["scan a folder that is not there"]
subtasks:
  - {id: scan, name: scan nothing, tool: code/permissions, args: {path: /not/there}}
outputs: {status: "${subtasks.scan.output.status}"}
""",
}


@pytest.fixture(scope="package")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Somebody with a project of trusted templates, a server of his own, and a running stack."""
    folder = tmp_path_factory.mktemp("person")
    home, project = folder / "home", folder / "project"
    (project / "templates").mkdir(parents=True)
    home.mkdir(mode=0o700)
    for name, text in TEMPLATES.items():
        (project / "templates" / f"{name}.yaml").write_text(f"name: {name}\n{text}")
    table = {"write_note": {"risk": "write"}}
    echo = {"command": sys.executable, "args": [str(ECHO)], "queue": "dev", "table": table}
    (home / "mcp.json").write_text(json.dumps({"mcpServers": {"echo": echo}}))
    somebody = Person(home, project)
    trusted = somebody.run("trust", "--yes")
    assert trusted.returncode == 0, trusted.stderr
    up = somebody.run("up", within=120)
    assert up.returncode == 0, up.stderr
    wanted = {"code", "secrets", "reports", "quality", "repos", "echo"}
    eventually(lambda: wanted <= live(somebody), 120, "the servers are listed", pause=1)
    try:
        yield somebody
    finally:
        down = somebody.run("down")
        assert down.returncode == 0, down.stderr
        assert somebody.json("ps") == []


def live(person: Person) -> set[str]:
    """The servers whose tools are known."""
    return {row["name"] for row in person.json("servers", "list") if row["status"] == "live"}


@pytest.fixture
def stranger(tmp_path: Path) -> Person:
    """Somebody in an empty folder, with nothing running."""
    project = tmp_path / "project"
    project.mkdir()
    return Person(tmp_path / "home", project)


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program of the version before."""
    return install_before(tmp_path_factory.mktemp("before"))
