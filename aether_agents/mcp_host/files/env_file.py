"""`envFile` of VS Code's server files: lines of `NAME=value` beside the server's `env`, which goes before them.

The file lies in the folder of its server file, also after links are followed: a stranger's project must not hand
the variables of another to a server. It is part of what is trusted; its values are secrets, whatever their names.
"""

import re
from pathlib import Path

from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.bounded_read import read_bounded

#: `+` after a star: what it took is not given back, so that a line is read in one go, however many blanks it has.
_LINE = re.compile(
    r"""(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*+
        (?:'(?P<exact>[^']*)' | "(?P<quoted>(?:[^"\\]|\\.)*+)"
          | (?P<plain>(?:(?!['"]|(?<=\s)\#)(?:\S|\s+(?![\s\#]))*+)?))
        \s*(?:(?<=\s)\#.*)?""",
    re.VERBOSE,
)
_ESCAPED = {r"\n": "\n", r"\r": "\r", r"\t": "\t", r"\"": '"', r"\\": "\\"}


def place(written: object, folder: Path) -> Path:
    """The file that is meant, links followed.

    Raises:
        InvalidSettings: it is named by a variable, lies outside of the folder, or is not there.
    """
    named = str(written).replace("${workspaceFolder}", str(folder))
    if "$" in named:
        raise InvalidSettings("write out which file it is: of the variables, only `${workspaceFolder}` may stand in it")
    own = folder.resolve()
    found = (own / named).resolve()
    if not found.is_relative_to(own):
        raise InvalidSettings(f"leads out of {folder}: put the file there, or name its variables in `env`")
    if not found.is_file():
        raise InvalidSettings(f"there is no file {found}: write it, or take `envFile` out")
    return found


def variables(file: Path) -> dict[str, str]:
    """What stands in the file; nothing in it is expanded, and blank lines and comments are read over.

    Raises:
        InvalidSettings: it cannot be read, or a line is no `NAME=value`; no value is told.
    """
    found: dict[str, str] = {}
    try:
        lines = read_bounded(file).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise InvalidSettings(f"{file}: is not UTF-8 text") from None
    for number, line in enumerate((line.strip() for line in lines), 1):
        if not line or line.startswith("#"):
            continue
        mark = _LINE.fullmatch(line)
        if mark is None or "\0" in line:
            raise InvalidSettings(f"{file}:{number}: expected `NAME=value`, on one line")
        found[mark["name"]] = _value(mark)
    return found


def _value(mark: re.Match[str]) -> str:
    if mark["quoted"] is not None:
        return re.sub(r"\\.", lambda escaped: _ESCAPED.get(escaped[0], escaped[0]), mark["quoted"])
    return mark["exact"] if mark["exact"] is not None else mark["plain"]
