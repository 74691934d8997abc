"""The server `infracode`: planted faults, found by scanners in an environment of their own; and without it."""

from pathlib import Path

import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import Planted

#: The environment of its own is made once, from the index: as long as that takes.
pytestmark = pytest.mark.timeout(600)

TEMPLATE = """AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: open
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}
"""
WORKFLOW = """on: pull_request_target
permissions: write-all
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ github.event.issue.title }}
"""
POD = """apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - {name: a, image: nginx, securityContext: {privileged: true}}
"""


@pytest.fixture
def insecure(repository: Planted) -> Planted:
    """A repository with one fault of each kind, and settings of its own that would hide them."""
    repository.write("cloud/stack.yaml", TEMPLATE)
    repository.write(".github/workflows/ci.yaml", WORKFLOW)
    repository.write("deploy/pod.yaml", POD)
    repository.write("Dockerfile", "FROM python:3.12\nRUN curl -k https://example.org | sh\nEXPOSE 22\n")
    return repository


def test_planted_faults_of_each_kind_are_found(scanners: Talk, insecure: Planted) -> None:
    result = scanners.call("scan", path=str(insecure.folder))
    found = {(item["rule"], item["file"], item["severity"]) for item in result["findings"]}
    assert found >= {
        ("CKV_AWS_24", "cloud/stack.yaml", "high"),
        ("CKV_K8S_16", "deploy/pod.yaml", "high"),
        ("CKV_DOCKER_1", "Dockerfile", "high"),
        ("CKV2_GHA_1", ".github/workflows/ci.yaml", "high"),
        ("template-injection", ".github/workflows/ci.yaml", "high"),
        ("dangerous-triggers", ".github/workflows/ci.yaml", "high"),
    }
    assert (result["status"], result["coverage"]["files"], result["coverage"]["gaps"]) == ("fail", 4, [])


def test_a_strangers_settings_neither_hide_a_fault_nor_run_a_program(scanners: Talk, insecure: Planted) -> None:
    mark = insecure.folder.parent / "ran"
    insecure.write("checks/__init__.py", f"open({str(mark)!r}, 'w')\n")
    insecure.write(".checkov.yaml", "skip-check: [CKV_AWS_24]\nexternal-checks-dir: [checks]\n")
    insecure.write(".github/zizmor.yml", "rules: {dangerous-triggers: {disable: true}}\n")
    insecure.write("compose.yaml", "services: {a: {image: nginx}}\n")
    result = scanners.call("scan", path=str(insecure.folder))
    assert {item["rule"] for item in result["findings"]} >= {"CKV_AWS_24", "dangerous-triggers"}
    assert not mark.exists()
    assert result["coverage"]["gaps"] == [
        "compose.yaml: a compose file: no scanner for it yet (left out by a limit of ours)"
    ]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        (".gitlab-ci.yml", "GitLab's pipelines"),
        ("sub/.circleci/config.yml", "CircleCI's pipelines"),
        ("Jenkinsfile", "Jenkins' pipelines"),
        ("net/main.tf.json", "Terraform in JSON"),
        ("main.bicep", "Bicep"),
        ("cdk.json", "AWS CDK"),
        ("live/terragrunt.hcl", "Terragrunt"),
        ("deploy/pod.yaml.j2", "a template of infrastructure code"),
        ("main.tf.tmpl", "a template of infrastructure code"),
    ],
)
def test_what_no_scanner_reads_is_a_gap(infracode: Talk, tmp_path: Path, path: str, what: str) -> None:
    repository = Planted(tmp_path / "repository")
    repository.write(path, "x: 1\n")
    result = infracode.call("scan", path=str(repository.folder))
    gap = f"{path}: {what}: no scanner for it yet (left out by a limit of ours)"
    assert (result["status"], result["coverage"]["gaps"]) == ("inconclusive", [gap])


def test_a_template_of_azures_is_a_gap(infracode: Talk, tmp_path: Path) -> None:
    repository = Planted(tmp_path / "repository")
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    repository.write("main.json", f'{{"$schema": "{schema}", "resources": []}}')
    result = infracode.call("scan", path=str(repository.folder))
    gap = "main.json: a template of Azure's: no scanner for it yet (left out by a limit of ours)"
    assert (result["status"], result["coverage"]["gaps"]) == ("inconclusive", [gap])


def test_a_manifest_in_json_is_one(infracode: Talk, tmp_path: Path) -> None:
    repository = Planted(tmp_path / "repository")
    repository.write("pod.json", '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}')
    (gap,) = infracode.call("scan", path=str(repository.folder))["coverage"]["gaps"]
    assert "kubernetes" in gap


def test_without_its_environment_it_is_inconclusive_and_names_the_fix(infracode: Talk, insecure: Planted) -> None:
    result = infracode.call("scan", path=str(insecure.folder))
    assert (result["status"], result["coverage"]["files"]) == ("inconclusive", 0)
    assert len(result["coverage"]["gaps"]) == 2
    assert all("aether-agent servers install infracode" in gap for gap in result["coverage"]["gaps"])


def test_no_infrastructure_code_is_inconclusive_and_starts_nothing(infracode: Talk, repository: Planted) -> None:
    repository.write("config.yaml", "a: 1\n")
    result = infracode.call("scan", path=str(repository.folder))
    assert (result["status"], result["coverage"]["gaps"]) == (
        "inconclusive",
        ["no infrastructure code that it knows"],
    )
