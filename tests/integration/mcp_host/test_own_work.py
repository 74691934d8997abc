"""`trust --mine`: a person's own edits are covered; what others made, and new commands, are not."""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.trust.own_repository import begin
from aether_agents.mcp_host.trust.trust import Trust

ME, OTHER = "me@example.org", "other@example.org"


class Work:
    """A repository of somebody who works in it, with a server that is trusted."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.trust = Trust(home)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", ME)
        self.git("config", "user.name", "Me")
        self.declare("python", "server.py")
        (folder / "server.py").write_text("one")
        (folder / ".env").write_text("A=1\n")
        self.commit("first")
        self.trust.accept(self.trust.review(folder), begin(folder))

    def declare(self, *command: str, **more: object) -> None:
        server = {"command": command[0], "args": list(command[1:]), "envFile": ".env", **more}
        (self.folder / ".mcp.json").write_text(json.dumps({"mcpServers": {"x": server}}))

    def git(self, *words: str, **env: str) -> str:
        ran = subprocess.run(
            ["git", "-C", str(self.folder), *words],
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.strip()

    def commit(self, text: str, **env: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", text, **env)

    def others_commit(self, email: str = OTHER, *, committer: str | None = None) -> str:
        """A commit that came from elsewhere: it is in the repository, and not in its reflog as made here."""
        who = {"GIT_AUTHOR_EMAIL": email, "GIT_COMMITTER_EMAIL": committer or email, "GIT_AUTHOR_NAME": "Other"}
        tree = self.git("rev-parse", "HEAD^{tree}")
        return self.git("commit-tree", tree, "-p", "HEAD", "-m", "theirs", **who)

    @property
    def trusted(self) -> bool:
        file = self.folder / ".mcp.json"
        return self.trust.is_trusted(file, file.read_bytes())

    @property
    def why(self) -> str:
        return self.trust.why_not(self.folder / ".mcp.json")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL", "GIT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "project").mkdir()
    return Work(tmp_path / "project", tmp_path / "home")


def test_his_own_edits_and_commits_are_covered(work: Work) -> None:
    (work.folder / "server.py").write_text("two")
    assert work.trusted
    (work.folder / "helper.py").write_text("new")
    assert work.trusted
    work.commit("second")
    assert work.trusted
    work.git("commit", "-q", "--amend", "-m", "better")
    assert work.trusted
    work.git("checkout", "-q", "-b", "topic")
    (work.folder / "server.py").write_text("three")
    work.commit("third")
    assert work.trusted


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda work: work.declare("python", "other.py"), ".mcp.json is changed"),
        (lambda work: work.declare("python", "server.py", env={"PYTHONPATH": "/x"}), ".mcp.json is changed"),
        (lambda work: (work.folder / ".env").write_text("A=1\nB=2\n"), ".mcp.json is changed"),
    ],
)
def test_a_new_command_or_variable_is_not(work: Work, change: Callable[[Work], object], says: str) -> None:
    change(work)
    assert not work.trusted
    assert says in work.why


@pytest.mark.parametrize("email", [OTHER, ME])
def test_commits_that_others_made_suspend_it_whatever_name_they_bear(work: Work, email: str) -> None:
    (work.folder / "server.py").write_text("two")
    work.commit("second")
    theirs = work.others_commit(email)
    work.git("reset", "-q", "--hard", theirs)
    (work.folder / "server.py").write_text("three")

    assert not work.trusted
    assert f"the repository moved to {theirs[:10]}, a commit by Other that was not made here" in work.why
    work.git("reset", "-q", "--hard", "HEAD~1")
    (work.folder / "server.py").write_text("three")
    assert work.trusted


def test_what_another_wrote_and_he_committed_is_anothers(work: Work) -> None:
    (work.folder / "server.py").write_text("two")
    work.commit("theirs", GIT_AUTHOR_EMAIL=OTHER)
    assert not work.trusted


def test_it_ends_at_its_time_and_when_he_ends_it(work: Work) -> None:
    (work.folder / "server.py").write_text("two")
    mine = begin(work.folder)
    assert mine.suspended() == ""
    assert "it ended on" in mine.suspended(datetime.now(UTC) + timedelta(days=8))
    assert work.trust.end(work.folder) == [work.folder / ".mcp.json"]
    assert not work.trusted
    assert work.trust.end(work.folder) == []
    (work.folder / "server.py").write_text("one")
    assert work.trusted, "what was shown stays trusted"


def test_whoever_watches_hears_of_a_commit(work: Work) -> None:
    before = work.trust.stamp()
    work.git("reset", "-q", "--hard", work.others_commit())
    assert work.trust.stamp() != before


def test_no_program_of_the_repository_is_started_by_looking(work: Work) -> None:
    canary = work.folder.parent / "canary"
    for key in ("core.fsmonitor", "core.pager", "gpg.program", "diff.external", "core.sshCommand"):
        work.git("config", key, f"touch {canary}; true")
    work.git("config", "log.showSignature", "true")
    (work.folder / "server.py").write_text("two")
    work.git("-c", "core.fsmonitor=false", "commit", "-qam", "second")
    assert work.trusted
    assert not canary.exists()


def test_it_is_for_a_repository_of_ones_own(work: Work, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(InvalidSettings, match="no git repository"):
        begin(tmp_path / "plain")
    if os.geteuid() == 0:
        os.chown(work.folder / ".git", 1, -1)
        with pytest.raises(InvalidSettings, match="somebody else"):
            begin(work.folder)
        (work.folder / "server.py").write_text("two")
        assert not work.trusted
