"""Installation: how this program got here, and so the command that adds what it lacks.

Imported at every start, so the notes of the tools are searched for two values each, and no parser is loaded for them.
"""

import re
import shlex
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

NAME = "aether-agents"
#: Where this package lies: a checkout, or the folder that packages are installed into.
CHECKOUT = Path(__file__).resolve().parents[2]

_PIPX_ASKED = re.compile(r'"package_or_url": "[^"]*\[([^\]"]+)\]')
_UV_ASKED = re.compile(rf'name = "{NAME}", extras = \[([^\]]*)\]')


def install_command(extras: str, prefix: Path | None = None, packages: Path = CHECKOUT) -> str:
    """The command that installs this package with these extras, for a shell: quoted, and for the tool that brought it.

    A package that came from a file or an address is named by that. pipx and uv replace what was asked of them before,
    so the extras that they brought are asked for again.

    Args:
        extras: the extras, with commas between them.
        prefix: the environment; this process's own, if left out.
        packages: where this package lies.
    """
    environment = prefix or Path(sys.prefix)
    if environment == CHECKOUT / ".venv":  # `make demo` made it: it has what an audit needs, and no more
        return f"make -C {CHECKOUT} setup"
    if (note := environment / "pipx_metadata.json").is_file():
        return f"pipx install --force {_wanted(_found(_PIPX_ASKED, note), extras, packages)}"
    if (note := environment / "uv-receipt.toml").is_file():
        return f"uv tool install {_wanted(_found(_UV_ASKED, note), extras, packages)}"
    return f"pip install {_wanted('', extras, packages)}"


def _wanted(before: str, extras: str, packages: Path) -> str:
    """What to install, quoted; a file and a checkout by their path, which all three tools take extras after."""
    names = dict.fromkeys(re.findall(r"[\w-]+", f"{before},{extras}"))
    listed = f"[{','.join(names)}]"
    if (packages / "pyproject.toml").is_file():
        return f"--editable {shlex.quote(f'{packages}{listed}')}"
    note = next(packages.glob("aether_agents-*.dist-info/direct_url.json"), None)
    address = _found(r'"url": *"([^"]+)"', note)
    if address.startswith("file:"):
        return shlex.quote(f"{unquote(urlsplit(address).path)}{listed}")
    kind = _found(r'"vcs": *"([^"]+)"', note)
    return shlex.quote(f"{NAME}{listed}" + (f" @ {kind}{'+' if kind else ''}{address}" if address else ""))


def _found(pattern: str | re.Pattern[str], note: Path | None) -> str:
    """What a tool's note says; nothing where there is no note, or it cannot be read."""
    try:
        found = re.search(pattern, note.read_text(encoding="utf-8")) if note else None
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1] if found else ""
