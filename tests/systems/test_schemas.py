"""Schemas of real servers and files: what is in them, and what differs between them, whatever the engine."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from aether_agents.contracts import TaskStatus
from aether_agents.orchestrator import Orchestrator
from tests.integration.workers.conftest import Talk
from tests.systems.conftest import System
from tests.systems.test_circle import run

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def duck(tmp_path: Path) -> str:
    """The same two tables in a DuckDB file."""
    path = str(tmp_path / "shop.duckdb")
    with duckdb.connect(path) as base:
        base.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR)")
        base.execute(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers(id), "
            "amount DECIMAL(12, 2))"
        )
    return path


def of(system: System, database: str = "shop") -> dict[str, Any]:
    """What the tools are told of one server."""
    return {"addresses": [f"{system.address}/{database}"], "password_files": [str(system.password_file)]}


def test_what_is_in_a_server_is_read_from_its_catalogue(schemas: Talk, system: System) -> None:
    system.sql("CREATE VIEW totals AS SELECT count(*) AS n FROM orders;")
    system.sql("CREATE INDEX by_amount ON orders (amount, customer);")
    told = schemas.call("inspect", **of(system))
    (found,) = told["databases"]
    customers, orders = found["tables"]
    assert (customers["name"], customers["rows"], orders["rows"]) == ("customers", 3, 3)
    assert [column["name"] for column in orders["columns"]] == ["id", "customer", "amount"]
    keys = {f"{key['kind']} {key['columns']} {key['refers']}" for key in orders["keys"]}
    assert {
        "primary key ['id'] ",
        "foreign key ['customer'] customers(id)",
        "index ['amount', 'customer'] ",
    } <= keys
    assert found["others"] == ["view totals"]
    assert (told["status"], 'ma"ria' in schemas.everything, "se\\\\cret" in schemas.everything) == (
        "pass",
        False,
        False,
    )


def test_the_same_tables_are_the_same_in_three_engines(
    schemas: Talk, mariadb: System, postgresql: System, duck: str, request: pytest.FixtureRequest
) -> None:
    from_both = [request.getfixturevalue("postgresql"), request.getfixturevalue("mariadb")]
    for system, main in zip(from_both, ("postgres", "mysql"), strict=True):
        system.sql("DROP DATABASE IF EXISTS shop;", main)
        system.sql("CREATE DATABASE shop;", main)
        system.sql(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(80)); CREATE TABLE orders "
            "(id INTEGER PRIMARY KEY, customer INTEGER, amount NUMERIC(12, 2), FOREIGN KEY (customer) REFERENCES "
            "customers(id));"
        )
    told = {
        "addresses": [f"{one.address}/shop" for one in from_both],
        "password_files": [str(one.password_file) for one in from_both],
        "files": [duck],
    }
    same = schemas.call("compare", **told)
    assert (same["differences"], same["status"], len(same["same"])) == ([], "pass", 2)
    mariadb.sql("ALTER TABLE orders ADD note TEXT, MODIFY amount VARCHAR(10);")
    differ = schemas.call("compare", **told)
    assert [(one["what"], one["first"], one["other"]) for one in differ["differences"]] == [
        ("column orders.amount", "numeric(12,2)", "varchar(10)"),
        ("column orders.note", "", "text"),
    ]
    assert differ["same"] == [duck]
    assert "name one for each" in schemas.refusal("compare", **{**told, "password_files": told["password_files"][:1]})


def test_what_cannot_be_read_says_why(schemas: Talk, system: System, tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("no database at all")
    assert "neither a SQLite nor a DuckDB file" in schemas.refusal("inspect", files=[str(tmp_path / "notes.db")])
    (tmp_path / "cut.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    assert "cannot be read" in schemas.refusal("inspect", files=[str(tmp_path / "cut.db")])
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong\n")
    wrong.chmod(0o600)
    said = schemas.refusal("inspect", **{**of(system), "password_files": [str(wrong)]})
    assert "name it as `password_file`" in said
    assert "takes two" in schemas.refusal("compare", **of(system))


def test_a_sentence_compares_two_servers(
    orchestrator: Orchestrator, postgresql: System, mariadb: System, tmp_path: Path
) -> None:
    for system in (postgresql, mariadb):
        main = "postgres" if system is postgresql else "mysql"
        system.sql("DROP DATABASE IF EXISTS shop;", main)
        system.sql("CREATE DATABASE shop;", main)
        system.sql("CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(80));")
    addresses = [f"{one.address}/shop" for one in (postgresql, mariadb)]
    secrets = [str(one.password_file) for one in (postgresql, mariadb)]
    done, asked = run(
        orchestrator, f"compare the schemas of {' and '.join(addresses)}", tmp_path, password_files=secrets
    )
    assert (done.error, done.status, done.outputs["status"], asked) == (None, TaskStatus.COMPLETED, "pass", [])
    assert done.plan is not None
    assert (done.plan.template, done.outputs["differences"]) == ("compare_schemas", [])
