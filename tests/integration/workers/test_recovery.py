"""Recovery of database files: chosen, previewed, put in place with a copy first; proved, reported, cleaned up."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.integration.workers.conftest import Talk


def fill(path: Path, rows: int) -> None:
    """A database of one table with so many rows."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, amount REAL)")
        made.executemany("INSERT INTO orders VALUES (?, ?)", [(one, one * 1.5) for one in range(rows)])
        made.commit()


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as opened:
        return int(opened.execute("SELECT count(*) FROM orders").fetchone()[0])


def aged(backup: str, day: str) -> None:
    """Make a backup say that it was made on another day."""
    paper = Path(backup + ".manifest.json")
    told = json.loads(paper.read_text())
    paper.write_text(json.dumps({**told, "made_at": f"{day}T00:00:00+00:00"}))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A database with twenty rows."""
    fill(tmp_path / "shop.db", 20)
    return tmp_path / "shop.db"


@pytest.fixture
def where(shop: Path) -> dict[str, Any]:
    """What most tools are told."""
    return {"database": str(shop), "folder": str(shop.parent / "backups")}


def test_the_newest_backup_is_found_and_becomes_a_new_file(tables: Talk, shop: Path, where: dict[str, Any]) -> None:
    old = tables.call("backup", **where)
    aged(old["path"], "2024-01-01")
    fill(shop, 30)
    newer = tables.call("backup", **where)
    fill(shop, 1)
    plan = tables.call("plan_restore", **where)
    assert (plan["backup"], plan["target"]) == (newer["path"], str(shop.with_name("shop-restored.db")))
    assert plan["table"] == [{"table": "orders", "in_backup": 30, "now": 1}]
    assert [item["kind"] for item in plan["items"]] == ["create"]
    shop.unlink()
    assert tables.call("plan_restore", **where)["target"] == str(shop)  # what is gone comes back under its name


def test_the_backup_of_a_day_is_the_newest_that_was_made_by_then(
    tables: Talk, shop: Path, where: dict[str, Any]
) -> None:
    for day in ("2024-01-01", "2024-03-01"):
        aged(tables.call("backup", **where)["path"], day)
    of = [
        tables.call("plan_restore", as_of=f"{day}T23:59:59Z", **where)["made_at"]
        for day in ("2024-02-01", "2024-03-01")
    ]
    assert [one[:10] for one in of] == ["2024-01-01", "2024-03-01"]
    assert "the oldest is of 2024-01-01" in tables.refusal("plan_restore", as_of="2023-12-31", **where)
    assert "is no moment" in tables.refusal("plan_restore", as_of="soon", **where)


def test_the_age_of_one_databases_backups_is_asked_for(tables: Talk, shop: Path, where: dict[str, Any]) -> None:
    tables.call("backup", **where)
    assert len(tables.call("overview", **where)["backups"]) == 1
    other = tables.call("overview", folder=where["folder"], database=str(shop.with_name("crm.db")))
    assert (other["backups"], other["summary"].startswith("there is no backup of")) == ([], True)


def test_a_restored_database_takes_its_place_and_the_former_one_comes_back(
    tables: Talk, shop: Path, where: dict[str, Any]
) -> None:
    backup = tables.call("backup", **where)
    fill(shop, 3)
    shop.chmod(0o640)
    before = shop.read_bytes()
    new = tables.call("restore", backup=backup["path"])["path"]
    plan = tables.call("plan_swap", restored=new, **where)
    assert [item["kind"] for item in plan["items"]] == ["create", "replace"]
    done = tables.call("swap", restored=new, sha256=plan["sha256"], **where)
    assert (rows(shop), shop.stat().st_mode & 0o777) == (20, 0o640)
    assert tables.call("verify_backup", backup=done["saved"])["status"] == "pass"  # the copy is a backup as any other
    back = tables.call("swap_back", database=str(shop), saved=done["saved"], after=done["after"])
    assert (shop.read_bytes(), back["before"]) == (before, done["after"])
    assert not Path(done["saved"]).exists()


def test_nothing_is_replaced_that_is_not_what_was_previewed(tables: Talk, shop: Path, where: dict[str, Any]) -> None:
    backup = tables.call("backup", **where)
    new = tables.call("restore", backup=backup["path"])["path"]
    plan = tables.call("plan_swap", restored=new, **where)
    fill(shop, 7)
    assert "has changed since it was previewed" in tables.refusal("swap", restored=new, sha256=plan["sha256"], **where)
    assert rows(shop) == 7
    done = tables.call("swap", restored=new, sha256=tables.call("plan_swap", restored=new, **where)["sha256"], **where)
    fill(shop, 8)
    said = tables.refusal("swap_back", database=str(shop), saved=done["saved"], after=done["after"])
    assert "has changed since it was restored" in said
    assert rows(shop) == 8


def test_a_database_that_is_open_elsewhere_is_left_alone(tables: Talk, shop: Path, where: dict[str, Any]) -> None:
    backup = tables.call("backup", **where)
    new = tables.call("restore", backup=backup["path"])["path"]
    with closing(sqlite3.connect(shop)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO orders VALUES (99, 1.0)")
        writer.commit()
        assert "is open in another program" in tables.refusal("plan_swap", restored=new, **where)


def test_what_is_not_there_or_corrupted_is_said_and_never_restored(tables: Talk, where: dict[str, Any]) -> None:
    backup = tables.call("backup", **where)
    other = {**where, "database": str(Path(where["database"]).with_name("other.db"))}
    assert "it has backups of" in tables.refusal("plan_restore", **other)
    Path(backup["path"]).write_bytes(Path(backup["path"]).read_bytes()[:-1])
    assert "is corrupted" in tables.refusal("plan_restore", **where)
    assert tables.call("prove", **where)["status"] == "fail"
    told = tables.call("overview", folder=where["folder"])
    assert (told["status"], told["worst"]) == ("fail", "critical")
    assert told["backups"][0]["proved_at"] == ""


def test_a_proof_is_noted_and_age_is_told(tables: Talk, where: dict[str, Any]) -> None:
    assert "is no folder" in tables.refusal("overview", folder=where["folder"])
    Path(where["folder"]).mkdir()
    assert tables.call("overview", folder=where["folder"])["status"] == "inconclusive"
    backup = tables.call("backup", **where)
    assert [one["rule"] for one in tables.call("overview", folder=where["folder"])["findings"]] == ["unproved"]
    assert tables.call("prove", **where)["status"] == "pass"
    told = tables.call("overview", folder=where["folder"])
    assert (told["status"], told["backups"][0]["whole"]) == ("pass", True)
    assert told["backups"][0]["proved_at"]
    aged(backup["path"], "2024-01-01")
    assert [one["rule"] for one in tables.call("overview", folder=where["folder"])["findings"]] == ["old"]


def test_retention_keeps_the_newest_and_the_last_that_was_proved(tables: Talk, where: dict[str, Any]) -> None:
    made = [tables.call("backup", **where)["path"] for _ in range(4)]
    for day, path in enumerate(made, start=1):
        aged(path, f"2024-01-0{day}")
    tables.call("prove", backup=made[1], **where)
    plan = tables.call("plan_retention", folder=where["folder"], keep_last=1, keep_days=1)
    assert sorted(one["path"] for one in plan["gone"]) == sorted([made[0], made[2]])
    assert {item["kind"] for item in plan["items"]} == {"destroy"}
    for one in plan["gone"]:
        tables.call("discard", **one)
    left = {Path(one["path"]).name for one in tables.call("overview", folder=where["folder"])["backups"]}
    assert left == {Path(made[1]).name, Path(made[3]).name}
    assert tables.call("plan_retention", folder=where["folder"], keep_last=1, keep_days=1)["count"] == 0
