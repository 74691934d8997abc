"""Where a server's things are under AETHER_HOME."""

from pathlib import Path

from aether_agents.errors import InvalidSettings


def server_folder(home: Path, name: str) -> Path:
    """The folder of a server under AETHER_HOME.

    Raises:
        InvalidSettings: the name would lead out of it.
    """
    if not name.strip("."):
        raise InvalidSettings(f"a server cannot be called `{name}`: give it a name with a letter in it")
    return home.absolute() / "servers" / name


def venv_bin(home: Path, name: str) -> Path:
    """Where the programs of a server's own environment are."""
    return server_folder(home, name) / "venv" / "bin"
