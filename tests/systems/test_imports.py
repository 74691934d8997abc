"""Data files and SQLite files into PostgreSQL and MariaDB: previewed, copied, compared by the servers, discarded."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import TaskStatus
from aether_agents.orchestrator import Orchestrator
from tests.integration.workers.conftest import Talk
from tests.systems.conftest import System
from tests.systems.test_circle import run

pytestmark = pytest.mark.timeout(180)

SHOP = """
CREATE TABLE Customers (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, active BOOLEAN, joined DATE, seen DATETIME,
  photo BLOB, height REAL, odd INTEGER, "Full Name" TEXT DEFAULT 'x');
CREATE TABLE orders (number INTEGER PRIMARY KEY, customer INTEGER REFERENCES Customers(id), amount DECIMAL(12, 2),
  note TEXT, UNIQUE (customer, number));
CREATE VIEW totals AS SELECT count(*) FROM orders;
INSERT INTO Customers VALUES (1, '山田 \\t "x"', 1, '2024-02-29', '2024-03-31 02:30:00', x'00ff10', 1.1, 7, 'a');
INSERT INTO Customers VALUES (2, 'O''Hara \\N', 0, NULL, '1969-12-31T23:59:59', NULL, 2.2, 'seven', '\\.'),
  (9, '', NULL, '0999-12-31', NULL, x'', NULL, NULL, NULL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  INSERT INTO orders SELECT i, (i % 2) + 1, round(i / 7.0, 2), 'line ' || char(10, 9, 13) || i FROM n;
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A SQLite file with two tables, one of which refers to the other."""
    file = tmp_path / "shop.db"
    with closing(sqlite3.connect(file)) as base:
        base.executescript(SHOP)
    return file


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> tuple[System, dict[str, Any]]:
    """Either server, without what earlier tests copied; and what the tools are told of it."""
    found: System = request.getfixturevalue(request.param)
    if request.param == "postgresql":
        found.sql("DROP DATABASE IF EXISTS files WITH (FORCE);", "postgres")
        found.sql("CREATE DATABASE files;", "postgres")
    else:
        found.sql("CREATE DATABASE IF NOT EXISTS files; DROP DATABASE IF EXISTS shop_imported;", "mysql")
        found.sql("DROP DATABASE IF EXISTS orders_imported;", "mysql")
    return found, {"target": f"{found.address}/files", "target_password_file": str(found.password_file)}


def schemas(server: tuple[System, dict[str, Any]]) -> str:
    found = server[0]
    listed = "nspname FROM pg_namespace WHERE nspname" if found.address.startswith("postgres") else (
        "schema_name FROM information_schema.schemata WHERE schema_name"
    )  # fmt: skip
    return found.sql(f"SELECT {listed} LIKE '%imported';", "files")


def test_a_sqlite_file_is_previewed_copied_compared_and_discarded(
    migration: Talk, server: tuple[System, dict[str, Any]], shop: Path
) -> None:
    found, told = server
    plan = migration.call("assess_files", files=[str(shop)], **told)
    assert [one["what"].split()[-1] for one in plan["items"]] == [
        "shop_imported",
        "shop_imported.customers",
        "shop_imported.orders",
    ]
    said = " ".join(plan["notes"])
    for one in ("view totals is not copied", "`Customers.Full Name`", "several kinds (integer, text)", "its default"):
        assert one in said
    assert (plan["counts"]["rows"], schemas(server)) == (2003, "")
    done = migration.call("copy_files", files=[str(shop)], **told, schema="shop_imported")
    assert (done["rows"], schemas(server)) == (2003, "shop_imported")
    same = migration.call("compare_files", files=[str(shop)], **told, schema="shop_imported")
    assert (same["differences"], same["status"]) == ([], "pass")
    assert (
        found.sql("SELECT name FROM shop_imported.customers WHERE id = 2;", "files").replace("\\\\", "\\")
        == "O'Hara \\N"
    )
    found.sql("INSERT INTO shop_imported.customers (name) VALUES ('next');", "files")
    assert found.sql("SELECT id FROM shop_imported.customers WHERE name = 'next';", "files") == "10"
    said = " ".join(migration.call("compare_files", files=[str(shop)], **told, schema="shop_imported")["differences"])
    assert "3 rows in the files, 4 there" in said
    assert "has changed since it was copied" in migration.refusal(
        "discard", **told, schema="shop_imported", state=done["state"]
    )
    found.sql("DELETE FROM shop_imported.customers WHERE name = 'next';", "files")
    migration.call("discard", **told, schema="shop_imported", state=done["state"])
    assert schemas(server) == ""


def test_what_was_spoilt_after_the_copy_is_found_by_the_server(
    migration: Talk, server: tuple[System, dict[str, Any]], shop: Path
) -> None:
    found, told = server
    migration.call("copy_files", files=[str(shop)], **told, schema="shop_imported")
    for spoilt, back, says in (
        ("amount = amount + 1 WHERE number = 7", "amount = amount - 1 WHERE number = 7", "amount: sum"),
        ("note = 'x' WHERE number = 7", "note = 'y' WHERE number = 7", "note: texts"),
        ("customer = NULL WHERE number = 8", "customer = 1 WHERE number = 8", "customer: values"),
    ):
        found.sql(f"UPDATE shop_imported.orders SET {spoilt};", "files")
        told_of = migration.call("compare_files", files=[str(shop)], **told, schema="shop_imported")["differences"]
        assert says in " ".join(told_of)
        found.sql(f"UPDATE shop_imported.orders SET {back};", "files")


def test_what_fails_leaves_nothing_and_a_file_of_lies_is_said(
    migration: Talk, server: tuple[System, dict[str, Any]], tmp_path: Path
) -> None:
    """A file whose keys do not hold, whose types lie, and whose names would be statements."""
    file = tmp_path / "lies.db"
    with closing(sqlite3.connect(file)) as base:
        base.executescript(
            'CREATE TABLE "a""; DROP SCHEMA public; --" (id INTEGER PRIMARY KEY, day DATE, "x\'y`z" INT);'
            "INSERT INTO \"a\"\"; DROP SCHEMA public; --\" VALUES (1, 'yesterday', 'no number');"
            "CREATE TABLE child (parent INTEGER REFERENCES none_there(id), up INTEGER REFERENCES child(parent));"
            "INSERT INTO child VALUES (5, 6); CREATE TABLE nul (t TEXT);"
            "INSERT INTO nul VALUES ('a' || char(0) || 'b');"
        )
    _, told = server
    plan = migration.call("assess_files", files=[str(file)], **told)
    said = " ".join(plan["notes"])
    assert "foreign key (parent) to none_there(id) is not copied" in said
    assert "has values that are no date" in said
    if told["target"].startswith("postgres"):  # it has no text with a null in it
        refused = migration.refusal("copy_files", files=[str(file)], **told, schema="lies_imported")
        assert "a text has a null character in it" in refused
    else:
        migration.call("copy_files", files=[str(file)], **told, schema="lies_imported")
        assert migration.call("compare_files", files=[str(file)], **told, schema="lies_imported")["differences"] == []
        server[0].sql("DROP DATABASE lies_imported;", "files")
    assert schemas(server) == ""
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong\n")
    wrong.chmod(0o600)
    refused = migration.refusal(
        "copy_files", files=[str(file)], **{**told, "target_password_file": str(wrong)}, schema="x"
    )
    assert "name it as `password_file`" in refused
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "empty" in migration.refusal("assess_files", files=[str(empty)], **told)


def test_a_sentence_loads_a_csv_file_into_a_server_and_its_undo_takes_it_out(
    orchestrator: Orchestrator, server: tuple[System, dict[str, Any]], tmp_path: Path
) -> None:
    found, told = server
    kind = "PostgreSQL" if found.address.startswith("postgres") else "MariaDB"
    lines = [f"{n};{n / 4:.2f};2024-01-{n % 28 + 1:02d};Zoë {n}" for n in range(1, 501)]
    (tmp_path / "orders.csv").write_text("Order No;Amount;Day;Who\n" + "\n".join(lines) + "\nbroken\n", "utf-8")
    given = {"address": told["target"], "password_file": told["target_password_file"]}
    done, shown = run(orchestrator, f"Load ./orders.csv into {kind}", tmp_path, **given)
    assert (done.error, done.status, done.outputs["status"]) == (None, TaskStatus.COMPLETED, "pass")
    assert (shown, done.outputs["rows"]) == ([{"create": 2}], 500)
    assert found.sql("SELECT sum(amount) FROM orders_imported.orders;", "files") == "31312.50"
    assert "1 set aside" in " ".join(done.outputs["notes"])
    undo = orchestrator.undo(done.task_id, assume_yes=True)
    list(orchestrator.follow(undo))
    assert (orchestrator.view(undo).error, schemas(server)) == (None, "")
