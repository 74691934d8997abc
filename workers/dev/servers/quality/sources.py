"""Sources: what keeps a file from being read as code: a merge that is not ended, its encoding, an older Python."""

import codecs
import io
import re
import tokenize
from collections.abc import Sequence
from typing import NamedTuple

from workers.inspection.findings import Finding
from workers.inspection.git import printable
from workers.inspection.repository import MAX_FILE_BYTES, Entry, Repository

_OURS = re.compile(rb"^<{7}(?: .*)?\r?$", re.MULTILINE)
_THEIRS = re.compile(rb"^>{7}(?: .*)?\r?$", re.MULTILINE)
_BETWEEN = re.compile(rb"^={7}\r?$", re.MULTILINE)
_PYTHON_2 = re.compile(
    r"""^[ \t]*(?:print[ \t]+(?!\(|=|\.|,|:|[-+*/%&|^<>=]=)|print[ \t]*>>|exec[ \t]+["'\w]
    |except[ \t]+[\w.() ,]+,[ \t]*\w+[ \t]*:|raise[ \t]+[\w.]+[ \t]*,|.*(?:<>|\bur["']|[\[(=, ]0[0-7]+[\]), \r\n]))""",
    re.MULTILINE | re.VERBOSE,
)


class Sources(NamedTuple):
    """The files of a folder that hold code, by how they can be read."""

    plain: list[str]
    declared: dict[str, str]  #: those in an encoding of their own, by path
    findings: list[Finding]  #: what keeps the others from being read


def sort_out(repository: Repository, entries: Sequence[Entry], python: bool) -> Sources:
    """Part some files by how they can be read; of what cannot, a finding each."""
    sources = Sources([], {}, [])
    for entry in entries:
        try:
            with repository.open(entry.path) as file:
                content = file.read(MAX_FILE_BYTES)
        except OSError:
            sources.plain.append(entry.path)  # whoever measures it says so
            continue
        found = _conflict(entry.path, content) or (_encoding(entry.path, content, sources) if python else None)
        if found:
            sources.findings.append(found)
        elif entry.path not in sources.declared:
            sources.plain.append(entry.path)
    return sources


def is_python_2(text: str) -> bool:
    """Whether code that no Python 3 reads looks like Python 2."""
    return bool(_PYTHON_2.search(text))


def decoded(content: bytes) -> str:
    """Python code as text, in the encoding that it declares."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding)
    except (SyntaxError, LookupError, UnicodeDecodeError):
        return content.decode("utf-8-sig", "replace")


def _conflict(path: str, content: bytes) -> Finding | None:
    ours = _OURS.search(content)
    if not ours or not _THEIRS.search(content, ours.end()) or not _BETWEEN.search(content, ours.end()):
        return None
    count = len(_OURS.findall(content))
    return Finding(
        rule="merge-conflict",
        title="Merge conflict left in the file",
        severity="high",
        file=printable(path),
        line=content.count(b"\n", 0, ours.start()) + 1,
        detail=f"{count} place{'s' if count > 1 else ''} where two versions stand side by side: it is no code "
        "until one is chosen, and was not measured.",
    )


def _encoding(path: str, content: bytes, sources: Sources) -> Finding | None:
    """What is wrong with the encoding of Python code; one of its own is noted."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        content.decode(encoding)
    except (SyntaxError, LookupError, UnicodeDecodeError):
        return Finding(
            rule="encoding",
            title="Not in its encoding",
            severity="high",
            file=printable(path),
            line=_line_of_fault(content),
            detail="Its bytes are no text in the encoding that it declares, or in UTF-8, which it is without one: "
            "Python does not run it. It was not measured.",
        )
    if codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig", "ascii"):
        sources.declared[path] = encoding
    return None


def _line_of_fault(content: bytes) -> int:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return 1
