"""Nothing of a sentence is left out in silence: it is bound, or asked about, or named as not used."""

from pathlib import Path

import pytest

from aether_agents.contracts import HighLevelTask, Json
from aether_agents.planning.inputs.binding import Binding, bind
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists

SHIPPED = {one.name: one for specialist in load_specialists(Settings()) for one in specialist.templates}


def bound(name: str, sentence: str, inputs: dict[str, Json], folder: Path | str = "/place") -> Binding:
    return bind(SHIPPED[name], HighLevelTask(description=sentence, folder=str(folder), inputs=inputs), {})


@pytest.mark.parametrize(
    ("name", "sentence", "given", "expected"),
    [
        ("load_tables", "load ./d into a.duckdb", {}, {"sources": ["/place/d"], "database": "/place/a.duckdb"}),
        ("load_tables", "./data を shop.duckdb に取り込んで", {}, {"database": "/place/shop.duckdb"}),
        ("load_tables", "load ./data into ./shop.duckdb", {}, {"database": "/place/shop.duckdb"}),
        ("load_tables", "load them into ./x.duckdb", {"sources": ["/a"]}, {"database": "/place/x.duckdb"}),
        ("load_tables", "load ./data", {"database": "x.duckdb"}, {"sources": ["/place/data"]}),
        ("back_up_database", "back it up into ./copies", {"database": "a.db"}, {"target": "/place/copies"}),
        ("compliance_check", "check ./a against r.yaml", {}, {"path": "/place/a", "policy": "/place/r.yaml"}),
        ("compliance_check", "compliance of ./repo", {"policy": "p.yaml"}, {"path": "/place/repo"}),
        ("health_report", "health of this machine, warn at 80 % disk", {}, {"disk_limit": 80, "memory_limit": 90}),
        ("health_report", "disk above 70% and memory above 85.5 percent", {}, {"disk_limit": 70, "memory_limit": 85.5}),
        ("health_report", "check the disks, warn at 75%", {}, {"disk_limit": 75, "memory_limit": 90}),
        ("health_report", "ディスクが80%を超えたら警告、メモリは70%", {}, {"disk_limit": 80, "memory_limit": 70}),
    ],
)  # fmt: skip
def test_what_the_sentence_says_is_bound(
    name: str, sentence: str, given: dict[str, Json], expected: dict[str, Json]
) -> None:
    binding = bound(name, sentence, given)
    assert (binding.asked, binding.unused) == ({}, ())
    assert binding.values == binding.values | expected


@pytest.mark.parametrize(
    ("name", "sentence", "given", "asked", "says"),
    [
        ("health_report", "health report, warn at 80 %", {}, "disk_limit", "`80 %` in the request could be disk_limit"),
        ("health_report", "warn at 80 % of disk and memory of 70 % or disk of 60 %", {}, "disk_limit", "one is wanted"),
        ("load_tables", "load ./data into a.duckdb or b.duckdb", {}, "database", "`a.duckdb`, `b.duckdb`"),
        ("load_tables", "load ./more", {"sources": ["./data"]}, "database", "`./more` in the request could be meant"),
        ("compliance_check", "check against ./rules.txt", {"path": "."}, "policy", "`./rules.txt`"),
    ],
)  # fmt: skip
def test_what_could_mean_several_things_is_asked(
    name: str, sentence: str, given: dict[str, Json], asked: str, says: str
) -> None:
    assert says in bound(name, sentence, given).asked[asked]


@pytest.mark.parametrize(
    ("name", "sentence", "given", "unused"),
    [
        ("code_quality", "code quality of ./a", {"paths": ["/b"]}, ("./a",)),
        ("code_quality", "code quality of ./a", {"paths": ["./a"]}, ()),
        ("code_quality", "code quality of setup.py", {}, ("setup.py",)),
        ("code_quality", "code quality of ./a over the last 30 days", {}, ()),
        ("security_audit", "security audit of ./a, at most 50 commits, 3 findings", {}, ("3",)),
        ("security_audit", "security audit of v1.2 in 2026-11-22", {}, ()),
        ("health_report", "health report, load above 4", {}, ("4",)),
        ("health_report", "disk above 80 %", {"disk_limit": 70}, ("80",)),
        ("watch_endpoints", "watch https://shop.example/x and db:5432 with 3 tries", {}, ("3",)),
        ("onboard_project", "onboard this repository", {}, ()),
    ],
)
def test_what_nothing_takes_is_named(name: str, sentence: str, given: dict[str, Json], unused: tuple[str, ...]) -> None:
    binding = bound(name, sentence, given)
    assert binding.asked == {}
    assert binding.unused == unused


def test_a_database_that_is_there_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "shop.duckdb").touch()
    (tmp_path / "data").mkdir()
    binding = bound("load_tables", "load ./data into shop.duckdb", {}, tmp_path)
    assert binding.values["sources"] == [str(tmp_path / "data")]
    assert binding.values["database"] == str(tmp_path / "shop.duckdb")


@pytest.mark.parametrize("said", ['"r 1"', "'r 1'", "`r 1`", "「r 1」", '"./r 1"', "`r1`"])
def test_a_place_in_quotes_is_that_place(tmp_path: Path, said: str) -> None:
    for name in ("r 1", "r1"):
        (tmp_path / name).mkdir()
    binding = bound("security_audit", f"security audit of {said}", {}, tmp_path)
    place = said.strip("\"'`「」").removeprefix("./")
    assert (binding.asked, binding.unused, binding.values["path"]) == ({}, (), str(tmp_path / place))


def test_a_place_in_quotes_that_is_not_there_is_not_left_out(tmp_path: Path) -> None:
    """Otherwise the folder of the caller would be looked at in its place."""
    assert bound("security_audit", 'security audit of "nosuch"', {}, tmp_path).unused == ("nosuch",)
    assert "no file or folder here" in bound("security_audit", 'audit "./nosuch"', {}, tmp_path).asked["path"]
    assert bound("health_report", 'health report of "r1"', {}, tmp_path).unused == ("r1",)


def test_a_file_where_a_folder_is_wanted_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    asked = bound("security_audit", "security audit of ./a.py", {}, tmp_path).asked["path"]
    assert "`./a.py` in the request is a file, and a folder is wanted" in asked
