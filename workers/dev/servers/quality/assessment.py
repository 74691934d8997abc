"""The assessment of one repository: what was measured, the result, and why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.findings import Coverage, Finding, ScanResult, conclude, note_skipped
from workers.inspection.git import printable
from workers.inspection.python_files import python_files
from workers.inspection.repository import Repository, Skipped

from .churn import Churn, read_churn
from .comparison import Change, Comparison, compare, mark, read_baseline, said
from .dead import dead_code
from .languages import Language, by_language
from .other_code import LANGUAGES, LONG, Other, OtherCode
from .python_code import PythonCode
from .score import Measures, score

#: A function is worth a finding from here on (McCabe; radon's ranks D and F).
COMPLEX, TANGLED = 21, 41
MAX_HOT = 15

Grade = Literal["A", "B", "C", "D", "E"]


class Hot(BaseModel):
    """A file that changes often, and how complex it is."""

    file: str = Field(description="File, relative to the folder.")
    commits: int = Field(description="Recent commits that changed it.")
    complexity: int = Field(description="Complexity of its functions in all.")
    heat: int = Field(description="Commits times complexity: where work pays first.")


class Problem(BaseModel):
    """A rule that was broken, and how often."""

    rule: str = Field(description="The rule.")
    title: str = Field(description="What it says.")
    count: int = Field(description="How often.")


class Quality(ScanResult):
    """How good the code of a folder is."""

    score: int | None = Field(default=None, description="0 to 100; none without Python code.")
    grade: Grade | None = Field(default=None, description="A from 90, B from 75, C from 60, D from 40, else E.")
    explanation: list[str] = Field(default_factory=list, description="What the score is made of.")
    measures: Measures | None = Field(default=None, description="What was measured.")
    languages: list[Language] = Field(default_factory=list, description="What the folder holds, by kind of file.")
    others: list[Other] = Field(default_factory=list, description="Code in other languages, in figures.")
    problems: list[Problem] = Field(default_factory=list, description="Rules broken, the most frequent first.")
    hot: list[Hot] = Field(default_factory=list, description="Complex files that change often, the hottest first.")
    comparison: Comparison | None = Field(
        default=None, description="What changed since the baseline, if one was given."
    )
    new: list[Change] = Field(default_factory=list, description="Findings that the baseline has not, the first 100.")
    fixed: list[Change] = Field(default_factory=list, description="Findings that only the baseline has, the first 100.")


class Assessment:
    """One assessment."""

    def __init__(
        self, repository: Repository, job: Job, days: int, baseline: Sequence[str] = (), honour: bool = False
    ) -> None:
        """`honour`: what comments and whitelists of the repository take back is left out of the findings."""
        self._repository = repository
        self._job = job
        self._days = days
        self._before = read_baseline(baseline, repository.shown) if baseline else None
        self._coverage = Coverage()
        if baseline and self._before is None:
            self._coverage.gaps.append("the baseline holds no assessment of this folder")
        if self._before is not None and self._before.get("truncated"):
            self._coverage.gaps.append("the baseline does not name all its findings: some that seem new may be old")
        self._skipped: list[Skipped] = []
        self._unused: list[Finding] = []
        self._python = PythonCode(repository, job, self._coverage, honour)
        self._others = OtherCode(repository, job, self._coverage)

    def run(self) -> Quality:
        """Measure, and say the result.

        Raises:
            ToolError: ruff, radon or git failed.
            Stopped: the job is no longer wanted.
        """
        listed = list(self._repository.files(self._skipped))
        self._python.read(python_files(self._repository, listed, self._skipped, LANGUAGES))
        self._others.read([entry for entry in listed if PurePosixPath(entry.path.lower()).suffix in LANGUAGES])
        self._look_for_dead_code(self._python.paths)
        self._skipped += [*self._python.skipped, *self._others.skipped]
        churn = self._churn()
        self._coverage.commits = churn.commits if churn else 0
        note_skipped(self._coverage, self._skipped)
        return self._conclude(by_language(listed), churn)

    def _churn(self) -> Churn | None:
        """What changed lately; a history that is not there takes nothing else with it."""
        try:
            churn = read_churn(self._repository, self._days)
            if churn and self._repository.git.read("rev-parse", "--is-shallow-repository").strip() == "true":
                why = "older history is not here (a shallow clone)"
                self._skipped.append(Skipped("(history)", why, True, "the repository"))
        except ToolError as error:
            self._skipped.append(Skipped("(history)", f"cannot be read: {error}", True, "the machine"))
            return None
        if churn is None:
            broken, why = self._repository.place.broken, self._repository.why_not_git or "no commits yet"
            self._skipped.append(Skipped("(history)", why, broken, "the machine"))
        return churn

    def _conclude(self, languages: list[Language], churn: Churn | None) -> Quality:
        scanner = "lint (ruff), complexity (radon, lizard), unused code (vulture), churn (git)"
        faults = [*self._python.findings, *self._others.findings]
        everything = [*self._python.measured, *self._others.measured]
        found = [*faults, *complex_functions(everything), *self._unused]
        mark(found, {printable(item["path"]): item["scopes"] for item in everything})
        base = conclude(scanner, self._repository.shown, found, self._coverage, looked=bool(everything or faults))
        others = self._others.by_language()
        if not self._python.measured:
            base.summary = _without_python(others, base, bool(faults))
            base.status = "fail" if faults else "inconclusive"
            return Quality(**base.model_dump(), languages=languages, others=others, hot=self._hot(churn))
        measures = self._measures(churn)
        points = score(measures, faults)
        problems = Counter((finding.rule, finding.title) for finding in faults)
        base.summary = f"grade {points.grade}, {points.value} of 100; {base.summary}"
        base.status = "inconclusive" if self._coverage.gaps and points.status == "pass" else points.status
        result = Quality(
            **base.model_dump(),
            score=points.value,
            grade=points.grade,
            explanation=points.reasons,
            measures=measures,
            languages=languages,
            others=others,
            problems=[Problem(rule=rule, title=title, count=n) for (rule, title), n in problems.most_common(20)],
            hot=self._hot(churn),
        )
        if self._before is not None:
            result.comparison, result.new, result.fixed = compare(self._before, points.value, found)
            result.summary += f"; {said(result.comparison)}"
        return result

    def _look_for_dead_code(self, paths: Sequence[str]) -> None:
        if not paths or self._job.out_of_time:
            return
        try:
            self._unused += self._python.kept(
                *dead_code(self._repository, self._job, paths), "`# noqa`, or a whitelist"
            )
        except Beyond as bound:
            self._coverage.gaps.append(f"unused code: beyond the bound of {bound}")
        except ValueError:
            self._coverage.gaps.append("unused code: vulture died on one of the files")

    def _measures(self, churn: Churn | None) -> Measures:
        complexities = [cc for item in self._python.measured for _, _, cc, *_ in item["functions"]]
        return Measures(
            files=len(self._python.measured),
            lines=sum(item["lines"] for item in self._python.measured),
            code=sum(item["code"] for item in self._python.measured),
            comments=sum(item["comments"] for item in self._python.measured),
            functions=len(complexities),
            complexity=round(sum(complexities) / max(1, len(complexities)), 2),
            complex_functions=sum(cc > 10 for cc in complexities),  # noqa: PLR2004 - radon's rank C and worse
            hard_files=sum(item["maintainability"] < 20 for item in self._python.measured),  # noqa: PLR2004 - rank B
            recent_commits=churn.commits if churn else None,
            recent_authors=churn.authors if churn else None,
        )

    def _hot(self, churn: Churn | None) -> list[Hot]:
        if churn is None:
            return []
        everything = [*self._python.measured, *self._others.measured]
        totals = {printable(item["path"]): sum(cc for _, _, cc, *_ in item["functions"]) for item in everything}
        hot = [
            Hot(file=file, commits=churn.changes[file], complexity=total, heat=churn.changes[file] * total)
            for file, total in totals.items()
            if total and churn.changes.get(file, 0) > 1
        ]
        return sorted(hot, key=lambda item: (-item.heat, item.file))[:MAX_HOT]


def complex_functions(measured: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    """Functions that are hard to follow, for their branches or for their length."""
    for item in measured:
        for name, line, complexity, *size in item["functions"]:
            if complexity >= COMPLEX:
                yield Finding(
                    rule="complexity",
                    title="Complex function",
                    severity="medium" if complexity >= TANGLED else "low",
                    file=printable(item["path"]),
                    line=line,
                    detail=f"{printable(name, 80)} has complexity {complexity}; 10 is easy to follow.",
                )
            elif size and size[0] >= LONG:
                yield Finding(
                    rule="long-function",
                    title="Long function",
                    severity="low",
                    file=printable(item["path"]),
                    line=line,
                    detail=f"{printable(name, 80)} has {size[0]} lines of code.",
                )


def _without_python(others: Sequence[Other], base: ScanResult, faults: bool) -> str:
    """The result in a sentence where there is no Python code that could be scored."""
    if not others:
        return base.summary if faults else "nothing to assess: no code here that it reads"
    said = [
        f"{one.files} file{'' if one.files == 1 else 's'} of {one.language} with {one.functions} functions "
        f"(mean complexity {one.complexity:g})"
        for one in others[:3]
    ]
    return f"no score, which needs Python; {', '.join(said)}; {base.summary}"
