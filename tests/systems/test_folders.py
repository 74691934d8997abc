"""Folders and restic: one moment, proved, restored into a new folder, undone; and what goes wrong."""

import os
from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import TaskStatus
from aether_agents.orchestrator import Orchestrator
from tests.integration.workers.conftest import Talk
from tests.systems.conftest import program
from tests.systems.test_circle import run

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def docs(tmp_path: Path) -> dict[str, Any]:
    """A folder, a password, and where the backups go; the tools are told of all."""
    program("restic")
    (tmp_path / "docs/sub").mkdir(parents=True)
    (tmp_path / "docs/a.txt").write_text("hello\n")
    (tmp_path / "docs/sub/名前.txt").write_text("there\n")
    (tmp_path / "docs/link").symlink_to("a.txt")
    (tmp_path / "secret").write_text("a long password\n")
    (tmp_path / "secret").chmod(0o600)
    where = {"folder": "docs", "repository": "kept", "password_file": "secret"}
    return {name: str(tmp_path / value) for name, value in where.items()}


def test_a_folder_is_backed_up_proved_restored_and_undone(folders: Talk, docs: dict[str, Any]) -> None:
    made = folders.call("back_up", **docs)
    assert (made["files"], made["bytes"]) == (2, 12)
    assert folders.call("prove", **docs)["status"] == "pass"
    (Path(docs["folder"]) / "a.txt").write_text("changed\n")
    plan = folders.call("plan_restore", **docs)
    assert [item["what"] for item in plan["items"]] == [f"folder {docs['folder']}-restored"]
    secret = {"repository": docs["repository"], "password_file": docs["password_file"]}
    done = folders.call("restore", **secret, snapshot=plan["snapshot"], target=plan["target"])
    place = Path(done["target"])
    assert ((place / "a.txt").read_text(), str((place / "link").readlink())) == ("hello\n", "a.txt")
    same = folders.call("verify", **secret, snapshot=plan["snapshot"], target=done["target"])
    assert same["status"] == "pass"
    assert "is there already" in folders.refusal("restore", **secret, snapshot=plan["snapshot"], target=plan["target"])
    (place / "sub/名前.txt").write_text("mine\n")
    other = folders.call("verify", **secret, snapshot=plan["snapshot"], target=done["target"])
    assert other["status"] == "fail"
    assert "it stays" in folders.refusal("unrestore", target=done["target"], digest=done["digest"])
    (place / "sub/名前.txt").write_text("there\n")
    folders.call("unrestore", target=done["target"], digest=done["digest"])
    assert not place.exists()
    folders.call("discard", **secret, snapshot=made["snapshot"])
    assert "has no backup of" in folders.refusal("plan_restore", **docs)


def test_what_fails_leaves_nothing_and_says_what_to_do(
    folders: Talk, docs: dict[str, Any], tmp_path: Path, full: Path
) -> None:
    assert "is no repository of restic" in folders.refusal("plan_restore", **docs)
    inside = {**docs, "repository": str(Path(docs["folder"]) / "kept")}
    assert "lies in the folder" in folders.refusal("back_up", **inside)
    Path(docs["password_file"]).chmod(0o644)
    assert "chmod 600 it" in folders.refusal("back_up", **docs)
    Path(docs["password_file"]).chmod(0o600)
    made = folders.call("back_up", **docs)
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong\n")
    wrong.chmod(0o600)
    assert "is not the one" in folders.refusal("prove", **{**docs, "password_file": str(wrong)})
    (Path(docs["folder"]) / "large").write_bytes(os.urandom(64 << 10))
    folders.call("back_up", **docs)
    secret = {"repository": docs["repository"], "password_file": docs["password_file"]}
    snapshot = folders.call("plan_restore", **docs)["snapshot"]
    assert snapshot != made["snapshot"]
    said = folders.refusal("restore", **secret, snapshot=snapshot, target=str(full / "docs"))
    assert "no space" in said.lower()
    assert [one.name for one in full.iterdir()] == ["taken"]


def test_a_spoilt_repository_is_not_proved(folders: Talk, docs: dict[str, Any]) -> None:
    folders.call("back_up", **docs)
    for pack in (Path(docs["repository"]) / "data").rglob("*"):
        if pack.is_file():
            pack.chmod(0o600)
            pack.write_bytes(b"x" * 40 + pack.read_bytes()[40:])
    said = folders.send("prove", docs)
    assert said.is_error or (said.structured_content or {})["status"] == "fail"


def test_sentences_back_up_and_restore(orchestrator: Orchestrator, docs: dict[str, Any], tmp_path: Path) -> None:
    secret = {"repository": docs["repository"], "password_file": docs["password_file"]}
    made, asked = run(orchestrator, "back up the folder ./docs with restic", tmp_path, **secret)
    assert (made.error, made.status, made.outputs["status"], asked) == (None, TaskStatus.COMPLETED, "pass", [])
    done, shown = run(orchestrator, "restore the folder ./docs from its restic backup", tmp_path, **secret)
    assert (done.error, done.outputs["status"], shown) == (None, "pass", [{"create": 1}])
    assert (tmp_path / "docs-restored/a.txt").read_text() == "hello\n"
    undo = orchestrator.undo(done.task_id, assume_yes=True)
    list(orchestrator.follow(undo))
    assert (orchestrator.view(undo).error, (tmp_path / "docs-restored").exists()) == (None, False)


def test_retention_shows_what_goes_and_the_report_proves_what_stays(
    folders: Talk, docs: dict[str, Any], orchestrator: Orchestrator, tmp_path: Path
) -> None:
    secret = {"repository": docs["repository"], "password_file": docs["password_file"]}
    assert "is no repository" in folders.refusal("plan_retention", **secret, keep_last=1)
    made = [folders.call("back_up", **docs)["snapshot"] for _ in range(3)]
    young = folders.call("plan_retention", **secret, keep_last=1)
    assert (young["count"], young["kept"]) == (0, 3)
    plan = folders.call("plan_retention", **secret, keep_last=1, keep_days=0)
    assert {one["snapshot"] for one in plan["gone"]} == {*made[:2]}
    assert {one["kind"] for one in plan["items"]} == {"destroy"}
    report = folders.call("overview", **secret)
    (row,) = report["backups"]
    assert (row["newest"], row["snapshots"], row["proof"], report["status"]) == (
        made[2],
        3,
        "restores as it was",
        "pass",
    )
    old = folders.call("overview", **secret, max_age_days=1e-7, prove=False)
    assert (old["status"], old["findings"][0]["rule"]) == ("fail", "too-old")
    text = "remove old restic snapshots and keep the newest 1"
    given = {"restic": docs["repository"], "restic_file": docs["password_file"]}
    done, shown = run(orchestrator, text, tmp_path, **given, keep_days=0)
    assert (done.error, done.status, shown) == (None, TaskStatus.COMPLETED, [{"destroy": 2}])
    assert folders.call("plan_retention", **secret, keep_last=1, keep_days=0)["kept"] == 1
