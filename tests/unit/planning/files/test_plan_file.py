"""A plan as a file, and back: the same work, the same digest."""

from pathlib import Path

import pytest

from aether_agents.errors import InvalidSettings
from aether_agents.planning.files import plan_file
from aether_agents.planning.validation.digest import reports_folder
from tests.unit.planning.toolshed import HOME, plan, planned, task, template

EVERYTHING = template(
    "everything",
    description="Uses all of the language: ä, 日本語, 'quotes'",
    specialist="dev",
    inputs={"paths": {"type": "array", "items": {"format": "path"}, "required": True}, "text": {}},
    subtasks=[
        {
            "id": "scan",
            "name": "look",
            "tool": "secrets/scan",
            "for_each": "${inputs.paths}",
            "max_parallel": 2,
            "args": {"path": "${item}"},
            "retry": {"max_attempts": 3, "on": ["timeout"]},
            "timeout": 60,
            "on_failure": "continue",
            "expect": {"path": "count", "op": "ge", "value": 0},
        },
        {
            "id": "report",
            "tool": "reports/write",
            "if": {"ref": "${subtasks.scan.output[0].count}", "op": "gt", "value": 0},
            "approval": "required",
            "args": {
                "title": "${inputs.text}",
                "sections": ["${subtasks.scan.output}"],
                "folder": "${context.reports}/sub",
                "task": "${context.task_id}",
            },
        },
    ],
    outputs={"report": "${subtasks.report.output}", "for": "${context.task_id}"},
)


def test_a_plan_file_gives_the_same_plan_for_another_task(tmp_path: Path) -> None:
    text = "costs $${5}, says ${secrets.token}\nand more"
    first = task(type="everything", task_id="11aa22bb33cc", inputs={"paths": ["a", "/b"], "text": text})
    made = planned(plan(EVERYTHING, asks=first))
    path = tmp_path / "plan.yaml"
    path.write_text(plan_file.dump(made, first.task_id, reports_folder(HOME, first.task_id)), encoding="utf-8")
    second = task("apply it", task_id="99dd88ee77ff", folder="/elsewhere", document=plan_file.load(path))
    again = planned(plan(EVERYTHING, asks=second))
    assert again.digest == made.digest
    assert again.origin == "file"
    assert again.subtasks[0] == made.subtasks[0]
    assert again.subtasks[1].args["folder"] == str(HOME / "reports" / "99dd88ee77ff" / "sub")
    assert again.subtasks[1].args["title"] == made.subtasks[1].args["title"]
    assert again.outputs["for"] == "99dd88ee77ff"


def test_a_plan_file_reads_like_a_template_and_says_where_it_is_from() -> None:
    made = planned(plan(EVERYTHING, inputs={"paths": ["/a"], "text": "T"}))
    text = plan_file.dump(made)
    assert text.startswith(
        "# A plan (from the template everything). Run it with: aether-agent apply FILE\n# told: paths"
    )
    assert "specialist: dev" in text
    for added in ("risk:", "pin:", "needs_approval", "confidence", "digest", "approved_up_to"):
        assert added not in text
    assert "日本語" in text


def test_the_document_of_a_plan_can_be_run_without_a_file() -> None:
    first = task(type="everything", task_id="11aa22bb33cc", inputs={"paths": ["/a"], "text": "T"})
    made = planned(plan(EVERYTHING, asks=first))
    document = plan_file.template_of(made, first.task_id, reports_folder(HOME, first.task_id))
    again = planned(plan(EVERYTHING, asks=task("apply", task_id="99dd88ee77ff", document=document)))
    assert again.digest == made.digest


def test_a_short_task_id_is_not_taken_for_other_words() -> None:
    made = planned(plan(EVERYTHING, asks=task(type="everything", task_id="T", inputs={"paths": ["/T"], "text": "T"})))
    assert "title: T\n" in plan_file.dump(made, "T", reports_folder(HOME, "T"))


def test_a_changed_file_is_another_plan(tmp_path: Path) -> None:
    made = planned(plan(EVERYTHING, inputs={"paths": ["/a"], "text": "T"}))
    path = tmp_path / "plan.yaml"
    path.write_text(plan_file.dump(made).replace("timeout: 60.0", "timeout: 90"), encoding="utf-8")
    again = planned(plan(EVERYTHING, asks=task("apply", document=plan_file.load(path))))
    assert again.digest != made.digest


def test_a_file_with_nothing_to_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("name: empty\ndescription: nothing\n")
    with pytest.raises(InvalidSettings, match="nothing to run in it"):
        plan_file.load(path)
