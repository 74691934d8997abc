"""A new specialist as a package that runs: what `aether-agent specialist new NAME` writes."""

import keyword
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.contracts.specialist import PLANNER
from aether_agents.errors import InvalidSettings

#: As `contracts.Specialist` wants it.
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


def new_specialist(session: Session, name: str, folder: Path | None) -> int:
    """Write the package of a specialist, and say how to go on.

    Raises:
        InvalidSettings: the name cannot be one, it is taken, or the folder is there already.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise InvalidSettings(f"`{name}` cannot be a specialist's name: small letters, digits and `-`, 32 at most")
    if name == PLANNER or name in {one.name for one in session.specialists}:
        raise InvalidSettings(f"there is a specialist `{name}` already: choose another name")
    place = folder or session.folder / f"{name}-specialist"
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise InvalidSettings(f"{place} is there already, and not empty: name another folder with --folder")
    try:
        for path, text in _files(name):
            file = place / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            session.output.good(str(file))
    except OSError as error:
        raise InvalidSettings(f"{error.filename}: cannot be written: {error.strerror}") from None
    session.output.hint(f"install it where the workers run: python -m pip install -e {place}")
    session.output.hint(f"then: aether-agent down; aether-agent templates test count_lines_{_plain(name)}")
    return COMPLETED


def _files(name: str) -> Iterator[tuple[str, str]]:
    """Every file of the package, by its path, with its text."""
    plain = _plain(name)
    package, template = f"{plain}_specialist", f"count_lines_{plain}"
    words = {
        "name": name,
        "dist": f"{name}-specialist",
        "package": package,
        "server": f"{name}-lines",
        "module": f"{plain}_lines",
        "template": template,
    }
    for path, source in (
        ("pyproject.toml", "pyproject.toml"),
        (f"{package}/__init__.py", "__init__.py"),
        (f"{package}/specialist.yaml", "specialist.yaml"),
        (f"{package}/tools.yaml", "tools.yaml"),
        (f"{package}/templates/{template}.yaml", "template.yaml"),
        (f"{package}/templates/{template}/fixture.yaml", "fixture.yaml"),
        (f"{package}/servers/{plain}_lines.py", "server.py"),
    ):
        text = (files(__package__) / "scaffold" / f"{source}.txt").read_text(encoding="utf-8")
        yield path, re.sub(r"@([a-z]+)@", lambda found: words[found[1]], text)


def _plain(name: str) -> str:
    return name.replace("-", "_")
