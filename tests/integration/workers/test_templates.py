"""The templates against the live tools of the servers: every argument fits, every tool has a row."""

from typing import Any

import jsonschema
import pytest
from mcp_types import Tool

from aether_agents.contracts import Json, Specialist, Template, depends
from aether_agents.contracts.expressions.reference import Reference, resolve
from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import HOSTILE_MESSAGE, SECRETS, Planted
from workers.dev import SPECIALIST as DEV
from workers.security import SPECIALIST as SECURITY

TEMPLATES = [template for specialist in (DEV, SECURITY) for template in specialist.templates]

#: Tools of mcp-server-git 2026.10.19, as it lists them.
GIT = (
    *("git_status", "git_diff_unstaged", "git_diff_staged", "git_diff", "git_commit", "git_add", "git_reset"),
    *("git_log", "git_create_branch", "git_checkout", "git_show", "git_branch"),
)
#: Tools that change something, beside those of `reports`.
WRITES = {
    "findings/sarif",
    "findings/remove",
    "repos/apply",
    "repos/revert",
    "repos/uncommit",
    "documentation/build",
    "documentation/remove",
}


@pytest.fixture(scope="module")
def live(request: pytest.FixtureRequest) -> dict[str, Tool]:
    """Every live first-party tool of both, and of the servers that "Onboard this project" uses beside them."""
    own = [server.name for specialist in (DEV, SECURITY) for server in specialist.servers if server.name != "git"]
    servers: dict[str, Talk] = {name: request.getfixturevalue(name) for name in (*own, "tables", "host")}
    return {f"{name}/{tool}": known for name, talk in servers.items() for tool, known in talk.tools().items()}


def bound(template: Template) -> dict[str, dict[str, Any]]:
    """The arguments of each subtask, with inputs at their defaults and stand-ins for results."""

    def value(reference: Reference) -> Json:
        if reference.root == "inputs":
            spec = template.inputs[reference.name]
            return spec.default if not spec.required else ["a text"] if spec.type == "array" else "a text"
        item: Json = ["a text"] if reference.path in (("files",), ("add",)) else "/repository"
        standing_in: dict[str, Json] = {"context": "/reports", "item": item, "subtasks": {"findings": []}}
        return standing_in[reference.root]

    return {subtask.id: resolve(subtask.args, value) for subtask in template.subtasks}  # type: ignore[misc]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_every_argument_fits_the_live_tool(template: Template, live: dict[str, Tool]) -> None:
    args = bound(template)
    checked = 0
    for subtask in template.subtasks:
        if subtask.tool in live:
            schema = live[subtask.tool].input_schema
            for name, value in args[subtask.id].items():
                if subtask.tool == "reports/write" or not depends(subtask.args[name]):  # a result has its own type
                    jsonschema.validate(value, {**schema["properties"][name], "$defs": schema.get("$defs", {})})
            assert set(schema.get("required", ())) <= set(args[subtask.id])
            assert set(args[subtask.id]) <= set(live[subtask.tool].input_schema["properties"])
            checked += 1
    assert checked >= 2


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_every_output_is_one_the_live_tool_has(template: Template, live: dict[str, Tool]) -> None:
    tools = {subtask.id: subtask.tool or "" for subtask in template.subtasks}
    for output in template.outputs.values():
        subtask, _, key = str(output).removeprefix("${subtasks.").removesuffix("}").split(".")
        assert key in (live[tools[subtask]].output_schema or {})["properties"]


@pytest.mark.parametrize("specialist", [DEV, SECURITY], ids=lambda specialist: specialist.name)
def test_every_live_tool_has_a_row_and_every_row_a_tool(specialist: Specialist, live: dict[str, Tool]) -> None:
    own = {server.name for server in specialist.servers}
    known = {*live, *(f"git/{name}" for name in GIT)}
    assert {row.tool for row in specialist.tools} == {ref for ref in known if ref.split("/")[0] in own}


def test_every_tool_states_its_output_and_what_it_does_to_the_world(live: dict[str, Tool]) -> None:
    own = {server.name for specialist in (DEV, SECURITY) for server in specialist.servers}
    for ref, tool in live.items():
        if ref.split("/")[0] not in own:
            continue
        assert tool.output_schema, ref
        assert tool.annotations is not None, ref
        assert tool.annotations.destructive_hint is False, ref
        writes = ref.startswith("reports/") or ref in WRITES
        assert tool.annotations.idempotent_hint is (ref != "repos/apply"), ref
        assert tool.annotations.read_only_hint is not writes, ref
        assert all(known.get("description") for known in tool.input_schema["properties"].values()), ref


def test_every_path_argument_in_the_table_is_one_of_the_tool(live: dict[str, Tool]) -> None:
    for row in (*DEV.tools, *SECURITY.tools):
        if row.tool in live:
            assert set(row.path_args) <= set(live[row.tool].input_schema["properties"])


def test_a_planted_repository_from_end_to_end(
    secrets: Talk, code: Talk, quality: Talk, reports: Talk, planted: Planted
) -> None:
    folder = str(planted.folder)
    commit = f"Commit: {'a' * 40}\nAuthor: Eve\nDate: 2026-11-22 12:00:00+00:00\nMessage: {HOSTILE_MESSAGE}\n"
    sections = [
        {"title": "Secrets", "content": secrets.call("scan", path=folder)},
        {"title": "Unsafe code", "content": code.call("scan", path=folder)},
        {"title": "Permissions", "content": code.call("permissions", path=folder)},
        {"title": "Quality", "content": quality.call("assess", path=folder)},
        {"title": "Recent commits", "content": f"Commit history:\n{commit}"},
    ]
    target = planted.folder.parent / "reports" / "3f2a9c01b7de"
    written = reports.call("write", title="Onboarding", folder=str(target), sections=sections, task="3f2a9c01b7de")
    assert (written["status"], written["worst"], written["sections"]) == ("fail", "critical", 5)
    assert written["findings"]["critical"] == 2
    for path in (written["html"], written["markdown"]):
        text = (target / path).read_text()
        for place in ("app/aws.py:1", "legacy/old.py:1", "config/settings.yaml:2", "app/run.py:5", "loose.txt"):
            assert place in text
        assert "<script>alert" not in text
        assert not [secret for secret in SECRETS if secret in text]
    assert (
        reports.call("write", title="Onboarding", folder=str(target), sections=sections, task="3f2a9c01b7de") == written
    )


def test_a_report_that_cannot_be_written_says_why(reports: Talk, planted: Planted) -> None:
    refusal = reports.refusal("write", title="t", sections=[], folder=str(planted.folder / "app" / "run.py"))
    assert "cannot be made" in refusal


@pytest.mark.parametrize("name", ["../escape", "a/b", "", "Report", ".hidden"])
def test_a_file_name_cannot_leave_the_folder(reports: Talk, planted: Planted, name: str) -> None:
    refusal = reports.refusal("write", title="t", sections=[], folder=str(planted.folder), name=name)
    assert "name" in refusal
