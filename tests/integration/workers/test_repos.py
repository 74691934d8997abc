"""The server `repos` over real MCP stdio and real repositories: searched, previewed, changed, put back."""

from pathlib import Path

import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import Planted

BRANCH = "aether/update-text"


@pytest.fixture
def one(tmp_path: Path) -> Planted:
    """A repository with the text in files of several kinds, and beside them what must never be touched."""
    repository = Planted(tmp_path / "one")
    repository.write("plain.txt", "old one, old two\n").chmod(0o755)
    repository.write("windows.txt", b"first\r\nold\r\n")
    repository.write("wide.txt", "old".encode("utf-16"))
    repository.write("latin.txt", "old caf\xe9\n".encode("latin-1"))
    repository.write("binary.bin", b"old\0old")
    outside = tmp_path / "outside.txt"
    outside.write_text("old\n")
    (repository.folder / "link.txt").symlink_to(outside)
    repository.write(".gitignore", "ignored.txt\n")
    repository.commit("first")
    repository.write("ignored.txt", "old\n")
    return repository


def change(talk: Talk, repository: Planted, **more: object) -> dict[str, object]:
    args = {"path": str(repository.folder), "find": "old", "replace": "new", "branch": BRANCH, "message": "Say new"}
    return talk.call("apply", **{**args, **more})


def test_search_names_every_line_and_what_was_not_looked_at(repos: Talk, one: Planted) -> None:
    found = repos.call("search", paths=[str(one.folder)], find="OLD", ignore_case=True)
    assert [(hit["file"], hit["line"]) for hit in found["hits"]] == [
        ("plain.txt", 1),
        ("wide.txt", 1),
        ("windows.txt", 2),
    ]
    assert [left["path"] for left in found["skipped"]] == ["latin.txt"]
    assert found["truncated"] is False
    assert repos.call("search", paths=[str(one.folder)], find="old", most=1)["truncated"] is True


def test_a_change_is_exactly_what_was_previewed_and_can_be_put_back(repos: Talk, one: Planted, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in one.folder.iterdir() if path.is_file()}
    seen = repos.call("preview", paths=[str(one.folder)], find="old", replace="new", branch=BRANCH)
    assert (seen["files"], seen["replacements"]) == (3, 4)
    assert "+new one, new two" in seen["changes"][0]["diff"]
    done = change(repos, one, digest=seen["digests"][0])
    assert one.git("status", "--porcelain") == ""
    assert one.git("symbolic-ref", "--short", "HEAD") == BRANCH
    assert one.git("show", "--format=%s", "--stat").startswith("Say new")
    assert (one.folder / "plain.txt").read_text() == "new one, new two\n"
    assert (one.folder / "plain.txt").stat().st_mode & 0o777 == 0o755
    assert (one.folder / "windows.txt").read_bytes() == b"first\r\nnew\r\n"
    assert (one.folder / "wide.txt").read_bytes() == "new".encode("utf-16")
    assert (tmp_path / "outside.txt").read_text() == (one.folder / "ignored.txt").read_text() == "old\n"
    undo = done["undo"]
    assert isinstance(undo, dict)
    assert repos.call("revert", **undo["args"])["done"] is True
    assert {path.name: path.read_bytes() for path in one.folder.iterdir() if path.is_file()} == before
    assert one.git("branch", "--format=%(refname:short)") == "main"
    assert one.git("status", "--porcelain") == ""
    assert repos.call("revert", **undo["args"])["done"] is False


def test_what_is_not_fit_is_refused_and_untouched(repos: Talk, one: Planted) -> None:
    args = {"path": str(one.folder), "find": "old", "replace": "new", "branch": BRANCH, "message": "m"}
    assert "no longer what was previewed" in repos.refusal("apply", **args, digest="sha256:0")
    assert "is no name of a branch" in repos.refusal("apply", **{**args, "branch": "a..b"})
    assert "already: name another" in repos.refusal("apply", **{**args, "branch": "main"})
    one.write("plain.txt", "old, and not committed\n")
    assert "1 changed files" in repos.refusal("apply", **args)
    one.git("checkout", "--quiet", "plain.txt")
    one.git("checkout", "--quiet", "--detach")
    assert "no branch checked out" in repos.refusal("preview", paths=[args["path"]], find="o", replace="n", branch="b")
    assert one.git("branch", "--list", BRANCH) == ""


def test_what_others_did_since_is_never_thrown_away(repos: Talk, one: Planted) -> None:
    undo = change(repos, one)["undo"]
    assert isinstance(undo, dict)
    one.write("more.txt", "work of a person\n")
    one.commit("more")
    assert "something else was committed on it" in repos.refusal("revert", **undo["args"])
    assert one.git("symbolic-ref", "--short", "HEAD") == BRANCH


def test_a_pattern_that_never_ends_is_ended(repos: Talk, tmp_path: Path) -> None:
    repository = Planted(tmp_path / "slow")
    repository.write("a.txt", "a" * 64 + "!\n")
    repository.commit("first")
    refusal = repos.refusal("search", paths=[str(repository.folder)], find="(a+)+$", regex=True, max_seconds=1)
    assert "went beyond 1 s" in refusal
    assert "cannot be used" in repos.refusal("search", paths=[str(repository.folder)], find="(", regex=True)


def test_nothing_that_a_repository_names_is_run(repos: Talk, one: Planted, tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\ncat\n")
    trap.chmod(0o755)
    one.write(".gitattributes", "windows.txt filter=trap diff=trap\n")
    one.commit("attributes")
    for key in ("filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "core.fsmonitor", "gpg.program",
                "diff.trap.command", "core.editor"):  # fmt: skip
        one.git("config", key, str(trap))
    one.git("config", "commit.gpgSign", "true")
    for hook in (
        "pre-commit",
        "post-commit",
        "post-checkout",
        "commit-msg",
        "reference-transaction",
        "post-index-change",
    ):
        place = one.folder / ".git" / "hooks" / hook
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(trap)
    done = change(repos, one)
    assert done["files"] == ["plain.txt", "wide.txt"]
    undo = done["undo"]
    assert isinstance(undo, dict)
    repos.call("revert", **undo["args"])
    assert not sprung.exists()
