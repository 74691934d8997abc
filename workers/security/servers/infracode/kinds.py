"""Which files are infrastructure code, and of what kind."""

import re
from pathlib import PurePosixPath
from typing import Literal

Kind = Literal["cloudformation", "terraform", "kubernetes", "dockerfile", "github_actions", "compose"]

_CLOUDFORMATION = re.compile(rb"AWSTemplateFormatVersion|[\"']?Type[\"']?\s*:\s*[\"']?AWS::")
#: What a manifest of Kubernetes says of itself, in either order.
_KUBERNETES = re.compile(rb"^(apiVersion|kind):\s*\S", re.MULTILINE)
#: Bytes within which it says both.
_NEAR = 4_000
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
    said: dict[bytes, int] = {}
    for match in _KUBERNETES.finditer(content):
        said[match[1]] = match.start()
        if len(said) > 1 and max(said.values()) - min(said.values()) <= _NEAR:
            return "kubernetes"
    return None
