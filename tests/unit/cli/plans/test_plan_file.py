"""Plan files: what `plan -o` writes is what `apply` reads."""

from pathlib import Path

import pytest

from aether_agents.cli.plans.plan_file import write_plan
from aether_agents.cli.plans.plan_preview import PlanPreview
from aether_agents.cli.terminal.glyphs import UNICODE
from aether_agents.cli.terminal.text import width_of
from aether_agents.cli.views.task_tree import TaskTree
from aether_agents.contracts import Plan, PlannedSubtask, Risk
from aether_agents.errors import InvalidSettings
from aether_agents.planning.files.plan_file import dump, load, template_of

PLAN = Plan(
    name="audit",
    description="監査 - an audit",
    specialist="security",
    origin="template",
    template="audit",
    confidence=0.92,
    subtasks=(
        PlannedSubtask(
            id="scan",
            name="scan it",
            tool="secrets/scan",
            args={"path": "/p"},
            specialist="security",
            risk=Risk.READ,
            repeatable=True,
            pin="sha256:1",
        ),
        PlannedSubtask(
            id="each",
            tool="code/scan",
            args={"path": "${item}"},
            for_each=["/a", "/b"],
            specialist="security",
            risk=Risk.READ,
        ),
        PlannedSubtask(
            id="drop",
            tool="git/git_reset",
            args={},
            needs=("scan", "each"),
            specialist="dev",
            risk=Risk.DESTRUCTIVE,
            needs_approval=True,
        ),
    ),
    outputs={"status": "${subtasks.scan.output.status}"},
    digest="sha256:2",
)


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    write_plan(dump(PLAN), path)
    text = path.read_text()
    assert text.startswith("# Made by aether-agent plan on ")
    assert f"aether-agent apply {path}" in text
    assert "監査" in text
    assert "pin" not in text
    assert load(path) == template_of(PLAN)
    assert [step.id for step in load(path).subtasks] == ["scan", "each", "drop"]


def test_a_plan_without_subtasks_cannot_be_applied(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("name: x\ndescription: y\n")
    with pytest.raises(InvalidSettings, match=r"p\.yaml:1: there is nothing to run"):
        load(tmp_path / "p.yaml")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"no/plan\.yaml: cannot be written"):
        write_plan(dump(PLAN), tmp_path / "no" / "plan.yaml")


def test_the_blueprint_shows_calls_risks_and_what_asks() -> None:
    lines = [line.plain for line in PlanPreview(TaskTree(UNICODE), 5_000).lines(PLAN, 80)]
    assert lines == [
        "監査 - an audit",
        "template audit · 92% sure · 3 subtasks · canvas",
        "├─ ○ scan it      read",
        "│      security  secrets/scan",
        '│      path  "/p"',
        "╰─ ○ each × each  read",
        "       security  code/scan",
        '       each  ["/a", "/b"]',
        '       path  "${item}"',
        "○ drop            destructive  asks you",
        "    dev  git/git_reset",
        "2 read, 1 destructive; 1 asks you first",
    ]


def test_the_blueprint_fits_sixty_columns() -> None:
    long = PLAN.model_copy(update={"description": "長い" * 60})
    assert all(width_of(line.plain) <= 60 for line in PlanPreview(TaskTree(UNICODE), 5_000).lines(long, 60))


def test_a_plan_too_heavy_for_a_canvas_is_delivered_directly() -> None:
    assert PlanPreview(TaskTree(UNICODE), 2).delivery(PLAN) == "direct"
