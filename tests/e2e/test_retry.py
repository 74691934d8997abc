"""Going on with a task at the command line: the hint names it, the difference is shown, then it is done."""

import re
from pathlib import Path

import pytest

from tests.e2e.terminal import Person

pytestmark = pytest.mark.timeout(300)


def test_a_failure_names_retry_which_shows_the_difference_and_goes_on(person: Person, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").mkdir()  # so that the note cannot be written
    failed = person.run("execute", "keep a note", "-t", "keep_a_note", "-i", f"folder={tmp_path}", "-i", "lasting=true")
    assert failed.returncode == 1, failed.stderr
    named = re.search(r"aether-agent retry (\S+)", failed.stderr)
    assert named is not None, failed.stderr
    task_id = named.group(1)
    (tmp_path / "kept.txt").rmdir()
    shown = person.json("retry", task_id, "--dry-run")
    assert {one["subtask"]: one["why"] for one in shown["rerun"]["again"]} == {
        "keep": "failed",
        "lasting": "depends on `keep`",
    }
    asked = person.run("retry", task_id)
    assert asked.returncode == 4, asked.stderr
    assert "keep: failed" in asked.stderr
    again = re.findall(r"aether-agent approve (\S+) task\.1", asked.stderr)[-1]
    assert person.run("cancel", again).returncode == 0
    done = person.json("retry", task_id, "--yes")
    assert (done["status"], done["retries"]) == ("completed", task_id)
    assert (tmp_path / "kept.txt").read_text() == "a note"
    refused = person.run("retry", task_id)
    assert (refused.returncode, f"was retried already, by `{done['task_id']}`" in refused.stderr) == (2, True)
    fork = person.json("fork", task_id, "--at", "lasting", "--dry-run")
    assert [one["subtask"] for one in fork["rerun"]["again"]] == ["keep", "lasting"]
