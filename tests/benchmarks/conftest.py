"""One table of what was measured, at the end of the run: bar, figure, met or not."""

from collections.abc import Callable
from typing import NamedTuple

import pytest


class Row(NamedTuple):
    """One line of the table."""

    what: str
    bar: str
    measured: str
    met: bool


_ROWS: list[Row] = []

Measured = Callable[[str, str, str, bool], None]


@pytest.fixture
def measured() -> Measured:
    """Put a figure into the table. Met or not, it is told, and no assertion: other work on the machine is in it."""

    def put(what: str, bar: str, figure: str, met: bool) -> None:
        _ROWS.append(Row(what, bar, figure, met))

    return put


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if not _ROWS:
        return
    terminalreporter.section("numbers to hold")
    width = max(len(row.what) for row in _ROWS)
    for row in _ROWS:
        verdict = "met" if row.met else "NOT MET"
        terminalreporter.write_line(f"{row.what:{width}}  bar {row.bar:12}  {row.measured:28} {verdict}")
