"""Terraform itself, with the resources it has built in: planned, applied exactly so, drifted, killed, taken back."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import eventually
from tests.integration.workers.conftest import Talk

pytestmark = pytest.mark.timeout(240)

WEB = """
variable "size" { default = "small" }
variable "password" {
  default   = "hunter2-secret"
  sensitive = true
}
resource "terraform_data" "web" {
  input = [var.size, var.password]
}
resource "terraform_data" "dns" {
  triggers_replace = var.size
}
"""


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    """A folder with a configuration of two resources."""
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "main.tf").write_text(WEB)
    return folder


def kinds(plan: dict[str, Any]) -> list[tuple[str, str]]:
    return [(item["kind"], item["what"]) for item in plan["items"]]


def made(infra: Path) -> list[str]:
    """What the state says there is: read from its file, not by the server."""
    state = infra / "terraform.tfstate"
    found = json.loads(state.read_text())["resources"] if state.exists() else []
    return sorted(one["name"] for one in found)


def test_a_plan_is_applied_exactly_so_and_taken_back(terraform: Talk, infra: Path) -> None:
    plan = terraform.call("plan", folder=str(infra))
    assert kinds(plan) == [("create", "terraform_data.dns"), ("create", "terraform_data.web")]
    assert plan["digest"] == terraform.call("plan", folder=str(infra))["digest"]
    assert plan["cost"].startswith("unknown")
    assert sorted(path.name for path in infra.iterdir()) == ["main.tf"]
    done = terraform.call("apply", folder=str(infra), plan=plan["plan"])
    assert made(infra) == ["dns", "web"]
    assert terraform.call("drift", folder=str(infra))["remaining"] == []
    assert "stale" in terraform.refusal("apply", folder=str(infra), plan=plan["plan"])
    back = terraform.call("undo", folder=str(infra), plan=plan["plan"], state=done["state"])
    assert sorted(back["destroyed"]) == ["terraform_data.dns", "terraform_data.web"]
    assert sorted(path.name for path in infra.iterdir()) == ["main.tf"]
    assert "hunter2-secret" not in terraform.everything


def test_what_is_destroyed_or_replaced_comes_first(terraform: Talk, infra: Path) -> None:
    first = terraform.call("plan", folder=str(infra))
    done = terraform.call("apply", folder=str(infra), plan=first["plan"])
    more = WEB.replace('"web"', '"shop"') + 'resource "terraform_data" "new" {}\n'
    (infra / "main.tf").write_text(more)
    plan = terraform.call("plan", folder=str(infra), variables={"size": "large"})
    assert kinds(plan) == [
        ("destroy", "terraform_data.web"),
        ("replace", "terraform_data.dns"),
        ("create", "terraform_data.new"),
        ("create", "terraform_data.shop"),
    ]
    assert "triggers_replace" in plan["table"][1]["why"]
    drift = terraform.call("drift", folder=str(infra), variables={"size": "large"})
    assert (drift["status"], drift["remaining"][0]) == ("fail", "destroy terraform_data.web")
    second = terraform.call("apply", folder=str(infra), plan=plan["plan"])
    assert made(infra) == ["dns", "new", "shop"]
    said = terraform.refusal("undo", folder=str(infra), plan=plan["plan"], state=second["state"])
    assert "only the configuration of before brings that back" in said
    said = terraform.refusal("undo", folder=str(infra), plan=first["plan"], state=done["state"])
    assert "have changed since" in said
    assert made(infra) == ["dns", "new", "shop"]


def test_what_a_second_person_applied_meanwhile_is_not_overwritten(terraform: Talk, infra: Path) -> None:
    mine = terraform.call("plan", folder=str(infra))
    theirs = terraform.call("plan", folder=str(infra), variables={"size": "large"})
    terraform.call("apply", folder=str(infra), plan=theirs["plan"])
    before = (infra / "terraform.tfstate").read_text()
    assert "nothing was done" in terraform.refusal("apply", folder=str(infra), plan=mine["plan"])
    assert (infra / "terraform.tfstate").read_text() == before
    other = infra.parent / "other"
    other.mkdir()
    (other / "main.tf").write_text(WEB)
    assert "of another folder" in terraform.refusal("apply", folder=str(other), plan=mine["plan"])
    assert "no saved plan" in terraform.refusal("apply", folder=str(infra), plan="plan-0123456789abcdef")


def test_an_apply_that_fails_half_way_says_what_is_done_and_goes_on(terraform: Talk, infra: Path) -> None:
    wrong = 'resource "terraform_data" "bad" {\n  depends_on = [terraform_data.web]\n'
    wrong += '  provisioner "local-exec" {\n    command = "test -e there"\n  }\n}\n'
    (infra / "main.tf").write_text(WEB + wrong)
    plan = terraform.call("plan", folder=str(infra))
    said = terraform.refusal("apply", folder=str(infra), plan=plan["plan"])
    assert "Done: terraform_data.dns, terraform_data.web" in said
    assert "terraform_data.bad" in said.partition("Not, or not wholly, done:")[2]
    (infra / "there").touch()
    rest = terraform.call("plan", folder=str(infra))
    assert [what for _, what in kinds(rest)] == ["terraform_data.bad"]
    terraform.call("apply", folder=str(infra), plan=rest["plan"])
    assert terraform.call("drift", folder=str(infra))["status"] == "pass"


def test_an_apply_that_is_killed_half_way_is_planned_on_from_where_it_was(terraform: Talk, infra: Path) -> None:
    """The program is killed while its second resource is made: what is done is in the state, the rest is planned."""
    slow = 'resource "terraform_data" "slow" {\n  depends_on = [terraform_data.web, terraform_data.dns]\n'
    slow += '  provisioner "local-exec" {\n    command = "touch begun; while ! test -e go; do read -t 1 x; done"\n'
    slow += '    interpreter = ["/bin/bash", "-c"]\n  }\n}\n'
    (infra / "main.tf").write_text(WEB + slow)
    plan = terraform.call("plan", folder=str(infra))
    said: list[str] = []
    call = threading.Thread(
        target=lambda: said.append(terraform.refusal("apply", folder=str(infra), plan=plan["plan"]))
    )
    call.start()
    eventually((infra / "begun").exists, 60)
    for process in psutil.process_iter(["cmdline"]):
        if process.info["cmdline"] and str(plan["plan"]) in " ".join(process.info["cmdline"]):
            os.kill(process.pid, signal.SIGKILL)
    (infra / "go").touch()
    call.join(60)
    assert "Not, or not wholly, done:" in said[0]
    rest = terraform.call("plan", folder=str(infra))
    assert {what for _, what in kinds(rest)} >= {"terraform_data.slow"}
    terraform.call("apply", folder=str(infra), plan=rest["plan"])
    assert (terraform.call("drift", folder=str(infra))["status"], made(infra)) == ("pass", ["dns", "slow", "web"])


def test_what_a_scanner_finds_stops_it_or_is_shown_in_the_review(terraform: Talk, infra: Path) -> None:
    found = {"findings": ["the bucket is public"], "worst": "high"}
    assert "the bucket is public" in terraform.refusal("plan", folder=str(infra), **found)
    plan = terraform.call("plan", folder=str(infra), **found, allow_findings=True)
    assert plan["diff"].startswith("# scanner: the bucket is public")


def test_what_cannot_be_planned_says_what_to_do(terraform: Talk, infra: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no configuration" in terraform.refusal("plan", folder=str(empty))
    (infra / "ext.tf").write_text('data "external" "x" {\n  program = ["touch", "/owned"]\n}\n')
    assert "runs a program while it is planned" in terraform.refusal("plan", folder=str(infra))
    (infra / "ext.tf").write_text('/* x */ data external x {\n  program = ["touch", "/owned"]\n}\n')
    assert "runs a program while it is planned" in terraform.refusal("plan", folder=str(infra))
    (infra / "ext.tf").unlink()
    (infra / "ext.tf.json").write_text('{"data": {"external": {"x": {"program": ["touch", "/owned"]}}}}')
    assert "runs a program while it is planned" in terraform.refusal("plan", folder=str(infra))
    (infra / "ext.tf.json").unlink()
    (infra / "ext.tf").write_text('resource "terraform_data" "x" {\n')
    assert "Error:" in terraform.refusal("plan", folder=str(infra))


@pytest.mark.parametrize("name", ["apply_terraform", "check_terraform_drift", "destroy_terraform"])
def test_its_fixture_is_tried_as_anybody_tries_it(
    terraform_programs: Path, home: Path, orchestrator: object, tmp_path: Path, name: str
) -> None:
    """Circle, drift and undo."""
    command = [str(Path(sys.executable).parent / "aether-agent"), "templates", "test", name, "--json"]
    told = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "AETHER_HOME": str(home), "PATH": f"{terraform_programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert [row for row in json.loads(told.stdout)["found"] if not row["met"]] == []
