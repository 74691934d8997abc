"""The dashboard and the alert rules name only metrics that there are."""

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "aether-agents.json").read_text())
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())
SOURCE = "".join(path.read_text() for path in sorted((ROOT / "aether_agents" / "monitoring").glob("*.py")))
OURS = re.compile(r"aether_[a-z_]+")
ENDINGS = re.compile(r"_(total|bucket|count|sum)$")


def known() -> set[str]:
    return set(re.findall(r'"(aether_[a-z_]+)"', SOURCE))


def test_every_metric_that_is_looked_at_is_there() -> None:
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for group in RULES["groups"] for rule in group["rules"]]
    named = {ENDINGS.sub("", name) for expression in asked for name in OURS.findall(expression)}
    assert len(known()) >= 15
    assert named <= known()


def test_every_alert_says_what_to_do() -> None:
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]
    assert len(rules) >= 8
    for rule in rules:
        assert rule["labels"]["severity"] in {"warning", "critical"}, rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["annotations"]["mend"], rule["alert"]


def test_panels_stand_side_by_side() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places) == len({panel["id"] for panel in DASHBOARD["panels"]})
