"""What operators deploy: valid by the schemas of each tool, hardened, and true to the queues and keys we have."""

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from aether_agents.cli.command_index import COMMANDS
from aether_agents.documents.document import parse_document
from aether_agents.documents.model_check import read_as
from aether_agents.settings.model import DeliverySettings, Settings
from aether_agents.specialists import load_specialists
from aether_agents.store import PLANNER
from aether_agents.store.client.keys import Keys
from tests.house.kustomize import rendered

#: Seconds that a worker needs to cancel its calls and to close, after their grace.
ENDING = 15
DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
MANIFESTS = rendered(DEPLOY / "kubernetes" / "team")
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "aether-agents"}
QUEUES = {PLANNER, *(specialist.queue for specialist in load_specialists(Settings()))}


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in MANIFESTS if one["kind"] == kind}


def arguments() -> list[tuple[str, list[str]]]:
    """Every command line of ours that is deployed, and where."""
    found = [(f"compose {name}", service["command"]) for name, service in OURS.items()]
    for name, deployment in of_kind("Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        found += [(f"kubernetes {name}", one["args"]) for one in [*pod["containers"], *pod.get("initContainers", ())]]
    for unit in UNITS:
        line = started(unit).replace("$QUEUES", section(unit).get("Environment", "").partition("QUEUES=")[2])
        found.append((unit.name, line.replace("%i", PLANNER).split()[1:]))
    return found


def started(unit: Path) -> str:
    return section(unit)["ExecStart"]


def section(unit: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text())
    return parser["Service"]


def test_compose_is_what_the_compose_specification_allows() -> None:
    resolved = PyCompose.from_yaml(yaml.safe_dump(COMPOSE))  # its reader knows no merge keys
    assert set(resolved.service_names()) == set(COMPOSE["services"])


@pytest.mark.parametrize(("where", "words"), arguments())
def test_what_is_started_is_a_command(where: str, words: list[str]) -> None:
    assert words[0] in COMMANDS
    if words[0] == "worker":
        assert words[1] in QUEUES


def test_each_queue_has_a_worker_everywhere() -> None:
    workers = [words[1] for _, words in arguments() if words[0] == "worker"]
    assert {queue: workers.count(queue) for queue in QUEUES} == {
        queue: 3 if queue == PLANNER else 2 for queue in QUEUES
    }, "compose and Kubernetes name each; systemd has one unit for all"


def test_containers_can_change_nothing_but_their_volumes() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    for deployment in [*of_kind("Deployment").values(), *of_kind("StatefulSet").values()]:
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        for container in [*pod["containers"], *pod.get("initContainers", ())]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
    for unit in UNITS:
        text = unit.read_text()
        for word in ("NoNewPrivileges=true", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "User=aether"):
            assert word in text, unit.name
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert "\nUSER 10001:10001\n" in dockerfile
    assert "--require-hashes" in dockerfile


def test_whoever_stops_a_worker_waits_for_its_calls_and_for_their_end() -> None:
    settings = read_as(Settings, parse_document((DEPLOY / "aether_agent.yaml").read_text(), "aether_agent.yaml"))
    assert settings.delivery.grace == Settings().delivery.grace == 30
    grace = {
        name: float(service["stop_grace_period"].removesuffix("s"))
        for name, service in OURS.items()
        if service["command"][0] == "worker"
    }
    for name, deployment in of_kind("Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        if any(one["args"][0] == "worker" for one in pod["containers"]):
            grace[f"kubernetes {name}"] = pod["terminationGracePeriodSeconds"]
    for unit in UNITS:
        if " worker " in started(unit):
            service = section(unit)
            grace[unit.name] = float(service["TimeoutStopSec"])
            assert service["KillMode"] == "mixed", "SIGTERM to its MCP servers would end the calls"
    assert len(grace) == 2 * len(QUEUES) + 1
    assert set(grace.values()) == {settings.delivery.grace + ENDING}
    text = (DEPLOY / "README.md").read_text()
    for said in ("TimeoutStopSec=45", "stop_grace_period: 45s", "terminationGracePeriodSeconds: 45", "(30)"):
        assert said in text


def test_a_worker_that_ends_or_hangs_is_started_again_everywhere() -> None:
    """A deaf worker ends itself; one that hangs touches its file no more, and says nothing to systemd."""
    settings = DeliverySettings()
    for queue in QUEUES:
        assert COMPOSE["services"][queue]["restart"] == "unless-stopped"
        [worker] = of_kind("Deployment")[queue]["spec"]["template"]["spec"]["containers"]
        file = next(one["value"] for one in worker["env"] if one["name"] == "AETHER_DELIVERY__ALIVE_FILE")
        assert file.startswith("/tmp/")  # the root is read-only
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert any(file in word for word in worker[probe]["exec"]["command"])
    unit = section(DEPLOY / "systemd" / "aether-worker@.service")
    assert (unit["Type"], unit["Restart"]) == ("notify", "always")
    assert int(unit["WatchdogSec"]) > settings.deaf_after


def test_only_the_machine_itself_reaches_what_compose_publishes() -> None:
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert len(published) == 2
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_settings_hold_and_are_the_same_everywhere() -> None:
    text = (DEPLOY / "aether_agent.yaml").read_text()
    settings = read_as(Settings, parse_document(text, "aether_agent.yaml"))
    assert settings.roots == (Path("/srv/work"),)
    assert set(settings.schedules) == {"nightly_audit"}
    assert of_kind("ConfigMap")["settings"]["data"]["aether_agent.yaml"] == text


def test_no_password_is_in_a_file_or_a_process_list() -> None:
    texts = [path.read_text() for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".md"]
    assert not [text for text in texts if re.search(r"requirepass [^%\s]", text)]
    assert "AETHER_REDIS_PASSWORD=\n" in (DEPLOY / "example.env").read_text()


def test_a_queue_is_scaled_by_the_sum_of_its_priorities() -> None:
    scaled = of_kind("ScaledObject")
    assert set(scaled) == QUEUES
    keys = Keys("aether")
    for queue, one in scaled.items():
        triggers = {trigger["name"]: trigger["metadata"]["listName"] for trigger in one["spec"]["triggers"]}
        assert triggers == {f"p{step}": keys.queue(queue, step) for step in range(10)}
        formula = one["spec"]["advanced"]["scalingModifiers"]["formula"]
        assert formula.split(" + ") == sorted(triggers)


def test_whom_beat_tells_is_passed_to_beat_wherever_the_settings_name_it() -> None:
    named = [
        re.findall(r"env:(\w+)", (DEPLOY / one).read_text())
        for one in ("aether_agent.yaml", "kubernetes/base/settings.yaml")
    ]
    (name,) = {one for found in named for one in found}
    assert not name.startswith("AETHER_"), "every process takes that for a setting that is misspelt"
    assert name in OURS["beat"]["environment"]
    assert f"{name}=" in (DEPLOY / "example.env").read_text()
    assert f"{name}=" in (DEPLOY / "systemd" / "aether.env.example").read_text()
    (container,) = of_kind("Deployment")["beat"]["spec"]["template"]["spec"]["containers"]
    assert name in {one["name"] for one in container["env"]}
