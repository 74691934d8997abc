"""Undoing at the command line: shown, asked, done; and what cannot be undone."""

import json
from pathlib import Path

import pytest

from tests.e2e.terminal import TASK_ID, Person

pytestmark = pytest.mark.timeout(300)


def kept(person: Person, folder: Path, **inputs: str) -> str:
    """A task that kept a note."""
    given = [word for name, value in inputs.items() for word in ("-i", f"{name}={value}")]
    task = person.json("execute", "keep a note", "-t", "keep_a_note", "-i", f"folder={folder}", *given)
    assert (folder / "kept.txt").is_file()
    return str(task["task_id"])


def test_undo_shows_asks_and_puts_back(person: Person, tmp_path: Path) -> None:
    task_id = kept(person, tmp_path)
    shown = person.json("undo", task_id, "--dry-run")
    assert (shown["undone"], shown["cannot_be_undone"]) == (["keep"], [])
    asked = person.run("undo", task_id)
    assert asked.returncode == 4, asked.stderr
    assert "undo keep" in asked.stderr
    assert (tmp_path / "kept.txt").is_file()
    [undo] = set(TASK_ID.findall(asked.stderr.partition("aether-agent approve")[2]))
    assert person.run("approve", undo).returncode == 0
    done = person.run("watch", undo)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "kept.txt").exists()
    again = person.run("undo", task_id)
    assert again.returncode == 2
    assert "undone already" in again.stderr


def test_undo_says_what_it_cannot_and_leaves_with_1(person: Person, tmp_path: Path) -> None:
    task_id = kept(person, tmp_path, lasting="true")
    ran = person.run("undo", task_id, "--dry-run")
    assert ran.returncode == 0
    assert "cannot be undone: lasting (echo/write_note, write)" in ran.stderr
    told = person.run("undo", task_id, "--to", "keep", "--json")
    assert told.returncode == 1
    [cannot] = json.loads(told.stdout)["cannot_be_undone"]
    assert cannot["subtask"] == "lasting"
