"""Which files are infrastructure code, and of what kind."""

import re
from pathlib import PurePosixPath
from typing import Literal

Kind = Literal["cloudformation", "terraform", "kubernetes", "dockerfile", "github_actions", "compose"]

_CLOUDFORMATION = re.compile(rb"AWSTemplateFormatVersion|[\"']?Type[\"']?\s*:\s*[\"']?AWS::")
_KUBERNETES = re.compile(
    rb"(?m)^apiVersion:\s*\S+[\s\S]{0,4000}?^kind:\s*\S+|^kind:\s*\S+[\s\S]{0,4000}?^apiVersion:\s*\S+"
)
_COMPOSE = re.compile(r"(docker-)?compose([.-].*)?\.ya?ml")


def kind_by_name(path: str) -> Kind | Literal["perhaps"] | None:
    """What a file is by its name; `perhaps` where its content decides."""
    pure = PurePosixPath(path)
    name = pure.name.lower()
    if name in ("dockerfile", "containerfile") or name.startswith("dockerfile.") or pure.suffix == ".dockerfile":
        return "dockerfile"
    if path.startswith(".github/workflows/") and pure.suffix in (".yml", ".yaml"):
        return "github_actions"
    if _COMPOSE.fullmatch(name):
        return "compose"
    if pure.suffix == ".tf":
        return "terraform"
    return "perhaps" if pure.suffix in (".yml", ".yaml", ".json", ".template") else None


def kind_by_content(content: bytes) -> Kind | None:
    """What a YAML or JSON file is, by what stands in it."""
    if _CLOUDFORMATION.search(content):
        return "cloudformation"
    return "kubernetes" if _KUBERNETES.search(content) else None
