"""A package of somebody else that brings a specialist: what is wrong with it is said as its fault, with its place."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from aether_agents import specialists
from aether_agents.errors import InvalidSettings
from aether_agents.local.start_note import OTHER_SETTINGS, start_note
from aether_agents.settings.model import Settings


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package's folder, which is the only one that brings a specialist."""
    folder = tmp_path / "their_net"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = EntryPoint("net", "their_net:SPECIALIST", specialists.ENTRY_POINT)
    monkeypatch.setattr(specialists, "_entries", lambda: (entry,))
    yield folder
    sys.modules.pop("their_net", None)
    sys.modules.pop("their_net.inner", None)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"__init__.py": "def broken(:\n"}, r"their_net/__init__\.py, line 1: SyntaxError: "),
        ({"__init__.py": "from their_net import inner\n", "inner.py": "x = (\n"}, r"inner\.py, line 1: SyntaxError"),
        ({"__init__.py": "x = 1\ny = 1 / 0\n"}, r"__init__\.py, line 2: ZeroDivisionError: division by zero"),
        (
            {"__init__.py": "import nothing_of_that_name\n"},
            r"__init__\.py, line 1: ModuleNotFoundError: No module named",
        ),
        ({"__init__.py": "x = 1\n"}, r"their_net:SPECIALIST: AttributeError"),
        ({"__init__.py": "import sys\nsys.exit(3)\n"}, r"__init__\.py, line 2: SystemExit: 3"),
        ({}, r"their_net:SPECIALIST: AttributeError"),
    ],
)
def test_a_package_that_cannot_be_imported_is_named_with_its_line(
    package: Path, files: dict[str, str], said: str
) -> None:
    for name, text in files.items():
        (package / name).write_text(text)
    with pytest.raises(InvalidSettings, match=rf"specialist `net`: its package cannot be loaded: .*{said}") as error:
        specialists.load_specialists(Settings())
    assert "uninstall it" in str(error.value)


def test_what_it_declares_wrongly_is_said_with_its_file(package: Path) -> None:
    (package / "__init__.py").write_text(
        "from pathlib import Path\nfrom aether_agents.specialists import read_specialist\n"
        "SPECIALIST = read_specialist(Path(__file__).parent)\n"
    )
    (package / "specialist.yaml").write_text("name: Net\n")
    with pytest.raises(InvalidSettings, match=r"specialist\.yaml"):
        specialists.load_specialists(Settings())


def test_who_brings_the_specialists_is_known_with_versions() -> None:
    assert set(specialists.packages()) == {"aether-agents"}


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"a": "1.0"}, {"a": "1.0"}, []),
        ({"a": "1.0"}, {"a": "1.1"}, ["a 1.0, now 1.1", "aether-agent down"]),
        ({"a": "1.0"}, {"a": "1.0", "net": "2"}, ["net 2 was installed since"]),
        ({"a": "1.0", "net": "2"}, {"a": "1.0"}, ["net 2 was removed since"]),
        (None, {"a": "1.0"}, ["a 1.0 was installed since"]),
        ({"a": "1.0"}, None, []),  # a command of the version before
    ],
)
def test_a_command_that_joins_hears_which_packages_changed(
    before: dict[str, str] | None, now: dict[str, str] | None, said: list[str]
) -> None:
    note = start_note({"digest": "d", "packages": before}, {"digest": "d", "packages": now})
    assert bool(note) == bool(said)
    assert [part for part in said if part not in note] == []


def test_other_settings_are_said_beside_other_packages() -> None:
    lines = start_note({"digest": "d", "packages": {"a": "1"}}, {"digest": "e", "packages": {"a": "2"}}).splitlines()
    assert (lines[0], len(lines)) == (OTHER_SETTINGS, 2)
