"""The specialist infra as data: it loads, and its parts fit together."""

import sys
from pathlib import Path

import pytest

from aether_agents.contracts import Risk, Template
from aether_agents.contracts.expressions.reference import find
from aether_agents.planning.files.fixture import read_fixture
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists
from workers.dev import SPECIALIST as DEV
from workers.infra import SPECIALIST as INFRA

LOOKING = [template for template in INFRA.templates if not template.changes]
CHANGING = [template for template in INFRA.templates if template.changes]
ROWS = {row.tool: row for specialist in (DEV, INFRA) for row in specialist.tools}


def test_it_is_found_as_a_strangers_would_be() -> None:
    assert "infra" in {specialist.name for specialist in load_specialists(Settings())}
    assert {template.name for template in INFRA.templates} == {
        "health_report", "watch_endpoints", "check_servers_answer", "check_drift", "apply_playbook", "deploy_staged",
        "write_file_on_servers", "install_package_on_servers", "set_service_on_servers", "set_user_on_servers",
        "apply_terraform", "check_terraform_drift", "destroy_terraform",
    }  # fmt: skip


@pytest.mark.parametrize("template", INFRA.templates, ids=lambda template: template.name)
def test_a_template_only_refers_to_what_it_has(template: Template) -> None:
    ids = {subtask.id for subtask in template.subtasks}
    known = {"inputs": set(template.inputs), "subtasks": ids, "context": {"reports", "task_id"}, "item": {""}}
    for subtask in template.subtasks:
        assert all(reference.name in known[reference.root] for reference in find(subtask.args)), subtask.id
    assert all(reference.name in ids for output in template.outputs.values() for reference in find(output))
    assert all(spec.prompt for spec in template.inputs.values())
    assert sum(not example.isascii() for example in template.examples) >= 2


@pytest.mark.parametrize("template", LOOKING, ids=lambda template: template.name)
def test_a_template_only_looks_and_writes_its_report(template: Template) -> None:
    used = {subtask.tool for subtask in template.subtasks if subtask.tool}
    assert used == set(template.required_tools)
    assert {tool: ROWS[tool].risk for tool in used if ROWS[tool].risk is not Risk.READ} == {"reports/write": Risk.WRITE}
    assert all(ROWS[tool].repeatable for tool in used)


@pytest.mark.parametrize("template", CHANGING, ids=lambda template: template.name)
def test_what_changes_servers_is_reviewed_and_undone_and_asks_by_what_it_does(template: Template) -> None:
    steps = [one for one in template.subtasks for change in template.changes if one.id in change.apply]
    assert len(steps) == len(template.changes)
    for step, change in zip(steps, template.changes, strict=True):
        assert step.compensate is not None or change.irreversible
        assert step.verify is not None
        row = ROWS[str(step.tool)]
        assert (row.risk, row.repeatable, row.items["replace"]) == (Risk.DESTRUCTIVE, False, Risk.DESTRUCTIVE)


@pytest.mark.parametrize("template", INFRA.templates, ids=lambda template: template.name)
def test_a_template_ships_with_what_it_is_tried_on(template: Template) -> None:
    fixture = read_fixture(Path(INFRA.folder) / "templates", template)
    assert fixture.undo or fixture.status == "failed"
    assert len(fixture.expect) >= (2 if fixture.undo else 1)


def test_its_servers_run_on_the_workers_interpreter() -> None:
    assert {server.name for server in INFRA.servers} == {row.tool.split("/")[0] for row in INFRA.tools}
    assert all(server.command == sys.executable for server in INFRA.servers)
