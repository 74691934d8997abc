"""Committing over several repositories through the official git server: asked for in a sentence, agreed to, undone."""

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.terminal import Person
from tests.integration.workers.planted import AWS_PRESENT, Planted

pytestmark = pytest.mark.timeout(300)
GOAL = 'commit my changes in ./work/a, ./work/b and ./work/clean with the message "Say new"'


@pytest.fixture(scope="module")
def committer(person: Person) -> Person:
    """Somebody with the git server."""
    assert person.run("servers", "install", "git").returncode == 0
    return person  # the stack runs already, and nothing is waited for: what was installed is seen at once


@pytest.fixture
def work(committer: Person) -> dict[str, Planted]:
    """Three repositories with a commit; there is work in two of them that is in none."""
    folder = committer.project / "work"
    shutil.rmtree(folder, ignore_errors=True)
    made = {name: Planted(folder / name) for name in ("a", "b", "clean")}
    for name, one in made.items():
        one.write("README.md", f"{name}\n")
        one.write("gone.md", f"{name}\n")
        one.commit(f"first of {name}")
        if name != "clean":
            one.write("README.md", f"new {name}\n")
            one.write("notes/*.txt", "a note\n")
    made["a"].git("add", "--all")
    made["b"].git("rm", "--quiet", "gone.md")
    return made


def test_the_fixture_is_committed_and_put_back(committer: Person) -> None:
    told = committer.json("templates", "test", "commit_changes")
    assert [row for row in told["found"] if not row["met"]] == []
    assert {"everything is as before", "after drift nothing is touched"} <= {row["what"] for row in told["found"]}


def test_changes_are_committed_in_each_repository_and_come_back(committer: Person, work: dict[str, Planted]) -> None:
    before = {name: one.git("status", "--porcelain", "--branch") for name, one in work.items()}
    told = committer.json("execute", GOAL, "--yes")
    assert (told["status"], told["plan"]["template"]) == ("completed", "commit_changes")
    assert told["outputs"]["unchanged"] == [str(work["clean"].folder)]
    for name in ("a", "b"):
        assert work[name].git("status", "--porcelain", "--branch") == "## aether/changes"
        assert work[name].git("log", "--format=%s") == f"Say new\nfirst of {name}"
    assert work["clean"].git("branch", "--format=%(refname:short)") == "main"
    text = Path(told["outputs"]["markdown"]).read_text()
    assert "+new a" in text
    assert str(work["clean"].folder) in text
    preview = Path(told["outputs"]["preview"]).with_suffix(".md").read_text()
    assert "+new b" in preview
    assert "+a note" in preview
    undone = committer.json("undo", told["task_id"], "--yes")
    assert undone["status"] == "completed"
    assert {name: one.git("status", "--porcelain", "--branch") for name, one in work.items()} == before
    assert (work["b"].folder / "README.md").read_text() == "new b\n"


def test_nothing_is_committed_where_anything_speaks_against_it(committer: Person, work: dict[str, Planted]) -> None:
    work["b"].git("branch", "aether/changes")
    refused = committer.run("execute", GOAL, "--yes", "--json")
    assert refused.returncode == 1
    assert "work/b has a branch `aether/changes` already: name another" in refused.stdout
    work["b"].write("key.py", f'KEY = "{AWS_PRESENT}"\n')
    leaking = committer.run("execute", GOAL, "--yes", "--json", "--input", "branch=other")
    assert leaking.returncode == 1
    error = json.loads(leaking.stdout)["error"]
    assert "key.py" in error
    assert AWS_PRESENT not in error
    for name in ("a", "b"):
        assert work[name].git("log", "--format=%s", "main") == f"first of {name}"
        assert work[name].git("branch", "--list", "other") == ""
        assert work[name].git("symbolic-ref", "--short", "HEAD") == "main"


def test_whoever_asks_commits(committer: Person, work: dict[str, Planted]) -> None:
    """By his own configuration as it is when he asks: the stack and its servers have been running all the time."""
    for one in work.values():
        one.git("config", "--unset", "user.name")
        one.git("config", "--unset", "user.email")
    refused = committer.run("execute", GOAL, "--json")
    assert refused.returncode == 1
    assert "nobody has said who commits" in json.loads(refused.stdout)["error"]
    own = Path(committer.environ["HOME"]) / ".gitconfig"
    own.write_text("[user]\n\tname = Ann Bee\n\temail = ann@example.org\n[commit]\n\tgpgsign = true\n")
    try:
        with committer.terminal("retry", json.loads(refused.stdout)["task_id"]) as terminal:
            terminal.sees("approve?")
            terminal.types("y")
            terminal.sees("by Ann Bee <ann@example.org>, not signed")
            terminal.types("n")
        told = committer.json("execute", GOAL, "--yes")
        assert told["status"] == "completed"
    finally:
        own.unlink()
    for name in ("a", "b"):
        assert (
            work[name].git("log", "-1", "--format=%an %ae %cn %ce") == "Ann Bee ann@example.org Ann Bee ann@example.org"
        )
