"""Schemas of real databases changed: backed up, rehearsed, changed as previewed, compared, and taken back."""

from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import Answer, EventType, TaskStatus
from aether_agents.orchestrator import Orchestrator
from tests.integration.workers.conftest import Talk
from tests.systems.conftest import System
from tests.systems.test_circle import run
from tests.systems.test_dumps import databases, rows
from tests.systems.test_schemas import of

pytestmark = pytest.mark.timeout(180)

UP = "ALTER TABLE customers ADD tier VARCHAR(10);\nUPDATE customers SET tier = 'a; b' WHERE id = 1;\n"
DOWN = "ALTER TABLE customers DROP COLUMN tier;\n"


def wanted(system: System, folder: Path, up: str, down: str = "") -> dict[str, Any]:
    """What the tools are told of a change of one server."""
    (folder / "change.sql").write_text(up)
    if down:
        (folder / "change.down.sql").write_text(down)
    return {**of(system), "migration": str(folder / "change.sql")}


def planned(schemas: Talk, told: dict[str, Any], folder: Path) -> tuple[dict[str, Any], list[str]]:
    backups = schemas.call("back_up", **told, folder=str(folder / "backups"))["backups"]
    return schemas.call("plan_change", **told, backups=backups), backups


def columns(schemas: Talk, system: System) -> list[str]:
    (found,) = schemas.call("inspect", **of(system))["databases"]
    return [column["name"] for table in found["tables"] if table["name"] == "customers" for column in table["columns"]]


def test_a_change_is_rehearsed_made_and_taken_back_by_its_statements(
    schemas: Talk, system: System, tmp_path: Path
) -> None:
    told = wanted(system, tmp_path, UP, DOWN)
    plan, backups = planned(schemas, told, tmp_path)
    assert [(one["kind"], one["what"].rpartition(": ")[2]) for one in plan["items"]] == [
        ("create", "column customers.tier")
    ]
    assert plan["targets"][0]["undo"] == "statements"
    assert (columns(schemas, system), databases(system)) == (["id", "name"], {"shop"})
    done = schemas.call("change", **told, backups=backups, targets=plan["targets"])
    assert system.sql("SELECT tier FROM customers WHERE id = 1;") == "a; b"
    system.sql("INSERT INTO orders VALUES (9, 1, 1);")
    schemas.call("unchange", **told, targets=plan["targets"], done=done["done"])
    assert (columns(schemas, system), rows(system)) == (["id", "name"], 4)


def test_what_is_lost_is_told_first_and_comes_back_from_the_backup(
    schemas: Talk, system: System, tmp_path: Path
) -> None:
    told = wanted(system, tmp_path, "CREATE TABLE more (id INTEGER PRIMARY KEY);\nDROP TABLE orders;\n")
    plan, backups = planned(schemas, told, tmp_path)
    assert [one["kind"] for one in plan["items"]] == ["destroy", "create"]
    done = schemas.call("change", **told, backups=backups, targets=plan["targets"])
    system.sql("INSERT INTO customers VALUES (8, 'new');")
    said = schemas.refusal("unchange", **told, targets=plan["targets"], done=done["done"])
    assert f"Its backup of before is `{backups[0]}`" in said
    system.sql("DELETE FROM customers WHERE id = 8;")
    schemas.call("unchange", **told, targets=plan["targets"], done=done["done"])
    assert rows(system) == 3


def test_what_has_changed_since_the_preview_is_refused_by_name(schemas: Talk, system: System, tmp_path: Path) -> None:
    told = wanted(system, tmp_path, UP, DOWN)
    plan, backups = planned(schemas, told, tmp_path)
    system.sql("ALTER TABLE orders ADD note TEXT;")
    said = schemas.refusal("change", **told, backups=backups, targets=plan["targets"])
    assert "has changed since the preview: nothing was done" in said
    system.sql("ALTER TABLE orders DROP COLUMN note;")
    Path(told["migration"]).write_text("DROP TABLE orders;")
    said = schemas.refusal("change", **told, backups=backups, targets=plan["targets"])
    assert "the statements have changed since the preview" in said
    assert (columns(schemas, system), rows(system)) == (["id", "name"], 3)


def test_what_goes_wrong_half_way_is_said_and_what_went_before_is_taken_back(
    schemas: Talk, postgresql: System, mariadb: System, tmp_path: Path
) -> None:
    """MariaDB keeps what was done before the statement that failed: it is said. PostgreSQL, the first, goes back."""
    for system, main in ((postgresql, "postgres"), (mariadb, "mysql")):
        system.sql("DROP DATABASE IF EXISTS shop;", main)
        system.sql("CREATE DATABASE shop;", main)
        system.sql(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(80)); INSERT INTO customers VALUES (1, 'a');"
        )
    both = {key: of(postgresql)[key] + of(mariadb)[key] for key in ("addresses", "password_files")}
    folder = tmp_path / "change"
    folder.mkdir()
    (folder / "up.sql").write_text(
        "ALTER TABLE customers ADD tier INTEGER;\nCREATE UNIQUE INDEX one ON customers (name);\n"
    )
    (folder / "down.sql").write_text("ALTER TABLE customers DROP COLUMN tier;\n")
    told = {**both, "migration": str(folder)}
    plan, backups = planned(schemas, told, tmp_path)
    mariadb.sql("INSERT INTO customers VALUES (2, 'a');")
    said = schemas.refusal("change", **told, backups=backups, targets=plan["targets"])
    assert "HALF DONE in mariadb" in said
    assert "column customers.tier" in said
    assert f"postgresql://postgres@127.0.0.1:{postgresql.address.rpartition(':')[2]}/shop was taken back" in said
    assert columns(schemas, postgresql) == ["id", "name"]


def test_what_reaches_further_than_a_schema_is_refused(schemas: Talk, system: System, tmp_path: Path) -> None:
    for text in (
        "DROP DATABASE shop;",
        "GRANT ALL ON customers TO PUBLIC;",
        "COPY customers TO PROGRAM 'touch /owned';",
        "\\! touch /owned",
        "system touch /owned",
        "DO $$ BEGIN END $$;",
        "ALTER TABLE customers ADD x INTEGER; /*!50000 DROP DATABASE shop */;",
        "SELECT 1;",
    ):
        told = wanted(system, tmp_path, text)
        assert "is no change of a schema" in schemas.refusal("back_up", **told, folder=str(tmp_path / "backups"))
    assert not (tmp_path / "backups").exists()
    told = wanted(system, tmp_path, "ALTER TABLE customers ADD id INTEGER;")
    backups = schemas.call("back_up", **told, folder=str(tmp_path / "backups"))["backups"]
    said = schemas.refusal("plan_change", **told, backups=backups)
    assert "the rehearsal on the restored backup failed" in said
    assert (databases(system), rows(system)) == ({"shop"}, 3)
    if system.address.startswith("mysql"):
        system.sql("CREATE DATABASE shop_other;", "mysql")
        told = wanted(system, tmp_path, "DROP TABLE shop_other.x;")
        assert "name the database `shop_other`" in schemas.refusal("plan_change", **told, backups=backups)


def test_a_sentence_changes_a_server_and_its_undo_brings_it_back(
    orchestrator: Orchestrator, schemas: Talk, postgresql: System, tmp_path: Path
) -> None:
    postgresql.sql("DROP DATABASE IF EXISTS shop;", "postgres")
    postgresql.sql("CREATE DATABASE shop;", "postgres")
    postgresql.sql("CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(80));")
    told = wanted(postgresql, tmp_path, "ALTER TABLE customers ADD tier VARCHAR(10);", DOWN)
    inputs = {key: told[key] for key in ("addresses", "password_files")}
    done, shown = run(orchestrator, "apply the schema migration ./change.sql to our databases", tmp_path, **inputs)
    assert (done.error, done.status, shown) == (None, TaskStatus.COMPLETED, [{"create": 1}])
    assert columns(schemas, postgresql) == ["id", "name", "tier"]
    undo = orchestrator.undo(done.task_id, assume_yes=True)
    for event in orchestrator.follow(undo):
        if event.type in (EventType.SUBTASK_WAITING, EventType.TASK_WAITING):
            for asked in orchestrator.view(undo).interventions:
                orchestrator.answer(undo, Answer(intervention_id=asked.id, response="approve", by="ann"))
    assert (orchestrator.view(undo).error, columns(schemas, postgresql)) == (None, ["id", "name"])
