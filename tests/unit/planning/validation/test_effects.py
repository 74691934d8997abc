"""What templates and plans do to the world, told from the tool table and the arguments."""

import pytest

from aether_agents.contracts import Risk, Subtask, Template, ToolRow
from aether_agents.planning.validation.effects import Effect, effects

ROWS = {
    "files/read": ToolRow(tool="files/read", risk=Risk.READ, path_args=("path",)),
    "files/make": ToolRow(tool="files/make", risk=Risk.WRITE, path_args=("path",), creates=True),
    "files/copy": ToolRow(
        tool="files/copy", risk=Risk.WRITE, path_args=("path", "into"), reads=("path",), creates=True
    ),
    "files/edit": ToolRow(tool="files/edit", risk=Risk.WRITE, path_args=("path",)),
}


def told(*subtasks: dict[str, object], threshold: Risk = Risk.COSTLY) -> list[Effect]:
    parts = [Subtask.model_validate(part) for part in subtasks]
    return list(effects(parts, lambda ref: ROWS.get(ref, ToolRow(tool=ref)), threshold))


@pytest.mark.parametrize(
    ("tool", "does", "asks"),
    [
        ("files/read", "reads", False),
        ("files/make", "creates", False),
        ("files/edit", "changes", False),
        ("files/burn", "destroys", True),
    ],
)
def test_the_verb_comes_from_the_tool_table_and_the_unknown_destroys(tool: str, does: str, asks: bool) -> None:
    [effect] = told({"id": "a", "tool": tool, "args": {"path": "/x"}})
    assert (effect.does, effect.asks, effect.undo) == (does, asks, None)


def test_what_is_touched_is_what_the_path_arguments_name() -> None:
    each, reports, of_result = told(
        {"id": "a", "tool": "files/read", "for_each": "${inputs.paths}", "args": {"path": "${item}", "other": 1}},
        {"id": "b", "tool": "files/make", "args": {"path": "${context.reports}/x"}},
        {"id": "c", "tool": "files/edit", "args": {"path": "${subtasks.a.output.path}"}},
    )
    assert each.what == "each of <paths>"
    assert reports.what == "the task's report folder/x"
    assert of_result.what == "what `a` gives"


def test_the_way_back_is_named_and_goals_are_looked_into() -> None:
    inner = Template.model_validate(
        {"name": "inner", "description": "d",
         "subtasks": [{"id": "x", "tool": "files/make", "args": {"path": "/p"}, "compensate": {"tool": "files/drop"}}]}
    )  # fmt: skip
    [effect] = effects([Subtask(id="g", goal="inner")], ROWS.__getitem__, Risk.COSTLY, {"inner": inner})
    assert (effect.subtask, effect.undo) == ("g/x", "files/drop")


def test_what_is_only_read_on_the_way_is_said_apart() -> None:
    [copy] = told({"id": "a", "tool": "files/copy", "args": {"path": "${inputs.source}", "into": "/x"}})
    assert (copy.does, copy.what) == ("creates", "/x (reads <source>)")
