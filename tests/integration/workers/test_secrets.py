"""The server `secrets`: what is planted is found, and what is found never leaves."""

import os
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import AWS_DELETED, AWS_PRESENT, PASSWORD, SECRETS, YAML_TOKEN, Planted


def places(result: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(item["file"], item["line"], item["status"]) for item in result["findings"]]


def test_planted_secrets_are_found_in_files_and_in_history(secrets: Talk, planted: Planted) -> None:
    first = planted.git("rev-list", "--max-parents=0", "HEAD")
    result = secrets.call("scan", path=str(planted.folder))
    assert result["status"] == "fail"
    assert result["worst"] == "critical"
    assert [(f["rule"], f["file"], f["line"], f["severity"], f["status"]) for f in result["findings"]] == [
        ("aws-access-key", "app/aws.py", 1, "critical", "present"),
        ("aws-access-key", "legacy/old.py", 1, "critical", "in history"),
        ("secret-keyword", "app/run.py", 8, "medium", "present"),
        ("token", "config/settings.yaml", 2, "medium", "present"),
    ]
    assert result["findings"][1]["commit"] == first[:12]
    assert result["counts"] == {"critical": 2, "high": 0, "medium": 2, "low": 0, "info": 0, "total": 4}
    assert (result["coverage"]["files"], result["coverage"]["commits"]) == (4, 2)


def test_no_secret_ever_leaves_the_server(secrets: Talk, planted: Planted) -> None:
    planted.write(f"keys/{AWS_PRESENT}.txt", "nothing in it\n")
    planted.commit(f"the key is {AWS_PRESENT}")
    secrets.call("scan", path=str(planted.folder))
    secrets.refusal("scan", path=str(planted.folder / "app" / "aws.py"))
    for secret in SECRETS:
        assert secret not in secrets.everything
        assert secret[4:] not in secrets.everything


def test_a_secret_in_a_file_name_is_taken_out_of_it(secrets: Talk, repository: Planted) -> None:
    repository.write(f"{AWS_PRESENT}.py", f'key = "{AWS_PRESENT}"\n')
    (finding,) = secrets.call("scan", path=str(repository.folder))["findings"]
    assert finding["file"] == "•••.py"


def test_a_secret_in_a_file_and_in_history_is_one_finding(secrets: Talk, repository: Planted) -> None:
    repository.write("a.py", f'key = "{AWS_PRESENT}"\n')
    first = repository.commit("add")
    repository.write("b.py", f'key = "{AWS_PRESENT}"\n')
    repository.commit("copy")
    (finding,) = secrets.call("scan", path=str(repository.folder))["findings"]
    assert (finding["status"], finding["commit"]) == ("present", first[:12])
    assert "Also seen in 1 other file" in finding["detail"]


def test_every_branch_and_what_a_merge_itself_added_is_looked_at(secrets: Talk, repository: Planted) -> None:
    repository.write("a.txt", "a\n")
    repository.commit("base")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.write("side.py", f'key = "{AWS_PRESENT}"\n')
    repository.commit("only here")
    repository.git("checkout", "--quiet", "main")
    repository.write("b.txt", "b\n")
    repository.commit("other")
    repository.git("merge", "--quiet", "--no-commit", "--strategy=ours", "side")
    repository.write("evil.py", f'key = "{AWS_DELETED}"\n')
    repository.commit("merge")
    repository.git("rm", "--quiet", "evil.py")
    repository.commit("cover it up")
    repository.git("branch", "--quiet", "-D", "side")
    assert places(secrets.call("scan", path=str(repository.folder))) == [
        ("evil.py", 1, "in history"),
        ("side.py", 1, "in history"),
    ]


def test_work_on_no_branch_is_looked_at(secrets: Talk, repository: Planted) -> None:
    repository.commit("base")
    repository.git("checkout", "--quiet", "--detach")
    repository.write("a.py", f'key = "{AWS_PRESENT}"\n')
    repository.commit("detached")
    repository.git("rm", "--quiet", "a.py")
    repository.commit("gone")
    assert places(secrets.call("scan", path=str(repository.folder))) == [("a.py", 1, "in history")]


def test_a_folder_in_a_repository_is_looked_at_by_itself(secrets: Talk, planted: Planted) -> None:
    result = secrets.call("scan", path=str(planted.folder / "config"))
    assert places(result) == [("settings.yaml", 2, "present")]
    assert places(secrets.call("scan", path=str(planted.folder / "app"))) == [
        ("aws.py", 1, "present"),
        ("run.py", 8, "present"),
    ]


def test_a_bare_repository_has_a_history_only(secrets: Talk, planted: Planted, tmp_path: Path) -> None:
    planted.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    result = secrets.call("scan", path=str(tmp_path / "bare.git"))
    assert {status for _, _, status in places(result)} == {"in history"}
    assert result["counts"]["total"] == 4


def test_a_plain_folder_is_looked_at_without_history(secrets: Talk, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / ".env").write_text(f"TOKEN={YAML_TOKEN}\n")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "x.js").write_text(f'key = "{AWS_PRESENT}"\n')
    result = secrets.call("scan", path=str(folder))
    assert places(result) == [(".env", 1, "present")]
    assert {"path": "(history)", "why": "not a git repository"} in result["coverage"]["skipped"]


def test_an_empty_repository_is_inconclusive(secrets: Talk, repository: Planted) -> None:
    result = secrets.call("scan", path=str(repository.folder))
    assert (result["status"], result["findings"]) == ("inconclusive", [])


def test_a_clean_repository_passes(secrets: Talk, repository: Planted) -> None:
    repository.write("a.py", "print('hello')\n")
    repository.commit("clean")
    result = secrets.call("scan", path=str(repository.folder))
    assert (result["status"], result["summary"]) == ("pass", "no findings in 1 file and 1 commit")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("{folder}/nowhere", "is not there: give the path of a folder"),
        ("{folder}/file", "is a file: give the path of a folder"),
        ("relative/path", "is not an absolute path"),
    ],
)
def test_what_is_no_folder_is_refused_with_the_mend(secrets: Talk, tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "file").write_text("")
    assert reason in secrets.refusal("scan", path=path.format(folder=tmp_path))


def test_a_broken_repository_is_refused_and_not_called_clean(secrets: Talk, planted: Planted) -> None:
    (planted.folder / ".git" / "config").write_text("[core\n")
    assert "git cannot read" in secrets.refusal("scan", path=str(planted.folder))


def test_a_damaged_history_is_refused_and_not_called_clean(secrets: Talk, planted: Planted) -> None:
    for pack in (planted.folder / ".git" / "objects").rglob("*"):
        if pack.is_file():
            pack.chmod(0o600)
            pack.write_bytes(b"damaged")
    assert "git" in secrets.refusal("scan", path=str(planted.folder))


def test_links_are_not_followed(secrets: Talk, repository: Planted, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text(f'key = "{AWS_PRESENT}"\n')
    repository.write("inside/secret.py", "harmless\n")
    repository.commit("a folder")
    (repository.folder / "link.py").symlink_to(outside / "secret.py")
    (repository.folder / "inside" / "secret.py").unlink()
    (repository.folder / "inside").rmdir()
    (repository.folder / "inside").symlink_to(outside)
    result = secrets.call("scan", path=str(repository.folder))
    assert result["findings"] == []
    assert {item["path"] for item in result["coverage"]["skipped"]} >= {"link.py", "inside"}


def test_a_pipe_in_the_folder_holds_nobody_up(secrets: Talk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    result = secrets.call("scan", path=str(tmp_path))
    assert result["coverage"]["skipped"][0] == {"path": "pipe.py", "why": "not a regular file"}


def test_what_git_ignores_is_left_out_and_what_is_new_is_not(secrets: Talk, repository: Planted) -> None:
    repository.write(".gitignore", "ignored.py\n")
    repository.write("ignored.py", f'key = "{AWS_PRESENT}"\n')
    repository.write("new.py", f'key = "{AWS_DELETED}"\n')
    assert places(secrets.call("scan", path=str(repository.folder))) == [("new.py", 1, "present")]


def test_a_secret_can_be_taken_back_and_that_is_counted(secrets: Talk, repository: Planted) -> None:
    repository.write("a.py", f'key = "{AWS_PRESENT}"\n')
    repository.commit("without the remark")
    repository.write("a.py", f'key = "{AWS_PRESENT}"  # pragma: allowlist secret\n')
    repository.commit("with it")
    result = secrets.call("scan", path=str(repository.folder))
    assert (result["status"], result["coverage"]["allowlisted"]) == ("pass", 1)


def test_attributes_cannot_hide_a_file(secrets: Talk, repository: Planted) -> None:
    repository.write(".gitattributes", "*.env -diff\n*.conf binary\n")
    repository.write("prod.env", f"KEY={AWS_PRESENT}\n")
    repository.write("gone.env", f"KEY={AWS_DELETED}\n")
    repository.commit("hidden")
    repository.git("rm", "--quiet", "gone.env")
    repository.commit("gone")
    result = secrets.call("scan", path=str(repository.folder))
    assert ("prod.env", 1, "present") in places(result)
    hidden = [item for item in result["coverage"]["skipped"] if item["path"] == "gone.env"]
    assert hidden or ("gone.env", 1, "in history") in places(result)


def test_older_history_than_asked_for_is_a_gap(secrets: Talk, planted: Planted) -> None:
    planted.write("app/aws.py", "\n")
    planted.write("config/settings.yaml", "\n")
    planted.write("app/run.py", "\n")
    planted.commit("clean now")
    result = secrets.call("scan", path=str(planted.folder), max_commits=1)
    assert (result["status"], result["coverage"]["commits"]) == ("inconclusive", 1)
    assert result["coverage"]["gaps"] == ["the oldest 2 of 3 commits: beyond the bound asked for"]


def test_history_can_be_left_out(secrets: Talk, planted: Planted) -> None:
    result = secrets.call("scan", path=str(planted.folder), max_commits=0)
    assert "legacy/old.py" not in {file for file, _, _ in places(result)}
    assert {"path": "(history)", "why": "left out, as asked for"} in result["coverage"]["skipped"]


def test_too_little_time_is_a_gap(secrets: Talk, planted: Planted) -> None:
    result = secrets.call("scan", path=str(planted.folder), max_seconds=0.000_001)
    assert result["status"] == "inconclusive"
    assert "beyond the bound of 1e-06 s" in " ".join(result["coverage"]["gaps"])


def test_a_file_too_large_to_look_at_is_a_gap(secrets: Talk, tmp_path: Path) -> None:
    (tmp_path / "large.json").write_bytes(b"x" * ((2 << 20) + 1))
    (tmp_path / "a.py").write_text("x = 1\n")
    result = secrets.call("scan", path=str(tmp_path))
    assert (result["status"], result["coverage"]["gaps"]) == ("inconclusive", ["large.json: larger than 2 MiB"])


def test_other_encodings_are_read(secrets: Talk, tmp_path: Path) -> None:
    (tmp_path / "wide.yaml").write_bytes(f"password: {PASSWORD}\n".encode("utf-16"))
    (tmp_path / "latin.yaml").write_bytes(b"# caf\xe9\napi_token: " + YAML_TOKEN.encode() + b"\n")
    (tmp_path / "data.dat").write_bytes(b"\0\1\2" + AWS_PRESENT.encode())
    result = secrets.call("scan", path=str(tmp_path))
    assert sorted(places(result)) == [("latin.yaml", 2, "present"), ("wide.yaml", 1, "present")]
    assert result["coverage"]["skipped"][0] == {"path": "data.dat", "why": "not text"}


def test_file_names_from_a_stranger_are_made_safe(secrets: Talk, repository: Planted) -> None:
    repository.write("a\x1b[31m\nb.py", f'key = "{AWS_PRESENT}"\n')
    os.close(os.open(os.fsencode(repository.folder) + b"/\xff.py", os.O_CREAT | os.O_WRONLY))
    (finding,) = secrets.call("scan", path=str(repository.folder))["findings"]
    assert finding["file"] == "a�[31m�b.py"


def test_the_same_secret_has_the_same_fingerprint(secrets: Talk, planted: Planted) -> None:
    first = secrets.call("scan", path=str(planted.folder))
    assert secrets.call("scan", path=str(planted.folder)) == first
    assert len({finding["fingerprint"] for finding in first["findings"]}) == 4


def test_a_scan_says_how_far_it_is(secrets: Talk, planted: Planted) -> None:
    secrets.heard.clear()
    secrets.call("scan", path=str(planted.folder))
    assert "file 1 of 4" in secrets.heard[0]


def test_a_scan_that_is_cancelled_leaves_the_server_free(secrets: Talk, repository: Planted) -> None:
    repository.write("large.txt", "password = a1b2c3d4e5f6 token = x9y8z7w6v5u4\n" * 40_000)

    async def give_up() -> None:
        with anyio.move_on_after(0.3):
            await secrets.client.call_tool("scan", {"path": str(repository.folder)})

    secrets.portal.call(give_up)
    assert secrets.call("scan", path=str(repository.folder / ".git" / "hooks"))["coverage"]["files"] > 0
