"""Code in other languages: complexity and size of its functions, as lizard sees them; nothing looks for mistakes."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, Field

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Coverage, Finding, Suppressed, note_suppressed
from workers.inspection.git import printable
from workers.inspection.repository import MAX_FILE_BYTES, Entry, Repository, Skipped

from .alone import in_chunks, measured
from .sources import sort_out

#: Languages that are measured, by how files end.
LANGUAGES = {
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "JavaScript"),
    **dict.fromkeys((".ts", ".tsx"), "TypeScript"),
    **{".go": "Go", ".java": "Java", ".cs": "C#", ".rs": "Rust", ".rb": "Ruby", ".php": "PHP", ".c": "C", ".h": "C"},
    **dict.fromkeys((".kt", ".kts"), "Kotlin"),
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx"), "C++"),
    **{".swift": "Swift", ".scala": "Scala", ".lua": "Lua"},
}
#: A function is worth a finding from so many lines of code on.
LONG = 200
_MADE = (".min.js", ".bundle.js", ".pb.go", "_pb2.py", ".designer.cs", ".g.cs")


class Other(BaseModel):
    """Code in one language, in figures."""

    language: str = Field(description="The language.")
    files: int = Field(description="Files measured.")
    code: int = Field(description="Lines of code, without blanks and comments.")
    functions: int = Field(description="Functions and methods.")
    complexity: float = Field(description="Mean complexity of a function (McCabe).")
    complex_functions: int = Field(description="Functions more complex than 10.")
    longest: int = Field(description="Lines of code of the longest function.")


class OtherCode:
    """The code of a folder in other languages than Python."""

    def __init__(self, repository: Repository, job: Job, coverage: Coverage) -> None:
        self.findings: list[Finding] = []
        self.measured: list[dict[str, Any]] = []
        self.skipped: list[Skipped] = []
        self._repository = repository
        self._job = job
        self._coverage = coverage

    def read(self, entries: Sequence[Entry]) -> None:
        """Measure some files.

        Raises:
            ToolError: lizard is not installed.
            Stopped: the job is no longer wanted.
        """
        chosen = []
        for entry in entries:
            if entry.path.lower().endswith(_MADE):
                self.skipped.append(Skipped(printable(entry.path), "made by a program, by its name", False))
            elif entry.size > MAX_FILE_BYTES:
                self.skipped.append(Skipped(printable(entry.path), f"larger than {MAX_FILE_BYTES >> 20} MiB", True))
            else:
                chosen.append(entry)
        sources = sort_out(self._repository, chosen, python=False)
        self.findings += sources.findings
        self._coverage.files += len(sources.findings)
        in_chunks(self._job, sources.plain, "other", self._coverage.gaps, self._measure)
        for figures in self.by_language():
            what = f"({figures.files} file{'' if figures.files == 1 else 's'} of {figures.language})"
            self.skipped.append(
                Skipped(what, "measured for complexity and size; nothing looks for mistakes in it", True)
            )

    def by_language(self) -> list[Other]:
        """The figures of each language, the one with the most code first."""
        parts = defaultdict[str, list[dict[str, Any]]](list)
        for item in self.measured:
            parts[LANGUAGES[PurePosixPath(item["path"].lower()).suffix]].append(item)
        made = [_figures(language, items) for language, items in parts.items()]
        return sorted(made, key=lambda other: (-other.code, other.language))

    def _measure(self, paths: Sequence[str]) -> None:
        for item in measured("measure_tokens.py", self._repository, self._job, paths):
            if "error" in item:
                why = f"cannot be measured: {item['error']}"
                self.skipped.append(Skipped(printable(item["path"]), why, True))
                continue
            file, how = printable(item["path"]), "what the file says to lizard"
            marks = [Suppressed(rule="complexity", file=file, line=one, how=how) for one in item["marks"]]
            note_suppressed(self._coverage, marks)
            self.measured.append(item)
            self._coverage.files += 1
            self._coverage.lines += item["lines"]


def _figures(language: str, items: Sequence[dict[str, Any]]) -> Other:
    functions = [one for item in items for one in item["functions"]]
    total = sum(complexity for _, _, complexity, *_ in functions)
    return Other(
        language=language,
        files=len(items),
        code=sum(item["code"] for item in items),
        functions=len(functions),
        complexity=round(total / max(1, len(functions)), 2),
        complex_functions=sum(complexity > 10 for _, _, complexity, *_ in functions),  # noqa: PLR2004 - as for Python
        longest=max((size for *_, size in functions), default=0),
    )
