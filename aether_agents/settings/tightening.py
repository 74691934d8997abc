"""Policy of a project: it only tightens what is set above it."""

from collections.abc import Collection, Mapping
from typing import Any

from aether_agents.contracts import RISK_ORDER
from aether_agents.settings.model import PolicySettings


def tighter(own: PolicySettings, asked: PolicySettings, said: Collection[str]) -> dict[str, Any]:
    """Of what a project says about approvals, the stricter of it and what holds already."""
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
