"""Build: which state of the sources this is, where two versions may meet. Two builds of one version are told apart."""

from functools import cache
from pathlib import Path

from aether_agents import __version__

#: Written into a wheel when it is built (`hatch_build.py`); a checkout has its git folder instead.
COMMIT_FILE = "commit.txt"

_SHORT = 9


@cache
def build() -> str:
    """The version, with the commit where it is not the tagged release: `0.2.0`, or `0.2.0+g1a2b3c4d5`."""
    return f"{__version__}+g{commit[:_SHORT]}" if (commit := _commit()) else __version__


def _commit() -> str:
    try:
        return (Path(__file__).parents[1] / COMMIT_FILE).read_text(encoding="ascii").strip()
    except OSError:
        return commit_of_checkout(Path(__file__).parents[2] / ".git")


def commit_of_checkout(git: Path) -> str:
    """The commit that is checked out; nothing where it is tagged as this version, or this is no checkout."""
    try:
        if git.is_file():  # a work tree beside the repository
            git = Path(git.read_text(encoding="utf-8").removeprefix("gitdir:").strip())
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        common = git / (git / "commondir").read_text(encoding="utf-8").strip() if (git / "commondir").is_file() else git
        name = head.removeprefix("ref:").strip()
        commit = _ref(common, name) if head.startswith("ref:") else head
        return "" if commit == _ref(common, f"refs/tags/v{__version__}") else commit
    except (OSError, UnicodeDecodeError):
        return ""


def _ref(git: Path, name: str) -> str:
    if (git / name).is_file():
        return (git / name).read_text(encoding="ascii").strip()
    packed = (git / "packed-refs").read_text(encoding="ascii") if (git / "packed-refs").is_file() else ""
    return next((line.partition(" ")[0] for line in packed.splitlines() if line.endswith(f" {name}")), "")
