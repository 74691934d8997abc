"""Text of others, durations and tables, as they fit on a line."""

from datetime import timedelta

import pytest
from rich.console import Console

from aether_agents.cli.terminal.duration import ago, brief
from aether_agents.cli.terminal.tables import Column, table
from aether_agents.cli.terminal.text import fit, plain, printable, width_of
from aether_agents.contracts.shortening import counted
from tests.unit.cli.recorded import START


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (12.6, "12 s"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (7_800, "2 h 10 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert brief(seconds) == text


def test_a_countdown_never_shows_nought_before_its_time() -> None:
    assert brief(0.2, whole=True) == "1 s"
    assert brief(0.0, whole=True) == "0 s"


def test_how_long_ago() -> None:
    assert ago(START, START + timedelta(seconds=200)) == "3 min ago"
    assert ago(None) == ""


def test_what_others_say_cannot_steer_the_terminal() -> None:
    assert plain("a\x1b]0;title\x07b\nc\u202e") == "a]0;titleb c"
    assert printable("a\tb\n\x1b[2Jc") == "a    b\n[2Jc"


def test_text_is_cut_by_cells_not_by_characters() -> None:
    assert fit("日本語のテキスト", 9, "…") == "日本語の…"
    assert width_of(fit("日本語のテキスト", 8, "…")) <= 8
    assert fit("short", 9, "…") == "short"


def test_a_table_never_shortens_what_is_to_be_typed() -> None:
    console = Console(width=40, record=True)
    console.print(table((Column("id", keep=True), Column("what")), [("3fa9c1d2e0b7", "x" * 80)]))
    lines = console.export_text().splitlines()
    assert "3fa9c1d2e0b7" in lines[1]
    assert all(len(line) <= 40 for line in lines)


@pytest.mark.parametrize("width", [60, 40, 30])
def test_what_a_table_cuts_ends_in_an_ellipsis(width: int) -> None:
    console = Console(width=width, record=True)
    columns = (Column("template", keep=True), Column("for", keep=True), Column("subtasks"), Column("does"))
    whole = ("setup_kubernetes_cluster", "infrastructure", "stub", "Set up a cluster for production 日本語の説明")
    console.print(table(columns, [whole]))
    lines = console.export_text().splitlines()
    assert all(width_of(line) <= width for line in lines)
    assert ("…" in lines[0]) is (width < 60)
    shown = lines[1].split("  ")
    cells = [cell.strip() for cell in shown if cell.strip()]
    assert len(cells) == 4
    for cell, text in zip(cells, whole, strict=True):
        assert cell == text or (cell.endswith("…") and text.startswith(cell[:-1].rstrip()))


@pytest.mark.parametrize(
    ("count", "name", "said"),
    [
        (2, "files", "2 files"),
        (0, "places", "0 places"),
        (1, "files", "1 file"),
        (1, "repositories", "1 repository"),
        (1, "branches", "1 branch"),
        (1, "access", "1 access"),
        (1, "left as it is", "1 left as it is"),
    ],
)
def test_what_is_counted_is_one_or_many(count: int, name: str, said: str) -> None:
    assert counted(count, name) == said
