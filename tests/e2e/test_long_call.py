"""A call whose arguments no question has room for: shown in extracts, found whole, bound to what was approved."""

import json
from pathlib import Path

import pytest

from tests.e2e.terminal import TASK_ID, Person

pytestmark = pytest.mark.timeout(300)


def test_a_long_call_is_listed_whole_approved_and_made(person: Person, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"loose-{number}.txt").touch()
        (tmp_path / f"loose-{number}.txt").chmod(0o666)
    asked = person.run("execute", "keep notes", "-t", "keep_a_long_note", "-i", f"folder={tmp_path}")
    assert asked.returncode == 4, asked.stderr
    assert "too long to be shown here" in asked.stderr
    [task_id] = set(TASK_ID.findall(asked.stderr.partition("aether-agent approve")[2]))
    [row] = person.json("approve", task_id, "--list")
    text = row["call"]["args"]["text"]
    assert len(text) > 2_000
    assert json.loads(text.removeprefix("found: "))["counts"]["total"] == 30
    assert (row["call"]["args"]["name"], row["digest"] in row["prompt"]) == ("found.txt", True)
    told = person.run("approve", task_id, "--list").stdout
    assert "loose-17.txt" in told.replace("\n", "")
    assert not (tmp_path / "found.txt").exists()
    assert person.run("approve", task_id).returncode == 0
    assert person.run("watch", task_id).returncode == 0
    assert (tmp_path / "found.txt").read_text() == text
