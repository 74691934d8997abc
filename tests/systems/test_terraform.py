"""Terraform itself, with the resources it has built in: planned, applied exactly so, drifted, killed, taken back."""

import json
import os
import platform
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
from workers.infra.servers.terraform.running_code import refuse_code

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


def provider(place: Path, sprung: Path) -> None:
    """A program where Terraform looks for a provider's."""
    place.mkdir(parents=True)
    program = place / "terraform-provider-canary_v1.0.0"
    program.write_text(f"#!/bin/sh\n: > {sprung}/provider\n")
    program.chmod(0o755)


RUNS = {
    "a comment between": 'data /* "*/ "external" "x" {\n  program = ["touch", "SPRUNG/x"]\n}\n',
    "no quotes": 'data external x {\n  program = ["touch", "SPRUNG/x"]\n}\n',
    "an escape": 'data "\\u0065xternal" "x" {\n  program = ["touch", "SPRUNG/x"]\n}\n',
    "credentials by a program": 'provider "kubernetes" {\n  exec /* { */ {\n    command = "touch"\n  }\n}\n',
    "dynamic credentials": 'provider "kubernetes" {\n  dynamic "exec" {\n    for_each = [1]\n  }\n}\n',
    "a file that names a program": 'provider "aws" {\n  shared_config_files = ["${path.module}/config"]\n}\n',
    "the same of the backend": 'terraform {\n  backend "s3" {\n    shared_config_files = ["config"]\n  }\n}\n',
    "a file of Kubernetes": 'provider "helm" {\n  kubernetes {\n    config_path = var.config\n  }\n}\n',
    "an address of its choice": 'data "http" "x" {\n  url = "http://127.0.0.1:9/${file("/etc/passwd")}"\n}\n',
}
#: What is no program, and common.
RUNS_NOT = {
    "the home's own": 'provider "kubernetes" {\n  config_path = "~/.kube/config"\n}\n',
    "the same of the cloud": 'provider "aws" {\n  shared_config_files = ["~/.aws/config"]\n}\n',
    "only words": 'locals {\n  executive = "external data"\n  text      = "exec"\n}\n',
}


@pytest.mark.parametrize("name", RUNS)
def test_nothing_of_a_stranger_runs_while_it_is_planned(
    terraform: Talk, infra: Path, tmp_path: Path, name: str
) -> None:
    (infra / "more.tf").write_text(RUNS[name].replace("SPRUNG", str(tmp_path)))
    assert "runs a program while it is planned" in terraform.refusal("drift", folder=str(infra))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", RUNS_NOT)
def test_what_runs_no_program_is_planned(infra: Path, name: str) -> None:
    (infra / "more.tf").write_text(RUNS_NOT[name])
    refuse_code(infra)


def test_json_with_one_key_twice_or_escaped_hides_no_program(terraform: Talk, infra: Path) -> None:
    for text in (
        '{"data": {"external": {"x": {"program": ["x"]}}}, "data": {}}',
        '{"data": {"ext\\u0065rnal": {"x": {"program": ["x"]}}}}',
        '{"provider": {"kubernetes": {"exec": {"command": "x"}}}}',
        '{"data": {',
    ):
        (infra / "more.tf.json").write_text(text)
        assert "runs a program while it is planned" in terraform.refusal("plan", folder=str(infra))


def test_a_module_beside_the_folder_is_read_too(terraform: Talk, infra: Path, tmp_path: Path) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "main.tf").write_text('locals {\n  how = "credential_process"\n}\n')
    (infra / "more.tf").write_text('module "x" {\n  source = "../beside"\n}\n')
    assert "`main.tf` has `credential_process`" in terraform.refusal("plan", folder=str(infra))


def test_a_program_in_the_folder_of_a_stranger_is_not_run(terraform: Talk, infra: Path, tmp_path: Path) -> None:
    """A committed `.terraform` with a provider in it: a plan would start it."""
    needs = 'terraform {\n  required_providers {\n    canary = {\n      source  = "example.invalid/evil/canary"\n'
    (infra / "more.tf").write_text(needs + '      version = "1.0.0"\n    }\n  }\n}\nresource "canary_x" "x" {}\n')
    kind = f"{platform.system().lower()}_{'arm64' if platform.machine() in ('arm64', 'aarch64') else 'amd64'}"
    provider(infra / ".terraform" / "providers" / "example.invalid" / "evil" / "canary" / "1.0.0" / kind, tmp_path)
    (infra / ".terraform" / "environment").write_text("production")
    for tool in ("plan", "drift"):
        assert "`terraform init`" in terraform.refusal(tool, folder=str(infra))
    assert not (tmp_path / "provider").exists()


def test_the_workspace_that_was_chosen_is_kept(terraform: Talk, infra: Path) -> None:
    (infra / ".terraform").mkdir()
    (infra / ".terraform" / "environment").write_text("production")
    plan = terraform.call("plan", folder=str(infra))
    terraform.call("apply", folder=str(infra), plan=plan["plan"])
    assert (infra / "terraform.tfstate.d" / "production" / "terraform.tfstate").is_file()
