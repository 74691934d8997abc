"""What is asked for the steps of a plan, and beside what it is shown."""

from pathlib import Path

from aether_agents.contracts import HighLevelTask
from aether_agents.planning.composition.goal_step import Step
from aether_agents.planning.composition.step_inputs import tell
from tests.unit.planning.toolshed import template


def test_a_question_shows_the_inputs_that_will_be_used(tmp_path: Path) -> None:
    restore = template(
        inputs={
            "database": {"format": "path", "required": True, "prompt": "Of which database?"},
            "tag": {"required": True, "prompt": "Which tag?"},
            "keep": {"type": "integer", "default": 3},
            "password": {"secret": True},
        }
    )
    (tmp_path / "shop.db").touch()
    task = HighLevelTask(
        description="restore ./shop.db", folder=str(tmp_path), inputs={"password": "hunter2-hunter2", "keep": 4}
    )
    told = tell([Step("", restore, task.description, task.description)], task, {})
    assert told.asked is not None
    assert told.asked.intervention.prompt == (
        f"Which tag?\nIt will use `database` = {tmp_path / 'shop.db'}, `keep` = 4."
    )
