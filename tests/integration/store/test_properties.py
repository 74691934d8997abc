"""Random plans in a disturbed world: messages doubled and lost, workers that die, people who change their minds.

Hypothesis drives the real library on the real server and looks at the state after every step.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aether_agents.contracts import Outcome
from aether_agents.settings.model import Settings
from aether_agents.store import Store
from tests.conftest import leaks
from tests.integration.store.checks import TASK_ENDS, check_history, check_state
from tests.integration.store.plans import FAILED
from tests.integration.store.world import BROKE, DONE, NUMBERS, PROFILE, TERMINAL, Node, Run, World, timeless

SKIPPED = Outcome(status="skipped", error="its condition did not hold")


@st.composite
def plans(draw: st.DrawFn, plain: bool = False) -> dict[str, Node]:
    """A random DAG of up to eight subtasks; a plain one only succeeds."""
    nodes: dict[str, Node] = {}
    for index in range(draw(st.integers(1, 8))):
        needs = tuple(name for name in nodes if draw(st.booleans()))
        fans = draw(st.integers(0, 5)) == 0
        nodes[f"n{index}"] = Node(
            needs=needs,
            approval=not plain and draw(st.integers(0, 5)) == 0,
            repeatable=draw(st.booleans()),
            keeps_on=draw(st.integers(0, 3)) == 0,
            children=draw(st.integers(0, 4)) if fans else None,
            window=draw(st.sampled_from([None, 1, 2])) if fans and not plain else None,
        )
    return nodes


def disturbed(settings: Settings) -> type[RuleBasedStateMachine]:
    """The machine of the disturbed world. Each run of it has a store of its own, so that no run sees another's."""

    class Disturbed(RuleBasedStateMachine):
        world: World
        final: dict[str, str]

        @initialize(nodes=plans(), direct=st.booleans())
        def begin(self, nodes: dict[str, Node], direct: bool) -> None:
            self.world = World(timeless(settings), "t", nodes, direct)
            self.final = {}
            self.world.begin()

        def pick(self, at: int) -> Run:
            return self.world.runs[at % len(self.world.runs)]

        @precondition(lambda self: self.world.mail)
        @rule(at=st.integers(0, 20))
        def a_message_arrives(self, at: int) -> None:
            before = self.world.statuses()
            name = self.world.mail[at % len(self.world.mail)][0]
            if self.world.deliver(at % len(self.world.mail)) is not None:
                assert before[name] == "ready", "a claim was granted while somebody else had it"

        @precondition(lambda self: self.world.mail)
        @rule(at=st.integers(0, 20))
        def a_message_is_doubled(self, at: int) -> None:
            if len(self.world.mail) < 20:
                self.world.mail.append(self.world.mail[at % len(self.world.mail)])

        @precondition(lambda self: self.world.mail)
        @rule(at=st.integers(0, 20))
        def a_message_is_lost(self, at: int) -> None:
            self.world.mail.pop(at % len(self.world.mail))

        @precondition(lambda self: self.world.runs)
        @rule(at=st.integers(0, 20), outcome=st.sampled_from([DONE, DONE, DONE, FAILED, SKIPPED]))
        def a_run_ends(self, at: int, outcome: Outcome) -> None:
            run = self.pick(at)
            if self.world.nodes.get(run.name, Node()).children is None or run.grant.join:
                self.world.finish(run, outcome)
            else:
                self.world.fan(run)

        @precondition(lambda self: self.world.runs)
        @rule(at=st.integers(0, 20))
        def a_run_is_to_be_tried_again(self, at: int) -> None:
            self.world.finish(self.pick(at), BROKE, retry_in=36_000)

        @precondition(lambda self: self.world.runs)
        @rule(at=st.integers(0, 20))
        def a_worker_asks(self, at: int) -> None:
            self.world.ask(self.pick(at))

        @precondition(lambda self: self.world.runs)
        @rule(at=st.integers(0, 20))
        def a_worker_dies(self, at: int) -> None:
            self.world.runs.remove(self.pick(at))

        @rule(at=st.integers(0, 20), busy=st.sampled_from([(), (), ("dev",)]))
        def time_passes(self, at: int, busy: tuple[str, ...]) -> None:
            steps = [step for step in self.world.open_steps() if step not in ("!", "~")]
            if steps:
                self.world.time_passes(steps[at % len(steps)], busy)

        @precondition(lambda self: "waiting_user_input" in self.world.statuses().values())
        @rule(
            response=st.sampled_from(["approve", "approve", "retry", "deny", "skip", "fail"]), which=st.integers(0, 9)
        )
        def a_person_answers(self, response: str, which: int) -> None:
            self.world.answer(response, which)

        @precondition(lambda self: self.world.status() in ("running", "waiting_user_input"))
        @rule()
        def a_person_pauses(self) -> None:
            if not self.world.meta("halt"):
                self.world.store.tasks.pause(self.world.task_id, "ann")

        @precondition(lambda self: self.world.status() == "paused" and not self.world.meta("halt"))
        @rule()
        def a_person_resumes(self) -> None:
            self.world.send(self.world.store.tasks.resume(self.world.task_id, "ann"))

        @precondition(lambda self: self.world.status() in ("running", "waiting_user_input", "paused"))
        @rule(really=st.integers(0, 3), by_time=st.booleans())
        def it_is_cancelled(self, really: int, by_time: bool) -> None:
            if really or self.world.meta("halt"):
                return
            if by_time and "!" in self.world.open_steps():
                self.world.time_passes("!")
            else:
                self.world.store.tasks.cancel(self.world.task_id, "ann")

        @rule()
        def the_canvas_is_given_up(self) -> None:
            self.world.send(self.world.store.tasks.flip(self.world.task_id))

        @invariant()
        def all_is_well(self) -> None:
            for name, state in check_state(self.world).items():
                assert self.final.setdefault(name, state) == state if state in TERMINAL else name not in self.final

        def teardown(self) -> None:
            if not hasattr(self, "world"):
                return
            with self.world.store as store:
                note(f"{self.world.statuses()} {self.world.mail}")
                self.world.drive()
                check_state(self.world)
                events = store.events.read(self.world.task_id, limit=10_000)
                check_history(self.world, events)
                assert events[-1].type in TASK_ENDS
                assert self.world.open_steps() == ["~"]
                assert leaks(store) == []

    return Disturbed


@pytest.mark.timeout(600)  # it takes a quarter of a minute, but shrinking a failure takes its time
def test_every_task_ends_and_nothing_runs_before_its_time(settings: Settings) -> None:
    machine: Callable[[], RuleBasedStateMachine] = disturbed(settings)
    run_state_machine_as_test(machine, settings=profile(max_examples=100, stateful_step_count=30, **PROFILE))


@given(nodes=plans(plain=True), order=st.randoms(use_true_random=False))
@profile(max_examples=40, **PROFILE)
def test_an_undisturbed_canvas_brings_everything_and_is_never_refused(
    store: Store, nodes: dict[str, Node], order: Any
) -> None:
    world = World(store, f"c{next(NUMBERS)}", nodes, direct=False)
    world.begin()
    while world.mail or world.runs:
        if world.mail and (not world.runs or order.random() < 0.5):
            world.deliver(order.randrange(len(world.mail)))
        else:
            run = world.runs.pop(order.randrange(len(world.runs)))
            fans = world.nodes.get(run.name, Node()).children is not None and not run.grant.join
            world.fan(run) if fans else world.finish(run)
    assert world.refusals == []
    assert world.status() == "completed"
    assert all(not canvas for _, canvas in world.mail)
