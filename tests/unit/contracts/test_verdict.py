"""What a task found, in a word, and how bad that is."""

from typing import Any

import pytest

from aether_agents.contracts import Verdict, verdict_of


def look(status: str, **counts: int) -> dict[str, Any]:
    return {"status": status, "findings": [], "counts": {**counts, "total": sum(counts.values())}}


def test_what_the_task_itself_states_counts() -> None:
    stated = {"status": "fail", "findings": {"critical": 0, "high": 2, "total": 2}, "report": "/r.html"}
    assert verdict_of(stated, [look("fail", high=9)]) == Verdict(status="fail", findings={"high": 2})


def test_else_all_looks_together() -> None:
    found = verdict_of({"x": 1}, [look("pass"), look("fail", low=1), look("inconclusive", low=2, info=1), "text", None])
    assert found == Verdict(status="fail", findings={"low": 3, "info": 1})
    assert verdict_of({}, [look("pass"), look("inconclusive")]) == Verdict(status="inconclusive")


@pytest.mark.parametrize(
    "output", [None, "fail", {"status": "fail"}, {"status": "odd", "findings": []}, {"findings": []}]
)
def test_what_is_no_look_is_none(output: Any) -> None:
    assert verdict_of({}, [output]) is None


def test_findings_without_counts_are_counted() -> None:
    output: Any = {"status": "fail", "findings": [{"severity": "high"}, {"severity": "high"}, {"severity": "odd"}]}
    assert verdict_of({}, [output]) == Verdict(status="fail", findings={"high": 2})


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict(status="pass"), "pass"),
        (Verdict(status="pass", findings={"info": 3}), "pass"),
        (Verdict(status="fail", findings={"high": 2, "low": 1, "info": 9}), "2 high, 1 low finding"),
        (Verdict(status="fail", findings={"critical": 1, "high": 2, "medium": 4}), "1 critical, 2 high findings"),
        (Verdict(status="fail"), "failed"),
        (Verdict(status="inconclusive"), "inconclusive"),
        (Verdict(status="inconclusive", findings={"medium": 1}), "1 medium finding"),
    ],
)
def test_words(verdict: Verdict, words: str) -> None:
    assert verdict.words == words


@pytest.mark.parametrize(
    ("verdict", "bounds"),
    [
        (Verdict(status="pass"), ""),
        (Verdict(status="pass", findings={"info": 1}), "info"),
        (Verdict(status="fail", findings={"medium": 1}), "medium low info inconclusive"),
        (Verdict(status="fail", findings={"critical": 1}), "critical high medium low info inconclusive"),
        (Verdict(status="fail"), "critical high medium low info inconclusive"),
        (Verdict(status="inconclusive"), "inconclusive"),
    ],
)
def test_what_a_bound_is_reached_by(verdict: Verdict, bounds: str) -> None:
    every: Any = ("critical", "high", "medium", "low", "info", "inconclusive")
    assert [bound for bound in every if verdict.reaches(bound)] == bounds.split()
