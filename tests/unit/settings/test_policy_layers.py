"""Policy in layers: organisation, user, project, environment. What stands below another only tightens it."""

from pathlib import Path
from typing import Any

import pytest

from aether_agents.errors import InvalidSettings
from aether_agents.settings.loader import Configuration, load_configuration

OURS = "policy: {approval_from: write, deny: [shell/*], four_eyes: true, rules: [{name: no-prod, then: deny}]}\n"


class Layers:
    """The files that say a policy."""

    def __init__(self, root: Path) -> None:
        self.organisation = root / "etc" / "aether_agent.yaml"
        self.user = root / "home/.config/aether-agents/aether_agent.yaml"
        self.project = root / "project" / "aether_agent.yaml"
        for one in (self.organisation, self.user, self.project):
            one.parent.mkdir(parents=True)

    def load(self, overrides: dict[str, Any] | None = None, **environ: str) -> Configuration:
        told = {"HOME": str(self.user.parents[2]), **environ}
        return load_configuration(
            self.project.parent, overrides, told, trusts=lambda *_: True, organisation=self.organisation
        )


@pytest.fixture
def layers(tmp_path: Path) -> Layers:
    return Layers(tmp_path)


def rules(loaded: Configuration) -> list[tuple[str, str]]:
    return [(rule.name, rule.then) for rule in loaded.settings.policy.rules]


def test_rules_of_all_layers_hold(layers: Layers) -> None:
    layers.organisation.write_text(OURS)
    layers.user.write_text("policy: {rules: [{name: mine, then: ask}]}\n")
    layers.project.write_text("policy: {rules: [{name: theirs, then: ask}], deny: [git/push]}\n")
    loaded = layers.load()
    assert sorted(rules(loaded)) == [("mine", "ask"), ("no-prod", "deny"), ("theirs", "ask")]
    assert sorted(loaded.settings.policy.deny) == ["git/push", "shell/*"]
    assert (loaded.settings.policy.four_eyes, loaded.settings.policy.approval_from) == (True, "write")


def test_no_layer_replaces_a_rule_above_it(layers: Layers) -> None:
    layers.organisation.write_text(OURS)
    layers.user.write_text("policy: {rules: [{name: no-prod, then: ask, shadow: true}, {name: own, then: deny}]}\n")
    layers.project.write_text("policy: {rules: [{name: own, then: ask}]}\n")
    loaded = layers.load()
    assert sorted(rules(loaded)) == [("no-prod", "deny"), ("own", "deny")]
    assert not any(rule.shadow for rule in loaded.settings.policy.rules)
    assert sum("is left out" in one for one in loaded.warnings) >= 2
    assert any("rule `no-prod` is left out" in one for one in loaded.warnings)


@pytest.mark.parametrize("where", ["user", "environment", "options", "project"])
def test_nobody_loosens_what_the_organisation_says(layers: Layers, where: str) -> None:
    layers.organisation.write_text(OURS)
    loose = "{approval_from: destructive, deny: [], four_eyes: false, rules: []}"
    environ: dict[str, str] = {}
    options: dict[str, Any] = {}
    if where == "environment":
        environ = {
            "AETHER_POLICY__APPROVAL_FROM": "destructive",
            "AETHER_POLICY__DENY": "[]",
            "AETHER_POLICY__FOUR_EYES": "no",
            "AETHER_POLICY__RULES": "[]",
        }
    elif where == "options":
        options = {"policy.approval_from": "destructive", "policy.deny": [], "policy.rules": []}
    else:
        (layers.user if where == "user" else layers.project).write_text(f"policy: {loose}\n")
    loaded = layers.load(options, **environ)
    policy = loaded.settings.policy
    assert (policy.approval_from, policy.deny, policy.four_eyes) == ("write", ("shell/*",), True)
    assert rules(loaded) == [("no-prod", "deny")]


def test_the_organisations_file_says_policy_only_and_its_faults_are_named(layers: Layers) -> None:
    layers.organisation.write_text(OURS + "home: /x\n")
    with pytest.raises(InvalidSettings, match="AETHER_HOME"):
        layers.load()
    layers.organisation.write_text(OURS + "broker: {url: redis://x}\n")
    loaded = layers.load()
    assert loaded.settings.broker.url is None
    assert any("`broker` is left out: this file says `policy` only" in one for one in loaded.warnings)
    layers.organisation.write_text("policy: {rules: [{name: x, then: allow}]}\n")
    with pytest.raises(InvalidSettings, match="allow"):
        layers.load()


def test_without_such_a_file_nothing_is_other(layers: Layers) -> None:
    layers.user.write_text("policy: {approval_from: destructive}\n")
    assert layers.load(AETHER_POLICY__APPROVAL_FROM="costly").settings.policy.approval_from == "costly"
