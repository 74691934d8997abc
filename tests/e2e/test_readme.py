"""What README and the manual show is executed, in order, by somebody who has a repository and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.reader import ROOT, Reader

PAGES = (
    "README.md",
    "docs/start.md",
    "docs/concepts/specialists.md",
    *(f"docs/how-to/{name}.md" for name in ("template", "server", "specialist", "batch", "schedule", "editors")),
)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    # What is installed is for this reader alone: the other tests share the interpreter.
    reader.environ |= {"PIP_TARGET": str(tmp_path / "installed"), "PYTHONPATH": str(tmp_path / "installed")}
    try:
        yield reader
    finally:
        reader.run("aether-agent down")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_works_as_written(reader: Reader, page: str) -> None:
    assert len(reader.follow(ROOT / page)) > 0


def test_every_page_with_commands_is_followed() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {str(page.relative_to(ROOT)) for page in pages if "```console" in page.read_text(encoding="utf-8")}
    assert shown - {"docs/index.md"} == set(PAGES)  # the one command there is README's first
