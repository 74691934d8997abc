"""The planner with a model: what it writes is planned like a plan file, and a person looks at it before it runs."""

from collections.abc import Callable
from typing import Any, NamedTuple

from aether_agents.contracts import HighLevelTask, Template
from aether_agents.errors import StoreUnavailable
from aether_agents.execution.linked import rerun_step
from aether_agents.planning.composition.draft import DRAFT
from aether_agents.planning.model.model_planner import ModelPlanner
from aether_agents.planning.model.prompt import Prompt
from aether_agents.planning.model.provider import ask
from aether_agents.planning.model.reply_check import Check, Replied
from aether_agents.planning.planner import Planner
from aether_agents.planning.planning_result import Conclusion, Planned
from aether_agents.settings.model import ContextSettings, Settings
from aether_agents.settings.planner_model import PlannerModelSettings

from ..toolshed import HOME, asked, catalogue, planned, refused, task, template
from .replies import SCAN, Scripted, call, changed

LLM = PlannerModelSettings(model="one", input_price=2, output_price=10, tokens_per_day=100_000)
SENTENCE = "frobnicate the weird tokens"
AUDIT = template(
    "audit",
    examples=["security audit of a repository"],
    inputs={"path": {"format": "path", "required": True}},
    subtasks=[{"id": "scan", "tool": "secrets/scan", "args": {"path": "${inputs.path}"}}],
    outputs={"count": "${subtasks.scan.output.count}"},
)


class Granted(NamedTuple):
    day: int
    granted: bool


class DayOfBudget:
    """A day's budget in memory, as the store keeps it."""

    def __init__(self, *, granted: bool = True, away: bool = False) -> None:
        self.granted, self.away = granted, away
        self.taken = 0

    def reserve(self, tokens: int, money: float, *, most_tokens: int, most_money: float) -> Granted:
        if self.away:
            raise StoreUnavailable("away")
        assert (most_tokens, most_money, money) == (100_000, 0, 0.6)
        self.taken += tokens if self.granted else 0
        return Granted(7, self.granted)

    def settle(self, day: int, tokens: int, money: float) -> None:
        assert day == 7
        assert money < 0
        self.taken += tokens


def concluded(
    script: Scripted,
    asks: HighLevelTask | None = None,
    *templates: Template,
    budget: DayOfBudget | None = None,
    settings: Settings | None = None,
) -> Conclusion:
    return planner(script, *templates, budget=budget, settings=settings)(asks or task(SENTENCE))


def planner(
    script: Scripted, *templates: Template, budget: DayOfBudget | None = None, settings: Settings | None = None
) -> Callable[[HighLevelTask], Conclusion]:
    def asking(settings: PlannerModelSettings, prompt: Prompt, check: Check) -> Replied:
        return ask(settings, prompt, check, {}, script.model)

    model = ModelPlanner(LLM, budget or DayOfBudget(), asking)
    made = Planner(settings or Settings(home=HOME), templates or (AUDIT,), model=model)
    return lambda asks: made.plan(asks, catalogue())


def test_what_no_template_does_the_model_drafts_and_a_person_is_asked() -> None:
    budget = DayOfBudget()
    plan = planned(concluded(Scripted(SCAN), budget=budget))
    assert (plan.origin, plan.template, plan.confidence) == ("llm", None, 0.7)
    assert [(one.id, one.tool, one.needs) for one in plan.subtasks] == [
        ("scan", "secrets/scan", ()),
        ("report", "reports/write", ("scan",)),
    ]
    assert plan.unused == ("sing a song",)
    assert ("find weird tokens", "`scan`: `secrets/scan`") in [(one.text, one.as_) for one in plan.understood]
    work = plan.written_by
    assert work is not None
    assert (work.model, work.requests) == ("one", 1)
    assert "Request: " in work.sent
    assert budget.taken == work.sent_tokens + work.answered_tokens
    question = rerun_step.question(task(SENTENCE, assume_yes=True), plan)
    assert question is not None
    assert question.binds == plan.digest


def test_a_template_that_does_it_is_not_left_to_the_model() -> None:
    script = Scripted(SCAN)
    plan = planned(concluded(script, task("security audit of ./app")))
    assert (plan.origin, plan.template) == ("template", "audit")
    assert script.heard == []


def test_a_template_runs_as_a_goal_of_the_models_plan() -> None:
    goal = changed(subtasks=[{"id": "one", "goal": "audit", "args": {"path": "/place/app"}}], not_done=[])
    plan = planned(concluded(Scripted(goal)))
    assert [(one.id, one.tool) for one in plan.subtasks] == [("one/scan", "secrets/scan")]


def test_live_tools_and_policy_give_a_wrong_plan_back() -> None:
    settings = Settings(home=HOME, policy={"deny": ("db/*",)})
    wrong = changed(
        subtasks=[
            {"id": "a", "tool": "secrets/scan", "args": {"paht": "/x"}},
            {"id": "b", "tool": "db/query", "args": {"sql": "select 1"}},
            {"id": "c", "tool": "code/scan", "args": {"path": "/x"}, "needs": ["d"]},
            {"id": "d", "tool": "code/scan", "args": {"path": "/x"}, "needs": ["c"]},
        ]
    )
    script = Scripted(wrong, changed(subtasks=[{"id": "b", "tool": "db/query", "args": {"sql": "select 1"}}]), SCAN)
    plan = planned(concluded(script, settings=settings))
    assert plan.origin == "llm"
    first, second = script.given_back
    assert "c" in first
    assert "policy" in second


def test_what_the_model_asks_is_asked_and_answered_under_its_name() -> None:
    question = changed(subtasks=[], questions=[{"name": "which_app", "prompt": "Which application?"}])
    script = Scripted(question, SCAN)
    run = planner(script)
    intervention = asked(run(task(SENTENCE, task_id="task-0001"))).intervention
    assert intervention.kind == "input"
    assert list(intervention.fields) == ["which_app"]
    again = run(task(SENTENCE, task_id="task-0001", inputs={"which_app": "the shop"}))
    assert planned(again).origin == "llm"
    assert "the shop" in str(script.heard[-1])


def test_a_plan_that_is_planned_again_is_not_paid_for_twice() -> None:
    script = Scripted(SCAN)
    run = planner(script)
    asks = task(SENTENCE, task_id="task-0001")
    assert planned(run(asks)).digest == planned(run(asks)).digest
    assert len(script.heard) == 1


def test_without_a_plan_of_the_model_the_sentence_is_refused_with_both_reasons() -> None:
    said = refused(concluded(Scripted(call("nowhere/tool"))))
    assert "no template does" in said
    assert "the model `one` wrote no plan: its plan was wrong 3 times" in said


def test_a_draft_that_a_person_asks_for_is_the_models_or_one_of_live_tools() -> None:
    wanted = task("show the commit log of ./app", type=DRAFT)
    assert planned(concluded(Scripted(SCAN), wanted)).origin == "llm"
    made = concluded(Scripted(call("nowhere/tool")), wanted)
    assert isinstance(made, Planned)
    assert (made.plan.origin, made.plan.subtasks[0].tool) == ("draft", "git/git_log")
    assert any("this is a draft of live tools" in one for one in made.warnings)


def test_a_day_without_budget_and_a_store_that_is_away_ask_no_model() -> None:
    for budget, why in ((DayOfBudget(granted=False), "the day's budget"), (DayOfBudget(away=True), "away")):
        script = Scripted(SCAN)
        assert why in refused(concluded(script, budget=budget))
        assert script.heard == []


def test_secrets_of_a_context_are_never_sent() -> None:
    context = ContextSettings(inputs={"region": "eu"}, secrets={"key": "env:SOME_KEY"})
    settings = Settings(home=HOME, contexts={"prod": context})
    script = Scripted(SCAN)
    assert planned(concluded(script, task(SENTENCE, context="prod"), settings=settings)).origin == "llm"
    assert "SOME_KEY" not in str(script.heard)
    assert '"region": "eu"' in str(script.heard)


def test_an_instruction_in_a_tools_description_changes_no_rule() -> None:
    """Whatever a model is talked into: no field of its form approves, names a secret, or undoes."""
    fields: dict[str, Any] = {"approval": "never", "compensate": {"tool": "git/git_reset"}, "retry": {}, "review": {}}
    for name, value in fields.items():
        wrong = changed(subtasks=[{"id": "a", "tool": "secrets/scan", "args": {"path": "/x"}, name: value}])
        assert "wrote no plan" in refused(concluded(Scripted(wrong)))
