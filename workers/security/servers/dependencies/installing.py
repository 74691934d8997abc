"""Packages that something installs or brings along: commands, environments of tools, wheels and installed copies."""

import re
from pathlib import PurePosixPath

from .wanted import Wanted

#: Files whose lines install something: of an image, a pipeline, a script, a tool.
_NAMES = frozenset(
    ("tox.ini", "noxfile.py", "makefile", "jenkinsfile", ".pre-commit-config.yaml", "setup.py", "setup.cfg")
)
_ENDINGS = (".sh", ".bash", ".yml", ".yaml", ".dockerfile")
_IMAGE = re.compile(r"(docker|container)file([.-].*)?")
#: What a line speaks of that installs a package, and the packages in it that have a version.
_INSTALLS = re.compile(r"\b(?:pip3?|pipx|uvx?|install\w*|deps|dependencies)\b")
_PINNED = re.compile(r"(?<![\w.-])([A-Za-z][\w.-]{1,80})(?:\[[\w,.-]{0,80}\])?={2,3}([0-9][\w.!+]{0,40})(?![\w.*])")
_WHEEL = re.compile(r"([A-Za-z0-9][\w.]{0,80})-([0-9][\w.!+]{0,40})(?:-\d\w{0,20})?(?:-[\w.]{1,80}){3}\.whl")
_INSTALLED = re.compile(r"(?:^|/)([A-Za-z0-9][\w.]{0,80})-([0-9][\w.!+]{0,40})\.dist-info/METADATA$")


def installs(path: str) -> bool:
    """Whether a file is, by its name, one whose lines may install packages."""
    name = PurePosixPath(path.lower()).name
    return name in _NAMES or name.endswith(_ENDINGS) or bool(_IMAGE.fullmatch(name))


def read_installing(text: str, path: str, wanted: Wanted) -> int:
    """Add the packages that lines of a file install at a version; how many they are."""
    count, lists = 0, PurePosixPath(path).name in ("tox.ini", ".pre-commit-config.yaml")
    for number, line in enumerate(text.splitlines(), 1):
        if "==" in line and (lists or _INSTALLS.search(line)):
            for name, version in _PINNED.findall(line):
                wanted.pin(name, version, path, number)
                count += 1
    return count


def read_brought(path: str, wanted: Wanted) -> int:
    """Add the package that a wheel or an installed copy is, by its name; how many that is."""
    match = _WHEEL.fullmatch(PurePosixPath(path).name) or _INSTALLED.search(path)
    if match:
        wanted.pin(match[1], match[2], path, None)
    return int(match is not None)
