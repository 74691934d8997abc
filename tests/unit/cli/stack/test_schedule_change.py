"""What `schedule add` keeps of a task."""

from aether_agents.contracts import HighLevelTask
from aether_agents.orchestrator.scheduling import Times, settings_of
from aether_agents.settings.model import ScheduleSettings
from tests.unit.cli.conftest import Run


def test_every_option_of_the_task_is_kept() -> None:
    said = {
        "description": "look",
        "type": "health_report",
        "agent_type": "infra",
        "inputs": {"path": "."},
        "context": "local",
        "folder": "/srv",
        "priority": 8,
        "timeout_seconds": 60.0,
    }
    kept = settings_of(HighLevelTask.from_dict(said), Times("0 2 * * *", yes=True))
    assert (kept.task, kept.template, kept.specialist, kept.priority) == ("look", "health_report", "infra", 8)
    assert (kept.inputs, kept.context, str(kept.folder), kept.timeout_seconds) == ({"path": "."}, "local", "/srv", 60)
    assert (kept.crontab, kept.yes) == ("0 2 * * *", True)


def test_without_a_priority_people_go_first_as_in_the_settings(run: Run) -> None:
    usual = ScheduleSettings.model_fields["priority"].default
    assert f"[default: {usual};" in run("schedule", "add", "--help").out
