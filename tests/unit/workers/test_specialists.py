"""The specialists dev and security as data: they load, and their parts fit together."""

import sys

import pytest

from aether_agents.contracts import Risk, Specialist, Template
from aether_agents.contracts.expressions.reference import find
from aether_agents.settings.model import Settings, SpecialistSettings
from aether_agents.specialists import load_specialists
from workers.data import SPECIALIST as DATA
from workers.dev import SPECIALIST as DEV
from workers.infra import SPECIALIST as INFRA
from workers.security import SPECIALIST as SECURITY

BOTH = (DEV, SECURITY)
TEMPLATES = [template for specialist in BOTH for template in specialist.templates]
ROWS = {row.tool: row for specialist in BOTH for row in specialist.tools}
#: A template may use the tools of any specialist.
ALL_ROWS = ROWS | {row.tool: row for specialist in (DATA, INFRA) for row in specialist.tools}


def test_both_are_found_as_a_strangers_would_be() -> None:
    assert {"dev", "security"} <= {specialist.name for specialist in load_specialists(Settings())}


def test_one_can_be_switched_off() -> None:
    settings = Settings(specialists={"security": SpecialistSettings(enabled=False)})
    assert "security" not in {specialist.name for specialist in load_specialists(settings)}


def test_the_templates_are_there() -> None:
    named = {"security_audit", "compliance_check", "code_quality", "onboard_project", "update_text"}
    named |= {"write_documentation", "check_certificates", "check_hardening", "commit_changes"}
    assert named <= {template.name for template in TEMPLATES}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_says_how_people_ask_for_it(template: Template) -> None:
    assert len(template.examples) >= 6
    assert any(not example.isascii() for example in template.examples), "one of them in Japanese"
    assert all(spec.prompt for spec in template.inputs.values())
    assert all(spec.required or spec.default is not None for spec in template.inputs.values())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_refers_to_what_it_has(template: Template) -> None:
    ids = {subtask.id for subtask in template.subtasks}
    for subtask in template.subtasks:
        for reference in find(subtask.args):
            if reference.root == "item":
                assert subtask.for_each is not None
                continue
            known = {"inputs": template.inputs.keys(), "subtasks": ids, "context": {"reports", "task_id"}}
            assert reference.name in known[reference.root], f"{template.name}.{subtask.id}: {reference.text}"
    for output in template.outputs.values():
        assert {reference.name for reference in find(output)} <= ids


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_uses_tabled_tools_and_names_them_as_required(template: Template) -> None:
    used = {subtask.tool for subtask in template.subtasks if subtask.tool}
    used |= {subtask.verify.tool for subtask in template.subtasks if subtask.verify}
    assert used == set(template.required_tools)
    assert used <= ALL_ROWS.keys()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_that_may_not_be_repeated_asks_and_can_be_undone(template: Template) -> None:
    rows = [ALL_ROWS[subtask.tool] for subtask in template.subtasks if subtask.tool]
    assert {row.risk for row in rows} <= {Risk.READ, Risk.WRITE}
    once = [subtask for subtask in template.subtasks if subtask.tool and not ALL_ROWS[subtask.tool].repeatable]
    assert all(subtask.compensate for subtask in once)
    asks = any(subtask.approval == "required" or subtask.review for subtask in template.subtasks)
    assert not once or asks


@pytest.mark.parametrize("specialist", BOTH, ids=lambda specialist: specialist.name)
def test_every_row_names_a_server_of_its_own_specialist(specialist: Specialist) -> None:
    servers = {server.name for server in specialist.servers}
    assert {row.tool.split("/")[0] for row in specialist.tools} == servers


def test_what_a_tool_only_reads_is_one_of_its_paths() -> None:
    assert all(set(row.reads) <= set(row.path_args) for row in ALL_ROWS.values() if row.reads)


def test_every_path_a_tool_takes_is_confined() -> None:
    # A machine, findings that were handed over, and a yes to what was shown.
    pathless = {"hardening/audit", "findings/merge", "repos/agree"}
    assert {row.tool for row in ROWS.values() if not row.path_args} == pathless


def test_what_changes_a_repository_is_not_run_twice_unasked() -> None:
    assert not ROWS["git/git_commit"].repeatable
    assert ROWS["git/git_reset"].risk is Risk.DESTRUCTIVE


def test_the_git_server_has_an_environment_of_its_own_at_an_exact_version() -> None:
    git = next(server for server in DEV.servers if server.name == "git")
    assert git.install is not None
    assert git.install.pypi == "mcp-server-git==2026.10.19"


def test_first_party_servers_run_on_the_workers_interpreter() -> None:
    own = [server for specialist in BOTH for server in specialist.servers if server.name != "git"]
    assert len(own) >= 7
    assert all(server.command == sys.executable for server in own)
