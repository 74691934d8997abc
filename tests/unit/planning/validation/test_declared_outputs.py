"""A field that no tool declares: refused where undo depends on it, warned about elsewhere."""

from typing import Any

import pytest

from aether_agents.contracts import Json, Risk
from aether_agents.planning.planner import Planner
from aether_agents.planning.planning_result import Planned, Unplannable
from aether_agents.planning.validation.declared_outputs import declares
from aether_agents.settings.model import Settings
from tests.unit.planning.toolshed import HOME, NUMBER, TEXT, catalogue, task, template, tool

INNER: dict[str, Json] = {"type": "object", "properties": {"id": TEXT}}
MADE: dict[str, Json] = {
    "type": "object",
    "properties": {
        "path": TEXT,
        "rows": {"type": "array", "items": {"$ref": "#/$defs/Row"}},
        "entry": {"anyOf": [INNER, {"type": "null"}]},
        "free": {"type": "object"},
        "map": {"type": "object", "additionalProperties": INNER},
        "open": {"type": "object", "properties": {"a": TEXT}, "additionalProperties": True},
    },
    "$defs": {"Row": {"type": "object", "properties": {"number": NUMBER}}},
}


@pytest.mark.parametrize(
    ("path", "declared"),
    [
        ((), True),
        (("path",), True),
        (("paht",), False),
        (("rows", 0, "number"), True),
        (("rows", 0, "nmber"), False),
        (("entry", "id"), True),
        (("entry", "name"), False),
        (("free", "anything"), None),
        (("map", "any", "id"), True),
        (("map", "any", "name"), False),
        (("open", "a"), True),
        (("open", "b"), None),
    ],
)
def test_what_a_schema_declares(path: tuple[str | int, ...], declared: bool | None) -> None:
    assert declares(MADE, path) is declared


def test_who_has_no_schema_declares_nothing() -> None:
    assert declares(None, ("a",)) is None
    assert declares({"type": "object"}, ("a",)) is None


TOOLS = (
    tool("files/make", {"name": TEXT}, output=MADE, risk=Risk.WRITE),
    tool("files/mute", {"name": TEXT}, risk=Risk.WRITE),
    tool("files/remove", {"path": TEXT}, ["path"], risk=Risk.WRITE),
)


def concluded(**subtask: Any) -> Any:
    """What becomes of a plan of one change."""
    outputs = subtask.pop("outputs", {})
    of = template(subtasks=[{"id": "make", "tool": "files/make", **subtask}], outputs=outputs)
    return Planner(Settings(home=HOME), (of,)).plan(task(type=of.name), catalogue(*TOOLS))


def undone_with(value: str) -> dict[str, Json]:
    return {"tool": "files/remove", "args": {"path": value}}


@pytest.mark.parametrize("value", ["${subtasks.make.output.file}", "./${subtasks.make.output.file}"])
def test_undo_that_depends_on_what_nobody_declares_is_refused(value: str) -> None:
    found = concluded(compensate=undone_with(value))
    assert isinstance(found, Unplannable)
    assert "its undo depends on `${subtasks.make.output.file}`, which is not declared by `files/make`" in found.error


def test_each_item_of_a_fan_out_undoes_with_its_own_result() -> None:
    fan = {"for_each": ["a", "b"], "args": {"name": "${item}"}}
    assert isinstance(concluded(**fan, compensate=undone_with("${subtasks.make.output.path}")), Planned)
    assert isinstance(concluded(**fan, compensate=undone_with("${subtasks.make.output.paht}")), Unplannable)


def test_undo_that_depends_on_what_is_declared_is_planned_without_a_word() -> None:
    found = concluded(compensate=undone_with("${subtasks.make.output.path}"))
    assert isinstance(found, Planned)
    assert found.warnings == ()


def test_undo_that_depends_on_a_tool_that_declares_nothing_is_a_warning() -> None:
    found = concluded(tool="files/mute", compensate=undone_with("${subtasks.make.output.path}"))
    assert isinstance(found, Planned)
    assert "`files/mute` does not declare what it gives there" in found.warnings[0]


@pytest.mark.parametrize(
    "use",
    [
        {"outputs": {"file": "${subtasks.make.output.file}"}},
        {"outputs": {"file": "see ${subtasks.make.output.rows[0].name}"}},
        {
            "verify": {
                "tool": "files/remove",
                "args": {"path": "x${subtasks.make.output.file}"},
                "expect": {"path": "a"},
            }
        },
    ],
)
def test_elsewhere_it_is_a_warning(use: dict[str, Any]) -> None:
    found = concluded(**use)
    assert isinstance(found, Planned), found
    assert len(found.warnings) == 1
    assert "may have no value: it is not declared by `files/make`" in found.warnings[0]


@pytest.mark.parametrize(
    "use", [{"if": {"ref": "${subtasks.make.output.file}"}}, {"args": {"name": "a ${subtasks.make.output.file}"}}]
)
def test_so_is_what_a_later_subtask_takes(use: dict[str, Any]) -> None:
    later = {"id": "later", "tool": "files/mute", "needs": ["make"], **use}
    of = template(subtasks=[{"id": "make", "tool": "files/make"}, later])
    found = Planner(Settings(home=HOME), (of,)).plan(task(type=of.name), catalogue(*TOOLS))
    assert isinstance(found, Planned), found
    assert ["`later`: `${subtasks.make.output.file}` may have no value" in one for one in found.warnings] == [True]
