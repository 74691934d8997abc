"""What `kubectl apply -k` makes of the folders in deploy/kubernetes, as far as ours go."""

import copy
import re
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]


def rendered(folder: Path, *components: Path) -> list[Manifest]:
    """All that a folder deploys, and components beside those it names."""
    plan = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert set(plan) <= {
        "apiVersion", "kind", "namespace", "resources", "components", "images", "replicas", "patches",
    }, f"this reader does not know all of {folder}"  # fmt: skip
    found: list[Manifest] = []
    for name in plan.get("resources", ()):
        path = folder / name
        found += rendered(path) if path.is_dir() else [*yaml.safe_load_all(path.read_text())]
    for component in [*(folder / one for one in plan.get("components", ())), *components]:
        found = applied(component, found)
    return changed(plan, found)


def applied(component: Path, found: list[Manifest]) -> list[Manifest]:
    plan = yaml.safe_load((component / "kustomization.yaml").read_text())
    assert plan["kind"] == "Component"
    for name in plan.get("resources", ()):
        found = [*found, *yaml.safe_load_all((component / name).read_text())]
    return changed(plan, found)


def changed(plan: Manifest, found: list[Manifest]) -> list[Manifest]:
    found = copy.deepcopy(found)
    for one in plan.get("replicas", ()):
        [deployment] = [it for it in found if it["kind"] == "Deployment" and it["metadata"]["name"] == one["name"]]
        deployment["spec"]["replicas"] = one["count"]
    for one in plan.get("patches", ()):
        chosen = [it for it in found if is_meant(one["target"], it)]
        patch = yaml.safe_load(one["patch"])
        if isinstance(patch, dict):
            assert patch["$patch"] == "delete"
            found = [it for it in found if it not in chosen]
            continue
        for it in chosen:
            for step in patch:
                put(it, step)
    return found


def is_meant(target: Manifest, it: Manifest) -> bool:
    if target.get("kind", it["kind"]) != it["kind"]:
        return False
    label, _, value = target.get("labelSelector", "=").partition("=")
    if label and it["metadata"].get("labels", {}).get(label) != value:
        return False
    return bool(re.fullmatch(target.get("name", ".*"), it["metadata"]["name"]))


def put(it: Any, step: Manifest) -> None:
    *way, last = step["path"].strip("/").split("/")
    for part in way:
        it = it[int(part)] if isinstance(it, list) else it[part]
    value = copy.deepcopy(step["value"])
    if isinstance(it, list):
        assert (step["op"], last) == ("add", "-")
        it.append(value)
    else:
        assert step["op"] == "add" or last in it, f"there is no {step['path']} to replace"
        it[last] = value
