"""Words that are added to a plan: a tool that they name, or whatever they are planned as, behind what is there."""

from .test_planner import AUDIT
from .toolshed import asked, plan, planned, refused, task, template

ONE = template("one", subtasks=[{"id": "look", "tool": "secrets/scan", "args": {"path": "/a"}}])


def test_a_template_is_added_by_a_sentence_and_runs_last() -> None:
    made = planned(plan(AUDIT, asks=task("one", document=ONE, addition="security audit of ./app")))
    assert [(one.id, one.needs) for one in made.subtasks] == [
        ("look", ()),
        ("secrets", ("look",)),
        ("report", ("secrets",)),
    ]
    assert made.subtasks[1].args == {"path": "/place/app"}
    assert (made.origin, set(made.outputs)) == ("file", {"count"})


def test_a_tool_is_added_by_its_name() -> None:
    made = planned(plan(AUDIT, asks=task("one", document=ONE, addition="secrets/scan path=./b")))
    assert [one.tool for one in made.subtasks] == ["secrets/scan", "secrets/scan"]
    assert made.subtasks[1].args == {"path": "/place/b"}
    assert "colour" in refused(plan(AUDIT, asks=task("one", document=ONE, addition="secrets/scan colour=red")))


def test_what_an_addition_lacks_is_asked_and_what_nothing_does_is_refused() -> None:
    needs = template(
        "needs",
        description="Count the tables of a folder",
        inputs={"path": {"format": "path", "required": True, "prompt": "Which folder?"}},
        subtasks=[{"id": "q", "tool": "quality/assess", "args": {"path": "${inputs.path}"}}],
    )
    question = asked(plan(needs, asks=task("one", document=ONE, addition="count the tables")))
    assert "Which folder?" in question.intervention.prompt or "path" in question.intervention.fields
    told = planned(plan(needs, asks=task("one", document=ONE, addition="count the tables", inputs={"path": "/x"})))
    assert told.subtasks[1].args == {"path": "/x"}
    assert refused(plan(AUDIT, asks=task("one", document=ONE, addition="boil an egg")))


def test_a_document_that_began_as_a_draft_stays_one() -> None:
    assert planned(plan(AUDIT, asks=task("one", document=ONE, drafted=True))).origin == "draft"
    more = task("one", document=ONE, drafted=True, addition="security audit of ./app")
    assert planned(plan(AUDIT, asks=more)).origin == "draft"
