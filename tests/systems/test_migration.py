"""MySQL to PostgreSQL: assessed, copied by pgloader, compared through other readers, cut over, and taken back."""

from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import TaskStatus
from aether_agents.orchestrator import Orchestrator
from tests.integration.workers.conftest import Talk
from tests.systems.conftest import System, program
from tests.systems.test_circle import run

pytestmark = pytest.mark.timeout(180)

SHOP = """
DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; USE shop;
CREATE TABLE Customers (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80), active TINYINT(1) NOT NULL DEFAULT 1,
  kind ENUM('new', 'old') NOT NULL, joined DATETIME, seen TIMESTAMP NULL, big BIGINT UNSIGNED, photo BLOB,
  height DOUBLE);
CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT, amount DECIMAL(12, 2), on_day DATE,
  UNIQUE KEY one_a_day (customer, on_day, id), FOREIGN KEY (customer) REFERENCES Customers(id) ON DELETE CASCADE);
INSERT INTO Customers (name, active, kind, joined, seen, big, photo, height) VALUES
  ('山田', 1, 'new', '2024-02-29 12:00:00', '2024-03-31 02:30:00', 18446744073709551615, x'00ff10', 1.1),
  ('O''Hara \\\\ "x"', 0, 'old', NULL, NULL, 1, NULL, 2.2), ('', 1, 'new', '1999-12-31 23:59:59', NULL, NULL, '', NULL);
INSERT INTO orders (customer, amount, on_day) SELECT 1 + seq % 3, seq / 7, '2024-01-01' + INTERVAL seq % 366 DAY
  FROM seq_1_to_2000;
CREATE VIEW totals AS SELECT COUNT(*) FROM orders;
"""


@pytest.fixture
def ends(mariadb: System, postgresql: System) -> dict[str, Any]:
    """A shop in MariaDB, and an empty database in PostgreSQL; the tools are told of both."""
    program("pgloader")
    mariadb.sql(SHOP, "mysql")
    postgresql.sql("DROP DATABASE IF EXISTS shop_new WITH (FORCE);", "postgres")
    postgresql.sql("CREATE DATABASE shop_new;", "postgres")
    return {
        "source": f"{mariadb.address}/shop",
        "target": f"{postgresql.address}/shop_new",
        "source_password_file": str(mariadb.password_file),
        "target_password_file": str(postgresql.password_file),
    }


def schemas(postgresql: System) -> str:
    return postgresql.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'shop%';", "shop_new")


def copied(migration: Talk, ends: dict[str, Any]) -> dict[str, Any]:
    """The shop in a new schema."""
    plan = migration.call("assess", **ends)
    return migration.call("copy", **ends, schema=plan["target_schema"], zero_dates=plan["zero_dates"])


def test_what_would_be_made_is_told_before(migration: Talk, ends: dict[str, Any], postgresql: System) -> None:
    plan = migration.call("assess", **ends)
    assert [item["what"] for item in plan["items"]] == [
        "schema shop_migrated",
        "table shop_migrated.customers",
        "table shop_migrated.orders",
    ]
    assert plan["counts"]["rows"] == 2003
    told = " ".join(plan["notes"])
    assert "the view `totals` is not copied" in told
    assert "`Customers.big` (unsigned bigint) becomes numeric" in told
    assert "names in `Customers` become lower case" in told
    assert schemas(postgresql) == ""
    other = migration.refusal("assess", **{**ends, "source": ends["target"], "target": ends["source"]})
    assert "goes from MySQL or MariaDB to PostgreSQL" in other


def test_a_copy_is_the_same_by_other_readers_and_goes_again(
    migration: Talk, ends: dict[str, Any], postgresql: System, mariadb: System
) -> None:
    done = copied(migration, ends)
    assert (done["tables"], done["rows"]) == (2, 2003)
    same = migration.call("compare", **ends, schema="shop_migrated")
    assert (same["differences"], same["status"]) == ([], "pass")
    assert sum(pair["columns_compared"] for pair in same["tables"]) == 13
    for spoilt, said in (
        ("UPDATE shop_migrated.orders SET amount = amount + 1 WHERE id = 7", "amount: sum"),
        ("UPDATE shop_migrated.customers SET name = 'yamada' WHERE id = 1", "name: texts"),
        ("DELETE FROM shop_migrated.orders WHERE id = 9", "rows: 2000 in the source, 1999 in the copy"),
        ("ALTER TABLE shop_migrated.orders DROP CONSTRAINT orders_ibfk_1", "the foreign key (customer) is not there"),
        ("SELECT setval('shop_migrated.orders_id_seq', 5)", "its sequence would give a number again"),
        ("UPDATE shop_migrated.customers SET joined = joined + interval '1 hour' WHERE id = 1", "joined: times"),
    ):
        postgresql.sql(f"{spoilt};", "shop_new")
        found = migration.call("compare", **ends, schema="shop_migrated")
        assert said in " ".join(found["differences"])
    secret = {"target": ends["target"], "target_password_file": ends["target_password_file"]}
    said = migration.refusal("discard", **secret, schema="shop_migrated", state=done["state"])
    assert "has changed since it was copied" in said
    postgresql.sql("DROP SCHEMA shop_migrated CASCADE;", "shop_new")
    again = copied(migration, ends)
    migration.call("discard", **secret, schema="shop_migrated", state=again["state"])
    assert schemas(postgresql) == ""
    assert postgresql.sql("SHOW search_path;", "shop_new") == '"$user", public'
    assert mariadb.sql("SELECT COUNT(*) FROM orders;") == "2000"


def test_dates_of_all_zeros_become_null_and_are_said(migration: Talk, ends: dict[str, Any], mariadb: System) -> None:
    mariadb.sql(
        "SET sql_mode = ''; ALTER TABLE orders ADD made DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00'; "
        "UPDATE orders SET made = '2024-05-05 05:05:05' WHERE id > 3;"
    )
    plan = migration.call("assess", **ends)
    assert plan["zero_dates"] == 3
    assert "3 dates of all zeros become null" in " ".join(plan["notes"])
    copied(migration, ends)
    assert migration.call("compare", **ends, schema="shop_migrated")["differences"] == []


def test_what_fails_leaves_nothing_behind(
    migration: Talk, ends: dict[str, Any], postgresql: System, mariadb: System
) -> None:
    """pgloader ends well although it left rows out: what counts is what is there."""
    wrong = Path(ends["target_password_file"]).with_name("wrong")
    wrong.write_text("wrong\n")
    wrong.chmod(0o600)
    said = migration.refusal("copy", **{**ends, "target_password_file": str(wrong)}, schema="shop_migrated")
    assert "name it as `password_file`" in said
    mariadb.sql("SET sql_mode = ''; CREATE TABLE odd (day DATE NOT NULL); INSERT INTO odd VALUES ('0000-00-00');")
    said = migration.refusal("copy", **ends, schema="shop_migrated", zero_dates=0)
    assert "Nothing of it stays" in said
    assert schemas(postgresql) == ""
    mariadb.sql("DROP TABLE odd;")
    postgresql.sql("CREATE SCHEMA shop_migrated;", "shop_new")
    assert "is there already" in migration.refusal("copy", **ends, schema="shop_migrated")
    assert schemas(postgresql) == "shop_migrated"


def test_the_sentence_typed_exactly_so_asks_migrates_and_cuts_over(
    orchestrator: Orchestrator, ends: dict[str, Any], postgresql: System, mariadb: System, tmp_path: Path
) -> None:
    config = tmp_path / "app.env"
    before = f"DATABASE_URL={ends['source'].replace('root@', 'root:s3cret@')}\nDEBUG=0\n"
    config.write_text(before)
    done, shown = run(orchestrator, "Migrate database from MySQL to PostgreSQL", tmp_path, **ends, config=str(config))
    assert (done.error, done.status, done.outputs["status"]) == (None, TaskStatus.COMPLETED, "pass")
    assert shown == [{"create": 3}, {"change": 1}]
    assert f"{ends['target']}?options=-csearch_path%3Dshop_migrated" in config.read_text()
    assert postgresql.sql("SELECT count(*) FROM shop_migrated.orders;", "shop_new") == "2000"
    undo = orchestrator.undo(done.task_id, assume_yes=True)
    list(orchestrator.follow(undo))
    assert (orchestrator.view(undo).error, config.read_text(), schemas(postgresql)) == (None, before, "")
    assert mariadb.sql("SELECT COUNT(*) FROM orders;") == "2000"


def test_a_source_that_is_written_to_after_the_copy_is_not_cut_over(
    migration: Talk, ends: dict[str, Any], mariadb: System, tmp_path: Path
) -> None:
    copied(migration, ends)
    config = tmp_path / "app.env"
    config.write_text(f"URL={ends['source']}\n")
    mariadb.sql("INSERT INTO orders (customer, amount) VALUES (1, 1);")
    said = migration.refusal("plan_cut_over", **ends, schema="shop_migrated", config=str(config))
    assert "the copy is not what the source is now" in said
    assert config.read_text() == f"URL={ends['source']}\n"
