"""What a folder holds, by kind of file."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from pydantic import BaseModel, Field

from workers.inspection.repository import Entry

MAX_LANGUAGES = 12

_NAMES = {
    **{".py": "Python", ".pyi": "Python", ".js": "JavaScript", ".mjs": "JavaScript", ".jsx": "JavaScript"},
    **{".ts": "TypeScript", ".tsx": "TypeScript", ".go": "Go", ".rs": "Rust", ".java": "Java", ".kt": "Kotlin"},
    **{".c": "C", ".h": "C", ".cc": "C++", ".cpp": "C++", ".hpp": "C++", ".cs": "C#", ".rb": "Ruby", ".php": "PHP"},
    **{".swift": "Swift", ".scala": "Scala", ".lua": "Lua", ".sh": "Shell", ".bash": "Shell", ".sql": "SQL"},
    **{".html": "HTML", ".css": "CSS", ".scss": "CSS", ".vue": "Vue", ".tf": "Terraform", ".yaml": "YAML"},
    **{".yml": "YAML", ".toml": "TOML", ".json": "JSON", ".md": "Markdown", ".rst": "reStructuredText"},
    **{".ipynb": "Jupyter", ".proto": "Protocol Buffers", ".xml": "XML"},
}


class Language(BaseModel):
    """One kind of file."""

    language: str = Field(description="The language.")
    files: int = Field(description="Its files.")
    kilobytes: int = Field(description="Their size in KiB, rounded up.")


def by_language(entries: Sequence[Entry]) -> list[Language]:
    """The kinds of files, the largest first; what is of no known kind is counted as `other`."""
    files: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for entry in entries:
        name = _NAMES.get(PurePosixPath(entry.path).suffix.lower(), "other")
        files[name] += 1
        sizes[name] += entry.size
    return [
        Language(language=name, files=files[name], kilobytes=-(-size // 1024))
        for name, size in sizes.most_common(MAX_LANGUAGES)
    ]
