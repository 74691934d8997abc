"""Which files are infrastructure code, and of what kind."""

import re
from pathlib import PurePosixPath
from typing import Literal

Kind = Literal[
    "cloudformation", "terraform", "kubernetes", "dockerfile", "github_actions", "github_action", "compose", "arm"
]  # fmt: skip

_CLOUDFORMATION = re.compile(rb"AWSTemplateFormatVersion|[\"']?Type[\"']?\s*:\s*[\"']?AWS::")
#: What a manifest of Kubernetes says of itself, in either order.
_KUBERNETES = re.compile(rb"^(apiVersion|kind):\s*\S", re.MULTILINE)
_KUBERNETES_JSON = re.compile(rb"\"(apiVersion|kind)\"\s*:\s*\"")
#: Infrastructure code that no scanner here reads, by the names of files and by how they end.
_UNREAD = {
    ".gitlab-ci.yml": "GitLab's pipelines",
    "azure-pipelines.yml": "Azure's pipelines",
    "bitbucket-pipelines.yml": "Bitbucket's pipelines",
    ".travis.yml": "Travis' pipelines",
    "jenkinsfile": "Jenkins' pipelines",
    "vagrantfile": "Vagrant",
    "pulumi.yaml": "Pulumi",
    "serverless.yml": "Serverless",
    "serverless.yaml": "Serverless",
    "kustomization.yaml": "Kustomize",
    "kustomization.yml": "Kustomize",
    "cdk.json": "AWS CDK",
    "earthfile": "Earthly",
    "tiltfile": "Tilt",
    "skaffold.yaml": "Skaffold",
    "helmfile.yaml": "Helmfile",
    "cloudbuild.yaml": "Google's pipelines",
    "buildspec.yml": "AWS' pipelines",
    "appspec.yml": "AWS' deployments",
    ".drone.yml": "Drone's pipelines",
    ".woodpecker.yml": "Woodpecker's pipelines",
}
_UNREAD_ENDINGS = {
    ".tf.json": "Terraform in JSON",
    ".tofu": "OpenTofu",
    ".bicep": "Bicep",
    ".nomad": "Nomad",
    ".pkr.hcl": "Packer",
    "terragrunt.hcl": "Terragrunt",
    "docker-bake.hcl": "Docker's bake files",
    ".jsonnet": "Jsonnet",
    ".libsonnet": "Jsonnet",
    **dict.fromkeys(
        (f".{kind}.{template}" for kind in ("yaml", "yml", "tf", "json") for template in ("j2", "tpl", "tmpl", "erb")),
        "a template of infrastructure code",
    ),
    ".circleci/config.yml": "CircleCI's pipelines",
}
#: Azure's own templates, which are JSON like any other.
_ARM = re.compile(rb"schema\.management\.azure\.com/schemas/[\w-]{1,40}/\w{0,40}[dD]eploymentTemplate\.json")
#: Bytes within which it says both.
_NEAR = 4_000
_DOCKERFILE = re.compile(r"(docker|container)file([.-].*)?|.*\.(docker|container)file")
_COMPOSE = re.compile(r"(docker-)?compose([.-].*)?\.ya?ml")
#: What checks are made of, in files that may also hold nothing of it.
_CHECKED = {
    "terraform": re.compile(rb"^\s*(resource|data|module|provider)\s", re.MULTILINE),
    "kubernetes": re.compile(
        rb"kind[\"']?\s*:\s*[\"']?(Pod|Deployment|DaemonSet|StatefulSet|ReplicaSet|ReplicationController|Job|CronJob"
        rb"|PodTemplate|Role|ClusterRole|RoleBinding|ClusterRoleBinding|ServiceAccount|PodSecurityPolicy|Ingress)\b"
    ),
}


def kind_by_name(path: str) -> Kind | Literal["perhaps"] | None:
    """What a file is by its name; `perhaps` where its content decides."""
    path = path.lower()  # whoever obeys a file may not mind how its name is written
    pure = PurePosixPath(path)
    name = pure.name
    if _DOCKERFILE.fullmatch(name) and pure.suffix not in (".md", ".py", ".sh", ".dockerignore"):
        return "dockerfile"
    if ".github/workflows/" in f"/{path}" and pure.suffix in (".yml", ".yaml"):
        return "github_actions"
    if name in ("action.yml", "action.yaml"):
        return "github_action"
    if _COMPOSE.fullmatch(name):
        return "compose"
    if pure.suffix == ".tf":
        return "terraform"
    return "perhaps" if pure.suffix in (".yml", ".yaml", ".json", ".template") else None


def unread(path: str) -> str:
    """What a file is, by its name, that no scanner here reads; empty if it is nothing of the kind."""
    lowered = path.lower()
    by_ending = (what for ending, what in _UNREAD_ENDINGS.items() if lowered.endswith(ending))
    return _UNREAD.get(PurePosixPath(lowered).name) or next(by_ending, "")


def kind_by_content(content: bytes) -> Kind | None:
    """What a YAML or JSON file is, by what stands in it."""
    if _CLOUDFORMATION.search(content):
        return "cloudformation"
    if _ARM.search(content):
        return "arm"
    said: dict[bytes, int] = {}
    pattern = _KUBERNETES_JSON if content.lstrip()[:1] in (b"{", b"[") else _KUBERNETES
    for match in pattern.finditer(content):
        said[match[1]] = match.start()
        if len(said) > 1 and max(said.values()) - min(said.values()) <= _NEAR:
            return "kubernetes"
    return None


def has_checks(kind: Kind, content: bytes) -> bool:
    """Whether a file holds something that there are checks of: no check made of it is then a gap."""
    looked_for = _CHECKED.get(kind)
    return looked_for is None or bool(looked_for.search(content))
