"""PostgreSQL and MariaDB: backed up, restored into a new database and over the old one, proved, and undone."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.workers.conftest import Talk
from tests.systems.conftest import System
from workers.data.servers.dumps.results import ENDING

pytestmark = pytest.mark.timeout(120)


def databases(system: System) -> set[str]:
    """Those that are ours."""
    main, listed = (
        ("postgres", "SELECT datname FROM pg_database")
        if "postgresql" in system.address
        else ("mysql", "SHOW DATABASES")
    )
    return {name for name in system.sql(listed + ";", main).splitlines() if name.startswith(("shop", "aether_"))}


@contextmanager
def connected(system: System) -> Iterator[None]:
    """Somebody who is connected to `shop`."""
    with subprocess.Popen([*system.client, "shop"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdin is not None
        assert held.stdout is not None
        held.stdin.write("SELECT 1;\n")
        held.stdin.flush()
        assert held.stdout.readline().strip() == "1"
        yield
        held.stdin.close()


def rows(system: System, database: str = "shop") -> int:
    return int(system.sql("SELECT count(*) FROM orders;", database))


@pytest.fixture
def backed(dumps: Talk, system: System, tmp_path: Path) -> dict[str, Any]:
    """A backup of `shop`."""
    made = dumps.call("back_up", folder=str(tmp_path / "backups"), **system.at())
    assert (made["rows"], {one["table"].split(".")[-1]: one["rows"] for one in made["tables"]}) == (
        6,
        {"customers": 3, "orders": 3},
    )
    return {**system.at(), "folder": str(tmp_path / "backups")}


def test_a_backup_becomes_a_new_database_and_goes_again(dumps: Talk, system: System, backed: dict[str, Any]) -> None:
    system.sql("DELETE FROM orders;")
    plan = dumps.call("plan_restore", **backed)
    assert [(item["kind"], item["what"]) for item in plan["items"]] == [("create", "database shop_restored")]
    assert {(row["in_backup"], row["now"]) for row in plan["table"]} == {(3, 3), (3, 0)}
    done = dumps.call("restore", backup=plan["backup"], target=plan["target"], **system.at())
    assert (rows(system, "shop_restored"), rows(system)) == (3, 0)
    same = dumps.call("verify", backup=plan["backup"], database=done["database"], **system.at())
    assert same["status"] == "pass"
    assert dumps.call("verify", backup=plan["backup"], database="shop", **system.at())["status"] == "fail"
    dumps.call("unrestore", backup=plan["backup"], database=done["database"], **system.at())
    assert databases(system) == {"shop"}


def test_it_takes_the_place_of_the_old_one_which_is_kept_and_comes_back(
    dumps: Talk, system: System, backed: dict[str, Any]
) -> None:
    system.sql("DELETE FROM orders WHERE id > 1;")
    plan = dumps.call("plan_restore", over=True, **backed)
    assert [item["kind"] for item in plan["items"]] == ["replace", "create"]
    done = dumps.call("restore", backup=plan["backup"], target=plan["target"], kept=plan["kept"], **system.at())
    assert (rows(system), rows(system, plan["kept"])) == (3, 1)
    back = dumps.call("unrestore", backup=plan["backup"], database="shop", kept=done["kept"], **system.at())
    assert (back["back"], rows(system)) == ("shop", 1)
    assert {name for name in databases(system) if name.startswith("aether_")} == set()


def test_what_changed_after_a_restore_is_not_thrown_away(dumps: Talk, system: System, backed: dict[str, Any]) -> None:
    plan = dumps.call("plan_restore", **backed)
    dumps.call("restore", backup=plan["backup"], target=plan["target"], **system.at())
    system.sql("DELETE FROM orders WHERE id = 2;", plan["target"])
    said = dumps.refusal("unrestore", backup=plan["backup"], database=plan["target"], **system.at())
    assert "has changed since it was restored: it stays" in said
    assert rows(system, plan["target"]) == 2


def test_the_plan_drifts_when_the_database_does(dumps: Talk, system: System, backed: dict[str, Any]) -> None:
    before = dumps.call("plan_restore", over=True, **backed)["digest"]
    system.sql("UPDATE orders SET amount = 9 WHERE id = 1;")
    assert dumps.call("plan_restore", over=True, **backed)["digest"] != before


def test_a_proof_leaves_no_scratch_and_a_corrupted_dump_is_refused(
    dumps: Talk, system: System, backed: dict[str, Any]
) -> None:
    proof = dumps.call("prove", **backed)
    assert proof["status"] == "pass"
    assert Path(proof["backup"] + ".proof.json").is_file()
    assert databases(system) == {"shop"}
    dump = Path(proof["backup"])
    dump.write_bytes(dump.read_bytes()[:-3])
    assert "is corrupted" in dumps.refusal("prove", **backed)
    assert "is corrupted" in dumps.refusal("plan_restore", **backed)


def test_wrong_credentials_say_what_to_do(dumps: Talk, system: System, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong\n")
    wrong.chmod(0o600)
    where = {**system.at(), "password_file": str(wrong)}
    said = dumps.refusal("back_up", folder=str(tmp_path / "backups"), **where)
    assert "name it as `password_file`" in said
    assert list((tmp_path / "backups").iterdir()) == []
    wrong.chmod(0o644)
    assert "chmod 600 it" in dumps.refusal("back_up", folder=str(tmp_path / "backups"), **where)
    secret = f"{system.address.replace('@', ':hunter2@')}/shop"
    assert "hunter2" not in dumps.refusal("back_up", address=secret, folder=str(tmp_path))


def test_a_full_disk_leaves_no_half_backup(dumps: Talk, system: System, full: Path) -> None:
    said = dumps.refusal("back_up", folder=str(full), **system.at())
    assert "No space left on device" in said or "no backup was made" in said
    assert [one.name for one in full.iterdir()] == ["taken"]
    assert databases(system) == {"shop"}


def test_postgresql_is_not_replaced_under_somebody(dumps: Talk, postgresql: System, tmp_path: Path) -> None:
    postgresql.sql("DROP DATABASE IF EXISTS shop_restored;", "postgres")
    if "shop" not in databases(postgresql):
        postgresql.sql("CREATE DATABASE shop;", "postgres")
    where = {**postgresql.at(), "folder": str(tmp_path / "backups")}
    dumps.call("back_up", **where)
    plan = dumps.call("plan_restore", over=True, **where)
    postgresql.sql("ALTER DATABASE shop ALLOW_CONNECTIONS true;", "postgres")
    with connected(postgresql):
        said = dumps.refusal("restore", backup=plan["backup"], target="shop", kept=plan["kept"], **postgresql.at())
    assert "End the programs that are connected to it" in said
    assert {name for name in databases(postgresql) if name.startswith("aether_")} == set()


def test_views_and_triggers_of_mariadb_are_not_left_behind(dumps: Talk, mariadb: System, tmp_path: Path) -> None:
    mariadb.sql("DROP DATABASE IF EXISTS shop; CREATE DATABASE shop;", "mysql")
    mariadb.sql("CREATE TABLE orders (id INTEGER); CREATE VIEW totals AS SELECT count(*) FROM orders;")
    where = {**mariadb.at(), "folder": str(tmp_path / "backups")}
    dumps.call("back_up", **where)
    plan = dumps.call("plan_restore", over=True, **where)
    said = dumps.refusal("restore", backup=plan["backup"], target="shop", kept=plan["kept"], **mariadb.at())
    assert "has views, triggers or routines" in said
    assert {name for name in databases(mariadb) if name.startswith("aether_")} == set()


def test_a_dump_of_a_stranger_has_no_shell(dumps: Talk, mariadb: System, tmp_path: Path) -> None:
    """What MariaDB's client would do with such a line, unless it is told not to."""
    mariadb.sql("DROP DATABASE IF EXISTS shop; CREATE DATABASE shop;", "mysql")
    lines = ["\\! touch {}/backslash", "system touch {}/system", "\\T {}/tee", "\\P cat > {}/pager", "source {}/source"]
    for number, line in enumerate(lines):
        folder, sprung = tmp_path / str(number), tmp_path / f"sprung-{number}"
        folder.mkdir()
        sprung.mkdir()
        text = f"CREATE TABLE orders (id int);\n{line.format(sprung)}\nSELECT 1;\n"
        dump = folder / "shop.sql"
        dump.write_text(text)
        manifest = {"engine": "mariadb", "source": "mysql://root@db/shop", "made_at": "2026-01-01T00:00:00+00:00"}
        manifest |= {"bytes": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest(), "tables": []}
        dump.with_name(dump.name + ENDING).write_text(json.dumps(manifest))
        refused = dumps.refusal("prove", **mariadb.at(), folder=str(folder))
        assert "ERROR" in refused
        assert list(sprung.iterdir()) == []
