"""`envFile` of VS Code's server files: lines of `NAME=value` beside the server's `env`, which goes before them.

The file lies in the folder of its server file, also after links are followed: a stranger's project must not hand
the variables of another to a server. It is part of what is trusted; its values are secrets, whatever their names.
"""

import re
from pathlib import Path

from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.bounded_read import read_bounded

_NAME = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=")
_QUOTED = re.compile(r"""'(?P<exact>[^']*)'|"(?P<escaped>(?:[^"\\]|\\.)*)\"""")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
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
        name = _NAME.match(line)
        value = None if name is None or "\0" in line else _value(line[name.end() :].lstrip())
        if name is None or value is None:
            raise InvalidSettings(f"{file}:{number}: expected `NAME=value`, on one line")
        found[name[1]] = value
    return found


def _value(written: str) -> str | None:
    """What stands after `=`, without quotes and comment; none where a quote is open, or something follows it."""
    quoted = _QUOTED.match(written)
    if quoted is None:
        plain = _COMMENT.split(written, maxsplit=1)[0].rstrip()
        return None if "'" in plain or '"' in plain else plain
    rest = written[quoted.end() :]
    if rest.strip() and not (rest[0].isspace() and rest.lstrip().startswith("#")):
        return None
    if quoted["exact"] is not None:
        return quoted["exact"]
    return re.sub(r"\\.", lambda escape: _ESCAPED.get(escape[0], escape[0]), quoted["escaped"])
