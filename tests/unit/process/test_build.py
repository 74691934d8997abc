"""Build: two states of the sources are told apart, a tagged release is its version."""

from pathlib import Path

from aether_agents import __version__
from aether_agents.process.build import build, commit_of_checkout

COMMIT = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d"


def checkout(folder: Path, head: str = "ref: refs/heads/main\n") -> Path:
    git = folder / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text(head)
    (git / "refs" / "heads" / "main").write_text(f"{COMMIT}\n")
    return git


def test_a_checkout_is_its_commit_and_a_tagged_one_its_version(tmp_path: Path) -> None:
    git = checkout(tmp_path)
    assert commit_of_checkout(git) == COMMIT
    (git / "packed-refs").write_text(f"# pack-refs\n{COMMIT} refs/tags/v{__version__}\n")
    assert commit_of_checkout(git) == ""
    assert build().startswith(__version__)


def test_a_work_tree_and_a_detached_head(tmp_path: Path) -> None:
    git = checkout(tmp_path / "main", head=f"{COMMIT}\n")
    assert commit_of_checkout(git) == COMMIT
    (tmp_path / "other").mkdir()
    inner = git / "worktrees" / "other"
    inner.mkdir(parents=True)
    (inner / "HEAD").write_text("ref: refs/heads/main\n")
    (inner / "commondir").write_text("../..\n")
    (tmp_path / "other" / ".git").write_text(f"gitdir: {inner}\n")
    assert commit_of_checkout(tmp_path / "other" / ".git") == COMMIT
    assert commit_of_checkout(tmp_path / "nothing") == ""
