"""Installation: how this program got here, and so the command that adds what it lacks."""

import sys
from pathlib import Path

#: The checkout that this module lies in, if it lies in one.
CHECKOUT = Path(__file__).resolve().parents[2]


def install_command(extras: str, prefix: Path | None = None) -> str:
    """The command that installs this package with these extras, for a shell: quoted, and for the tool that brought it.

    Args:
        extras: the extras, with commas between them.
        prefix: the environment; this process's own, if left out.
    """
    environment = prefix or Path(sys.prefix)
    wanted = f"'aether-agents[{extras}]'"
    if (environment / "pipx_metadata.json").is_file():
        return f"pipx install --force {wanted}"
    if (environment / "uv-receipt.toml").is_file():
        return f"uv tool install {wanted}"
    if environment == CHECKOUT / ".venv":  # `make demo` made it: it has what an audit needs, and no more
        return f"make -C {CHECKOUT} setup"
    return f"pip install {wanted}"
