"""Random plans under every fault there is. After each, every invariant holds. Figures are shown with `-rP`."""

import random
import sys

import pytest

from aether_agents.settings.model import DeliverySettings
from tests.chaos.plans import half_unsafe, mixed, plain
from tests.chaos.wave import Scenario, infect
from tests.integration.execution.lab import Lab

show = sys.stdout.write
pytestmark = pytest.mark.timeout(900)


class TestWithoutReaper:
    """The reaper sends nothing: what Celery brings, and what completing brings, is all there is."""

    @pytest.fixture
    def delivery(self) -> DeliverySettings:
        return DeliverySettings(lease=60, stale=60, pump=0.2, concurrency=4, grace=2)

    def test_an_undisturbed_canvas_brings_every_subtask_exactly_when_it_may_run(
        self, lab: Lab, dice: random.Random
    ) -> None:
        scenario = Scenario(lab, dice, plain, sp_share=1.0)
        infect(scenario)
        scenario.run()
        show(scenario.report("undisturbed"))
        assert scenario.broken == []
        assert set(scenario.modes) == {"canvas"}
        assert scenario.counted("claims") == {"granted": scenario.subtasks}  # not one refused

    def test_doubled_messages_do_not_multiply(self, lab: Lab, dice: random.Random) -> None:
        scenario = Scenario(lab, dice, plain, faults={"double": True})
        infect(scenario)
        scenario.run()
        show(scenario.report("doubled"))
        assert scenario.broken == []
        assert sum(scenario.counted("claims").values()) <= 2.2 * scenario.subtasks


def test_people_approve_pause_resume_and_cancel(lab: Lab, dice: random.Random) -> None:
    scenario = Scenario(lab, dice, mixed, people=True)
    infect(scenario)
    scenario.run()
    show(scenario.report("people"))
    assert scenario.broken == []


def test_every_message_is_doubled_while_people_act(lab: Lab, dice: random.Random) -> None:
    scenario = Scenario(lab, dice, mixed, faults={"double": True}, people=True)
    infect(scenario)
    scenario.run()
    show(scenario.report("doubled, with people"))
    assert scenario.broken == []


def test_one_message_in_ten_is_lost(lab: Lab, dice: random.Random) -> None:
    scenario = Scenario(lab, dice, mixed, faults={"lose": 0.1}, people=True, within=90)
    infect(scenario)
    scenario.run()
    show(scenario.report("lost"))
    assert scenario.broken == []
    assert scenario.counted("lost")


def test_a_worker_is_killed_in_every_wave(lab: Lab, dice: random.Random) -> None:
    scenario = Scenario(lab, dice, half_unsafe, killed=True, within=90)
    infect(scenario, workers=2)
    scenario.inject_fault = scenario.replace_worker
    scenario.run()
    show(scenario.report("killed"))
    assert scenario.broken == []


def test_all_queues_are_deleted_in_every_wave(lab: Lab, dice: random.Random) -> None:
    scenario = Scenario(lab, dice, mixed, within=90)

    def inject_fault() -> None:
        keys = [lab.store.keys.queue(name, priority) for name in lab.names for priority in range(10)]
        lab.store.connection.command("DEL", *keys)

    scenario.inject_fault = inject_fault
    infect(scenario)
    scenario.run()
    show(scenario.report("queues deleted"))
    assert scenario.broken == []
