"""`aether-agent templates validate`: a file against the tool tables, and against the live tools of a stack."""

from pathlib import Path

import pytest

from aether_agents.cli.templates.template_check import rows_without_a_tool
from aether_agents.contracts.server import CatalogueEntry
from tests.unit.cli.conftest import RecordedStack, Run
from tests.unit.cli.fake import RecordedOrchestrator
from tests.unit.planning.toolshed import TEXT, tool

TEMPLATE = """\
name: note
description: Write a note
subtasks:
  - id: write
    tool: {tool}
    args: {{title: One, sections: []}}
    {more}
"""


def written(folder: Path, tool: str, more: str = "") -> str:
    file = folder / "note.yaml"
    file.write_text(TEMPLATE.format(tool=tool, more=more))
    return str(file)


@pytest.mark.parametrize(
    ("tool", "more", "code", "said"),
    [
        ("reports/write", "", 0, "note, 1 subtasks"),
        (
            "reports/wirte",
            "",
            2,
            "note.yaml:5: `subtasks.0.tool`: no tool table has `reports/wirte`; nearest: `reports/write`",
        ),
        ("reports/write", "verify: {tool: quality/asess, expect: {path: a}}", 2, "nearest: `quality/assess`"),
        ("reports/write", "compensate: {tool: reports/wrte, args: {}}", 2, "`subtasks.0.compensate.tool`"),
        ("reports/tidy_up", "", 0, "a tool without a row is destructive and unrepeatable"),
        ("reprots/write", "", 0, "no server here is called `reprots`; did you mean `reports`?"),
    ],
)
def test_tools_are_looked_up_in_the_tables(
    run: Run, tmp_path: Path, tool: str, more: str, code: int, said: str
) -> None:
    ran = run("templates", "validate", written(tmp_path, tool, more))
    assert (ran.code, said in ran.out + ran.err) == (code, True), ran.out + ran.err


def test_where_a_stack_runs_its_live_tools_count_and_what_they_give(
    run: Run, stack: RecordedStack, tmp_path: Path
) -> None:
    made = {"type": "object", "properties": {"path": TEXT}}
    live = (tool("reports/draft", {}, output=made), tool("reports/remove", {"path": TEXT}))
    entry = CatalogueEntry(server="reports", specialist="dev", spec_digest="d", status="live", tools=live)
    orchestrator = stack(RecordedOrchestrator([]))
    orchestrator.listed = {"reports": entry}
    undone = "compensate: {tool: reports/remove, args: {path: '${subtasks.write.output.%s}'}}"
    assert run("templates", "validate", written(tmp_path, "reports/draft", undone % "path")).code == 0
    refused = run("templates", "validate", written(tmp_path, "reports/draft", undone % "file"))
    assert (refused.code, "its undo depends on `${subtasks.write.output.file}`" in refused.err) == (2, True)
    gone = run("templates", "validate", written(tmp_path, "reports/write"))
    assert (gone.code, "there is no tool `reports/write`" in gone.err) == (2, True)


def test_settings_that_are_wrong_leave_the_file_to_be_checked_by_itself(run: Run, tmp_path: Path) -> None:
    Path("aether_agent.yaml").write_text("nonsense: 1\n")
    ran = run("templates", "validate", written(tmp_path, "reports/wirte"))
    assert (ran.code, "tools were not looked at" in ran.err) == (0, True)


def test_a_row_without_a_tool_is_named_with_the_nearest() -> None:
    found = list(rows_without_a_tool(["net/lookup", "net/lokup", "other/x"], "net", ["lookup"]))
    assert found == ["the tool table has a row `net/lokup`, and the server has no such tool; nearest: `net/lookup`"]
