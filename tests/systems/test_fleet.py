"""Servers over SSH: previewed host by host, one first, then the rest, checked again, undone; and what goes wrong."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import TaskStatus
from aether_agents.orchestrator import Orchestrator
from tests.conftest import eventually
from tests.integration.workers.conftest import Talk
from tests.systems.boxes import Fleet, fleet_of, possible
from tests.systems.conftest import program
from tests.systems.test_circle import run

pytestmark = pytest.mark.timeout(300)

PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - name: greeting
      ansible.builtin.copy: {content: "{{ greeting | default('hello') }}\\n", dest: /etc/motd}
    - name: setting
      ansible.builtin.lineinfile: {path: /etc/app.conf, regexp: "^port=", line: "port=8080", create: true}
    - name: old file
      ansible.builtin.file: {path: /etc/old.conf, state: absent}
"""
ACCOUNT = "    - name: account\n      ansible.builtin.user: {name: deploy, create_home: false}\n"


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[Fleet]:
    """Two servers."""
    if not possible():
        pytest.skip("only root can make servers of this machine")
    with fleet_of(("web1", "web2"), tmp_path / "boxes", program("dropbear")) as made:
        for box in made.boxes:
            box.write("/etc/motd", "old\n")
            box.write("/etc/old.conf", "to be kept\n")
        yield made


def wanted(boxes: Fleet, text: str = PLAYBOOK, **more: Any) -> dict[str, Any]:
    """What a playbook is to do to the boxes."""
    path = boxes.folder / "site.yaml"
    path.write_text(text)
    return {**boxes.at, "playbook": str(path), **more}


def states(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["host"], one["state"]) for one in told["hosts"]]


def as_before(boxes: Fleet) -> bool:
    return all(
        box.text("/etc/motd") == "old\n"
        and box.text("/etc/old.conf") == "to be kept\n"
        and not box.has("/etc/app.conf")
        and not box.user("deploy")
        for box in boxes.boxes
    )


def test_a_playbook_is_previewed_applied_read_back_and_undone(fleet: Talk, boxes: Fleet) -> None:
    told = wanted(boxes, PLAYBOOK + ACCOUNT)
    plan = fleet.call("plan", **told)
    kinds = sorted((item["kind"], item["what"]) for item in plan["items"] if item["what"].startswith("web1"))
    assert kinds == [
        ("change", "web1: greeting"),
        ("change", "web1: setting"),
        ("create", "web1: account"),
        ("destroy", "web1: old file"),
    ]
    assert "# web1, web2: greeting" in plan["diff"]
    assert "-old\n+hello" in plan["diff"]
    assert as_before(boxes)
    done = fleet.call("apply", **told, change=plan["change"])
    assert (states(done), done["stopped"]) == ([("web1", "changed"), ("web2", "changed")], "")
    assert {box.text("/etc/motd") for box in boxes.boxes} == {"hello\n"}
    assert all(box.user("deploy") and not box.has("/etc/old.conf") for box in boxes.boxes)
    again = fleet.call("drift", **told)
    assert (again["status"], again["remaining"], again["same"]) == ("pass", [], ["web1", "web2"])
    fleet.call("undo", **boxes.at, change=plan["change"])
    assert as_before(boxes)
    assert "keeps anything" in fleet.refusal("undo", **boxes.at, change=plan["change"])


def test_a_sentence_goes_the_whole_way_and_back(
    ansible: Path, orchestrator: Orchestrator, boxes: Fleet, tmp_path: Path
) -> None:
    wanted(boxes)
    inputs = {"inventory": str(boxes.inventory), "identity_file": str(boxes.key)}
    done, shown = run(
        orchestrator, f"Apply the playbook {boxes.folder}/site.yaml to our servers", boxes.folder, **inputs
    )
    assert (done.error, done.status) == (None, TaskStatus.COMPLETED)
    assert shown == [{"change": 4, "destroy": 2}]
    assert {box.text("/etc/motd") for box in boxes.boxes} == {"hello\n"}
    boxes.boxes[1].write("/etc/motd", "by hand\n")
    audit, _ = run(orchestrator, f"Drift audit of our servers against {boxes.folder}/site.yaml", boxes.folder, **inputs)
    assert (audit.outputs["status"], audit.plan.template if audit.plan else "") == ("fail", "check_drift")
    undo = orchestrator.undo(done.task_id, assume_yes=True)
    list(orchestrator.follow(undo))
    view = orchestrator.view(undo)
    assert "web2: /etc/motd" in str(view.error)
    assert boxes.boxes[0].text("/etc/motd") == "hello\n"
    boxes.boxes[1].write("/etc/motd", "hello\n")
    undo = orchestrator.undo(done.task_id, assume_yes=True)
    list(orchestrator.follow(undo))
    assert orchestrator.view(undo).status is TaskStatus.COMPLETED
    assert as_before(boxes)


@pytest.mark.parametrize("name", ["apply_playbook", "check_servers_answer"])
def test_its_fixture_is_tried_as_anybody_tries_it(ansible: Path, home: Path, tmp_path: Path, name: str) -> None:
    """On this machine itself: circle, drift and undo; and a host that nobody runs."""
    command = [str(Path(sys.executable).parent / "aether-agent"), "templates", "test", name, "--json"]
    told = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "AETHER_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert [row for row in json.loads(told.stdout)["found"] if not row["met"]] == []


def test_the_sentence_about_production_goes_to_staging_first(
    ansible: Path, orchestrator: Orchestrator, boxes: Fleet, tmp_path: Path
) -> None:
    """Typed exactly so it asks for the playbook; with it, each environment has a yes of its own."""
    wanted(boxes)
    groups = "[staging]\nweb1\n[production]\nweb2\n[web:vars]"
    boxes.inventory.write_text(boxes.inventory.read_text().replace("[web:vars]", groups))
    inputs = {"inventory": str(boxes.inventory), "identity_file": str(boxes.key)}
    inputs |= {"staging": "staging", "production": "production"}
    said = "Deploy monitoring stack for production environment"
    done, shown = run(orchestrator, said, boxes.folder, playbook=str(boxes.folder / "site.yaml"), **inputs)
    assert (done.error, shown) == (None, [{"change": 2, "destroy": 1}, {"change": 2, "destroy": 1}])
    assert [one["host"] for one in done.outputs["staging"]] == ["web1"]
    assert [one["host"] for one in done.outputs["production"]] == ["web2"]


def test_what_drifted_since_the_preview_is_refused(fleet: Talk, boxes: Fleet) -> None:
    told = wanted(boxes)
    plan = fleet.call("plan", **told)
    boxes.boxes[1].write("/etc/motd", "somebody else's\n")
    assert "no longer what was previewed" in fleet.refusal("apply", **told, change=plan["change"])
    assert boxes.boxes[0].text("/etc/motd") == "old\n"


def test_a_host_that_does_not_answer_ends_the_preview_by_name(fleet: Talk, boxes: Fleet) -> None:
    boxes.boxes[1].end()
    said = fleet.refusal("plan", **wanted(boxes))
    assert "nothing was changed" in said
    assert "web2 does not answer" in said
    found = fleet.call("ping", **boxes.at)
    assert (found["status"], found["answering"]) == ("fail", ["web1"])


def test_a_host_lost_in_the_midst_is_said_by_name_and_the_others_are_resumed_or_undone(
    fleet: Talk, boxes: Fleet
) -> None:
    """The power of the second host goes after its first task; the first host is whole, and says so."""
    boxes.boxes[0].write("/etc/go", "on\n")
    waits = "    - name: wait\n      ansible.builtin.wait_for: {path: /etc/go, timeout: 60}\n"
    told = wanted(boxes, PLAYBOOK + waits)
    plan = fleet.call("plan", **told)

    def lose() -> None:
        eventually(lambda: boxes.boxes[1].text("/etc/motd") == "hello\n", 120)
        boxes.boxes[1].end()

    losing = threading.Thread(target=lose)
    losing.start()
    done = fleet.call("apply", **told, change=plan["change"])
    losing.join(120)
    assert states(done) == [("web1", "changed"), ("web2", "unreachable")]
    assert (done["done"], "web2" in done["stopped"]) == (["web1"], True)
    assert "web2 does not answer" in fleet.refusal("plan", **told)
    said = fleet.refusal("undo", **boxes.at, change=plan["change"])
    assert "nothing was put back, on no host" in said
    assert "web2" in said
    assert boxes.boxes[0].text("/etc/motd") == "hello\n"
    lines = boxes.inventory.read_text().splitlines()
    boxes.inventory.write_text("\n".join(line for line in lines if not line.startswith("web2")) + "\n")
    left = fleet.call("drift", **told)
    assert (left["remaining"], left["same"]) == ([], ["web1"])
    fleet.call("undo", **boxes.at, change=plan["change"])
    assert (boxes.boxes[0].text("/etc/motd"), boxes.boxes[0].has("/etc/app.conf")) == ("old\n", False)


def test_a_canary_that_fails_leaves_the_others_alone(fleet: Talk, boxes: Fleet) -> None:
    """Check mode sees no fault; the first host has it, and what was done there is undone."""
    fails = "    - name: broken\n      ansible.builtin.command: /bin/false\n"
    told = wanted(boxes, PLAYBOOK + fails)
    plan = fleet.call("plan", **told)
    assert plan["unseen"] == 2
    done = fleet.call("apply", **told, change=plan["change"])
    assert states(done) == [("web1", "failed"), ("web2", "untouched")]
    assert "not touched: web2" in done["stopped"]
    assert (boxes.boxes[0].text("/etc/motd"), boxes.boxes[1].text("/etc/motd")) == ("hello\n", "old\n")
    fleet.call("undo", **boxes.at, change=plan["change"])
    assert as_before(boxes)


def test_a_playbook_that_never_comes_to_rest_is_found_on_the_canary(fleet: Talk, boxes: Fleet) -> None:
    """A tool that lies about success: the second look is what counts."""
    lies = "    - name: undone\n      ansible.builtin.copy: {content: 'other', dest: /etc/motd}\n"
    told = wanted(boxes, PLAYBOOK + lies)
    plan = fleet.call("plan", **told)
    done = fleet.call("apply", **told, change=plan["change"])
    assert states(done) == [("web1", "changed"), ("web2", "untouched")]
    assert "would change again" in done["stopped"]
    fleet.call("undo", **boxes.at, change=plan["change"])
    assert as_before(boxes)


def test_a_preview_runs_nothing_here_or_there(fleet: Talk, boxes: Fleet, tmp_path: Path) -> None:
    for task in (
        "ansible.builtin.command: {cmd: 'touch /etc/ran'}\n      check_mode: false",
        "ansible.builtin.raw: touch /etc/ran",
    ):
        told = wanted(boxes, f"- hosts: all\n  gather_facts: false\n  tasks:\n    - name: sly\n      {task}\n")
        assert fleet.call("plan", **told)["unseen"] == 2
        assert not any(box.has("/etc/ran") for box in boxes.boxes)
    mark = tmp_path / "ran"
    for text in (f"{{{{ lookup('pipe', 'touch {mark}') }}}}", f"{{{{ query('pi' + 'pe', 'touch {mark}') }}}}"):
        told = wanted(boxes, f'- hosts: all\n  tasks: [{{ansible.builtin.debug: {{msg: "{text}"}}}}]\n')
        assert "runs on this machine even in a preview" in fleet.refusal("plan", **told)
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(f"- ansible.builtin.debug: {{msg: \"{{{{ lookup('pipe', 'touch {mark}') }}}}\"}}\n")
    told = wanted(boxes, f"- hosts: all\n  gather_facts: false\n  tasks: [{{include_tasks: {elsewhere}}}]\n")
    assert "even in a preview" in fleet.refusal("plan", **told)
    assert not mark.exists()
    boxes.inventory.chmod(0o755)
    assert "can be run, and a preview runs nothing" in fleet.refusal("plan", **told)
    assert not mark.exists()


def test_wrong_keys_and_unknown_hosts_say_what_to_do(fleet: Talk, boxes: Fleet) -> None:
    wrong = boxes.folder / "wrong"
    boxes.key.rename(wrong)
    boxes.key.write_text("none\n")
    boxes.key.chmod(0o600)
    found = fleet.call("ping", **boxes.at)
    assert "name one (`identity_file`)" in found["findings"][0]["detail"]
    (boxes.folder / "known_hosts").write_text("")
    found = fleet.call("ping", **{**boxes.at, "key_file": str(wrong)})
    assert "its key is not known here" in found["findings"][0]["detail"]


def test_the_small_plays_do_what_they_say(fleet: Talk, boxes: Fleet) -> None:
    for play, variables in (
        ("files", {"path": "/etc/made.conf", "content": "a=1\n"}),
        ("users", {"name": "deploy", "state": "present"}),
    ):
        told = {**boxes.at, "play": play, "variables": variables}
        plan = fleet.call("plan", **told)
        done = fleet.call("apply", **told, change=plan["change"])
        assert {state for _, state in states(done)} == {"changed"}
        assert fleet.call("drift", **told)["status"] == "pass"
        if play == "files":
            assert boxes.boxes[1].text("/etc/made.conf") == "a=1\n"
        else:
            assert boxes.boxes[1].user("deploy")
        fleet.call("undo", **boxes.at, change=plan["change"])
        assert as_before(boxes)
        assert not boxes.boxes[0].has("/etc/made.conf")
