"""Texts of strangers that are long, and hold a careless reader up for hours."""

from pathlib import Path

import pytest

from workers.data.servers.tables.sheets.csv_sheet import find_dialect
from workers.security.servers.dependencies.requirement_files import read_requirements
from workers.security.servers.dependencies.wanted import Wanted
from workers.security.servers.infracode.kinds import kind_by_content

LONG = 200_000
BLANKS = " " * LONG


def wanted(text: str) -> tuple[Wanted, list[str]]:
    found = Wanted()
    return found, read_requirements(text, "requirements.txt", found)


def test_requirements_of_blanks_and_of_joined_lines() -> None:
    found, included = wanted(
        f"one==1{BLANKS}x\n#{BLANKS}\ntwo==2{BLANKS}# why\n-r{BLANKS}other.txt\nthree==3 --hash=x\n"
    )
    assert [(pin.name, pin.version, pin.line) for pin in found.pins] == [("two", "2", 3), ("three", "3", 5)]
    assert (len(found.others), included) == (1, ["other.txt"])
    found, _ = wanted("one==1\\\n" + "\\\n" * (LONG // 8) + "\ntwo==2")
    assert [(pin.name, pin.line) for pin in found.pins] == [("one", 1), ("two", LONG // 8 + 3)]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"apiVersion: v1\nkind: Pod\n", "kubernetes"),
        (b"# first\nkind: Pod\nmetadata: {}\napiVersion: v1\n", "kubernetes"),
        (b"kind: x\n" + b"a: 1\n" * 2_000 + b"kind: Pod\napiVersion: v1\n", "kubernetes"),
        (b"kind: x\n" + b"a: 1\n" * 2_000 + b"apiVersion: v1\n", None),
        (b"apiVersion: " + b"a" * LONG, None),
        (b"apiVersion: v1\n" * (LONG // 15), None),
        (b"kind:\n" * (LONG // 6), None),
    ],
)
def test_what_kind_a_manifest_is(content: bytes, kind: str | None) -> None:
    assert kind_by_content(content) == kind


@pytest.mark.parametrize(
    ("first", "named"),
    [
        ("name,born,share", True),
        ("name,2024-01-02,x", True),
        (" 12 %,a,b", False),
        ("a,-,b", True),
        (" ,a,b", True),
        (" " * 130_000 + ",a,b", True),
        ("1" * 130_000 + "x,a,b", True),
        ("1" * 130_000 + ",a,b", False),
    ],
)
def test_whether_the_first_line_of_a_table_names_its_columns(tmp_path: Path, first: str, named: bool) -> None:
    file = tmp_path / "table.csv"
    file.write_text(f"{first}\n1,2,3\n")
    assert find_dialect(file).layout.header == named
