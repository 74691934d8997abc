"""What a task takes over at the store: completed from the beginning, called by nobody; and links that nobody races."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from aether_agents.contracts import HighLevelTask, Outcome, RerunOf, SubtaskStatus, TaskStatus
from aether_agents.errors import NotAllowed
from aether_agents.settings.model import Settings
from aether_agents.store import Delivery, Granted, Store
from aether_agents.store.tasks.reruns import Placed, Ready
from tests.integration.store.checks import check_history, check_state
from tests.integration.store.plans import DONE, FAILED, overdue, plan_of, planned, run, started
from tests.integration.store.world import PROFILE, Node, World, timeless

OLD = Outcome(status="completed", output="old")


class Again(World):
    """A world around a task of which a part is done."""

    kept: frozenset[str]
    items: frozenset[int]

    def begin_again(self, kept: frozenset[str], items: frozenset[int]) -> None:
        self.kept, self.items = kept, items
        claim = planned(self.store, self.task_id)
        plan = plan_of(
            {name: node.needs for name, node in self.nodes.items()},
            **{name: node.fields() for name, node in self.nodes.items()},
        )
        placed = [Placed(one, OLD, "before") if one.id in kept else Placed(one) for one in plan.subtasks]
        ready = [
            Ready(f"{one.id}#{index}", OLD)
            for one in plan.subtasks
            if one.for_each is not None and one.id not in kept
            for index in items
        ]
        sends = self.store.tasks.start_rerun(self.task_id, claim.token, plan, placed, ready)
        assert sends is not None
        self.send(sends)

    def fan(self, run: Any) -> None:
        node = self.nodes[run.name]
        children = [self.child(run.name, index) for index in range(node.children or 0)]
        kept = {index: "before" for index in self.items if index < len(children)}
        window = node.window or max(1, len(children))
        self.send(self.store.tasks.fan_rerun(self.task_id, run.name, run.grant.token, children, kept, window=window))


@st.composite
def half_done(draw: st.DrawFn) -> tuple[dict[str, Node], frozenset[str], frozenset[int]]:
    """A plan of which a part is done: all that it needs is done too, or is only read again."""
    nodes: dict[str, Node] = {}
    kept: set[str] = set()
    for index in range(draw(st.integers(1, 7))):
        needs = tuple(name for name in nodes if draw(st.integers(0, 2)) == 0)
        fans = draw(st.integers(0, 2)) == 0
        nodes[f"n{index}"] = Node(
            needs=needs,
            repeatable=draw(st.booleans()),
            children=draw(st.integers(0, 5)) if fans else None,
            window=draw(st.sampled_from([None, 1, 2])) if fans else None,
        )
        if draw(st.booleans()):
            kept.add(f"n{index}")
    if len(kept) == len(nodes):
        kept.pop()
    return nodes, frozenset(kept), frozenset(draw(st.sets(st.integers(0, 4))))


@profile(max_examples=40, **PROFILE)
@given(case=half_done(), lost=st.integers(0, 3), order=st.randoms(use_true_random=False))
def test_what_is_taken_over_is_called_by_nobody_and_all_else_once(
    settings: Settings, case: tuple[dict[str, Node], frozenset[str], frozenset[int]], lost: int, order: Any
) -> None:
    nodes, kept, items = case
    with timeless(settings) as store:
        world = Again(store, "t", nodes, direct=True)
        world.begin_again(kept, items)
        claimed: list[str] = []
        for _ in range(300):
            check_state(world)
            if world.meta("finished"):
                break
            if world.mail:
                if lost and order.random() < 0.2:
                    world.mail.pop()
                    lost -= 1
                    continue
                ran = world.deliver(order.randrange(len(world.mail)))
                if ran is None:
                    continue
                fans = nodes.get(ran.name, Node()).children is not None
                if not fans or not ran.grant.join:
                    claimed.append(ran.name)
                world.runs.remove(ran)
                if fans and not ran.grant.join:
                    world.fan(ran)
                else:
                    world.finish(ran)
            else:  # a message was lost: the reaper sends it again
                for step in world.open_steps():
                    if step not in ("!", "~"):
                        world.time_passes(step)
        assert store.tasks.view("t").status is TaskStatus.COMPLETED
        children = {
            f"{name}#{index}" for name, node in nodes.items() if name not in kept for index in range(node.children or 0)
        }
        taken = {name for name in children if int(name.partition("#")[2]) in items}
        assert sorted(claimed) == sorted((set(nodes) - kept) | (children - taken))
        events = store.events.read("t")
        check_history(World(store, "t", {}, direct=True), events)
        over = [one.subtask_id for one in events if "kept_from" in one.data]
        assert sorted(map(str, over)) == sorted(kept | taken)
        outcomes = store.tasks.outcomes("t", [*kept, *taken])
        assert {one.output for one in outcomes.values()} <= {"old"}


def ended(store: Store, name: str, outcome: Outcome = FAILED) -> None:
    started(store, {"a": [], "b": ["a"]}, task_id=name)
    run(store, "a", DONE, name)
    run(store, "b", outcome, name)


def retry_of(name: str, task_id: str, **more: Any) -> HighLevelTask:
    return HighLevelTask(task_id=task_id, description="again", rerun=RerunOf(task_id=name, chain=(name,)), **more)


def test_of_two_that_read_the_same_one_is_accepted(store: Store) -> None:
    ended(store, "old")
    read = store.tasks.links("old")
    assert store.tasks.create_linked(retry_of("old", "first"), "retry", [read])
    assert not store.tasks.create_linked(retry_of("old", "second"), "retry", [read])
    undo = HighLevelTask(task_id="undo", description="back", undoes="old")
    assert not store.tasks.create_linked(undo, "undo", [read])
    assert [view.task_id for view in store.tasks.recent()] == ["first", "old"]
    assert store.tasks.create_linked(retry_of("old", "first"), "retry", [read])  # the same once more is the same
    assert store.tasks.links("old").rerun_by("retry") == ("first",)


def test_an_id_of_another_owner_links_nothing(store: Store) -> None:
    ended(store, "old")
    planned(store, "taken", owner="bob")
    with pytest.raises(NotAllowed):
        store.tasks.create_linked(retry_of("old", "taken"), "retry", [store.tasks.links("old")])
    assert store.tasks.links("old").reruns == ""


def test_a_task_that_goes_on_is_linked_to_nothing(store: Store) -> None:
    started(store, {"a": []}, task_id="open")
    assert not store.tasks.create_linked(retry_of("open", "again"), "retry", [store.tasks.links("open")])


def test_a_worker_that_dies_in_a_retry_takes_nothing_with_it(store: Store) -> None:
    claim = planned(store, "t")
    plan = plan_of({"a": [], "b": ["a"]}, b={"repeatable": False})
    sends = store.tasks.start_rerun(
        "t", claim.token, plan, [Placed(plan.subtasks[0], OLD, "x"), Placed(plan.subtasks[1])], []
    )
    assert sends == [Delivery("t", "b", "dev", 5)]
    assert isinstance(store.tasks.claim("t", "b", "dev"), Granted)
    overdue(store, "b", "t")
    store.tasks.reap(100, ())
    view = store.tasks.view("t")
    assert [one.status for one in view.subtasks] == [SubtaskStatus.COMPLETED, SubtaskStatus.WAITING]
    assert "may have run" in view.interventions[0].prompt


def test_the_claim_of_a_planner_that_was_lost_starts_nothing(store: Store) -> None:
    claim = planned(store, "t")
    plan = plan_of({"a": []})
    assert store.tasks.start_rerun("t", claim.token + 1, plan, [Placed(plan.subtasks[0])], []) is None
