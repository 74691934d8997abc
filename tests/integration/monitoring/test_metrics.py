"""Metrics on a real store: every transition is counted where it is made, and Prometheus' own parser reads them."""

from collections.abc import Mapping
from types import MappingProxyType

from prometheus_client.parser import text_string_to_metric_families

from aether_agents.contracts import ErrorKind, HighLevelTask, Intervention, Outcome, Plan, PlannedSubtask, Risk
from aether_agents.monitoring.metrics import metrics_text
from aether_agents.store import Granted, PlanningClaim, Store


def numbers(store: Store, budgets: Mapping[str, int] = MappingProxyType({})) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, in the order of the labels' names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics_text(store, budgets).decode())
        for sample in family.samples
    }


def step(name: str, *needs: str) -> PlannedSubtask:
    return PlannedSubtask(id=name, tool="x/y", needs=needs, specialist="dev", risk=Risk.READ, repeatable=True)


def begun(store: Store, task_id: str, *steps: PlannedSubtask) -> None:
    store.tasks.create(HighLevelTask(task_id=task_id, description="count me"))
    claim = store.tasks.claim_planning(task_id, limit=10)
    assert isinstance(claim, PlanningClaim)
    plan = Plan(name="p", description="p", origin="template", template="audit", subtasks=steps)
    store.tasks.save_plan(task_id, claim.token, plan)
    assert store.tasks.start(task_id, claim.token, plan, direct=True) is not None


def ran(store: Store, task_id: str, name: str, outcome: Outcome, retry_in: float | None = None) -> None:
    granted = store.tasks.claim(task_id, name, "dev")
    assert isinstance(granted, Granted)
    store.tasks.complete(task_id, name, granted.token, outcome, retry_in=retry_in)


def test_tasks_and_subtasks_are_counted_through_their_lives(store: Store) -> None:
    begun(store, "one", step("a"), step("b", "a"))
    begun(store, "two", step("c"), step("d"))
    seen = numbers(store)
    assert seen["aether_tasks", "running"] == 2
    assert seen["aether_subtasks", "dev", "ready"] == 3
    assert seen["aether_subtasks", "dev", "pending"] == 1
    ran(store, "one", "a", Outcome(status="completed", output={}))
    ran(store, "one", "b", Outcome(status="failed", error="no", error_kind="tool_error"))
    ran(store, "two", "c", Outcome(status="failed", error="later", error_kind="timeout"), retry_in=60)
    granted = store.tasks.claim("two", "d", "dev")
    assert isinstance(granted, Granted)
    question = Intervention(id="d", kind="approval", subtask_id="d", prompt="May it?", choices=("approve", "deny"))
    store.tasks.ask_subtask("two", "d", granted.token, question)
    seen = numbers(store)
    assert seen["aether_tasks_ended_total", "failed", "audit"] == 1
    assert seen["aether_task_duration_seconds_count", "audit"] == 1
    assert seen["aether_subtasks_ended_total", "dev", "completed"] == 1
    assert seen["aether_subtasks_ended_total", "dev", "failed"] == 1
    assert seen["aether_subtask_duration_seconds_count", "dev"] == 2
    assert seen["aether_subtask_duration_seconds_bucket", "+Inf", "dev"] == 2
    assert seen["aether_subtask_retries_total", "dev"] == 1
    assert seen["aether_interventions_waiting", "subtask"] == 1
    assert seen["aether_subtasks", "dev", "running"] == 0
    store.tasks.cancel("two", "me", "enough")
    seen = numbers(store)
    assert seen["aether_interventions_waiting", "subtask"] == 0
    assert sum(value for (name, *_), value in seen.items() if name in {"aether_tasks", "aether_subtasks"}) == 0


def test_failures_are_counted_by_whose_they_are(store: Store) -> None:
    kinds: dict[str, ErrorKind] = {"a": "arguments", "b": "denied", "c": "timeout", "d": "lost", "e": "internal"}
    begun(store, "one", *(step(name).model_copy(update={"on_failure": "continue"}) for name in kinds))
    for name, kind in kinds.items():
        ran(store, "one", name, Outcome(status="failed", error="it broke", error_kind=kind))
    store.tasks.create(HighLevelTask(task_id="typo", description="do somthing"))
    claim = store.tasks.claim_planning("typo", limit=10)
    assert isinstance(claim, PlanningClaim)
    store.tasks.fail_planning("typo", claim.token, "no template does that", "could_not_plan")
    seen = numbers(store)
    found = {tuple(labels): value for (name, *labels), value in seen.items() if name == "aether_failures_total"}
    assert found == {
        ("dev", "user"): 1,
        ("dev", "policy"): 1,
        ("dev", "tool"): 1,
        ("dev", "lost"): 1,
        ("dev", "ours"): 1,
        ("planner", "user"): 1,
    }


def test_budgets_stand_beside_what_is_gone_of_them_today(store: Store) -> None:
    store.counts.add({"mcp.calls|git|ok": 3, "mcp.calls|code|timeout": 1})
    seen = numbers(store, {"git": 5, "all servers": 4, "files": 7})
    assert [seen["aether_budget_calls", name] for name in ("git", "all servers", "files")] == [5, 4, 7]
    assert [seen["aether_budget_calls_used", name] for name in ("git", "all servers", "files")] == [3, 4, 0]
    assert not any(name.startswith("aether_budget") for name, *_ in numbers(store))


def test_questions_of_planning_and_waits_are_counted(store: Store) -> None:
    store.tasks.create(HighLevelTask(task_id="w", description="ask me"))
    claim = store.tasks.claim_planning("w", limit=10)
    assert isinstance(claim, PlanningClaim)
    store.tasks.ask("w", claim.token, Intervention(id="task", kind="approval", prompt="?", choices=("approve", "deny")))
    seen = numbers(store)
    assert seen["aether_interventions_waiting", "task"] == 1
    assert seen["aether_tasks_waiting",] == 1
    assert store.counts.waiting(longer_than=-5) == ["w"]
    assert store.counts.waiting(longer_than=3600) == []
    store.tasks.cancel("w", "me", "enough")
    seen = numbers(store)
    assert seen["aether_interventions_waiting", "task"] == 0
    assert seen["aether_tasks_waiting",] == 0


def test_templates_and_what_workers_tell_stay_within_bounds(store: Store) -> None:
    store.counts.add({f"mcp.starts|s{number}": 1 for number in range(4_100)})
    begun(store, "one", step("a"))
    ran(store, "one", "a", Outcome(status="completed", output={}))
    assert numbers(store)["aether_tasks_ended_total", "completed", "other"] == 1


def test_queues_and_workers_are_those_of_now(store: Store) -> None:
    store.presence.beat("w1", "worker", ("dev", "planner"))
    begun(store, "one", step("a"))
    seen = numbers(store)
    assert seen["aether_workers", "dev"] == 1
    assert seen["aether_workers", "planner"] == 1
    assert seen["aether_queue_depth", "dev"] == 0


def test_cpu_and_memory_of_servers_and_of_workers(store: Store) -> None:
    for pid, used in ((1, 5), (2, 7)):
        store.presence.beat("w", "worker", ("dev",), pid, memory={"dev|git": used, "dev|": 100})
    store.counts.add({"cpu.millis|dev|git": 1500, "cpu.millis|dev|": 250})
    seen = numbers(store)
    assert seen["aether_cpu_seconds_total", "git", "dev"] == 1.5
    assert seen["aether_cpu_seconds_total", "", "dev"] == 0.25
    assert (seen["aether_memory_bytes", "git", "dev"], seen["aether_memory_bytes", "", "dev"]) == (12, 200)
    store.presence.leave("w", 1)
    assert numbers(store)["aether_memory_bytes", "git", "dev"] == 7
