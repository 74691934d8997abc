"""Git over a stranger's repository: no program that it names is run, and nothing of it hides its history."""

import subprocess
from pathlib import Path

import pytest

from aether_agents.mcp_host.trust.own_repository import begin
from tests.hostile.repositories.canary import Canary
from tests.hostile.repositories.git_blinds import BLINDS
from tests.hostile.repositories.git_traps import FILES
from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import AWS_DELETED, Planted, plant

#: Traps that ordinary git commands spring; it would spring others only where somebody asks for more.
KNOWN = {
    *("driver-command", "driver-textconv", "external-diff", "filter-clean", "filter-process", "filter-smudge", "gpg"),
    *("hook-post-index-change", "include", "inner-fsmonitor", "on-branch", "worktree"),
}
#: What cannot be read at all; then the result says so.
UNREAD = {
    *("a pointer to another repository", "a link to another repository", "a common folder elsewhere"),
    *("core.repositoryFormatVersion", "a reference that is a pipe"),
}
READS = [
    ("secrets", "scan", {}),
    ("code", "scan", {}),
    ("code", "permissions", {}),
    ("quality", "assess", {}),
]
OVER_SEVERAL = [
    ("changes", {"branch": "new"}),
    ("search", {"find": "changed"}),
    ("preview", {"find": "changed", "replace": "new", "branch": "new"}),
]


def test_git_itself_springs_the_traps(trapped: Planted, canary: Canary) -> None:
    for words in (["status"], ["diff"], ["log", "--patch", "-n1"], ["add", *FILES]):
        subprocess.run(["git", *words], cwd=trapped.folder, capture_output=True, timeout=60, check=False)
    assert set(canary.sprung) >= KNOWN


@pytest.mark.parametrize(("server", "tool", "more"), READS, ids=str)
def test_reading_a_repository_runs_nothing_of_it(
    server: str, tool: str, more: dict[str, object], trapped: Planted, canary: Canary, request: pytest.FixtureRequest
) -> None:
    talk: Talk = request.getfixturevalue(server)
    result = talk.call(tool, path=str(trapped.folder), **more)
    assert canary.sprung == []
    assert result["coverage"]["files"] > 0


@pytest.mark.parametrize(("tool", "more"), OVER_SEVERAL, ids=str)
def test_looking_at_several_repositories_runs_nothing_of_them(
    tool: str, more: dict[str, object], repos: Talk, trapped: Planted, canary: Canary
) -> None:
    repos.send(tool, {"paths": [str(trapped.folder)], **more})
    assert canary.sprung == []


def test_changing_a_repository_runs_nothing_of_it(repos: Talk, trapped: Planted, canary: Canary) -> None:
    for name in FILES:
        trapped.write(name, f"{name}\n")
    (trapped.folder / ".gitattributes").unlink()
    canary.forget()
    what = {"find": "shell=True", "replace": "shell=False", "branch": "made"}
    applied = repos.call("apply", path=str(trapped.folder), message="changed", **what)
    assert canary.sprung == []
    assert repos.call("revert", **applied["undo"]["args"])["done"] is True
    assert canary.sprung == []


@pytest.mark.parametrize("name", BLINDS)
def test_nothing_of_a_repository_hides_a_key_that_was_deleted(name: str, secrets: Talk, tmp_path: Path) -> None:
    repository = Planted(tmp_path / "repository")
    repository.write("old.py", f'key = "{AWS_DELETED}"\n')
    repository.commit("first")
    repository.git("rm", "--quiet", "old.py")
    repository.write("README.md", "nothing\n")
    repository.commit("clean now")
    BLINDS[name](repository, tmp_path / "elsewhere")
    result = secrets.call("scan", path=str(repository.folder))
    found = [item["file"] for item in result["findings"]]
    assert (result["status"], found) == ("fail", ["old.py"]) or (result["status"] == "inconclusive" and name in UNREAD)


@pytest.mark.parametrize("name", ["core.worktree", "core.bare", "include of a device"])
def test_nothing_of_a_repository_says_what_is_looked_at(name: str, repos: Talk, tmp_path: Path) -> None:
    repository = plant(tmp_path / "repository")
    BLINDS[name](repository, tmp_path / "elsewhere")
    seen = repos.call("changes", paths=[str(repository.folder)], branch="new")
    assert (seen["changes"][0]["path"], seen["changes"][0]["files"]) == (str(repository.folder), ["loose.txt"])


def test_whose_work_a_repository_is_runs_nothing_and_is_not_guessed(trapped: Planted, canary: Canary) -> None:
    work = begin(trapped.folder)
    quiet = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
    tree = trapped.git(*quiet, "rev-parse", "HEAD^{tree}")
    between = trapped.git(*quiet, "commit-tree", tree, "-p", "HEAD", "-m", "of somebody else")
    newest = trapped.git(*quiet, "commit-tree", tree, "-p", between, "-m", "newest")
    trapped.git(*quiet, "update-ref", "refs/heads/main", newest)
    missing = trapped.folder / ".git" / "objects" / between[:2] / between[2:]
    missing.chmod(0o600)
    missing.unlink()
    canary.forget()
    assert "git cannot tell whose commits" in work.suspended()
    assert canary.sprung == []
