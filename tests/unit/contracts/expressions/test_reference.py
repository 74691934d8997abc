"""References: paths, never code."""

import pytest

from aether_agents.contracts import (
    Json,
    Reference,
    depends,
    escape,
    extend,
    find,
    parse_path,
    resolve,
    substitute,
    walk,
    whole,
)
from aether_agents.errors import InvalidPlan, ReferenceMissing

VALUES: dict[str, Json] = {
    "inputs": {"paths": ["/a", "/b"], "count": 3, "name": "Ada", "on": True, "nothing": None},
    "subtasks": {
        "scan": {"output": {"findings": [{"line": 7}], "odd key": 1, "a.b": {"c": 2}}},
        "report/write": {"output": "done"},
        "scan#0": {"output": 5},
    },
    "item": {"path": "/x"},
    "context": {"folder": "/here"},
    "secrets": {"token": "${inputs.count}"},
}


def lookup(reference: Reference) -> Json:
    return walk(VALUES[reference.root], reference.path)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        (5, 5),
        ("${inputs.count}", 3),
        ("${inputs.on}", True),
        ("${inputs.nothing}", None),
        ("${inputs.paths}", ["/a", "/b"]),
        ("${inputs.paths[1]}", "/b"),
        ("${subtasks.scan.output.findings[0].line}", 7),
        ('${subtasks.scan.output["odd key"]}', 1),
        ('${subtasks.scan.output["a.b"].c}', 2),
        ("${subtasks.report/write.output}", "done"),
        ("${subtasks.scan#0.output}", 5),
        ("${item}", {"path": "/x"}),
        ("${item.path}", "/x"),
        ("n=${inputs.count}, on=${inputs.on}", "n=3, on=true"),
        ("${inputs.paths} for ${inputs.name}", '["/a", "/b"] for Ada'),
        ("$${inputs.count}", "${inputs.count}"),
        ("cost: $5 {x} $", "cost: $5 {x} $"),
        ("$$${inputs.count}", "$3"),
        ("$$$${x}", "$${x}"),
        (" ${inputs.count}", " 3"),
        ({"a": ["${inputs.name}", {"b": "${item.path}"}]}, {"a": ["Ada", {"b": "/x"}]}),
        ({"${inputs.name}": 1}, {"${inputs.name}": 1}),
        ("${secrets.token}", "${inputs.count}"),
    ],
)
def test_resolves_in_one_pass(expression: Json, expected: Json) -> None:
    resolved = resolve(expression, lookup)
    assert resolved == expected
    assert type(resolved) is type(expected)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("${inputs.a", "no closing brace"),
        ("${HOME}", "must start with"),
        ("${}", "must start with"),
        ("${ inputs.a }", "must start with"),
        ("${inputs}", "names nothing"),
        ("${inputs[0]}", "names nothing"),
        ("${inputs.a b}", "not a path"),
        ("${inputs.}", "not a path"),
        ("${inputs.a..b}", "not a path"),
        ("${inputs.a[x]}", "not a path"),
        ("${inputs.a[-1]}", "not a path"),
        ("${subtasks.a}", "subtasks.ID.output"),
        ("${subtasks.a.result}", "subtasks.ID.output"),
        ("${subtasks[0].output}", "subtasks.ID.output"),
        ("${secrets.a.b}", "one name"),
        ("${item.__class__()}", None),
        ("${inputs.a + 1}", "not a path"),
        ("text ${__import__('os')}", "must start with"),
    ],
)
def test_a_malformed_reference_is_refused_with_its_fix(expression: str, says: str | None) -> None:
    if says is None:  # a name may hold any sign but dots, brackets, braces and spaces: it is only ever a key
        with pytest.raises(ReferenceMissing):
            resolve(expression, lookup)
        return
    with pytest.raises(InvalidPlan, match=says):
        find([{"deep": expression}])


def test_finds_references_in_order_and_the_subtasks_they_need() -> None:
    value: Json = {
        "b": ["${subtasks.two.output}", "x ${subtasks.one.output.y} ${item}"],
        "a": "${subtasks.two.output.z}",
    }
    assert [reference.text for reference in find(value)] == [
        "${subtasks.two.output}",
        "${subtasks.one.output.y}",
        "${item}",
        "${subtasks.two.output.z}",
    ]
    assert depends(value) == ("two", "one")
    assert find(value)[1] == Reference("subtasks", ("one", "output", "y"), "${subtasks.one.output.y}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("${inputs.a}", "${inputs.a}"), ("x${inputs.a}", None), ("$${inputs.a}", None), ("", None), (5, None)],
)
def test_a_whole_value_reference_is_told_from_an_embedded_one(text: Json, expected: str | None) -> None:
    reference = whole(text)
    assert (reference.text if reference else None) == expected


def test_substitution_keeps_what_it_does_not_know_and_never_makes_a_reference_of_a_value() -> None:
    given_values: dict[str, Json] = {"name": "${secrets.token}", "price": "5$", "list": ["${item}"]}

    def replace(reference: Reference) -> Json:
        return escape(given_values[reference.name]) if reference.root == "inputs" else reference.text

    bound = substitute(
        {
            "whole": "${inputs.name}",
            "inside": "hi ${inputs.name} ${item.x}",
            "dollar": "${inputs.price}${item.x}",
            "brace": "${inputs.price}{",
            "list": "${inputs.list}",
            "listed": "all: ${inputs.list}",
        },
        replace,
    )
    assert {reference.text for reference in find(bound)} == {"${item.x}"}
    assert resolve(bound, lambda _: "X") == {
        "whole": "${secrets.token}",
        "inside": "hi ${secrets.token} X",
        "dollar": "5$X",
        "brace": "5${",
        "list": ["${item}"],
        "listed": 'all: ["${item}"]',
    }


def test_results_cannot_be_written_into_a_text_before_they_exist() -> None:
    with pytest.raises(InvalidPlan, match="whole value"):
        substitute("all: ${inputs.x}", lambda _: ["${subtasks.a.output}"])


def test_a_place_inside_an_expression_extends_the_reference_that_leads_there() -> None:
    assert extend("${subtasks.a.output}", ("findings", 0, "odd key")) == '${subtasks.a.output.findings[0]["odd key"]}'
    assert extend({"x": ["${item}"]}, ("x", 0, "y")) == "${item.y}"
    with pytest.raises(ReferenceMissing, match="has x"):
        extend({"x": 1}, ("y",))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ()),
        ("a", ("a",)),
        ("a.b[0][1].c", ("a", "b", 0, 1, "c")),
        ("[0].x", (0, "x")),
        ('["a b"].c', ("a b", "c")),
        ("a.0", ("a", "0")),
    ],
)
def test_reads_paths(path: str, expected: tuple[str | int, ...]) -> None:
    assert parse_path(path) == expected


@pytest.mark.parametrize(
    ("value", "path", "says"),
    [
        ({"a": {"b": 1, "c": 2}}, "a.x", "a has b, c, so there is no `x`"),
        ({"a": [1]}, "a[1]", "a is a list of 1"),
        ({"a": "text"}, "a.b.c", "a is a str"),
        ({"a": None}, "a.b", "a is null"),
        ({}, "a", "the value has no keys"),
        ({str(n): n for n in range(9)}, "x", "7 …"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_stopped(value: Json, path: str, says: str) -> None:
    with pytest.raises(ReferenceMissing, match=says.replace("(", r"\(")):
        walk(value, path)


def test_lists_are_walked_by_index_however_it_is_written() -> None:
    assert walk({"a": [1, {"b": 2}]}, "a.1.b") == walk({"a": [1, {"b": 2}]}, "a[1].b") == 2
