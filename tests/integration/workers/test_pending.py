"""What `repos` does around a commit by `mcp-server-git`: the look before it, and the way back. Real git, real MCP."""

from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from tests.integration.workers.conftest import Talk, talk_with
from tests.integration.workers.planted import AWS_PRESENT, Planted

BRANCH = "aether/changes"


@pytest.fixture
def work(tmp_path: Path) -> Planted:
    """A repository with work of every kind in no commit, a part of it staged."""
    repository = Planted(tmp_path / "work")
    for name in ("changed", "staged", "gone", "removed", "kept"):
        repository.write(f"{name}.txt", f"{name}\n")
    repository.write(".gitignore", "ignored.txt\n")
    repository.commit("first")
    repository.write("changed.txt", "other\n")
    repository.write("staged.txt", "other\n")
    repository.write("added.txt", "added\n")
    repository.git("add", "staged.txt", "added.txt")
    repository.git("rm", "--quiet", "removed.txt")
    (repository.folder / "gone.txt").unlink()
    repository.write("new/*.txt", "a name like a pattern\n")
    repository.write("ignored.txt", "ignored\n")
    return repository


def look(repos: Talk, *work: Planted, **more: object) -> dict[str, Any]:
    return repos.call("changes", paths=[str(one.folder) for one in work], branch=BRANCH, **more)


def committed(work: Planted, seen: dict[str, Any], message: str = "work") -> dict[str, Any]:
    """Commit as the plan does, and what the way back takes."""
    work.git("checkout", "--quiet", "-b", BRANCH)
    work.git("--literal-pathspecs", "add", "--", *seen["add"])
    work.git("commit", "--quiet", "-m", message)
    return back(seen) | {"commit": f"Changes committed successfully with hash {work.git('rev-parse', 'HEAD')}"}


def back(seen: dict[str, Any]) -> dict[str, Any]:
    named = {"former": seen["branch"], "base": seen["base"], "staged": seen["staged"]}
    return {"path": seen["path"], "branch": BRANCH, **named}


def state(work: Planted) -> tuple[str, ...]:
    files = {path: path.read_bytes() for path in work.folder.rglob("*") if path.is_file() and ".git" not in path.parts}
    branches = work.git("branch", "--format=%(refname:short) %(objectname)")
    return (work.git("status", "--porcelain=v1"), work.git("diff", "--cached"), branches, repr(sorted(files.items())))


def test_who_commits_must_be_said_there(repos: Talk, work: Planted) -> None:
    work.git("config", "--unset", "user.email")
    assert "run `git config --global user.name …` and `git config --global user.email …`" in repos.refusal(
        "changes", paths=[str(work.folder)], branch=BRANCH
    )


def test_else_the_person_commits_and_that_it_is_not_signed_is_said(
    portal: BlockingPortal, work: Planted, tmp_path: Path
) -> None:
    work.git("config", "--unset", "user.email")
    known = {"AETHER_GIT_NAME": "Ann Bee", "AETHER_GIT_EMAIL": "ann@example.org", "AETHER_GIT_SIGNS": "true"}
    own = work.git("config", "user.name").strip()
    with talk_with("repos", portal, tmp_path, **known) as talk:
        [seen] = look(talk, work)["changes"]
        assert seen["author"] == f"{own} <ann@example.org>, not signed"
        work.git("config", "--unset", "user.name")
        [seen] = look(talk, work)["changes"]
        assert seen["author"] == "Ann Bee <ann@example.org>, not signed"


def test_whoever_asks_commits_and_not_whose_worker_it_is(portal: BlockingPortal, work: Planted, tmp_path: Path) -> None:
    work.git("config", "--unset", "user.email")
    work.git("config", "--unset", "user.name")
    mine = {"AETHER_GIT_NAME": "Worker", "AETHER_GIT_EMAIL": "worker@example.org"}
    with talk_with("repos", portal, tmp_path, **mine) as talk:
        talk.git = {"name": "Ann Bee", "email": "ann@example.org", "signs": True, "trusts": []}
        seen = look(talk, work)
        assert seen["changes"][0]["author"] == "Ann Bee <ann@example.org>, not signed"
        assert any("by Ann Bee <ann@example.org>, not signed" in line for line in seen["shown"])
        assert seen["diff"].startswith("by Ann Bee <ann@example.org>, not signed in "), "a screen shows the top"
        talk.git = {"name": "", "email": "", "signs": False, "trusts": []}  # one who has said nothing is not the worker
        assert "nobody has said who commits" in talk.refusal("changes", paths=[str(work.folder)], branch=BRANCH)


def test_a_look_names_every_file_and_where_nothing_is_to_be_done(repos: Talk, work: Planted, tmp_path: Path) -> None:
    clean = Planted(tmp_path / "clean")
    clean.write("a.txt", "a\n")
    clean.commit("first")
    before = state(work)
    found = look(repos, work, clean)
    [seen] = found["changes"]
    kinds = {
        "changed.txt": "changed",
        "staged.txt": "changed",
        "added.txt": "new",
        "gone.txt": "deleted",
        "removed.txt": "deleted",
    }
    assert seen["kinds"] == {**kinds, "new/*.txt": "new"}
    assert (sorted(seen["staged"]), found["files"]) == (["added.txt", "removed.txt", "staged.txt"], 6)
    assert sorted(seen["add"]) == ["changed.txt", "gone.txt", "new/*.txt"]
    assert found["to_add"] == [seen]
    assert found["unchanged"] == [str(clean.folder)]
    assert found["new"] == "+++ b/new/*.txt\n+a name like a pattern\n"
    assert "  deleted gone.txt" in found["shown"]
    assert f"{clean.folder}: nothing to commit"[:120] in found["shown"]
    assert state(work) == before
    assert "nothing to commit: no file is new" in repos.refusal("changes", paths=[str(clean.folder)], branch=BRANCH)


def test_what_was_shown_is_what_is_committed(repos: Talk, work: Planted) -> None:
    digests = look(repos, work)["digests"]
    assert look(repos, work, digests=digests)["digests"] == digests
    work.write("changed.txt", "and changed once more\n")
    args = {"paths": [str(work.folder)], "branch": BRANCH}
    assert "no longer as they were when they were shown" in repos.refusal("changes", **args, digests=digests)


def test_a_commit_taken_back_leaves_everything_as_it_was(repos: Talk, work: Planted) -> None:
    before = state(work)
    [seen] = look(repos, work)["changes"]
    way = committed(work, seen)
    assert work.git("status", "--porcelain") == ""
    assert repos.call("uncommit", **way)["done"] is True
    assert (state(work), work.git("symbolic-ref", "--short", "HEAD")) == (before, "main")
    assert repos.call("uncommit", **way)["done"] is False


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_what_was_begun_is_taken_back_as_well(repos: Talk, work: Planted, steps: int) -> None:
    before = state(work)
    [seen] = look(repos, work)["changes"]
    begun = [
        ("branch", BRANCH),
        ("checkout", "--quiet", BRANCH),
        ("--literal-pathspecs", "add", "--", *seen["add"]),
    ]
    for step in begun[:steps]:
        work.git(*step)
    assert repos.call("uncommit", **back(seen))["done"] is True
    assert (state(work), work.git("symbolic-ref", "--short", "HEAD")) == (before, "main")


def test_what_others_did_since_is_never_thrown_away(repos: Talk, work: Planted) -> None:
    way = committed(work, look(repos, work)["changes"][0])
    work.write("kept.txt", "work of a person\n")
    assert "1 files have changes that are in no commit" in repos.refusal("uncommit", **way)
    work.commit("more")
    assert "something else was committed on" in repos.refusal("uncommit", **way)
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    work.git("branch", "--force", "main", BRANCH)
    assert "`main` has moved on since" in repos.refusal("uncommit", **way)
    assert work.git("symbolic-ref", "--short", "HEAD") == BRANCH


def test_what_is_not_fit_is_refused(repos: Talk, work: Planted) -> None:
    args = {"paths": [str(work.folder)], "branch": BRANCH}
    work.git("config", "filter.trap.clean", "touch sprung")
    assert "names a program that git would run (filter.trap.clean)" in repos.refusal("changes", **args)
    work.git("config", "--unset", "filter.trap.clean")
    work.write(".gitattributes", "new/** filter=lfs\n")
    assert "passes new/*.txt through a filter" in repos.refusal("changes", **args)
    (work.folder / ".gitattributes").unlink()
    (work.folder / "out").symlink_to("/etc/hostname")
    assert "out is a link that leaves the repository" in repos.refusal("changes", **args)
    (work.folder / "out").unlink()
    work.write("staged.txt", "staged, and changed since\n")
    assert "staged.txt is staged and has changed since" in repos.refusal("changes", **args)
    work.git("add", "staged.txt")
    work.git("branch", BRANCH)
    assert "already: name another" in repos.refusal("changes", **args)


def test_the_hooks_that_will_not_run_are_told(repos: Talk, work: Planted) -> None:
    hook = work.write(".git/hooks/pre-commit", "#!/bin/sh\n")
    assert look(repos, work)["changes"][0]["hooks"] == []
    hook.chmod(0o755)
    found = look(repos, work)
    assert found["changes"][0]["hooks"] == ["pre-commit"]
    assert "  its own hooks will not run: pre-commit" in found["shown"]


def test_only_the_named_files_are_scanned_for_secrets(secrets: Talk, work: Planted) -> None:
    work.write("key.py", f'KEY = "{AWS_PRESENT}"\n')
    args = {"path": str(work.folder), "max_commits": 0}
    assert [one["file"] for one in secrets.call("scan", **args, files=["key.py"])["findings"]] == ["key.py"]
    only = secrets.call("scan", **args, files=["changed.txt"])
    assert (only["findings"], only["coverage"]["files"]) == ([], 1)


def test_what_a_question_shows_of_many_repositories_is_bounded(repos: Talk, tmp_path: Path) -> None:
    many = [Planted(tmp_path / f"r{number}") for number in range(50)]
    for one in many:
        one.commit("first")
        for name in range(9):
            one.write(f"f{name}", "x")
    found = look(repos, *many)
    assert (len(found["changes"]), found["files"], len(found["shown"])) == (50, 450, 400)
    assert repos.call("agree", digests=found["digests"], shown=found["shown"])["digests"] == found["digests"]
