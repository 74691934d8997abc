"""The measuring program: radon's own figures, from one parse, and no file that ends it."""

import inspect
import textwrap
from pathlib import Path

import pytest
from radon.complexity import cc_visit
from radon.metrics import mi_visit
from radon.raw import analyze

from workers.dev.servers.quality import measure as program
from workers.dev.servers.quality.measure import measure


def test_the_figures_are_radons(tmp_path: Path) -> None:
    code = inspect.getsource(textwrap) + "\n\nclass C:\n    def m(self):\n        return [x for x in y if x]\n"
    (tmp_path / "a.py").write_text(code)
    found = measure(str(tmp_path / "a.py"))
    assert found["lines"] == analyze(code).loc
    assert found["maintainability"] == pytest.approx(mi_visit(code, multi=True))
    plain = [block for block in cc_visit(code) if not hasattr(block, "methods")]
    assert sorted(found["functions"]) == sorted([block.fullname, block.lineno, block.complexity] for block in plain)
    assert "C.m" in [name for name, _, _ in found["functions"]]


@pytest.mark.parametrize("code", ["", "# a comment\n", '"""Only words."""\n', "\ufeffx = 1\n"])
def test_a_file_with_little_in_it_is_measured(tmp_path: Path, code: str) -> None:
    (tmp_path / "a.py").write_text(code)
    found = measure(str(tmp_path / "a.py"))
    assert found["functions"] == []
    assert 0 <= found["maintainability"] <= 100


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("def f(:\n", "SyntaxError"),
        ("x = 1\0\n", "SyntaxError|ValueError"),
        ("(" * 300 + ")" * 300, "SyntaxError|MemoryError|nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_measured_says_why(tmp_path: Path, code: str, error: str) -> None:
    (tmp_path / "a.py").write_text(code)
    assert measure(str(tmp_path / "a.py"))["error"] in error.split("|")


def test_a_file_that_went_away_says_so(tmp_path: Path) -> None:
    assert measure(str(tmp_path / "gone.py"))["error"] == "FileNotFoundError"


def test_it_stands_alone() -> None:
    assert "from ." not in inspect.getsource(program)
