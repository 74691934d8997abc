"""The score of a repository's code, with its reasons."""

from workers.dev.servers.quality.languages import by_language
from workers.dev.servers.quality.score import Measures, score
from workers.inspection.findings import Finding, Severity
from workers.inspection.repository import Entry


def measures(**changed: float) -> Measures:
    known: dict[str, float] = {"files": 10, "lines": 1_400, "code": 1_000, "comments": 200, "functions": 100}
    known |= {"complexity": 3.0, "complex_functions": 0, "hard_files": 0, "recent_commits": 5, "recent_authors": 2}
    return Measures.model_validate(known | changed)


def found(severity: Severity, number: int) -> list[Finding]:
    return [Finding(rule="F401", title="Unused import", severity=severity, file="a.py") for _ in range(number)]


def test_clean_code_has_full_marks() -> None:
    points = score(measures(), [])
    assert (points.value, points.grade, points.status) == (100, "A", "pass")


def test_each_reason_says_what_it_takes_away() -> None:
    points = score(measures(complex_functions=10, hard_files=1), found("medium", 5))
    assert points.reasons == [
        "lint: 5 findings in 1000 lines of code, -5 of 40",
        "complexity: 10 of 100 functions above 10 (mean 3.0), -15 of 30",
        "maintainability: 1 of 10 files below 20 of 100, -10 of 30",
    ]
    assert (points.value, points.grade) == (70, "C")


def test_it_never_falls_below_nothing() -> None:
    points = score(measures(complex_functions=100, hard_files=10), found("high", 1_000))
    assert (points.value, points.grade, points.status) == (0, "E", "fail")


def test_a_likely_mistake_alone_fails_it() -> None:
    points = score(measures(), found("high", 1))
    assert (points.value, points.status) == (95, "fail")
    assert points.reasons[-1] == "1 likely mistake: that alone fails it"


def test_a_handful_of_lines_says_little_about_density() -> None:
    assert score(measures(code=3), found("low", 1)).value >= 97


def test_languages_are_counted_the_largest_first() -> None:
    entries = [Entry("a.py", 100, 0), Entry("b/c.PY", 100, 0), Entry("web/x.ts", 5_000, 0), Entry("LICENSE", 1, 0)]
    assert [(item.language, item.files, item.kilobytes) for item in by_language(entries)] == [
        ("TypeScript", 1, 5),
        ("Python", 2, 1),
        ("other", 1, 1),
    ]
