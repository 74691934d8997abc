"""Audits: what is new since the last one, whatever lines have moved."""

from aether_agents.contracts import Json, SubtaskStatus, SubtaskView, TaskStatus, TaskView
from beat.finding_changes import compared, found_by, from_level


def finding(rule: str, line: int, severity: str = "high", title: str = "a thing") -> dict[str, Json]:
    return {"rule": rule, "file": "a.py", "line": line, "severity": severity, "title": title}


def view(*findings: dict[str, Json], status: str = "fail", degraded: bool = False) -> TaskView:
    output: Json = {"status": status, "path": "/repo", "findings": [*findings]}
    scan = SubtaskView(id="s", specialist="security", tool="x/y", status=SubtaskStatus.COMPLETED, output=output)
    return TaskView(task_id="t", status=TaskStatus.COMPLETED, degraded=degraded, subtasks=(scan,))


def test_the_first_audit_is_what_the_next_is_compared_with() -> None:
    first, new = compared(view(finding("a", 1), finding("b", 2)), None)
    assert new == []
    again, new = compared(view(finding("a", 17), finding("b", 3)), first)
    assert (new, again.new) == ([], 0), "lines have moved, nothing else"
    later, new = compared(view(finding("a", 17), finding("c", 3, "low")), again)
    assert [one.line for one in new] == ["low: c in repo/a.py: a thing"]
    assert later.new == 1
    _, new = compared(view(finding("b", 1)), later)
    assert [one.rule for one in new] == ["b"], "it was fixed, and is back"


def test_a_second_one_of_the_same_in_the_same_file_is_new() -> None:
    first, _ = compared(view(finding("a", 1)), None)
    _, new = compared(view(finding("a", 1), finding("a", 9)), first)
    assert len(new) == 1


def test_an_audit_that_could_not_look_everywhere_forgets_nothing() -> None:
    first, _ = compared(view(finding("a", 1)), None)
    for partial in (view(status="inconclusive"), view(degraded=True)):
        half, new = compared(partial, first)
        assert new == []
        _, new = compared(view(finding("a", 1)), half)
        assert new == []


def test_levels_and_what_is_no_finding() -> None:
    found = found_by(view(finding("a", 1, "low"), finding("b", 1, "critical"), {"severity": "odd"}))
    assert [one.severity for one in found] == ["critical", "low"]
    assert [one.rule for one in from_level(found, "high")] == ["b"]
    assert from_level(found, "info") == found
