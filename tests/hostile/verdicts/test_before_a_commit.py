"""The look for secrets before a commit: of exactly these files, in the work tree and as they are staged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.verdicts.situations import LINE
from tests.hostile.verdicts.ways import WAYS, Fault, Way
from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import Planted


def staged_first(repository: Planted) -> None:
    """A file that is staged with a secret, and told to stay as it is."""
    repository.write("a.py", LINE)
    repository.git("add", "a.py")
    repository.git("update-index", "--assume-unchanged", "a.py")
    repository.write("a.py", "x = 1\n")


@pytest.mark.parametrize(
    ("make", "opens"),
    [
        (lambda r: r.write("a.py", LINE), "a.py:1: AWS Access Key"),
        (lambda r: r.write("a.py", f"\0{LINE}"), "a.py:1: AWS Access Key"),
        (lambda r: r.write("a.py", "x" * 5_000 + " " + LINE), "a.py:1: AWS Access Key"),
        (lambda r: r.write("a.py", LINE.rstrip() + "  # pragma: allowlist secret\n"), "a.py:1: AWS Access Key"),
        (staged_first, "a.py:1: AWS Access Key"),
        (lambda r: r.write("a.py", "x" * (3 << 20)), "a.py: larger than 2 MiB"),
        (lambda r: (r.folder / "a.py").symlink_to("/etc/hostname"), "a.py: a link that leaves the folder"),
        (lambda r: (r.write("node_modules/x", ""), r.write("a.py", LINE)), "a.py:1: AWS Access Key"),
        (lambda r: r.write("a.py", "x = 1\n"), ""),
        (lambda r: r.git("rm", "--quiet", "a.py"), ""),
    ],
)
def test_what_is_open_before_a_commit(
    secrets: Talk, tmp_path: Path, make: Callable[[Planted], object], opens: str
) -> None:
    repository = Planted(tmp_path / "repository")
    repository.write("a.py", "old = 1\n")
    repository.write("b.py", LINE.replace("7", "6"))
    repository.commit("before")
    if opens != "a.py:1: AWS Access Key" and "link" in opens:
        (repository.folder / "a.py").unlink()
    make(repository)
    result = secrets.call("scan", path=str(repository.folder), files=["a.py"], max_commits=0)
    assert len(result["open"]) == bool(opens), result["open"]
    assert not opens or result["open"][0].startswith(opens)
    assert (result["status"] == "pass") is (not opens)


def test_a_file_that_a_person_leaves_out_is_committed_unseen_and_said(secrets: Talk, tmp_path: Path) -> None:
    repository = Planted(tmp_path / "repository")
    repository.write("a.bin", b"7z\xbc\xaf\x27\x1c")
    asked = {"path": str(repository.folder), "files": ["a.bin"], "max_commits": 0}
    assert secrets.call("scan", **asked)["open"] == ["a.bin: a 7z file: not looked into (left out by a limit of ours)"]
    result = secrets.call("scan", **asked, leave_out=["a.bin"])
    assert (result["status"], result["open"]) == ("pass", [])
    assert result["coverage"]["skipped"][0] == {"path": "a.bin", "why": "left out, as you said", "who": "you"}


class Pending(Planted):
    """A repository in which nothing more is committed."""

    def commit(self, message: str) -> str:
        """Leave it as it is: what a way has put there is what is to be committed."""
        return message


#: Ways that hide something in what is committed already, or in what no commit takes.
NO_COMMIT = {
    *("assume unchanged", "skip worktree", "a submodule that is not here", "a sparse checkout", "no HEAD"),
    *("a damaged index", "a name of git's in other letters", "ignored"),
}


@pytest.mark.parametrize(
    "way",
    [way for way in WAYS if way.name not in NO_COMMIT and "a commit" not in way.none_of],
    ids=lambda way: way.name,
)
def test_nothing_hidden_is_committed_unseen(secrets: Talk, repos: Talk, tmp_path: Path, way: Way) -> None:
    """What the commit would take is looked at, each file of it; what is not looked at keeps the commit open."""
    before = Planted(tmp_path / "repository")
    before.write("README.md", "# A project\n")
    before.commit("clean")
    repository = Pending(before.folder)
    way.hide(repository, Fault("bad.py", LINE))
    folder = str(repository.folder)
    asked = repos.send("changes", {"paths": [folder], "branch": "more"})
    if asked.is_error:  # a repository that leads elsewhere is refused before
        return
    changes = (asked.structured_content or {})["changes"]
    files = [name for change in changes for name in change["files"]]
    if files:  # without any nothing is committed
        result = secrets.call("scan", path=folder, files=files, max_commits=0)
        assert result["open"], files
        assert result["status"] != "pass"
