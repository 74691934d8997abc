"""Policy in layers: a user below his organisation, a project below him; what stands below only tightens it."""

from collections.abc import Collection, Mapping
from typing import Any

from aether_agents.contracts import RISK_ORDER
from aether_agents.settings.layers import Layer
from aether_agents.settings.model import Settings
from aether_agents.settings.policy import PolicySettings


def policy_within(layer: Layer, above: Layer, warnings: list[str], who: str) -> Layer:
    """A layer with a policy that is the one above it or tighter; what would loosen it is named in `warnings`."""
    said = layer.data.get("policy")
    if not said:
        return layer
    asked = Settings.model_validate({"policy": said}).policy
    own = Settings.model_validate({key: above.data[key] for key in ("policy",) if key in above.data}).policy
    kept: dict[str, Any] = {}
    if "deny" in said:
        kept["deny"] = list(dict.fromkeys((*own.deny, *asked.deny)))
    if "rules" in said:
        kept["rules"] = _rules(layer, own, asked, warnings, who)
    for key in ("approval_from", "yes_up_to"):
        if key not in said:
            continue
        wanted, known = getattr(asked, key), getattr(own, key)
        if RISK_ORDER.index(wanted) > RISK_ORDER.index(known):
            place = layer.place(f"policy.{key}")
            warnings.append(f"{place}: `policy.{key}: {wanted.value}` is left out: {who} may only tighten it")
        else:
            kept[key] = wanted.value
    kept.update(_tighter(own, asked, said))
    return Layer({**layer.data, "policy": kept}, layer.place)


def _rules(
    layer: Layer, own: PolicySettings, asked: PolicySettings, warnings: list[str], who: str
) -> list[dict[str, Any]]:
    """The rules of both. A rule only tightens, so all hold; one that bears the name of another would replace it."""
    taken = {rule.name for rule in own.rules}
    for rule in asked.rules:
        if rule.name in taken:
            place = layer.place("policy.rules")
            warnings.append(
                f"{place}: rule `{rule.name}` is left out: {who} replaces a rule above; give it another name"
            )
    found = [*own.rules, *(rule for rule in asked.rules if rule.name not in taken)]
    return [rule.model_dump(mode="json", exclude_unset=True) for rule in found]


def _tighter(own: PolicySettings, asked: PolicySettings, said: Collection[str]) -> dict[str, Any]:
    """Of what a layer says about approvals, the stricter of it and what holds already."""
    bounds = [one.answer_within for one in (own, asked) if one.answer_within]
    lower = min(own.approvers_from, asked.approvers_from, key=RISK_ORDER.index)
    roles = [role for role in own.approver_roles if role in asked.approver_roles]
    found: dict[str, Any] = {
        "approvals_last": min(own.approvals_last, asked.approvals_last),
        "answer_within": min(bounds, default=0),
        "four_eyes": own.four_eyes or asked.four_eyes,
        "approvers": max(own.approvers, asked.approvers),
        "approvers_from": lower.value,
        "approver_roles": roles or list(own.approver_roles),
    }
    return {key: value for key, value in found.items() if key in said}


def beside_own_budgets(own: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a project says about alerts, without budgets that are set above it: they may stop calls."""
    budgets = {
        name: one for name, one in (asked.get("budgets") or {}).items() if name not in (own.get("budgets") or {})
    }
    return {**asked, "budgets": budgets} if "budgets" in asked else dict(asked)
