"""As whom a person commits: two names of his own configuration, and only for servers of ours that ask for them."""

import os
from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.process.launch import server_environment
from aether_agents.process.git_identity import git_identity

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
    known = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
    return known | {"GIT_AUTHOR_NAME": "Mallory"}


def test_these_keys_and_no_others(environ: dict[str, str]) -> None:
    told = git_identity(environ)
    assert told == ("Ann Bee", "ann@example.org", True, ())
    said = {"AETHER_GIT_NAME": "Ann Bee", "AETHER_GIT_EMAIL": "ann@example.org", "AETHER_GIT_SIGNS": "true"}
    assert told.environment() == said


def test_who_has_said_nothing_is_nobody(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / ".gitconfig").unlink()
    assert git_identity(environ) == ("", "", False, ())
    assert git_identity({"HOME": str(tmp_path), "PATH": str(tmp_path)}) == ("", "", False, ())  # no git at all


@pytest.mark.parametrize(
    ("said", "trusts"),
    [
        ("directory = /srv/a\n\tdirectory = ~/b", ("/srv/a", "{home}/b")),
        ("directory = *", ("*",)),
        ("directory = /srv/a\n\tdirectory =\n\tdirectory = /srv/c", ("/srv/c",)),
        ("directory = /srv/a\n\tdirectory =", ()),
    ],
)
def test_whom_he_trusts_is_taken_along(
    tmp_path: Path, environ: dict[str, str], said: str, trusts: tuple[str, ...]
) -> None:
    (tmp_path / ".gitconfig").write_text(f"[safe]\n\t{said}\n")
    assert git_identity(environ).trusts == tuple(one.format(home=tmp_path) for one in trusts)


def test_what_a_file_of_his_includes_counts(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "work.inc").write_text("[user]\n\temail = ann@work.example\n")
    (tmp_path / ".gitconfig").write_text(GLOBAL + "[include]\n\tpath = work.inc\n")
    assert git_identity(environ).email == "ann@work.example"


@pytest.mark.parametrize(("bundled", "wants", "told"), [(True, True, True), (True, False, False), (False, True, False)])
def test_only_servers_of_ours_that_ask_are_told(
    tmp_path: Path, environ: dict[str, str], bundled: bool, wants: bool, told: bool
) -> None:
    env = {"AETHER_GIT_IDENTITY": "wanted"} if wants else {}
    spec = ServerSpec(name="repos", command="x", bundled=bundled, env=env, queue="dev")
    assert ("AETHER_GIT_NAME" in server_environment(spec, tmp_path, environ)) is told
