"""What README shows is executed, in order, by somebody who has a repository and nothing else.

A `console` block holds commands after `$ `, each of which must end with exit code 0. A `yaml NAME` or `json NAME` block
is a file the reader is told to write.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil.document import Document
from sybil.example import Example
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer
from sybil.region import Region

README = Path(__file__).parents[2] / "README.md"
INFO = re.compile(r"(?P<language>console|yaml|json)(?: (?P<file>\S+))?$\n", re.MULTILINE)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator["Reader"]:
    reader = Reader(tmp_path)
    try:
        yield reader
    finally:
        reader.run("aether-agent down")


class Reader:
    """Types what README shows, in a repository of his own."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.project.mkdir()
        self.environ = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "AETHER_HOME": str(folder / "aether"),
            "COLUMNS": "100",
            **{name: value for name, value in os.environ.items() if name.startswith(("COV", "PIP_", "UV_", "SSL_"))},
        }
        (self.project / "app.py").write_text('"""An application."""\n\nprint("hello")\n')
        for command in (
            "git init -q .",
            "git add .",
            "git -c user.name=R -c user.email=r@example.org commit -qm First",
        ):
            assert self.run(command).returncode == 0

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            shlex.split(command),
            cwd=self.project,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def follow(self, example: Example) -> None:
        """Write the file a block shows, or type its commands."""
        source = str(example.parsed)
        if name := example.region.lexemes["file"]:
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
            return
        for line in source.splitlines():
            if line.startswith("$ "):
                done = self.run(line[2:])
                assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def blocks(document: Document) -> Iterator[Region]:
    for region in RawFencedCodeBlockLexer(info_pattern=INFO)(document):
        region.parsed = region.lexemes["source"]
        yield region


@pytest.mark.timeout(600)
def test_what_readme_shows_works_as_written(reader: Reader) -> None:
    def follow(example: Example) -> None:
        reader.follow(example)

    def parse(document: Document) -> Iterator[Region]:
        for region in blocks(document):
            region.evaluator = follow
            yield region

    examples = list(Document.parse(str(README), parse).examples())
    assert len(examples) > 5
    for example in examples:
        example.evaluate()
