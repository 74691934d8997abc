"""What a plan of a thousand subtasks costs in memory: at most one KiB per subtask, small documents and results."""

import random

from aether_agents.contracts import Outcome, Plan, PlannedSubtask, Risk
from aether_agents.store import Granted, Store
from tests.integration.store.plans import planned, status

SUBTASKS = 1_000


def random_plan() -> Plan:
    chance = random.Random(1)  # the same plan every time
    names = [f"n{index}" for index in range(SUBTASKS)]
    return Plan(
        name="wide",
        description="a test",
        origin="file",
        subtasks=tuple(
            PlannedSubtask(
                id=name,
                tool="git/git_log",
                args={"repo_path": f"/home/ann/projects/{name}", "max_count": 50},
                needs=tuple(sorted({chance.choice(names[max(0, at - 50) : at]) for _ in range(2)})) if at else (),
                specialist=chance.choice(["dev", "data", "infra", "security"]),
                risk=Risk.READ,
                repeatable=True,
                pin="sha256:" + chance.randbytes(32).hex(),
            )
            for at, name in enumerate(names)
        ),
    )


def test_a_thousand_subtasks_cost_a_kib_each_at_most(store: Store) -> None:
    plan = random_plan()
    queues = {one.id: one.specialist for one in plan.subtasks}
    claim = planned(store, "t")
    store.tasks.save_plan("t", claim.token, plan)
    mail = store.tasks.start("t", claim.token, plan, direct=True)
    assert mail is not None
    ran = []
    while mail:
        name = mail.pop().subtask_id
        granted = store.tasks.claim("t", name, queues[name])
        assert isinstance(granted, Granted)
        outcome = Outcome(status="completed", output={"count": len(ran), "path": f"/tmp/{name}"})
        mail += store.tasks.complete("t", name, granted.token, outcome).deliveries
        ran.append(name)
    assert status(store) == "completed"
    assert sorted(ran) == sorted(queues), "each ran, and none twice"
    keys = (store.keys.task("t"), store.keys.subtasks("t"), store.keys.events("t"))
    cost = sum(store.connection.command("MEMORY", "USAGE", key, "SAMPLES", 0) for key in keys)
    assert cost / SUBTASKS <= 1024, f"{cost / SUBTASKS:.0f} bytes per subtask"
