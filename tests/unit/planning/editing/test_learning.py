"""A plan becomes a template: what was said becomes inputs, and no secret is written."""

from typing import Any

from aether_agents.contracts import InputSpec, Plan, PlannedSubtask, Risk
from aether_agents.planning.editing.learning import Learned, learned, name_of
from aether_agents.planning.files.plan_file import template_of
from aether_agents.planning.validation.structure import structure


def step(name: str, **more: Any) -> PlannedSubtask:
    return PlannedSubtask.model_validate({"id": name, "tool": "a/do", "specialist": "dev", "risk": Risk.READ, **more})


def learn(said: str, *steps: PlannedSubtask, found: dict[str, Any] | None = None, **fields: Any) -> Learned:
    plan = Plan(name="p", description="p", origin="file", subtasks=steps, **fields)
    told: Any = (template_of(plan), said, "/place", "mine", found or {})
    result = learned(plan, *told, lambda _tool: ("sql",), lambda name: "password" in name or "token" in name)
    assert not list(structure(result.template))
    return result


def test_what_the_sentence_said_becomes_an_input_with_its_type() -> None:
    args = {"path": "/place/app", "count": 50, "word": "fix", "other": 7, "deep": {"branch": "main"}}
    found = learn("Look at the last 50 commits of ./app on main with fix", step("look", args=args))
    assert found.template.subtasks[0].args == {
        "path": "${inputs.path}",
        "count": "${inputs.count}",
        "word": "${inputs.word}",
        "other": 7,
        "deep": {"branch": "${inputs.branch}"},
    }
    inputs = found.template.inputs
    assert (inputs["path"].format, inputs["count"].type, inputs["word"].required) == ("path", "integer", True)
    assert found.template.examples == ("Look at the last 50 commits of ./app on main with fix",)
    assert found.values["path"] == "/place/app"


def test_the_inputs_that_a_template_declared_stay_its_own() -> None:
    spec = InputSpec(type="array", items=InputSpec(format="path"), prompt="Which?")
    look = step("look", for_each=["/place/a", "/place/b"], args={"path": "${item}"})
    found = learn("look at a and b", look, inputs={"paths": spec}, values={"paths": ["/place/a", "/place/b"]})
    assert found.template.subtasks[0].for_each == "${inputs.paths}"
    assert found.template.inputs["paths"].prompt == "Which?"
    left = learn("look", step("look"), inputs={"days": InputSpec(type="integer")}, values={"days": 3})
    assert left.fixed == ("days",)


def test_no_secret_is_written() -> None:
    args = {"password": "hunter22", "auth": {"token": "t0ps3cret"}, "named": "${secrets.key}"}
    found = learn(
        "log in with hunter22",
        step("login", args=args),
        step("use", needs=["login"], args={"x": "${subtasks.login.output.got}"}),
        found={"login": {"got": {"token": "t0ps3cret", "n": 1}, "more": "t0ps3cret"}},
    )
    text = found.template.model_dump_json() + str(found.values) + str(found.recorded)
    assert "hunter22" not in text
    assert "t0ps3cret" not in text
    assert "${secrets.key}" in text
    assert {name for name, spec in found.template.inputs.items() if spec.secret} == {"password", "token"}
    assert found.recorded["login"] == {"got": {"token": "•••", "n": 1}}


def test_code_takes_no_references() -> None:
    found = learn("count the rows of orders", step("ask", args={"sql": "orders", "table": "orders"}))
    assert found.template.subtasks[0].args == {"sql": "orders", "table": "${inputs.table}"}


def test_a_long_result_is_not_kept_and_one_that_nothing_uses_neither() -> None:
    found = learn(
        "look",
        step("look"),
        step("tell", needs=["look"], args={"x": "${subtasks.look.output.long}", "y": "${subtasks.look.output.n}"}),
        found={"look": {"long": "x" * 10_000, "n": 3, "unused": 1}, "tell": {"n": 1}},
    )
    assert found.recorded == {"look": {"long": None, "n": 3}, "tell": None}


def test_a_name_is_made_that_nothing_else_has() -> None:
    assert name_of("Audit ./app, please!", []) == "audit_app_please"
    assert name_of("Audit ./app, please!", ["audit_app_please"]) == "audit_app_please_2"
    assert name_of("アプリを監査して", []) == "learned"
