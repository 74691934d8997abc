"""A stack that runs has a specialist as its files are now; what it cannot take over, it says."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.reader import ROOT
from tests.e2e.terminal import Person, only

ASK = ("execute", "look up the addresses of these host names", "--input", "names=localhost")


class Author(Person):
    """Somebody whose own specialist is installed in a folder that nobody else sees."""

    def __init__(self, folder: Path) -> None:
        self.installed = folder / "installed"
        project = folder / "project"
        project.mkdir()
        super().__init__(folder / "home", project, PYTHONPATH=str(self.installed), **only())
        self.package = self.installed / "net_specialist"
        shutil.copytree(ROOT / "examples" / "specialist" / "net_specialist", self.package)
        self.version("1.0.0")

    def version(self, number: str) -> None:
        """Say which version of it is installed."""
        for before in self.installed.glob("*.dist-info"):
            shutil.rmtree(before)
        info = self.installed / f"net_specialist-{number}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: net-specialist\nVersion: {number}\n")
        (info / "entry_points.txt").write_text("[aether_agents.specialists]\nnet = net_specialist:SPECIALIST\n")

    def edit(self, file: str, before: str, after: str) -> None:
        """Change a file of the specialist, as an editor does."""
        path = self.package / file
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Author]:
    author = Author(tmp_path_factory.mktemp("author"))
    up = author.run("up", within=120)
    assert up.returncode == 0, up.stderr
    try:
        yield author
    finally:
        down = author.run("down")
        assert down.returncode == 0, down.stderr


@pytest.mark.timeout(300)
def test_the_next_task_has_what_was_edited_or_says_that_it_has_not(author: Author) -> None:
    first = author.json(*ASK)
    assert list(first["outputs"]) == ["addresses"]

    author.edit("templates/look_up.yaml", "outputs: {addresses:", "outputs: {found:")
    assert list(author.json(*ASK)["outputs"]) == ["found"]

    author.edit("servers/names.py", "addresses", "places")  # a server's code is a change of its tools too
    author.edit("tools.yaml", "path: addresses", "path: places")
    assert "places" in str(author.json(*ASK)["outputs"]["found"])

    author.edit("tools.yaml", "risk: read", "risk: destructive")
    asked = author.run(*ASK, "--json")
    assert asked.returncode == 4, asked.stdout
    author.edit("tools.yaml", "risk: destructive", "risk: read")

    author.edit("templates/look_up.yaml", "outputs: {found:", "outputs: [found:")
    told = author.run(*ASK)
    assert "look_up.yaml" in told.stdout + told.stderr
    author.edit("templates/look_up.yaml", "outputs: [found:", "outputs: {last:")
    assert list(author.json(*ASK)["outputs"]) == ["last"]

    author.version("1.1.0")
    told = author.run(*ASK)
    assert told.returncode == 0, told.stderr
    assert "net-specialist 1.0.0, now 1.1.0" in told.stderr
    assert "aether-agent down" in told.stderr
