"""The server `tables` on real files of every kind, with faults planted in each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted_data import plant_data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return plant_data(tmp_path / "data")


@pytest.fixture
def loaded(tables: Talk, data: Path, tmp_path: Path) -> dict[str, Any]:
    return tables.call("load", database=str(tmp_path / "x.duckdb"), sources=[str(data)])


def rows(database: str, statement: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(database, read_only=True) as opened:
        return opened.execute(statement).fetchall()


def found(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for finding in result["findings"]:
        yield finding["rule"], finding["file"]


def test_every_kind_is_loaded_and_what_does_not_fit_is_kept(loaded: dict[str, Any]) -> None:
    by_name = {table["table"]: table for table in loaded["tables"]}
    assert {name: (table["rows"], table["rejected"]) for name, table in by_name.items()} == {
        "orders": (11, 1), "events": (10, 1), "items": (3, 0), "days": (6, 0),
    }  # fmt: skip
    assert by_name["orders"]["types"] == {"id": "BIGINT", "name": "VARCHAR", "amount": "VARCHAR", "day": "DATE"}
    assert by_name["events"]["types"] == {"id": "BIGINT", "amount": "VARCHAR", "tags": "VARCHAR"}
    assert (loaded["status"], loaded["rejected"]) == ("fail", 2)
    mixed = {finding["file"]: finding["detail"] for finding in loaded["findings"] if finding["rule"] == "mixed"}
    assert mixed == dict.fromkeys(("orders.csv", "events.jsonl"), "`amount` is no DOUBLE in 1 record (9): kept as text")
    kept = rows(loaded["database"], "SELECT table_name, record, reason, content FROM aether.rejects ORDER BY ALL")
    assert kept == [
        ("events", 10, "is no JSON object", "not json"),
        ("orders", 12, "2 fields where 4 are wanted", "11,short"),
    ]
    assert rows(loaded["database"], "SELECT amount FROM orders WHERE id = 9") == [("secret-amount",)]


def test_no_text_of_a_table_leaves_the_database(tables: Talk, loaded: dict[str, Any]) -> None:
    tables.call("profile", database=loaded["database"])
    tables.call("check", database=loaded["database"])
    assert "secret-amount" not in tables.everything


def test_profile_tells_types_nulls_duplicates_and_ranges_of_each_kind(tables: Talk, loaded: dict[str, Any]) -> None:
    profile = tables.call("profile", database=loaded["database"])
    held = {(column["table"], column["column"]): column for column in profile["columns"]}
    assert {table["table"]: table["row_duplicates"] for table in profile["tables"]} == {
        "orders": 1, "events": 0, "items": 0, "days": 0,
    }  # fmt: skip
    assert (held["days", "id"]["least"], held["days", "id"]["greatest"]) == ("1", "3")
    assert (held["orders", "amount"]["least"], held["orders", "amount"]["greatest"]) == (
        "3 characters",
        "13 characters",
    )
    assert held["days", "day"]["least"] == "2026-01-01"
    assert held["days", "day"]["key"] is True
    assert held["items", "label"]["nulls"] == 1
    assert held["events", "tags"]["nulls"] == 2
    assert {("row-twice", "orders"), ("broken-key", "orders.id"), ("broken-key", "items.id")} <= set(found(profile))


def test_the_usual_rules_find_the_planted_faults_of_each_kind(tables: Talk, loaded: dict[str, Any]) -> None:
    checked = tables.call("check", database=loaded["database"])
    assert (checked["status"], checked["usual"]) == ("fail", True)
    broken = {("unique", "orders"), ("no_row_twice", "orders"), ("unique", "events"), ("unique", "items")}
    assert broken | {("unique", "days")} == set(found(checked))


def test_every_rule_counts_and_names_rows_and_never_values(tables: Talk, loaded: dict[str, Any]) -> None:
    rules: list[dict[str, Any]] = [
        {"rule": "not_null", "column": "amount"},
        {"rule": "unique", "columns": ["id", "day"]},
        {"rule": "type", "column": "name", "type": "integer"},
        {"rule": "range", "column": "amount", "min": 2, "max": 5},
        {"rule": "range", "column": "day", "max": "2026-01-03"},
        {"rule": "one_of", "column": "name", "values": ["n1", "n2"]},
        {"rule": "matches", "column": "name", "pattern": "n[0-9]+"},
        {"rule": "references", "column": "id", "other_table": "items", "other_column": "id"},
        {"rule": "row_count", "min": 12},
        {"rule": "no_row_twice"},
    ]
    checked = tables.call("check", database=loaded["database"], rules=[{"table": "orders", **rule} for rule in rules])
    assert [rule["rows"] for rule in checked["rules"]] == [1, 1, 10, 6, 6, 8, 0, 9, 1, 1]
    details = {finding["rule"]: finding["detail"] for finding in checked["findings"]}
    assert details["not_null"] == "1 row break it; the first: 11"
    assert details["no_row_twice"] == "1 row break it; the first: 10"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"rule": "not_null", "column": 'x"; DROP TABLE orders; --'}, "has no column"),
        ({"rule": "matches", "column": "name", "pattern": "("}, "cannot be checked"),
        ({"rule": "range", "column": "amount"}, "give `min`, `max` or both"),
        ({"rule": "sql", "column": "DROP TABLE orders"}, "sql"),
    ],
)
def test_a_rule_that_cannot_be_says_why(tables: Talk, loaded: dict[str, Any], rule: dict[str, Any], said: str) -> None:
    assert said in tables.refusal("check", database=loaded["database"], rules=[{"table": "orders", **rule}])
    assert rows(loaded["database"], "SELECT count(*) FROM orders") == [(11,)]


def test_a_load_is_taken_back_only_as_long_as_it_is_unchanged(tables: Talk, loaded: dict[str, Any], data: Path) -> None:
    database = loaded["database"]
    second = tables.call("load", database=database, sources=[str(data / "orders.csv")])
    assert second["names"] == ["orders_2"]
    assert tables.call("unload", database=database, load=second["load"])["dropped"] == ["orders_2"]
    with duckdb.connect(database) as opened:
        opened.execute("UPDATE items SET label = 'mine' WHERE id = 1")
    assert "changed since it was loaded: items" in tables.refusal("unload", database=database, load=loaded["load"])
    assert len(rows(database, "SELECT * FROM duckdb_tables() WHERE schema_name = 'main'")) == 4
    with duckdb.connect(database) as opened:
        opened.execute("UPDATE items SET label = 'one' WHERE id = 1")
    assert tables.call("unload", database=database, load=loaded["load"])["removed"] is True
    assert not Path(database).exists()
    assert data.is_dir()


def test_a_file_that_fails_ends_no_other_and_a_load_that_fails_changes_nothing(
    tables: Talk, loaded: dict[str, Any], tmp_path: Path
) -> None:
    before = Path(loaded["database"]).read_bytes()
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1" + b"\0" * 100 + b"PAR1")
    refusal = tables.refusal("load", database=loaded["database"], sources=[str(broken)])
    assert "the database is as it was" in refusal
    assert "broken.parquet: " in refusal
    assert Path(loaded["database"]).stat().st_size == len(before)
    fresh = tmp_path / "fresh.duckdb"
    tables.refusal("load", database=str(fresh), sources=[str(broken)])
    assert not [path for path in tmp_path.iterdir() if "fresh" in path.name]
    good = tmp_path / "good.csv"
    good.write_text("a,b\n1,2\n")
    both = tables.call("load", database=str(fresh), sources=[str(broken), str(good)])
    assert both["names"] == ["good"]
    assert ("not-loaded", "broken.parquet") in set(found(both))


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_an_export_holds_every_row_and_is_taken_back(
    tables: Talk, loaded: dict[str, Any], tmp_path: Path, kind: str
) -> None:
    target = tmp_path / f"out.{kind}"
    made = tables.call("export", database=loaded["database"], table="orders", path=str(target), format=kind)
    again = tables.call("load", database=str(tmp_path / "again.duckdb"), sources=[str(target)])
    assert (made["rows"], again["rows"]) == (11, 11)
    assert "already there" in tables.refusal(
        "export", database=loaded["database"], table="orders", path=str(target), format=kind
    )
    tables.call("discard", path=str(target), sha256=made["sha256"])
    assert not target.exists()


def test_survey_says_what_a_folder_holds(tables: Talk, data: Path) -> None:
    (data / "notes.md").write_text("not data")
    (data / "empty.csv").touch()
    survey = tables.call("survey", path=str(data))
    assert {file["file"]: (file["kind"], file["rows"], file["columns"]) for file in survey["files"]} == {
        "orders.csv": ("csv", 11, 4), "events.jsonl": ("jsonl", 10, 3), "shop.sqlite": ("sqlite", 3, 2),
        "days.parquet": ("parquet", 6, 2), "empty.csv": ("csv", None, None),
    }  # fmt: skip
    assert (survey["status"], survey["counts"]["medium"]) == ("fail", 3)
    assert survey["summary"] == "5 data files with 30 rows, 3 with a fault"
    bounded = tables.call("survey", path=str(data), max_files=2)
    assert (len(bounded["files"]), bounded["coverage"]["gaps"][0].partition(":")[0]) == (2, "events.jsonl")


def test_a_folder_without_data_passes(tables: Talk, tmp_path: Path) -> None:
    survey = tables.call("survey", path=str(tmp_path))
    assert (survey["status"], survey["summary"]) == ("pass", "no data files here")
