"""Requirements files as `pip` reads them, without `pip`: nothing is fetched, nothing is followed out of the folder."""

import posixpath
import re
from collections.abc import Iterator

from .wanted import Wanted

#: A run of blanks is tried from its beginning only: a line may be nothing but blanks, two million of them.
_COMMENT = re.compile(r"(^|(?<!\s)\s+)#.*$")
_OPTIONS = re.compile(r"(?<!\s)\s+--(hash|config-settings|global-option)\b.*$", re.DOTALL)
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)")
_ADDRESS = re.compile(r"^(?:[a-z+]+://|file:|\.{1,2}/|/)|\.(?:whl|zip|tar\.gz)$", re.IGNORECASE)
_PINNED = re.compile(r"[A-Za-z0-9][\w.-]{0,80}(?:\[[\w,. -]{0,80}\])?[ \t]{0,4}(?:===?|[~>]=)[ \t]{0,4}v?\d")
_FILE = re.compile(r"(.*[-_.])?(requirements|constraints)([-_.].*)?\.(txt|in)")


def is_requirements_file(path: str) -> bool:
    """Whether a file is, by its name, a list of requirements."""
    folder, _, name = path.lower().rpartition("/")
    return bool(_FILE.fullmatch(name)) or (
        folder.rpartition("/")[2] == "requirements" and name.endswith((".txt", ".in"))
    )


def looks_like_requirements(text: str) -> bool:
    """Whether a text is one: most of its lines ask for a version of something."""
    lines = [line for line in (_COMMENT.sub("", line).strip() for line in text.splitlines()) if line]
    pinned = sum(bool(_PINNED.match(line)) for line in lines)
    return pinned > 0 and pinned * 2 >= len(lines)


def read_requirements(text: str, path: str, wanted: Wanted) -> list[str]:
    """Add what a requirements file asks for; the files it includes, relative to the folder, are returned."""
    included: list[str] = []
    for number, line in _lines(text):
        if match := _INCLUDE.match(line):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[1]))
            if "://" in match[1] or target.startswith(("../", "/")):
                wanted.other(path, number, f"includes {match[1]}, which lies outside the folder")
            else:
                included.append(target)
        elif line.startswith(("-e", "--editable")):
            wanted.other(path, number, "an editable package: its own folder says what it depends on")
        elif line.startswith("-"):
            continue  # where packages come from is not what they are
        elif _ADDRESS.search(line.split(";")[0].strip()):
            wanted.other(path, number, "a package from an address or a folder")
        else:
            wanted.requirement(_OPTIONS.sub("", line).strip(), path, number)
    return included


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Whole lines with the number each begins at: a backslash at the end joins the next one."""
    parts: list[str] = []
    start = 1
    for number, line in enumerate([*text.splitlines(), ""], 1):
        start = start if parts else number
        part = _COMMENT.sub("", line)
        parts.append(part.removesuffix("\\"))
        if part.endswith("\\"):
            continue
        if whole := " ".join(parts).strip():
            yield start, whole
        parts = []
