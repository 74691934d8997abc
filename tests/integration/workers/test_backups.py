"""Backups of DuckDB and SQLite: the proof that they restore, and the result for a corrupted one."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.conftest import eventually
from tests.integration.workers.conftest import Talk


@pytest.fixture(params=["duckdb", "sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database of either kind with a key, a reference, an index and a view."""
    statements = (
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers(id), amount DOUBLE)",
        "INSERT INTO customers VALUES (1, '山田'), (2, 'O''Hara'), (3, NULL)",
        "INSERT INTO orders VALUES (1, 1, 1.5), (2, 1, 2.5), (3, 2, NULL)",
        "CREATE INDEX by_customer ON orders (customer)",
        "CREATE VIEW totals AS SELECT customer, sum(amount) AS total FROM orders GROUP BY customer",
    )
    path = tmp_path / f"shop.{request.param}"
    opened = duckdb.connect(str(path)) if request.param == "duckdb" else sqlite3.connect(path)
    with closing(opened):
        for statement in statements:
            opened.execute(statement)
        if isinstance(opened, sqlite3.Connection):
            opened.commit()
    return path


def change(path: Path, statement: str) -> None:
    opened = duckdb.connect(str(path)) if path.suffix == ".duckdb" else sqlite3.connect(path)
    with closing(opened):
        opened.execute(statement)
        if isinstance(opened, sqlite3.Connection):
            opened.commit()


def test_a_backup_restores_and_that_is_proved(tables: Talk, database: Path, tmp_path: Path) -> None:
    backup = tables.call("backup", database=str(database), folder=str(tmp_path / "backups"))
    change(database, "DELETE FROM orders")
    restored = tables.call("restore", backup=backup["path"])
    proof = tables.call("verify_restore", backup=backup["path"], database=restored["path"])
    assert (proof["status"], backup["rows"]) == ("pass", 6)
    assert proof["summary"] == "proved: 2 tables with 6 rows are what was backed up, row for row"
    lost = tables.call("verify_restore", backup=backup["path"], database=str(database))
    assert (lost["status"], lost["worst"]) == ("fail", "critical")
    assert "orders has 0 rows; 3 were backed up" in lost["findings"][0]["detail"]
    assert "already there" in tables.refusal("restore", backup=backup["path"], database=str(database))


def test_a_changed_cell_and_a_missing_view_are_found(tables: Talk, database: Path, tmp_path: Path) -> None:
    backup = tables.call("backup", database=str(database), folder=str(tmp_path / "backups"))
    change(database, "DROP VIEW totals")
    change(database, "UPDATE orders SET amount = 1.25 WHERE id = 1")
    details = tables.call("verify_restore", backup=backup["path"], database=str(database))["findings"]
    assert "as many rows, but not the same ones" in details[0]["detail"]
    assert "view `totals` is missing" in details[1]["detail"]


@pytest.mark.parametrize("fault", ["bit", "cut", "manifest", "no manifest"])
def test_a_corrupted_backup_is_found_and_not_restored(tables: Talk, database: Path, tmp_path: Path, fault: str) -> None:
    made = tables.call("backup", database=str(database), folder=str(tmp_path / "backups"))
    backup, manifest = Path(made["path"]), Path(made["manifest"])
    content = bytearray(backup.read_bytes())
    if fault == "bit":
        content[len(content) // 2] ^= 1
        backup.write_bytes(content)
    elif fault == "cut":
        backup.write_bytes(content[:-512])
    elif fault == "manifest":
        manifest.write_text(manifest.read_text()[:-9])
    else:
        manifest.unlink()
    target = tmp_path / "new" / database.name
    refusal = tables.refusal("restore", backup=str(backup), database=str(target))
    assert not target.exists()
    if fault in ("bit", "cut"):
        assert "is corrupted" in refusal
        found = tables.call("verify_backup", backup=str(backup))
        assert (found["status"], found["findings"][0]["rule"]) == ("fail", "corrupted")
        assert "has changed since it was made" in tables.refusal("discard", path=str(backup), sha256=made["sha256"])
    else:
        assert "it cannot be told whether it is whole" in refusal


def test_a_restore_is_taken_back_while_its_backup_holds_it(tables: Talk, database: Path, tmp_path: Path) -> None:
    backup = tables.call("backup", database=str(database), folder=str(tmp_path / "backups"))
    restored = tables.call("restore", backup=backup["path"])
    assert "the backup itself" in tables.refusal("unrestore", backup=backup["path"], database=backup["path"])
    change(Path(restored["path"]), "DELETE FROM orders")
    assert "has changed" in tables.refusal("unrestore", backup=backup["path"], database=restored["path"])
    second = tables.call("restore", backup=backup["path"], database=str(tmp_path / "second.db"))
    tables.call("unrestore", backup=backup["path"], database=second["path"])
    assert not Path(second["path"]).exists()
    gone = tables.call("discard", path=backup["path"], sha256=backup["sha256"])
    assert gone["removed"] == [backup["path"], backup["manifest"]]


def test_a_database_that_another_program_writes_to_is_told(tables: Talk, tmp_path: Path) -> None:
    path = tmp_path / "busy.duckdb"
    with duckdb.connect(str(path)) as busy:
        busy.execute("CREATE TABLE t AS SELECT 1 AS a")
        assert "open in another program" in tables.refusal("backup", database=str(path), folder=str(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["busy.duckdb"]


def test_a_duckdb_file_that_another_task_has_open_is_waited_for(tables: Talk, tmp_path: Path) -> None:
    path = tmp_path / "shared.duckdb"
    with ThreadPoolExecutor(1) as beside, duckdb.connect(str(path)) as other:
        other.execute("CREATE TABLE t AS SELECT 1 AS a")
        call = beside.submit(tables.call, "backup", database=str(path), folder=str(tmp_path))
        eventually(call.running)
        other.close()
        assert Path(call.result(60)["path"]).exists()
