"""A real third-party server, in an environment of its own, at an exact version; and real Git through it."""

import os
import subprocess
from pathlib import Path

import pytest

from aether_agents.contracts import Install, ServerSpec
from aether_agents.errors import ServerDown
from aether_agents.mcp_host.install.folders import venv_bin
from aether_agents.mcp_host.install.installer import install, installed
from tests.integration.mcp_host.conftest import OpenHost

GIT = ServerSpec(
    name="git",
    queue="dev",
    command="mcp-server-git",
    install=Install(pypi="mcp-server-git==2026.10.19"),
    source="tests",
    trusted=True,
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], [*identity, "commit", "-q", "--allow-empty", "-m", "The first commit"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.mark.timeout(600)
def test_the_git_server_is_installed_and_reads_the_log_of_a_repository(
    open_host: OpenHost, tmp_path: Path, repository: Path
) -> None:
    home, told = tmp_path / "home", list[str]()
    host = open_host(GIT)
    before = host.call("git", "git_log", {"repo_path": str(repository)}, timeout=20)

    assert install(GIT, home, told.append)
    log = host.call("git", "git_log", {"repo_path": str(repository), "max_count": 5}, timeout=30)

    assert not before.sent
    assert "run `aether-agent servers install git`" in str(before.error)
    assert "The first commit" in str(log.output)
    assert installed(GIT, home)
    assert not install(GIT, home), "a second time there is nothing to do"
    assert told[0] == "git: an environment for mcp-server-git==2026.10.19"
    assert told[-1] == "git: installed"
    assert any("mcp-server-git==2026.10.19" in line for line in told[1:])
    assert os.access(venv_bin(home, "git") / "mcp-server-git", os.X_OK)


@pytest.mark.timeout(600)
def test_a_version_that_does_not_exist_fails_with_uvs_words_and_leaves_the_old_one_in_use(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environ = {**os.environ, "UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    in_use = home / "servers" / "git" / "env-old"
    in_use.mkdir(parents=True)
    (home / "servers" / "git" / "venv").symlink_to("env-old")

    with pytest.raises(ServerDown) as caught:
        install(GIT, home, environ=environ)

    assert "mcp-server-git" in str(caught.value)
    assert "uv's last lines" in str(caught.value)
    assert "`aether-agent servers install git` again" in str(caught.value)
    assert not installed(GIT, home)
    assert (home / "servers" / "git" / "venv").resolve() == in_use
