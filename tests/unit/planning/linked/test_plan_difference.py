"""What is other in the second of two plans."""

from aether_agents.contracts import Template
from aether_agents.planning.linked.plan_difference import PlanChange, plan_difference


def plan(*subtasks: dict[str, object], **fields: object) -> Template:
    return Template.model_validate({"name": "p", "description": "p", "subtasks": subtasks, **fields})


SCAN: dict[str, object] = {"id": "scan", "tool": "secrets/scan", "args": {"path": "/a", "days": 7}}
TELL: dict[str, object] = {"id": "tell", "tool": "reports/write", "needs": ["scan"]}


def test_the_same_plan_has_no_difference() -> None:
    assert plan_difference(plan(SCAN, TELL), plan(SCAN, TELL)) == []


def test_what_came_went_and_changed_is_told_field_by_field() -> None:
    other = {**SCAN, "args": {"path": "/b", "depth": 2}, "approval": "required"}
    found = plan_difference(
        plan(SCAN, TELL), plan(other, {"id": "new", "tool": "code/scan"}, outputs={"n": "${subtasks.scan.output.n}"})
    )
    assert set(found) == {
        PlanChange("removed", "tell", before="reports/write"),
        PlanChange("added", "new", after="code/scan"),
        PlanChange("changed", "scan", "args.path", "/a", "/b"),
        PlanChange("changed", "scan", "args.days", 7, None),
        PlanChange("changed", "scan", "args.depth", None, 2),
        PlanChange("changed", "scan", "approval", "auto", "required"),
        PlanChange("changed", "", "outputs.n", None, "${subtasks.scan.output.n}"),
    }
