"""Faults that a document shows by itself: all at once, each located."""

from typing import Any

import pytest

from aether_agents.planning.validation.structure import structure
from tests.unit.planning.toolshed import template

SCAN = {"id": "scan", "tool": "secrets/scan", "args": {"path": "/x"}}


@pytest.mark.parametrize(
    ("fields", "location", "says"),
    [
        ({"subtasks": [SCAN, SCAN]}, ("subtasks", 1, "id"), "two subtasks have the id `scan`"),
        ({"subtasks": [{"id": "a#1", "tool": "s/t"}]}, ("subtasks", 0, "id"), "kept for the items"),
        ({"subtasks": [{"id": "a"}]}, ("subtasks", 0), "exactly one of `tool`, `goal` and `review`; it has none"),
        ({"subtasks": [{"id": "a", "tool": "s/t", "goal": "g"}]}, ("subtasks", 0), "it has tool and goal"),
        ({"subtasks": [{"id": "a", "agent": "do it"}]}, ("subtasks", 0, "agent"), "not available yet"),
        (
            {"subtasks": [SCAN, {"id": "b", "tool": "s/t", "needs": ["scn"]}]},
            ("subtasks", 1, "needs"),
            "did you mean `scan`",
        ),
        ({"subtasks": [{"id": "a", "tool": "s/t", "needs": ["a"]}]}, ("subtasks", 0, "needs"), "needs itself"),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "args": {"x": "${subtasks.a.output}"}}]},
            ("subtasks", 0, "args"),
            "own output",
        ),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "args": {"x": "${subtasks.b.output}"}}]},
            ("subtasks", 0, "args"),
            "not in the plan",
        ),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "args": {"x": "${inputs.pth}"}}], "inputs": {"path": {}}},
            ("subtasks", 0, "args"),
            "did you mean `path`",
        ),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "args": {"x": "${item}"}}]},
            ("subtasks", 0, "args"),
            "without `for_each`",
        ),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "args": {"x": "${env.HOME}"}}]},
            ("subtasks", 0, "args"),
            "must start with",
        ),
        ({"subtasks": [{"id": "a", "tool": "s/t", "for_each": 5}]}, ("subtasks", 0, "for_each"), "must be a list"),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "for_each": "x ${inputs.p}"}], "inputs": {"p": {}}},
            ("subtasks", 0, "for_each"),
            "one reference",
        ),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "for_each": "${secrets.x}"}]},
            ("subtasks", 0, "for_each"),
            "may not stand here",
        ),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "for_each": list(range(1_001))}]},
            ("subtasks", 0, "for_each"),
            "1000 is the limit",
        ),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "max_parallel": 2}]},
            ("subtasks", 0, "max_parallel"),
            "without `for_each`",
        ),
        (
            {"subtasks": [SCAN, {"id": "b", "tool": "s/t", "if": {"ref": "count"}}]},
            ("subtasks", 1, "if", "ref"),
            "must be one reference",
        ),
        (
            {
                "subtasks": [
                    SCAN,
                    {"id": "b", "tool": "s/t", "if": {"ref": "${subtasks.scan.output}", "op": "matches", "value": "("}},
                ]
            },
            ("subtasks", 1, "if", "value"),
            "no regular expression",
        ),
        ({"subtasks": [{**SCAN, "expect": {"path": "a..b"}}]}, ("subtasks", 0, "expect", "path"), "not a path"),
        (
            {"subtasks": [{**SCAN, "expect": {"path": "a", "op": "matches", "value": 3}}]},
            ("subtasks", 0, "expect", "value"),
            "regular expression as its value",
        ),
        (
            {"subtasks": [{"id": "g", "goal": "other", "timeout": 5}]},
            ("subtasks", 0, "timeout"),
            "belongs to the subtasks of its template",
        ),
        (
            {"subtasks": [{"id": "g", "goal": "other", "for_each": [1]}]},
            ("subtasks", 0, "for_each"),
            "belongs to the subtasks",
        ),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "needs": ["b"]}, {"id": "b", "tool": "s/t", "needs": ["a"]}]},
            ("subtasks", 0),
            "a → b → a",
        ),
        ({"subtasks": [SCAN], "outputs": {"x": "${subtasks.skan.output}"}}, ("outputs", "x"), "did you mean `scan`"),
        ({"subtasks": [SCAN], "outputs": {"x": "${secrets.token}"}}, ("outputs", "x"), "may not stand here"),
        (
            {"subtasks": [{"id": "a", "tool": "s/t", "args": {"x": "y" * 70_000}}]},
            ("subtasks", 0, "args"),
            "65536 is the limit",
        ),
        ({"subtasks": [SCAN], "description": "d" * 1_100_000}, (), "1048576 is the limit"),
        ({"inputs": {"a": {"required": True, "default": 1}}}, ("inputs", "a"), "leave one out"),
        ({"inputs": {"a": {"default": "${context.folder}"}}}, ("inputs", "a", "default"), "takes no reference"),
        ({"inputs": {"a": {"type": "string", "items": {}}}}, ("inputs", "a", "items"), "is no array"),
        (
            {"inputs": {"a": {"type": "integer", "minimum": 3, "maximum": 2}}},
            ("inputs", "a", "minimum"),
            "above its maximum",
        ),
        (
            {
                "subtasks": [
                    SCAN,
                    {
                        "id": "undoable",
                        "tool": "s/t",
                        "compensate": {"tool": "s/u", "args": {"x": "${subtasks.scan.output}"}},
                    },
                ]
            },
            ("subtasks", 1, "compensate"),
            "add it to `needs`",
        ),
    ],
)
def test_every_fault_is_named_where_it_stands(
    fields: dict[str, Any], location: tuple[str | int, ...], says: str
) -> None:
    [fault] = structure(template(**fields))
    assert fault.location == location
    assert says in fault.message


def test_all_faults_come_at_once() -> None:
    faulty = template(
        subtasks=[
            {"id": "a", "tool": "s/t", "needs": ["gone"], "max_parallel": 3},
            {"id": "a", "agent": "x", "args": {"y": "${nonsense}"}},
        ],
        outputs={"x": "${inputs.nothing}"},
    )
    messages = [fault.message for fault in structure(faulty)]
    assert len(messages) == 6


def test_too_many_subtasks_are_refused() -> None:
    many = template(subtasks=[{"id": f"s{n}", "tool": "s/t"} for n in range(2_001)])
    assert any("2000 is the limit" in fault.message for fault in structure(many))


def test_a_good_document_has_no_fault() -> None:
    good = template(
        inputs={"paths": {"type": "array", "items": {"format": "path"}, "required": True}},
        subtasks=[
            {"id": "scan", "tool": "secrets/scan", "for_each": "${inputs.paths}", "args": {"path": "${item}"}},
            {
                "id": "make",
                "tool": "s/make",
                "needs": ["scan"],
                "args": {"token": "${secrets.token}", "at": "${context.folder}"},
                "compensate": {"tool": "s/undo", "args": {"id": "${subtasks.make.output.id}"}},
                "verify": {"tool": "s/look", "args": {"s": "${subtasks.scan.output}"}, "expect": {"path": ""}},
            },
        ],
        outputs={"all": "${subtasks.make.output}"},
    )
    assert structure(good) == []
