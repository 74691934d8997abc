"""Edits of a plan: what each changes, and what it refuses to break."""

from typing import Any

import pytest

from aether_agents.contracts import Template, Tool, ToolRow
from aether_agents.planning.editing.edit_words import USAGE, read_edit
from aether_agents.planning.editing.edits import edited
from aether_agents.planning.editing.graft import grafted, named_tool
from aether_agents.planning.editing.plan_edit import (
    Add,
    Approve,
    Drop,
    Move,
    Refused,
    Reword,
    SetArgument,
)


def plan(*subtasks: dict[str, Any], **fields: Any) -> Template:
    return Template.model_validate({"name": "p", "description": "p", "subtasks": subtasks, **fields})


LOOK: dict[str, Any] = {"id": "look", "tool": "a/look", "args": {"paths": ["/a", "/b"], "options": {"depth": 1}}}
MAKE: dict[str, Any] = {"id": "make", "tool": "a/make", "args": {"n": "${subtasks.look.output.n}"}, "needs": ["look"]}
TELL: dict[str, Any] = {"id": "tell", "tool": "a/tell", "needs": ["make"]}
WHOLE = plan(LOOK, MAKE, TELL)


def ids(found: Template | Refused) -> dict[str, tuple[str, ...]]:
    assert isinstance(found, Template), found
    return {one.id: one.needs for one in found.subtasks}


def why(found: Template | Refused) -> str:
    assert isinstance(found, Refused), found
    return found.why


def test_what_a_dropped_subtask_gave_is_not_dropped_with_it() -> None:
    assert "`make` needs" in why(edited(WHOLE, Drop("look")))
    assert ids(edited(WHOLE, Drop("make"))) == {"look": (), "tell": ("look",)}
    shown = plan(LOOK, {**TELL, "needs": []}, outputs={"n": "${subtasks.look.output}"})
    assert "the output `n`" in why(edited(shown, Drop("look")))
    assert "only subtask" in why(edited(plan(LOOK), Drop("look")))
    assert "did you mean `look`" in why(edited(WHOLE, Drop("lok")))


@pytest.mark.parametrize(
    "use",
    [
        {"if": {"ref": "${subtasks.look.output.n}", "op": "eq", "value": 1}},
        {"for_each": "${subtasks.look.output.items}"},
        {"verify": {"tool": "a/see", "args": {"x": "${subtasks.look.output}"}, "expect": {"path": ""}}},
        {"compensate": {"tool": "a/undo", "args": {"x": "${subtasks.look.output}"}}},
        {"unchanged": "look"},
        {"tool": None, "review": {"of": "look", "as": "text"}},
    ],
)
def test_every_kind_of_use_stands_in_the_way_of_dropping(use: dict[str, Any]) -> None:
    found = edited(plan(LOOK, {"id": "user", "tool": "a/make", **use}), Drop("look"))
    assert "`user` needs" in why(found)


def test_a_dropped_call_leaves_its_review_and_a_dropped_review_its_order() -> None:
    review = {"id": "see", "review": {"of": "look", "as": "text", "covers": ["make", "tell"]}}
    whole = plan(LOOK, review, {**TELL, "id": "make", "needs": ["see"]}, {**TELL, "needs": ["see"]})
    found = edited(whole, Drop("make"))
    assert isinstance(found, Template)
    assert found.subtasks[1].review is not None
    assert found.subtasks[1].review.covers == ("tell",)
    assert "see" not in ids(edited(whole, Drop("see")))


def test_an_argument_or_a_part_of_one_is_set() -> None:
    found = edited(WHOLE, SetArgument("look", "paths.1", "/c"))
    assert isinstance(found, Template)
    assert found.subtasks[0].args["paths"] == ["/a", "/c"]
    assert WHOLE.subtasks[0].args["paths"] == ["/a", "/b"]
    found = edited(WHOLE, SetArgument("look", "options.depth", 2))
    assert isinstance(found, Template)
    assert found.subtasks[0].args["options"] == {"depth": 2}
    for name in ("paths.9", "paths.x", "options.a.b", "paths.0.x"):
        assert "has no" in why(edited(WHOLE, SetArgument("look", name, 1)))


def test_an_order_that_only_needs_said_gives_way_and_that_of_a_result_does_not() -> None:
    assert ids(edited(WHOLE, Move("tell", "before", "make")))["tell"] == ()
    assert ids(edited(WHOLE, Move("tell", "before", "make")))["make"] == ("look", "tell")
    assert "cannot run before" in why(edited(WHOLE, Move("make", "before", "look")))
    assert "through" in why(edited(WHOLE, Move("tell", "before", "look")))
    assert ids(edited(WHOLE, Move("tell", "after", "make"))) == ids(WHOLE)
    assert "itself" in why(edited(WHOLE, Move("look", "after", "look")))


def test_who_is_asked_can_be_said_but_not_of_a_review() -> None:
    found = edited(WHOLE, Approve("make", "required"))
    assert isinstance(found, Template)
    assert found.subtasks[1].approval == "required"
    review = {"id": "see", "review": {"of": "look", "as": "text"}}
    assert "always asks" in why(edited(plan(LOOK, review), Approve("see", "never")))


def test_an_addition_waits_for_all_and_takes_no_name_away() -> None:
    added = plan(LOOK, {**MAKE, "unchanged": "look"}, outputs={"n": "${subtasks.make.output}"})
    found = grafted(plan(LOOK, MAKE, TELL, outputs={"n": "${subtasks.make.output}"}), added)
    assert ids(found) == {**ids(WHOLE), "look-2": ("tell",), "make-2": ("look-2",)}
    assert isinstance(found, Template)
    assert found.subtasks[4].args == {"n": "${subtasks.look-2.output.n}"}
    assert found.subtasks[4].unchanged == "look-2"
    assert found.outputs == {"n": "${subtasks.make.output}", "n-2": "${subtasks.make-2.output}"}


def test_a_tool_is_added_by_its_name_with_its_arguments() -> None:
    tool = Tool(server="a", name="Look At", specialist="dev", pin="p", row=ToolRow(tool="a/look"))
    plain = tool.model_copy(update={"name": "look"})
    found = named_tool("a/look path=/x n=3 text=${secrets.token}", [tool, plain])
    assert found is not None
    assert found.subtasks[0].args == {"path": "/x", "n": 3, "text": "$${secrets.token}"}
    assert named_tool("a/look at the logs", [plain]) is None
    assert named_tool("a/other", [plain]) is None


@pytest.mark.parametrize(
    ("line", "edit"),
    [
        ("drop scan", Drop("scan")),
        ("DROP scan", Drop("scan")),
        ("set scan paths.0 = /a b", SetArgument("scan", "paths.0", "/a b")),
        ('set scan paths=["a", "b"]', SetArgument("scan", "paths", ["a", "b"])),
        ("set scan n=NaN", SetArgument("scan", "n", "NaN")),
        ("set scan n=", SetArgument("scan", "n", "")),
        ("move tell before scan", Move("tell", "before", "scan")),
        ("move tell AFTER scan", Move("tell", "after", "scan")),
        ("ask scan", Approve("scan", "required")),
        ("ask scan never", Approve("scan", "never")),
        ("add mail me the report", Add("mail me the report")),
        ("reword: audit ./b instead", Reword("audit ./b instead")),
        ("also look at ./b", None),
    ],
)
def test_a_typed_line_is_an_edit_or_a_sentence(line: str, edit: object) -> None:
    assert read_edit(line) == edit


@pytest.mark.parametrize(
    "line", ["drop", "drop the report", "set scan", "move a b", "ask scan perhaps", "add", "reword"]
)
def test_a_line_that_begins_like_an_edit_is_told_how_one_is_written(line: str) -> None:
    found = read_edit(line)
    assert isinstance(found, Refused)
    assert any(usage in found.why for usage, _ in USAGE)


def test_a_value_nested_beyond_measure_is_a_text() -> None:
    deep = "[" * 100_000
    found = read_edit(f"set scan n={deep}")
    assert found == SetArgument("scan", "n", deep)
