"""Which input a path belongs to: by folder and file, by what goes where; and what words say beside them."""

from pathlib import Path

import pytest

from aether_agents.contracts import HighLevelTask, Json
from aether_agents.planning.inputs.binding import Binding, bind
from tests.unit.planning.toolshed import template

DATABASE = {"format": "path", "required": True, "prompt": "Of which database?"}
FOLDER = {"format": "path", "default": "backups", "prompt": "In which folder are the backups?"}
RESTORE = template(
    deed=["restore"],
    inputs={
        "database": DATABASE,
        "folder": FOLDER,
        "into": {"format": "path", "prompt": "Into which new file?"},
        "over": {"type": "boolean", "default": False, "said": ["roll back", "put * back to", "上書き"]},
        "as_of": {"format": "moment"},
        "keep_last": {"type": "integer", "prompt": "How many of the newest are kept?"},
    },
)
LOAD = template(
    deed=["load"],
    inputs={
        "sources": {
            "type": "array",
            "items": {"format": "path"},
            "required": True,
            "prompt": "Which files or folders?",
        },
        "database": {"format": "path", "default": "data.duckdb", "prompt": "Which database should they go into?"},
    },
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with databases, data and copies."""
    for name in ("shop.db", "shop.duckdb", "orders.csv"):
        (tmp_path / name).touch()
    (tmp_path / "copies").mkdir()
    return tmp_path


def bound(here: Path, sentence: str, of: object = RESTORE, **inputs: Json) -> Binding:
    assert of in (RESTORE, LOAD)
    return bind(of, HighLevelTask(description=sentence, folder=str(here), inputs=inputs), {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("restore ./shop.db from the backup in ./copies", {"database": "shop.db", "folder": "copies"}),
        ("./copies のバックアップから ./shop.db を復元して", {"database": "shop.db", "folder": "copies"}),
        ("restore ./shop.db into ./new.db", {"database": "shop.db", "into": "new.db"}),
        ("roll back ./shop.db", {"database": "shop.db", "over": True}),
        ("put ./shop.db back to the last backup", {"database": "shop.db", "over": True}),
        ("./shop.db を上書きして", {"database": "shop.db", "over": True}),
        ("restore ./shop.db and keep the newest 5", {"database": "shop.db", "keep_last": 5}),
    ],
)
def test_each_place_and_word_goes_to_the_input_it_is_for(here: Path, sentence: str, expected: dict[str, Json]) -> None:
    binding = bound(here, sentence)
    assert (binding.asked, binding.unused) == ({}, ())
    told = {name: str(value).removeprefix(f"{here}/") for name, value in binding.values.items()}
    assert told == told | {name: str(value) for name, value in expected.items()}


@pytest.mark.parametrize(
    ("sentence", "of"),
    [
        ("restore ./shop.db into ./copies", RESTORE),  # that is a folder, and a file is wanted
        ("restore ./shop.db and ./shop.duckdb", RESTORE),
        ("load ./shop.duckdb into ./orders.csv", LOAD),  # the other way
        ("./shop.duckdb を ./orders.csv に読み込んで", LOAD),
    ],
)
def test_what_goes_the_other_way_or_fits_nowhere_is_asked_about(here: Path, sentence: str, of: object) -> None:
    assert bound(here, sentence, of).asked


@pytest.mark.parametrize("said", ["new.db", "./new.db", "./new.duckdb"])
def test_a_database_that_is_not_there_yet_is_made_whatever_its_ending(here: Path, said: str) -> None:
    binding = bound(here, f"load ./orders.csv into {said}", LOAD)
    assert (binding.asked, binding.values["sources"]) == ({}, [str(here / "orders.csv")])
    assert binding.values["database"] == str(here / said)


def test_a_file_of_another_kind_is_not_loaded_into(here: Path) -> None:
    asked = bound(here, "load ./orders.csv into ./shop.db", LOAD).asked
    assert list(asked) == ["database"]
    assert "`database` is a `.duckdb` file, or made as one" in asked["database"]


def test_a_moment_is_kept_as_utc_and_a_word_is_none(here: Path) -> None:
    assert bound(here, "restore ./shop.db", as_of="2026-11-20").values["as_of"] == "2026-11-20T23:59:59Z"
    assert "2026-11-30T18:00:00Z" in bound(here, "restore ./shop.db", as_of="soon").asked["as_of"]


@pytest.mark.parametrize(
    ("sentence", "inputs", "why"),
    [
        ("load ./none.csv", {}, "`./none.csv` in the request is no file or folder here"),
        ("load /none/such/place", {}, "`/none/such/place` in the request is no file or folder here"),
        ("load data", {"sources": ["orders.csv", "none.csv"]}, "none.csv` in the inputs is no file or folder here"),
    ],
)
def test_what_is_not_there_is_asked_about_before_anything_starts(
    here: Path, sentence: str, inputs: dict[str, Json], why: str
) -> None:
    seen = bound(here, sentence, LOAD, **inputs)
    assert why in seen.asked["sources"]
    assert seen.values["sources"] is None


def test_what_cannot_be_read_is_asked_about(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The superuser of the tests reads everything: so the system's answer is that of anybody else."""
    monkeypatch.setattr("os.access", lambda path, _: not str(path).endswith("orders.csv"))
    assert "`./orders.csv` in the request cannot be read" in bound(here, "load ./orders.csv", LOAD).asked["sources"]
    assert bound(here, "load ./shop.db", LOAD).values["sources"] == [str(here / "shop.db")]
