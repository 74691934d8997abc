"""What a plan takes, from what its tools took."""

from typing import Any

from aether_agents.contracts import Plan, PlannedSubtask, Risk, Spread
from aether_agents.planning.validation.estimate import estimate
from aether_agents.store.measures.durations import spread


def step(name: str, *needs: str, tool: str = "a/do", **more: Any) -> PlannedSubtask:
    return PlannedSubtask.model_validate(
        {"id": name, "tool": tool, "needs": needs, "specialist": "dev", "risk": Risk.READ, **more}
    )


def plan(*steps: PlannedSubtask) -> Plan:
    return Plan(name="p", description="p", origin="file", subtasks=steps)


KNOWN = {"a/do": Spread(p50=2, p90=5, count=9), "a/long": Spread(p50=10, p90=11, count=9)}


def test_the_longest_way_decides_and_not_the_sum() -> None:
    found = estimate(plan(step("a"), step("b"), step("long", "a", tool="a/long"), step("end", "b", "long")), KNOWN)
    assert (found.p50, found.p90) == (14, 21)
    assert found.path == ("a", "long", "end")


def test_what_is_not_known_is_named_and_not_guessed() -> None:
    found = estimate(plan(step("a", tool="a/new"), step("b", "a")), KNOWN)
    assert (found.p50, found.unknown) == (2, ("a",))
    assert estimate(plan(step("a", tool="a/new")), {}).p50 is None
    listed = estimate(plan(step("a", for_each="${subtasks.x.output}")), KNOWN)
    assert (listed.p50, listed.lists) == (2, ("a",))


def test_a_list_is_gone_through_side_by_side() -> None:
    assert estimate(plan(step("a", for_each=list(range(8)), max_parallel=2)), KNOWN).p50 == 8
    assert estimate(plan(step("a", for_each=[])), KNOWN).p50 == 0


def test_who_is_asked_and_what_stays_is_told() -> None:
    undo = {"tool": "a/undo"}
    found = estimate(
        plan(
            step("look"),
            step("make", risk=Risk.WRITE, compensate=undo),
            step("drop", risk=Risk.DESTRUCTIVE, needs_approval=True),
            step("see", tool=None, review={"of": "look", "as": "text"}, needs_approval=True),
        ),
        KNOWN,
    )
    assert (found.asks, found.undoable, found.lasting) == (("drop", "see"), ("make",), ("drop",))


def test_the_middle_and_the_ninth_tenth() -> None:
    found = spread([float(one) for one in range(1, 12)])
    assert (found.p50, found.p90, found.count) == (6, 10, 11)
