"""`aether-agent specialist new`: a package that reads as a specialist; names that cannot be are refused."""

from pathlib import Path

import pytest

from aether_agents.specialists import read_specialist
from tests.unit.cli.conftest import Run


@pytest.mark.parametrize("name", ["net", "two-words"])
def test_what_is_written_is_a_specialist(run: Run, tmp_path: Path, name: str) -> None:
    plain = name.replace("-", "_")
    assert run("specialist", "new", name, "--folder", str(tmp_path / "made")).code == 0
    package = tmp_path / "made" / f"{plain}_specialist"
    found = read_specialist(package)
    assert (found.name, [one.name for one in found.servers]) == (name, [f"{name}-lines"])
    assert [row.tool for row in found.tools] == [f"{name}-lines/count_lines"]
    assert (package / "templates" / found.templates[0].name / "fixture.yaml").is_file()
    compile((package / "servers" / f"{plain}_lines.py").read_text(), "server", "exec")
    assert "@" not in (tmp_path / "made" / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Net", "small letters"),
        ("class", "cannot be a specialist's name"),
        ("../up", "cannot be a specialist's name"),
        ("dev", "there is a specialist `dev` already"),
        ("planner", "there is a specialist `planner` already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(run: Run, name: str, said: str) -> None:
    ran = run("specialist", "new", name)
    assert (ran.code, said in ran.err) == (2, True)
    assert list(Path.cwd().iterdir()) == []


def test_nothing_that_is_there_is_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "mine.txt").write_text("mine")
    ran = run("specialist", "new", "net", "--folder", str(tmp_path / "made"))
    assert (ran.code, "not empty" in ran.err) == (2, True)
    assert [one.name for one in (tmp_path / "made").iterdir()] == ["mine.txt"]
