"""As whom a person commits: two names of his own configuration, and only for servers of ours that ask for them."""

import os
from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.process.git_identity import git_identity
from aether_agents.mcp_host.process.launch import server_environment

GLOBAL = """[user]
\tname = Ann Bee
\temail = ann@example.org
\tsigningkey = secret-key
[commit]
\tgpgsign = true
[credential]
\thelper = store
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / ".gitconfig").write_text(GLOBAL)
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "GIT_AUTHOR_NAME": "Mallory"}


def test_these_keys_and_no_others(environ: dict[str, str]) -> None:
    told = git_identity(environ)
    assert told == {"AETHER_GIT_NAME": "Ann Bee", "AETHER_GIT_EMAIL": "ann@example.org", "AETHER_GIT_SIGNS": "true"}


def test_who_has_said_nothing_is_nobody(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / ".gitconfig").unlink()
    assert not {"AETHER_GIT_NAME", "AETHER_GIT_EMAIL"} & git_identity(environ).keys() or Path("/etc/gitconfig").exists()


@pytest.mark.parametrize(("bundled", "wants", "told"), [(True, True, True), (True, False, False), (False, True, False)])
def test_only_servers_of_ours_that_ask_are_told(
    tmp_path: Path, environ: dict[str, str], bundled: bool, wants: bool, told: bool
) -> None:
    env = {"AETHER_GIT_IDENTITY": "wanted"} if wants else {}
    spec = ServerSpec(name="repos", command="x", bundled=bundled, env=env, queue="dev")
    assert ("AETHER_GIT_NAME" in server_environment(spec, tmp_path, environ)) is told
