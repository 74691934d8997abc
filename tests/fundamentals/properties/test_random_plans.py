"""Any plan document at all either runs in a topological order, or is refused with faults that say where."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aether_agents.contracts import Json, Template, depends
from aether_agents.planning.planning_result import Asked, Planned, Unplannable
from aether_agents.planning.validation.structure import structure
from tests.unit.planning.toolshed import plan, template

IDS = st.sampled_from(["a", "b", "c", "d", "e", "f"])
REFERENCES = st.one_of(
    IDS.map(lambda name: f"${{subtasks.{name}.output}}"),
    IDS.map(lambda name: f"x ${{subtasks.{name}.output.count}} y"),
    st.sampled_from(
        [
            "${inputs.x}",
            "${inputs.y[0].z}",
            "${item}",
            "${secrets.s}",
            "${context.folder}",
            "$${x}",
            "${x",
            "",
            "${subtasks.a}",
        ]
    ),
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    REFERENCES | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["k", "l"]), inner, max_size=2),
    max_leaves=4,
)
TOOLS = st.sampled_from(["secrets/scan", "code/scan", "git/git_log", "reports/write", "no/tool", "git/gti"])


@st.composite
def subtasks(draw: st.DrawFn) -> dict[str, Any]:
    one: dict[str, Any] = {"id": draw(IDS)}
    if draw(st.booleans()):
        one["tool"] = draw(TOOLS)
    if draw(st.integers(0, 5)) == 0:
        one["goal"] = draw(st.sampled_from(["inner", "sample", "gone"]))
    one["args"] = draw(st.dictionaries(st.sampled_from(["path", "repo_path", "title", "sections"]), VALUES, max_size=3))
    one["needs"] = draw(st.lists(IDS, max_size=2))
    if draw(st.integers(0, 3)) == 0:
        one["for_each"] = draw(VALUES)
    if draw(st.integers(0, 3)) == 0:
        one["if"] = {
            "ref": draw(REFERENCES),
            "op": draw(st.sampled_from(["eq", "exists", "gt"])),
            "value": draw(VALUES),
        }
    if draw(st.integers(0, 3)) == 0:
        one["verify"] = {"tool": draw(TOOLS), "args": {"path": draw(VALUES)}, "expect": {"path": "a.b"}}
    return one


@st.composite
def sound_subtasks(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Subtasks that only look back: many of them plan."""
    count = draw(st.integers(1, 8))
    made: list[dict[str, Any]] = []
    for number in range(count):
        before = [one["id"] for one in made]
        needs = draw(st.lists(st.sampled_from(before), max_size=3)) if before else []
        source = draw(st.sampled_from([None, *before]))
        path: Json = "/x" if source is None else f"${{subtasks.{source}.output.anything}}"
        made.append({"id": f"s{number}", "tool": "code/scan", "args": {"path": path}, "needs": needs})
    return draw(st.permutations(made))


INNER = template(
    "inner",
    inputs={"path": {"default": "/i"}},
    subtasks=[
        {"id": "one", "tool": "code/scan", "args": {"path": "${inputs.path}"}},
        {"id": "two", "tool": "code/scan", "args": {"path": "${subtasks.one.output.x}"}},
        {"id": "three", "tool": "code/scan", "args": {"path": "/t"}, "if": {"ref": "${subtasks.two.output.found}"}},
    ],
    outputs={"count": "${subtasks.two.output}"},
)


def holds(of: Template) -> Planned | Unplannable:
    """Plan it, and check what must be true of whatever comes out."""
    conclusion = plan(of, INNER)
    assert not isinstance(conclusion, Asked)
    if isinstance(conclusion, Unplannable):
        assert conclusion.error.strip()
        return conclusion
    assert isinstance(conclusion, Planned)
    seen: set[str] = set()
    for subtask in conclusion.plan.subtasks:
        assert set(subtask.needs) <= seen
        read = depends([dict(subtask.args), subtask.for_each, subtask.if_.ref if subtask.if_ else None])
        assert set(read) <= set(subtask.needs)
        assert subtask.id not in seen
        assert subtask.tool is not None
        assert subtask.goal is None
        seen.add(subtask.id)
    assert set(depends(conclusion.plan.outputs)) <= seen
    return conclusion


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(subtasks(), max_size=5), st.dictionaries(st.sampled_from(["o", "p"]), VALUES, max_size=2))
def test_any_document_plans_or_is_refused_with_reasons(listed: list[dict[str, Any]], outputs: dict[str, Json]) -> None:
    made = template(subtasks=listed, outputs=outputs, inputs={"x": {"default": "d"}, "y": {"type": "array"}})
    for fault in structure(made):
        spot: Any = {"subtasks": listed, "outputs": outputs, "inputs": {}}
        for step in fault.location[:2]:
            spot = spot[step]  # the place it names is there
        assert fault.message
    holds(made)


@given(sound_subtasks())
def test_what_only_looks_back_plans(listed: list[dict[str, Any]]) -> None:
    conclusion = holds(template(subtasks=listed))
    assert isinstance(conclusion, Planned)
    assert len(conclusion.plan.subtasks) == len(listed)
