"""Somebody who types what a page shows, in a repository of his own and with nothing else.

A `console` block holds commands after `$ `, each of which must end with exit code 0. A `yaml NAME` or `json NAME` block
is a file the reader is told to write.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from sybil.document import Document
from sybil.example import Example
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer
from sybil.region import Region

ROOT = Path(__file__).parents[2]
INFO = re.compile(r"(?P<language>console|yaml|json)(?: (?P<file>\S+))?$\n", re.MULTILINE)


class Reader:
    """Types what a page shows."""

    def __init__(self, folder: Path, project: Path | None = None) -> None:
        """With a `project`, in a copy of that folder; else in one with a single program in it."""
        self.project = folder / "project"
        self.environ = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "AETHER_HOME": str(folder / "aether"),
            "COLUMNS": "100",
            **{name: value for name, value in os.environ.items() if name.startswith(("COV", "PIP_", "UV_", "SSL_"))},
        }
        if project is None:
            self.project.mkdir()
            (self.project / "app.py").write_text('"""An application."""\n\nprint("hello")\n')
        else:
            shutil.copytree(project, self.project, ignore=shutil.ignore_patterns("__pycache__"))
        for command in (
            "git init -q .",
            "git add .",
            "git -c user.name=R -c user.email=r@example.org commit -qm First",
        ):
            assert self.run(command).returncode == 0

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """One command."""
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

    def follow(self, page: Path) -> list[str]:
        """Do all that a page shows, in order; the commands that were typed."""
        typed: list[str] = []

        def follow(example: Example) -> None:
            typed.extend(self._step(example))

        def parse(document: Document) -> Iterator[Region]:
            for region in RawFencedCodeBlockLexer(info_pattern=INFO)(document):
                region.parsed = region.lexemes["source"]
                region.evaluator = follow
                yield region

        for example in Document.parse(str(page), parse).examples():
            example.evaluate()
        return typed

    def _step(self, example: Example) -> Iterator[str]:
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
                yield line[2:]
