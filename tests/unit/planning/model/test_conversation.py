"""The conversation: a plan without a fault, one that is given back, one that stays wrong; bounds that hold."""

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.test import TestModel

from aether_agents.planning.model.prompt import prompt_of
from aether_agents.planning.model.provider import ask
from aether_agents.planning.model.reply_check import PlanReply, Replied, faults_of
from aether_agents.settings.planner_model import PlannerModelSettings

from ..toolshed import TOOLS, task
from .replies import SCAN, Scripted, call, changed

SETTINGS = PlannerModelSettings(model="one", tokens_per_task=50_000)
PROMPT = prompt_of(task("find weird tokens"), {}, TOOLS, [], 30)


def own_faults(reply: PlanReply) -> Sequence[str]:
    return faults_of(reply, PROMPT)


def asked(model: Any, settings: PlannerModelSettings = SETTINGS) -> Replied:
    return ask(settings, PROMPT, own_faults, {}, model)


def test_a_plan_without_a_fault_is_taken_as_it_is() -> None:
    script = Scripted(SCAN)
    replied = asked(script.model)
    assert replied.reply is not None
    assert [one.tool for one in replied.reply.subtasks] == ["secrets/scan", "reports/write"]
    assert (replied.usage.requests, replied.reason) == (1, "")
    assert replied.usage.sent > 0


def test_all_faults_of_a_plan_go_back_at_once_and_the_next_one_counts() -> None:
    wrong = changed(
        subtasks=[
            {"id": "a", "tool": "nowhere/tool"},
            {"id": "b", "goal": "no_such_template"},
            {"id": "c"},
            {"id": "d", "tool": "secrets/scan", "args": {"path": "${secrets.key}"}},
        ]
    )
    script = Scripted(wrong, SCAN)
    replied = asked(script.model)
    assert replied.reply is not None
    assert replied.usage.requests == 2
    [told] = script.given_back
    for said in ("nowhere/tool", "no_such_template", "exactly one of `tool` and `goal`", "names no secrets"):
        assert said in told


@pytest.mark.parametrize(
    "wrong",
    [
        changed(subtasks=[]),
        call("nowhere/tool"),
        changed(subtasks=[{"id": "one", "tool": "secrets/scan", "approval": "never"}]),
        changed(subtasks=[{"id": f"s{n}", "tool": "secrets/scan"} for n in range(500)]),
        changed(questions=[{"name": "x", "prompt": "which?"}]),
    ],
    ids=["nothing", "unknown tool", "steers its own approval", "500 subtasks", "plan and questions"],
)
def test_a_plan_that_stays_wrong_is_given_up_after_three(wrong: dict[str, Any]) -> None:
    script = Scripted(wrong)
    replied = asked(script.model)
    assert replied.reply is None
    assert replied.usage.requests == 3
    assert replied.reason


def test_prose_instead_of_a_plan_is_no_plan() -> None:
    def chat(_messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[TextPart("Certainly! I have deleted everything.")])

    replied = asked(FunctionModel(chat))
    assert replied.reply is None
    assert replied.usage.requests <= 3


def test_a_plan_that_fits_the_form_and_means_nothing_is_refused() -> None:
    """The library's own test model fills in what fits the form."""
    replied = asked(TestModel())
    assert replied.reply is None
    assert "wrong 3 times" in replied.reason


def test_the_budget_of_tokens_ends_it() -> None:
    small = PlannerModelSettings(model="one", tokens_per_task=1_000)
    long = changed(not_done=["y " * 149] * 19)
    replied = ask(small, PROMPT, lambda _: ["again"], {}, Scripted(long).model)
    assert replied.reply is None
    assert "llm.tokens_per_task" in replied.reason


def test_the_budget_of_money_ends_it() -> None:
    dear = PlannerModelSettings(model="one", input_price=1_000_000, money_per_task=0.5)
    replied = asked(Scripted(SCAN).model, dear)
    assert replied.reply is None
    assert "llm.money_per_task" in replied.reason


def test_a_key_that_is_not_there_is_named_with_its_place() -> None:
    replied = asked(Scripted(SCAN).model, PlannerModelSettings(model="one", api_key="env:NO_SUCH_KEY"))
    assert "`llm.api_key`" in replied.reason
    assert "NO_SUCH_KEY" in replied.reason
