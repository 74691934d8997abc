"""Places of the caller's folder that a sentence means."""

from pathlib import Path

import pytest

from aether_agents.planning.sentence.folder_places import MOST, located, unfolded


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with two repositories and three files."""
    for name in ("repos/a", "repos/b", "data", "many"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("data/x.csv", "data/y.csv", "data/z.json", ".hidden.csv"):
        (tmp_path / name).touch()
    for number in range(MOST + 1):
        (tmp_path / "many" / f"{number}.csv").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("load ./data/*.csv into x", "load ./data/x.csv, ./data/y.csv into x"),
        ("audit repos/*, then rest", "audit ./repos/a, ./repos/b, then rest"),
        ("load ./data/*.csv を", "load ./data/x.csv, ./data/y.csv を"),
        ("load ./none/*.csv", "load ./none/*.csv"),
        ("load ./many/*.csv", "load ./many/*.csv"),
        ("load ../*/x", "load ../*/x"),
        ("load ./**/*.csv", "load ./**/*.csv"),
        ("load /etc/*", "load /etc/*"),
        ('replace "data/*.csv" by "x"', 'replace "data/*.csv" by "x"'),
        ("see https://a.example/*", "see https://a.example/*"),
        ("load *.csv", "load *.csv"),  # nothing but a hidden one
    ],
)
def test_a_pattern_stands_for_what_lies_in_the_folder(here: Path, text: str, expected: str) -> None:
    assert unfolded(text, str(here)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("audit web and sales", "audit ./web and ./sales"),
        ("load customers.csv into shop.duckdb", "load ./customers.csv into ./shop.duckdb"),
        ("load web/a.csv, web", "load web/a.csv, ./web"),
        ("load ./customers.csv", "load ./customers.csv"),
        ("load 'customers.csv' now", "load 'customers.csv' now"),
        ("see https://a.example/customers.csv", "see https://a.example/customers.csv"),
        ("mail bob@customers.csv", "mail bob@customers.csv"),
        ("load /x/customers.csv and web/none", "load /x/customers.csv and web/none"),
    ],
)
def test_a_word_that_names_what_is_there_is_that_path(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "web").mkdir()
    for name in ("sales", "customers.csv", "web/a.csv"):
        (tmp_path / name).touch()
    assert located(text, str(tmp_path)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("audit ./資料", 'audit "./資料"'),
        ("audit 資料", 'audit "資料"'),
        ("資料の監査", '"資料"の監査'),
        ("資料/注文.csv を読み込んで", '"資料/注文.csv" を読み込んで'),
        ("資料/注文.csvを読み込んで", '"資料/注文.csv"を読み込んで'),
        ("資料館の監査", "資料館の監査"),  # a longer word
        ("load my data/a.csv", 'load "my data/a.csv"'),
        ("load ./my data", 'load "./my data"'),
        ("load my data", "load my data"),  # the words of a sentence
        ('load "my data/a.csv"', 'load "my data/a.csv"'),
    ],
)
def test_a_path_in_another_script_or_with_a_blank_is_found_where_it_is_there(
    tmp_path: Path, text: str, expected: str
) -> None:
    for name in ("資料", "my data"):
        (tmp_path / name).mkdir()
    for name in ("資料/注文.csv", "my data/a.csv"):
        (tmp_path / name).touch()
    assert located(text, str(tmp_path)) == expected
