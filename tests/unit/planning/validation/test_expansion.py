"""Goals become the subtasks of their templates; inputs and context become values."""

from typing import Any

import pytest

from aether_agents.contracts import Json, Template, depends
from aether_agents.planning.validation.expansion import Expansion, expand
from tests.unit.planning.toolshed import template

AUDIT = template(
    "audit",
    inputs={"path": {"format": "path", "required": True}, "depth": {"type": "integer", "default": 3}},
    subtasks=[
        {"id": "scan", "tool": "s/scan", "args": {"path": "${inputs.path}", "depth": "${inputs.depth}"}},
        {"id": "write", "tool": "s/write", "args": {"found": "${subtasks.scan.output}"}},
        {"id": "tidy", "tool": "s/tidy", "needs": ["scan"]},
    ],
    outputs={"report": "${subtasks.write.output}", "count": "n=${subtasks.scan.output.count}"},
)


def expanded(of: Template, *others: Template, context: dict[str, Json] | None = None, **values: Json) -> Expansion:
    known = {one.name: one for one in (of, *others)}
    bound = {name: values.get(name) for name in of.inputs}
    return expand(of, bound, context or {}, known, "/place")


def good(expansion: Expansion) -> dict[str, Any]:
    assert expansion.faults == ()
    return {subtask.id: subtask for subtask in expansion.subtasks}


def test_inputs_and_context_become_values_and_results_stay_references() -> None:
    plan = template(
        inputs={"path": {}, "deep": {"type": "boolean"}},
        subtasks=[
            {
                "id": "a",
                "tool": "s/a",
                "args": {"p": "${inputs.path}", "d": "${inputs.deep}", "t": "in ${context.name}"},
            },
            {"id": "b", "tool": "s/b", "args": {"r": "${subtasks.a.output}", "s": "${secrets.token}"}},
        ],
        outputs={"where": "${inputs.path}", "what": "${subtasks.b.output}"},
    )
    expansion = expanded(plan, path="/x", deep=True, context={"name": "local"})
    subtasks = good(expansion)
    assert subtasks["a"].args == {"p": "/x", "d": True, "t": "in local"}
    assert subtasks["b"].args == {"r": "${subtasks.a.output}", "s": "${secrets.token}"}
    assert subtasks["b"].needs == ("a",)
    assert expansion.outputs == {"where": "/x", "what": "${subtasks.b.output}"}


def test_an_input_cannot_smuggle_in_a_reference() -> None:
    plan = template(inputs={"text": {}}, subtasks=[{"id": "a", "tool": "s/a", "args": {"t": "${inputs.text}"}}])
    assert good(expanded(plan, text="${secrets.token}"))["a"].args == {"t": "$${secrets.token}"}


def test_an_argument_that_is_only_an_optional_input_left_out_is_left_out() -> None:
    plan = template(
        inputs={"a": {}, "b": {}},
        subtasks=[{"id": "x", "tool": "s/x", "args": {"a": "${inputs.a}", "b": "${inputs.b}", "c": None}}],
    )
    assert good(expanded(plan, a="1"))["x"].args == {"a": "1", "c": None}


def test_a_goal_is_replaced_by_its_template() -> None:
    plan = template(
        subtasks=[
            {"id": "find", "tool": "s/find"},
            {"id": "audit", "goal": "audit", "args": {"path": "sub"}, "needs": ["find"]},
            {"id": "mail", "tool": "s/mail", "args": {"body": "${subtasks.audit.output.report.text}"}},
            {"id": "end", "tool": "s/end", "needs": ["audit"]},
        ],
        outputs={"all": "${subtasks.audit.output}"},
    )
    expansion = expanded(plan, AUDIT)
    subtasks = good(expansion)
    assert list(subtasks) == ["find", "audit/scan", "audit/write", "audit/tidy", "mail", "end"]
    assert subtasks["audit/scan"].args == {"path": "/place/sub", "depth": 3}
    assert subtasks["audit/scan"].needs == ("find",)
    assert subtasks["audit/write"].args == {"found": "${subtasks.audit/scan.output}"}
    assert subtasks["mail"].args == {"body": "${subtasks.audit/write.output.text}"}
    assert subtasks["mail"].needs == ("audit/write",)
    assert subtasks["end"].needs == ("audit/write", "audit/tidy")
    assert expansion.outputs == {
        "all": {"report": "${subtasks.audit/write.output}", "count": "n=${subtasks.audit/scan.output.count}"}
    }


def test_results_flow_into_goals_and_between_them() -> None:
    plan = template(
        subtasks=[
            {"id": "second", "goal": "audit", "args": {"path": "${subtasks.first.output.report.path}"}},
            {"id": "first", "goal": "audit", "args": {"path": "/a", "depth": "5"}},
        ]
    )
    subtasks = good(expanded(plan, AUDIT))
    assert subtasks["first/scan"].args == {"path": "/a", "depth": 5}
    assert subtasks["second/scan"].args == {"path": "${subtasks.first/write.output.path}", "depth": 3}
    assert subtasks["second/scan"].needs == ("first/write",)
    order = list(subtasks)
    assert order.index("first/write") < order.index("second/scan")


def test_what_is_said_of_a_goal_holds_for_its_subtasks() -> None:
    plan = template(
        subtasks=[
            {"id": "look", "tool": "s/look"},
            {
                "id": "audit",
                "goal": "audit",
                "args": {"path": "/a"},
                "approval": "required",
                "on_failure": "continue",
                "if": {"ref": "${subtasks.look.output.found}", "value": True},
            },
        ]
    )
    subtasks = good(expanded(plan, AUDIT))
    scan, write = subtasks["audit/scan"], subtasks["audit/write"]
    assert scan.if_.ref == "${subtasks.look.output.found}"
    assert scan.needs == ("look",)
    assert write.if_ is None
    assert scan.approval == write.approval == "required"
    assert write.on_failure == "continue"


def test_goals_nest_and_their_ids_show_it() -> None:
    middle = template("middle", subtasks=[{"id": "inner", "goal": "audit", "args": {"path": "/m"}}])
    top = template("top", subtasks=[{"id": "outer", "goal": "middle"}])
    assert list(good(expanded(top, middle, AUDIT))) == [
        "outer/inner/scan",
        "outer/inner/write",
        "outer/inner/tidy",
    ]


@pytest.mark.parametrize(
    ("value", "kept"),
    [(True, ["start", "deep", "after", "report"]), (False, ["start", "report"])],
)
def test_a_condition_on_an_input_is_decided_before_the_plan_runs(value: bool, kept: list[str]) -> None:
    plan = template(
        inputs={"deep": {"type": "boolean"}},
        subtasks=[
            {"id": "start", "tool": "s/a"},
            {"id": "deep", "tool": "s/b", "if": {"ref": "${inputs.deep}", "value": True}},
            {"id": "after", "tool": "s/c", "needs": ["deep"]},
            {"id": "report", "tool": "s/d", "needs": ["start"]},
        ],
        outputs={"deep": "${subtasks.after.output}"},
    )
    expansion = expanded(plan, deep=value)
    subtasks = good(expansion)
    assert list(subtasks) == kept
    assert all(subtask.if_ is None for subtask in subtasks.values())
    assert expansion.outputs == {"deep": "${subtasks.after.output}" if value else None}


def test_inputs_that_leave_nothing_to_do_are_a_fault() -> None:
    plan = template(
        inputs={"go": {"type": "boolean"}},
        subtasks=[{"id": "a", "tool": "s/a", "if": {"ref": "${inputs.go}", "value": True}}],
    )
    assert "nothing is to be done" in expanded(plan, go=False).faults[0]


def test_a_list_of_inputs_is_fanned_out_over() -> None:
    plan = template(
        inputs={"paths": {"type": "array"}},
        subtasks=[{"id": "a", "tool": "s/a", "for_each": "${inputs.paths}", "args": {"p": "${item}"}}],
    )
    subtask = good(expanded(plan, paths=["/a", "/b"]))["a"]
    assert subtask.for_each == ["/a", "/b"]
    assert subtask.args == {"p": "${item}"}


@pytest.mark.parametrize(
    ("fields", "values", "says"),
    [
        ({"subtasks": [{"id": "g", "goal": "audti"}]}, {}, "`g`: there is no template `audti`; did you mean `audit`?"),
        ({"subtasks": [{"id": "g", "goal": "sample"}]}, {}, "in a ring: sample → sample"),
        ({"subtasks": [{"id": "g", "goal": "stub"}]}, {}, "has no subtasks yet"),
        ({"subtasks": [{"id": "g", "goal": "broken"}]}, {}, "template `broken`: `x` needs itself"),
        ({"subtasks": [{"id": "g", "goal": "audit"}]}, {}, "input `path` is required and not given"),
        (
            {"subtasks": [{"id": "g", "goal": "audit", "args": {"path": "/a", "dept": 1}}]},
            {},
            "has no input `dept`; did you mean `depth`?",
        ),
        (
            {"subtasks": [{"id": "g", "goal": "audit", "args": {"path": "/a", "depth": "x"}}]},
            {},
            "input `depth` must be a whole number",
        ),
        (
            {
                "subtasks": [
                    {"id": "g", "goal": "audit", "args": {"path": "/a"}},
                    {"id": "h", "tool": "s/h", "args": {"r": "${subtasks.g.output.reprot}"}},
                ]
            },
            {},
            "`h`: `reprot`: the value has report, count",
        ),
        ({"subtasks": [{"id": "a", "tool": "s/a", "args": {"x": "${context.regoin}"}}]}, {}, "did you mean `region`?"),
        (
            {"inputs": {"p": {}}, "subtasks": [{"id": "a", "tool": "s/a", "for_each": "${inputs.p}"}]},
            {"p": "x"},
            "`for_each` needs a list",
        ),
        (
            {
                "inputs": {"p": {"type": "object"}},
                "subtasks": [{"id": "a", "tool": "s/a", "args": {"x": "${inputs.p.q}"}}],
            },
            {"p": {"r": 1}},
            "has r, so there is no `q`",
        ),
    ],
)
def test_what_cannot_be_expanded_is_named(fields: dict[str, Any], values: dict[str, Json], says: str) -> None:
    broken = template("broken", subtasks=[{"id": "x", "tool": "s/x", "needs": ["x"]}])
    expansion = expanded(template(**fields), AUDIT, template("stub"), broken, context={"region": "eu"}, **values)
    assert any(says in fault for fault in expansion.faults), expansion.faults


def test_conditions_inside_a_goal_keep_their_own_subtasks() -> None:
    careful = template(
        "careful",
        subtasks=[
            {"id": "x", "tool": "s/x", "if": {"ref": "${subtasks.y.output.found}"}},
            {"id": "y", "tool": "s/y"},
        ],
    )
    top = template(
        subtasks=[
            {"id": "look", "tool": "s/look"},
            {"id": "a", "goal": "careful", "if": {"ref": "${subtasks.look.output}"}},
        ]
    )
    subtasks = good(expanded(top, careful))
    assert subtasks["a/x"].needs == ("a/y",)
    assert subtasks["a/x"].if_.ref == "${subtasks.a/y.output.found}"
    assert subtasks["a/y"].needs == ("look",)
    assert subtasks["a/y"].if_.ref == "${subtasks.look.output}"


def test_two_conditions_on_one_subtask_are_a_fault() -> None:
    inner = template(
        "inner",
        inputs={"seen": {}},
        subtasks=[{"id": "x", "tool": "s/x", "if": {"ref": "${inputs.seen}"}}],
    )
    top = template(
        subtasks=[
            {"id": "look", "tool": "s/look"},
            {
                "id": "a",
                "goal": "inner",
                "args": {"seen": "${subtasks.look.output.seen}"},
                "if": {"ref": "${subtasks.look.output.more}"},
            },
        ]
    )
    assert "so has its first subtask `a/x`: keep one" in expanded(top, inner).faults[0]


def test_templates_that_call_each_other_are_named_with_the_way() -> None:
    one = template("one", subtasks=[{"id": "g", "goal": "two"}])
    two = template("two", subtasks=[{"id": "g", "goal": "one"}])
    assert "one → two → one" in expanded(one, two).faults[0]


def test_nesting_has_a_bottom() -> None:
    chain = [template(f"t{n}", subtasks=[{"id": "g", "goal": f"t{n + 1}"}]) for n in range(12)]
    assert "nested deeper than 8" in expanded(chain[0], *chain[1:]).faults[0]


def test_goals_cannot_explode() -> None:
    layers = [template(f"t{n}", subtasks=[{"id": f"g{m}", "goal": f"t{n + 1}"} for m in range(40)]) for n in range(4)]
    leaf = template("t4", subtasks=[{"id": "x", "tool": "s/x"}])
    assert "more than 2000 subtasks" in expanded(layers[0], *layers[1:], leaf).faults[0]


def test_every_reference_of_an_expanded_plan_leads_into_the_plan() -> None:
    subtasks = good(expanded(template(subtasks=[{"id": "a", "goal": "audit", "args": {"path": "/p"}}]), AUDIT))
    for subtask in subtasks.values():
        assert set(subtask.needs) | set(depends(dict(subtask.args))) <= set(subtasks)
