"""Composition: several goals as one plan; what nothing takes asked about; drafts only where a person wants one."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from aether_agents.contracts import HighLevelTask, Subtask, Tool
from aether_agents.planning.composition.draft import DRAFT
from aether_agents.planning.composition.template_choice import WITHOUT
from aether_agents.planning.planner import Planner
from aether_agents.planning.planning_result import Conclusion
from aether_agents.settings.model import Settings

from .toolshed import HOME, NUMBER, TEXT, TOOLS, asked, catalogue, planned, refused, template, tool

OUTPUTS = {"report": "${subtasks.report.output.html}", "status": "${subtasks.report.output.status}"}


def ending(of: str) -> dict[str, object]:
    sections = [{"title": "Found", "content": f"${{subtasks.{of}.output}}"}]
    return {
        "id": "report",
        "tool": "reports/write",
        "args": {"title": of, "sections": sections, "subject": "${inputs.path}"},
    }


AUDIT = template(
    "audit",
    description="Security audit of a repository",
    deed="check",
    inputs={"path": {"format": "path", "default": "."}},
    subtasks=[{"id": "scan", "tool": "secrets/scan", "args": {"path": "${inputs.path}"}}, ending("scan")],
    outputs=OUTPUTS,
)
QUALITY = template(
    "quality",
    description="Code quality of a repository",
    deed="check",
    inputs={"path": {"format": "path", "default": "."}, "days": {"type": "integer", "default": 90}},
    subtasks=[{"id": "q", "tool": "quality/assess", "args": {"path": "${inputs.path}"}}, ending("q")],
    outputs=OUTPUTS,
)
STORE = template(
    "store_up",
    description="Back up a database",
    deed="back_up",
    inputs={"path": {"format": "path", "required": True, "prompt": "Which database?"}},
    subtasks=[{"id": "copy", "tool": "code/scan", "args": {"path": "${inputs.path}"}}, ending("copy")],
    outputs=OUTPUTS,
)
LOG = tool("git/git_log", {"repo_path": TEXT, "max_count": NUMBER}, ["repo_path"]).model_copy(
    update={"description": "Shows the commit history of a repository"}
)
RESET = next(one for one in TOOLS if one.name == "git_reset").model_copy(
    update={"description": "Resets the commit history of a repository"}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a/.git", "b/.git", "repos/one/.git", "repos/two/.git"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "x.db").touch()
    return tmp_path


def plan(say: str, folder: Path, tools: Sequence[Tool] = TOOLS, **fields: object) -> Conclusion:
    asks = HighLevelTask.model_validate({"description": say, "folder": str(folder), **fields})
    return Planner(Settings(home=HOME), (AUDIT, QUALITY, STORE)).plan(asks, catalogue(*tools))


def test_two_goals_become_one_plan_with_one_report(folder: Path) -> None:
    made = planned(plan("security audit of ./a and code quality of ./b", folder))
    assert [one.id for one in made.subtasks] == ["audit/scan", "quality/q", "report"]
    assert made.subtasks[0].args["path"] == str(folder / "a")
    assert made.subtasks[1].needs == ()
    assert set(made.subtasks[2].needs) == {"audit/scan", "quality/q"}
    titles = [one["title"] for one in made.subtasks[2].args["sections"]]
    assert [title.rsplit(": ", 1)[1] for title in titles] == ["Found", "Found"]
    assert made.outputs["status"] == "${subtasks.report.output.status}"
    assert (made.origin, made.template, made.unused) == ("template", None, ())
    assert ("./a", "`path` of `audit`") in [(one.text, one.as_) for one in made.understood]


def test_the_words_say_the_order(folder: Path) -> None:
    made = planned(plan("back up ./x.db, then security audit of ./a", folder))
    assert next(one for one in made.subtasks if one.id == "audit/scan").needs == ("store_up/copy",)
    turned = planned(plan("before you audit the security of ./a, back up ./x.db", folder))
    assert next(one for one in turned.subtasks if one.id == "audit/scan").needs == ("store_up/copy",)


def test_a_verdict_before_it_is_a_condition_and_keeps_its_report(folder: Path) -> None:
    made = planned(plan("security audit of ./a and, if it passes, back up ./x.db", folder))
    copy = next(one for one in made.subtasks if one.id == "store_up/copy")
    assert copy.if_ is not None
    assert (copy.if_.ref, copy.if_.op, copy.if_.value) == ("${subtasks.audit/report.output.status}", "eq", "pass")
    assert sum(one.tool == "reports/write" for one in made.subtasks) == 2


def test_a_report_whose_list_is_gone_through_stays_a_report_of_its_own(folder: Path) -> None:
    each = {
        "id": "each",
        "tool": "code/scan",
        "for_each": "${subtasks.report.output.files}",
        "args": {"path": "${item}"},
    }
    listing = AUDIT.model_copy(update={"subtasks": (*AUDIT.subtasks, Subtask.model_validate(each))})
    planner = Planner(Settings(home=HOME), [listing, QUALITY])
    asks = HighLevelTask(description="security audit of ./a, then code quality of ./b", folder=str(folder))
    made = planned(planner.plan(asks, catalogue()))
    assert [one.id for one in made.subtasks if one.tool == "reports/write"] == ["audit/report", "quality/report"]


@pytest.mark.parametrize(
    ("say", "places"),
    [
        ("security audit of ./a and ./b", ["a", "b"]),
        ("security audit of every repository under ./repos", ["repos/one", "repos/two"]),
        ("security audit of a", ["a"]),
    ],
)
def test_several_places_become_a_step_each(folder: Path, say: str, places: list[str]) -> None:
    made = planned(plan(say, folder))
    assert [one.args["path"] for one in made.subtasks if "path" in one.args] == [str(folder / one) for one in places]


def test_one_question_asks_for_all_that_is_missing(folder: Path) -> None:
    question = asked(plan("back up the database and security audit of ./a", folder)).intervention
    assert (question.kind, list(question.fields)) == ("input", ["path_of_store_up"])
    made = planned(
        plan(
            "back up the database and security audit of ./a", folder, inputs={"path_of_store_up": str(folder / "x.db")}
        )
    )
    assert [one.args["path"] for one in made.subtasks[:2]] == [str(folder / "x.db"), str(folder / "a")]


@pytest.mark.parametrize(
    ("say", "part"),
    [
        ("security audit of ./a every night", "every night"),
        ("security audit of ./a unless bob objects", "unless bob objects"),
        ("security audit of ./a and mail me the report", "and mail me the report"),
        ("毎晩 ./a のsecurity auditをして", "毎晩"),
    ],
)
def test_what_nothing_takes_is_asked_about_and_can_be_left_out(folder: Path, say: str, part: str) -> None:
    question = asked(plan(say, folder)).intervention
    assert question.choices == (WITHOUT, "cancel")
    assert f"`{part}`" in question.prompt
    made = planned(plan(say, folder, type=WITHOUT))
    assert made.subtasks[0].args["path"] == str(folder / "a")
    assert part in made.unused


def test_a_place_that_is_not_there_is_asked_about(folder: Path) -> None:
    question = asked(plan("security audit of ./nowhere", folder)).intervention
    assert "`./nowhere` in the request is no file or folder here" in question.prompt


def test_one_clause_that_nothing_does_stops_all_of_them(folder: Path) -> None:
    question = asked(plan("security audit of ./a and delete the findings", folder)).intervention
    assert "and delete the findings" in question.prompt


def test_a_draft_is_offered_and_made_only_when_it_is_wanted(folder: Path) -> None:
    say = "show the commit history of ./a"
    question = asked(plan(say, folder, (LOG, RESET))).intervention
    assert DRAFT in question.choices
    assert "`git/git_log` (" in question.prompt
    made = planned(plan(say, folder, (LOG, RESET), type=DRAFT))
    assert made.origin == "draft"
    assert [(one.tool, one.args) for one in made.subtasks] == [("git/git_log", {"repo_path": str(folder / "a")})]
    missing = asked(plan("show the commit history", folder, (LOG, RESET), type=DRAFT)).intervention
    assert list(missing.fields) == ["repo_path"]


@pytest.mark.parametrize("say", ["reset the commit history of ./a", "don't show the commit history", "delete ./a"])
def test_what_destroys_or_is_forbidden_makes_no_draft(folder: Path, say: str) -> None:
    assert "no draft" in refused(plan(say, folder, (LOG, RESET), type=DRAFT))


def test_a_refusal_ends_with_what_is_near(folder: Path) -> None:
    said = refused(plan("reset the history of ./a", folder, (LOG, RESET)))
    assert "aether-agent tools call git/git_" in said
