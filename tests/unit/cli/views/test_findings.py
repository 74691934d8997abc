"""What was found, as it is shown at the end of a task."""

from aether_agents.cli.tasks.ending import body
from aether_agents.cli.terminal.glyphs import ASCII
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.views.findings import SHOWN, conclusions, findings_of, worst
from aether_agents.cli.views.outcome import outputs, trouble
from aether_agents.contracts import Json
from tests.unit.cli.recorded import subtask, task


def found(severity: str, line: int = 1) -> Json:
    return {"severity": severity, "file": "a.py", "line": line, "rule": "R", "title": f"a {severity} thing"}


def looked(*severities: str, status: str = "fail", path: str = "/p") -> Json:
    return {
        "status": status,
        "path": path,
        "summary": f"{len(severities)} findings in 1 file",
        "findings": [found(s) for s in severities],
    }


def test_findings_of_all_subtasks_worst_first() -> None:
    view = task(
        subtask("a", output=looked("low", "critical")), subtask("b", output=looked("high")), subtask("c", output="x")
    )
    assert [one.severity for one in findings_of(view)] == ["critical", "high", "low"]
    assert findings_of(view)[0].place == "a.py:1"


def test_an_address_is_shown_as_it_is() -> None:
    finding: Json = {"severity": "high", "file": "https://host/x", "rule": "expired", "title": "Expired"}
    one, two = ({**looked("low"), "path": path, "findings": [finding]} for path in ("/p", "/q"))  # type: ignore[dict-item]
    view = task(subtask("a", output=one), subtask("b", output=two))
    assert {found.place for found in findings_of(view)} == {"https://host/x"}


def test_a_fan_out_is_told_by_its_children_only() -> None:
    children = [subtask(f"a#{n}", output=looked("low")) for n in range(2)]
    view = task(subtask("a", output=[looked("low"), looked("low")]), *children)
    assert len(findings_of(view)) == 2


def test_each_look_says_what_it_concluded_and_covered() -> None:
    view = task(subtask("a", output=looked("low")), subtask("bb", output=looked(status="inconclusive")))
    assert [line.plain for line in conclusions(view, ASCII)] == [
        "x a   fail  1 findings in 1 file",
        "? bb  inconclusive  0 findings in 1 file",
    ]


def test_what_a_screen_cannot_hold_is_counted() -> None:
    view = task(subtask("a", output=looked(*["low"] * (SHOWN + 3))))
    shown = list(worst(view, ASCII))
    assert str(shown[-1]) == "... 3 more, all in the report"
    assert list(worst(task(), ASCII)) == []


def test_outputs_by_name(capsys) -> None:  # type: ignore[no-untyped-def]
    values: dict[str, Json] = {
        "report": "/r/report.html",
        "findings": {"critical": 0, "high": 2, "low": 1, "total": 3},
        "files": [{"file": "a.py", "score": 3}],
        "log": "one\ntwo\x1b[31m",
        "clean": True,
    }
    Output().show(*outputs(values, ASCII))
    assert capsys.readouterr().out.splitlines() == [
        "report    /r/report.html",
        "findings  2 high, 1 low",
        "files     1",
        "  file  score",
        "  a.py  3",
        "log",
        "  one",
        "  two[31m",
        "clean     yes",
    ]


def test_trouble_names_those_that_failed_themselves() -> None:
    view = task(
        subtask("a", status="failed", error="children failed"),
        subtask("a#1", status="failed", error="timed out\nafter 3 s"),
        status="failed",
        error="a failed",
    )
    assert [line.plain for line in trouble(view, ASCII)] == [
        "a failed",
        "x a#1  secrets/scan\n  timed out\n  after 3 s",
    ]


def test_json_leaves_out_what_was_not_said() -> None:
    said = body(task(subtask("a", status="completed", output={"x": 1}), subtask("b")))
    assert "error" not in said
    assert said["subtasks"][0]["output"] == {"x": 1}  # type: ignore[index,call-overload]
    assert "output" not in said["subtasks"][1]  # type: ignore[index,call-overload,operator]


def test_several_folders_are_told_apart() -> None:
    children = [subtask(f"a#{n}", name="look", output=looked("low", path=f"/repos/r{n}")) for n in range(2)]
    view = task(subtask("a"), *children)
    assert [one.place for one in findings_of(view)] == ["r0/a.py:1", "r1/a.py:1"]
    assert [line.plain.split("  ")[0] for line in conclusions(view, ASCII)] == ["x look r0", "x look r1"]


def test_of_many_looks_those_that_passed_are_counted() -> None:
    clean = [subtask(f"a#{n}", output=looked(status="pass", path=f"/r{n}")) for n in range(SHOWN)]
    view = task(*clean, subtask("b", output=looked("high")))
    assert [line.plain for line in conclusions(view, ASCII)] == [
        "x b  fail  1 findings in 1 file",
        f"+ {SHOWN} of {SHOWN + 1} pass",
    ]
