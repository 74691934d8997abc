"""The projects in `examples/` run as they stand: what their READMEs show is typed in a copy of each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.reader import ROOT, Reader

EXAMPLES = ROOT / "examples"
NAMES = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())


@pytest.fixture
def reader(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Reader]:
    reader = Reader(tmp_path, EXAMPLES / request.param)
    # What is installed is for this reader alone: the other tests share the interpreter.
    reader.environ |= {"PIP_TARGET": str(tmp_path / "installed"), "PYTHONPATH": str(tmp_path / "installed")}
    try:
        yield reader
    finally:
        reader.run("aether-agent down")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("reader", NAMES, indirect=True)
def test_an_example_runs_as_it_stands(reader: Reader) -> None:
    assert len(reader.follow(reader.project / "README.md")) > 0


def test_the_list_names_each_of_them() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"| `{name}/` |" not in listed] == []
    assert len(NAMES) == 6
