"""The score: 100 less what lint, complexity and maintainability take away, with the reasons."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from workers.inspection.findings import Finding

#: Points that a lint finding takes away per 1,000 lines of code.
_WEIGHT = {"critical": 5.0, "high": 5.0, "medium": 1.0, "low": 0.5, "info": 0.0}
_MOST_FOR_LINT, _MOST_FOR_COMPLEXITY, _MOST_FOR_MAINTAINABILITY = 40.0, 30.0, 30.0
_Letter = Literal["A", "B", "C", "D", "E"]
_GRADES: tuple[tuple[int, _Letter], ...] = ((90, "A"), (75, "B"), (60, "C"), (40, "D"), (0, "E"))
#: Least score that passes.
_PASS = 60


class Measures(BaseModel):
    """What was measured in the Python code."""

    files: int = Field(description="Python files.")
    lines: int = Field(description="Lines in all.")
    code: int = Field(description="Lines of code.")
    comments: int = Field(description="Lines of comment and documentation.")
    functions: int = Field(description="Functions and methods.")
    complexity: float = Field(description="Mean complexity of a function (McCabe).")
    complex_functions: int = Field(description="Functions more complex than 10.")
    hard_files: int = Field(description="Files with a maintainability index below 20 of 100 (radon's ranks B and C).")
    recent_commits: int | None = Field(description="Commits in the time asked for; none without a history.")
    recent_authors: int | None = Field(description="Different authors of them.")


class Score(NamedTuple):
    """The rating of a repository's code."""

    value: int
    grade: _Letter
    status: Literal["pass", "fail"]
    reasons: list[str]


def score(measures: Measures, lint: Sequence[Finding]) -> Score:
    """The score from what was measured. It fails below 60, or with a finding that is likely a mistake (`high`)."""
    thousands = max(measures.code, 200) / 1_000  # a handful of lines says little about density
    per_thousand = sum(_WEIGHT[finding.severity] for finding in lint) / thousands
    for_lint = min(_MOST_FOR_LINT, per_thousand)
    complex_share = measures.complex_functions / max(1, measures.functions)
    for_complexity = min(_MOST_FOR_COMPLEXITY, 150 * complex_share)
    hard_share = measures.hard_files / max(1, measures.files)
    for_maintainability = min(_MOST_FOR_MAINTAINABILITY, 100 * hard_share)
    value = round(100 - for_lint - for_complexity - for_maintainability)
    mistakes = sum(finding.severity in ("critical", "high") for finding in lint)
    reasons = [
        f"lint: {_counted(len(lint), 'finding')} in {measures.code} lines of code, "
        f"-{for_lint:.0f} of {_MOST_FOR_LINT:.0f}",
        f"complexity: {measures.complex_functions} of {measures.functions} functions above 10 (mean "
        f"{measures.complexity:.1f}), -{for_complexity:.0f} of {_MOST_FOR_COMPLEXITY:.0f}",
        f"maintainability: {measures.hard_files} of {measures.files} files below 20 of 100, "
        f"-{for_maintainability:.0f} of {_MOST_FOR_MAINTAINABILITY:.0f}",
    ]
    if mistakes:
        reasons.append(f"{_counted(mistakes, 'likely mistake')}: that alone fails it")
    grade = next(letter for least, letter in _GRADES if value >= least)
    return Score(value, grade, "fail" if mistakes or value < _PASS else "pass", reasons)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
