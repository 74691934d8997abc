"""A batch with the installed command line: faults, needs, resumption, JUnit XML, Ctrl-C."""

import json
from xml.etree import ElementTree

from tests.conftest import eventually
from tests.e2e.terminal import Person

FILE = """\
name: night
defaults: {context: local}
tasks:
  - {id: first, task: look at permissions, template: look_at_permissions, inputs: {folder: .}}
  - {id: broken, task: look at nothing, template: fail_for_sure, needs: [first]}
  - {id: never, task: look at permissions, template: look_at_permissions, inputs: {folder: .}, needs: [broken]}
"""
SLOW = """\
tasks:
  - {id: slow, task: wait for a while, template: wait_a_while}
"""


def test_a_batch_stops_at_a_failure_and_goes_on_from_there(person: Person) -> None:
    file = person.project / "night.yaml"
    file.write_text(FILE)
    ran = person.run("batch", "--file", "night.yaml", "--junit", "out/j.xml", "--json")
    assert ran.returncode == 1, ran.stderr
    told = json.loads(ran.stdout)
    assert {row["id"]: row["status"] for row in told["tasks"]} == {
        "first": "completed",
        "broken": "failed",
        "never": "skipped",
    }
    suite = ElementTree.parse(person.project / "out" / "j.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    file.write_text(FILE.replace("fail_for_sure", "look_at_permissions, inputs: {folder: .}"))
    again = person.run("batch", "-f", "night.yaml")
    assert again.returncode == 0, again.stderr
    first, broken, never = again.stdout.splitlines()[1:]
    assert "pass (before)" in first
    assert "(before)" not in broken + never
    idle = person.json("batch", "-f", "night.yaml")
    assert all(row["resumed"] for row in idle["tasks"])
    assert idle["tasks"][0]["task_id"] == told["tasks"][0]["task_id"]


def test_what_goes_on_is_joined_and_ctrl_c_cancels_it(person: Person) -> None:
    (person.project / "slow.yaml").write_text(SLOW)
    waits = person.run("batch", "--file", "slow.yaml", "--json")
    assert waits.returncode == 4, waits.stderr
    (row,) = json.loads(waits.stdout)["tasks"]
    assert f"aether-agent approve {row['task_id']}" in row["why"]
    assert person.run("approve", row["task_id"]).returncode == 0
    with person.terminal("batch", "--file", "slow.yaml") as terminal:
        terminal.sees("slow goes on")
        eventually(lambda: person.json("status", row["task_id"])["status"] == "running", pause=0.5)
        terminal.ctrl_c()
        assert terminal.leaves_with() == 3
        assert "slow cancelled" in terminal.text


def test_a_wrong_file_says_everything_at_once(stranger: Person) -> None:
    (stranger.project / "t.yaml").write_text("tasks:\n  - {id: a, tsk: look}\n  - {id: b, task: x, needs: [c]}\n")
    ran = stranger.run("batch", "--file", "t.yaml")
    assert ran.returncode == 2
    assert "t.yaml:2: `tasks.0.tsk`: unknown key; did you mean `task`?" in ran.stderr
    assert "t.yaml:3: `tasks.1.needs.0`: there is no entry `c`" in ran.stderr
    assert not stranger.home.exists() or not (stranger.home / "stack").exists()
