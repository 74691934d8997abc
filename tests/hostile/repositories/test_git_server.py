"""`mcp-server-git` over a stranger's repository: it looks, adds and commits, and nothing of the repository runs."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal

from aether_agents.mcp_host.install.folders import venv_bin
from aether_agents.mcp_host.install.installer import install
from tests.hostile.repositories.canary import Canary
from tests.hostile.repositories.git_blinds import BLINDS, other
from tests.hostile.repositories.git_traps import FILES
from tests.integration.workers.conftest import SERVERS, Talk, talk_with
from tests.integration.workers.planted import Planted, plant

#: Its environment is made once, from the index: as long as that takes.
pytestmark = pytest.mark.timeout(300)

LOOKS = {
    "git_status": {},
    "git_diff_unstaged": {},
    "git_diff_staged": {},
    "git_diff": {"target": "HEAD"},
    "git_log": {},
    "git_show": {"revision": "HEAD"},
    "git_branch": {"branch_type": "all"},
}


@pytest.fixture(scope="module")
def git(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server, installed as `aether-agent servers install git` does it."""
    home = tmp_path_factory.mktemp("git")
    install(SERVERS["git"], home)
    programs = venv_bin(home, "git")
    path = str(programs / "python")
    assert SERVERS["git"].command == "python"
    SERVERS["git-installed"] = SERVERS["git"].model_copy(update={"command": path})
    with talk_with("git-installed", portal, home, programs=programs, HOME=str(home)) as talk:
        yield talk
    del SERVERS["git-installed"]
    shutil.rmtree(home)


@pytest.mark.parametrize("tool", LOOKS)
def test_a_look_runs_nothing_of_the_repository(tool: str, git: Talk, trapped: Planted, canary: Canary) -> None:
    result = git.send(tool, {"repo_path": str(trapped.folder), **LOOKS[tool]})
    assert not result.is_error, result.content
    assert canary.sprung == []


def test_a_look_shows_what_attributes_and_drivers_would_hide(git: Talk, trapped: Planted) -> None:
    trapped.write(".gitattributes", "* -diff\n")
    result = git.send("git_diff_unstaged", {"repo_path": str(trapped.folder)})
    (part,) = result.content
    assert all(f"+{name} is changed" in part.text for name in FILES)


def test_a_commit_runs_nothing_of_the_repository(git: Talk, trapped: Planted, canary: Canary) -> None:
    steps = [
        ("git_create_branch", {"branch_name": "made", "base_branch": "main"}),
        ("git_checkout", {"branch_name": "made"}),
        ("git_add", {"files": list(FILES)}),
        ("git_commit", {"message": "changed"}),
        ("git_checkout", {"branch_name": "main"}),
        ("git_checkout", {"branch_name": "made"}),
    ]
    for tool, args in steps:
        result = git.send(tool, {"repo_path": str(trapped.folder), **args})
        assert not result.is_error, result.content
    assert canary.sprung == []
    assert trapped.git("symbolic-ref", "HEAD") == "refs/heads/made"
    assert trapped.git("cat-file", "-p", "HEAD:d.txt") == "d.txt is changed"
    assert trapped.git("log", "-1", "--no-show-signature", "--format=%s by %ae") == "changed by eve@example.org"


LEADS = ["a pointer to another repository", "a link to another repository", "a common folder elsewhere"]


@pytest.mark.parametrize("name", LEADS)
def test_it_does_not_follow_where_a_repository_leads(name: str, git: Talk, tmp_path: Path) -> None:
    repository = plant(tmp_path / "repository")
    BLINDS[name](repository, tmp_path / "elsewhere")
    assert "not followed" in git.refusal("git_log", repo_path=str(repository.folder))


def test_what_has_no_end_is_not_read(git: Talk, tmp_path: Path) -> None:
    repository = plant(tmp_path / "repository")
    repository.git("config", "include.path", "/dev/zero")
    path = {"repo_path": str(repository.folder)}
    assert "loose.txt" in str(git.send("git_status", path).content)
    os.mkfifo(repository.folder / ".git" / "refs" / "heads" / "endless")
    assert "`refs/heads/endless` in git's folder is a pipe or a device" in git.refusal("git_status", **path)


def test_a_work_tree_elsewhere_is_not_looked_at(git: Talk, tmp_path: Path) -> None:
    repository = plant(tmp_path / "repository")
    elsewhere = other(tmp_path / "elsewhere").parent
    repository.git("config", "core.worktree", str(elsewhere))
    status = git.send("git_status", {"repo_path": str(repository.folder)})
    assert "README" not in str(status.content)
    assert "loose.txt" in str(status.content)
    assert git.send("git_status", {"repo_path": str(repository.folder / ".git")}).is_error


def test_linked_work_trees_and_submodules_are_repositories(git: Talk, tmp_path: Path) -> None:
    repository = plant(tmp_path / "repository")
    repository.git("worktree", "add", "--quiet", "-b", "linked", str(tmp_path / "linked"))
    (tmp_path / "linked" / "new.txt").write_text("new\n")
    told = git.send("git_status", {"repo_path": str(tmp_path / "linked")})
    assert "On branch linked" in str(told.content)
    assert "new.txt" in str(told.content)
    repository.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other(tmp_path / "inner")), "in"
    )
    told = git.send("git_log", {"repo_path": str(repository.folder / "in")})
    assert "Message: nothing" in str(told.content)
