"""The data specialist from the command line: load and report, back up and prove, and both undone."""

from pathlib import Path

import duckdb
import pytest

from tests.e2e.terminal import TASK_ID, Person
from tests.integration.workers.planted_data import plant_data

pytestmark = pytest.mark.timeout(300)


def test_load_check_report_and_undo(person: Person) -> None:
    data, database = plant_data(person.project / "sales"), person.project / "data.duckdb"
    told = person.json("execute", "Load the CSV files in ./sales into a database, check them and report")
    assert (told["status"], told["plan"]["template"]) == ("completed", "load_tables")
    assert (told["outputs"]["status"], told["outputs"]["database"]) == ("fail", str(database))
    report = Path(told["outputs"]["report"]).read_text()
    for planted in ("`amount` is no DOUBLE", "2 fields where 4 are wanted", "Rows twice", "orders.id", "no_row_twice"):
        assert planted in report
    assert "secret-amount" not in report
    undone = person.run("undo", told["task_id"], "--yes")
    assert "undo load the files" in undone.stderr
    assert not database.exists()
    assert (data / "orders.csv").exists()


def test_back_up_prove_and_undo(person: Person) -> None:
    database, folder = person.project / "shop.duckdb", person.project / "backups"
    with duckdb.connect(str(database)) as shop:
        shop.execute("CREATE TABLE items AS SELECT i AS id, 'x' || i AS label FROM range(1000) t(i)")
    told = person.json("execute", "Back up the database ./shop.duckdb and prove that it restores")
    assert (told["plan"]["template"], told["outputs"]["status"]) == ("back_up_database", "pass")
    assert "1,000 rows are what was backed up, row for row" in Path(told["outputs"]["markdown"]).read_text()
    assert len(list(folder.iterdir())) == 3
    asked = person.run("undo", told["task_id"])
    [undo] = set(TASK_ID.findall(asked.stderr.partition("aether-agent approve")[2]))
    while asked.returncode == 4:  # one question a change
        assert person.run("approve", undo).returncode == 0
        asked = person.run("watch", undo)
    assert asked.returncode == 0, asked.stderr
    assert list(folder.iterdir()) == []
    assert database.exists()


def test_without_a_database_it_asks_which(person: Person) -> None:
    asked = person.run("execute", "Back up this database and prove that it restores")
    assert asked.returncode == 4
    assert "Which database file?" in asked.stdout + asked.stderr
