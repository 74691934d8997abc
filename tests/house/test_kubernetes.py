"""The manifests for Kubernetes, in each size: valid by its schemas, probed, and reached by whom they are meant for."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.house.kustomize import Manifest, rendered
from tests.house.test_deployed_files import DEPLOY, QUEUES

KUBERNETES = DEPLOY / "kubernetes"
COMPONENTS = KUBERNETES / "components"
SIZES = ("small", "team", "large")
OF_OTHERS = ("keda.sh", "kustomize", "monitoring.coreos.com")


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("version", ["1.29", "1.33"])
def test_each_size_is_what_kubernetes_allows(size: str, version: str) -> None:
    manifests = rendered(KUBERNETES / size, COMPONENTS / "private-ca")
    own = [one for one in manifests if not one["apiVersion"].startswith(OF_OTHERS)]
    assert len(own) > 25
    for manifest in own:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl is not installed: only our own reader of them is asked"
)
@pytest.mark.parametrize("size", SIZES)
def test_kubectl_makes_the_same_of_them(size: str) -> None:
    words = ["kubectl", "kustomize", str(KUBERNETES / size)]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    theirs = {
        (one["kind"], one["metadata"]["name"]): one["spec"] for one in yaml.safe_load_all(said.stdout) if "spec" in one
    }
    ours = {(one["kind"], one["metadata"]["name"]): one["spec"] for one in rendered(KUBERNETES / size) if "spec" in one}
    for deployment in (one for key, one in theirs.items() if key[0] == "Deployment"):
        for container in [
            *deployment["template"]["spec"]["containers"],
            *deployment["template"]["spec"].get("initContainers", ()),
        ]:
            container["image"] = container["image"].removesuffix(":latest")
    assert theirs == ours


def test_every_manifest_is_applied() -> None:
    for folder in (KUBERNETES / "base", *COMPONENTS.iterdir()):
        plan = yaml.safe_load((folder / "kustomization.yaml").read_text())
        files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
        assert set(plan.get("resources", ())) == files, folder


def test_each_size_is_larger_than_the_one_before() -> None:
    processes, memory = [], []
    for size in SIZES:
        deployments = of_kind(rendered(KUBERNETES / size), "Deployment").values()
        processes.append(sum(one["spec"]["replicas"] for one in deployments))
        memory.append(sum(requested(one) * one["spec"]["replicas"] for one in deployments))
    assert processes == sorted(set(processes))
    assert memory == sorted(set(memory))
    assert {
        name
        for name, one in of_kind(rendered(KUBERNETES / "team"), "Deployment").items()
        if one["spec"]["replicas"] < 2
    } == {"flower"}, "in a team's size a node may go without a gap"


def requested(deployment: Manifest) -> int:
    """Mi."""
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    text = container["resources"]["requests"]["memory"]
    return int(text.removesuffix("Gi")) * 1024 if text.endswith("Gi") else int(text.removesuffix("Mi"))


@pytest.mark.parametrize("size", SIZES)
def test_every_process_has_its_probes_and_a_limit(size: str) -> None:
    manifests = rendered(KUBERNETES / size)
    processes = {**of_kind(manifests, "Deployment"), **of_kind(manifests, "StatefulSet")}
    assert set(processes) == {*QUEUES, "beat", "agentserver", "flower", "valkey"}
    for name, one in processes.items():
        [container] = one["spec"]["template"]["spec"]["containers"]
        probes = {"readinessProbe", "livenessProbe", *(() if name == "valkey" else ("startupProbe",))}
        assert probes <= set(container), name
        assert "memory" in container["resources"]["limits"], name
        assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
    assert set(of_kind(manifests, "PodDisruptionBudget")) == set(processes)
    for name, one in of_kind(manifests, "PodDisruptionBudget").items():
        assert one["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": {"app": name}}}


def test_a_store_that_is_away_restarts_nothing() -> None:
    [server] = of_kind(rendered(KUBERNETES / "base"), "Deployment")["agentserver"]["spec"]["template"]["spec"][
        "containers"
    ]
    assert server["readinessProbe"]["httpGet"]["path"] == "/health"
    assert server["livenessProbe"]["httpGet"]["path"] == server["startupProbe"]["httpGet"]["path"] == "/live"


def test_prometheus_and_the_ingress_come_in_and_the_store_is_for_our_own() -> None:
    policies = of_kind(rendered(KUBERNETES / "base"), "NetworkPolicy")
    metrics = policies["metrics-for-prometheus"]["spec"]
    assert metrics["podSelector"] == {"matchLabels": {"app": "agentserver"}}
    [rule] = metrics["ingress"]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
    assert rule["ports"] == [{"port": 57580}]
    [monitor] = yaml.safe_load_all((COMPONENTS / "pod-monitor" / "pod-monitor.yaml").read_text())
    assert monitor["spec"]["selector"]["matchLabels"] == {"app": "agentserver"}
    ports = {
        port["name"]
        for one in of_kind(rendered(KUBERNETES / "base"), "Deployment").values()
        for port in one["spec"]["template"]["spec"]["containers"][0].get("ports", ())
        if "name" in port
    }
    assert {one["port"] for one in monitor["spec"]["podMetricsEndpoints"]} <= ports


@pytest.mark.parametrize("size", ["team", "large"])
def test_a_managed_redis_takes_the_place_of_ours_everywhere(size: str) -> None:
    manifests = rendered(KUBERNETES / size, COMPONENTS / "managed-redis")
    assert not [
        one
        for one in manifests
        if one["metadata"]["name"].startswith("valkey") and not one["apiVersion"].startswith("keda")
    ]
    [login] = of_kind(manifests, "TriggerAuthentication").values()
    told = {one["parameter"]: one["key"] for one in login["spec"]["secretTargetRef"]}
    assert told == {
        "address": "redis-address",
        "username": "redis-username",
        "password": "redis-password",
        "tls": "redis-tls",
    }
    for scaled in of_kind(manifests, "ScaledObject").values():
        for trigger in scaled["spec"]["triggers"]:
            assert trigger["authenticationRef"] == {"name": login["metadata"]["name"]}
            assert "address" not in trigger["metadata"], "it stands in the secret"


def test_an_authority_of_ones_own_is_there_for_every_process() -> None:
    for name, one in of_kind(rendered(KUBERNETES / "team", COMPONENTS / "private-ca"), "Deployment").items():
        pod = one["spec"]["template"]["spec"]
        for container in [*pod["containers"], *pod.get("initContainers", ())]:
            assert "/etc/aether-ca" in {mount["mountPath"] for mount in container["volumeMounts"]}, name
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        if service["image"] == "aether-agents":
            assert any(":/etc/aether-ca:ro" in volume for volume in service["volumes"]), name


def test_images_of_others_are_named_by_their_digest() -> None:
    texts = [(DEPLOY / "Dockerfile").read_text(), (DEPLOY / "compose.yaml").read_text()]
    texts += [path.read_text() for path in KUBERNETES.rglob("*.yaml")]
    named = [line.strip() for text in texts for line in text.splitlines() if ":" in line and "image:" in line]
    named += [line for line in texts[0].splitlines() if line.startswith("ARG BASE=")]
    foreign = [line for line in named if "aether-agents" not in line]
    assert len(foreign) == 3
    assert all("@sha256:" in line for line in foreign)
    assert Path(DEPLOY / "Dockerfile").read_text().count("FROM ${BASE}") == 2
    assert "\nHEALTHCHECK " in texts[0]
