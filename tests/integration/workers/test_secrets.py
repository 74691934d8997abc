"""The server `secrets`: what is planted is found, and what is found never leaves."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import AWS_DELETED, AWS_PRESENT, SECRETS, YAML_TOKEN, Planted


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


def test_a_word_that_is_a_password_somewhere_is_shown_nowhere_as_one_and_stays_in_paths(
    secrets: Talk, repository: Planted
) -> None:
    repository.write("aether/deploy/compose.yaml", "environment:\n  POSTGRES_PASSWORD: aet" + "her\n")
    repository.write("aether/keys.py", f'key = "{AWS_PRESENT}"\n')
    manifest, key = sorted(
        secrets.call("scan", path=str(repository.folder))["findings"], key=lambda finding: finding["file"]
    )
    assert (manifest["file"], manifest["masked"]) == ("aether/deploy/compose.yaml", "••• (6 characters)")
    assert key["file"] == "aether/keys.py"


def test_a_secret_in_a_file_and_in_history_is_one_finding(secrets: Talk, repository: Planted) -> None:
    repository.write("a.py", f'key = "{AWS_PRESENT}"\n')
    first = repository.commit("add")
    repository.write("b.py", f'key = "{AWS_PRESENT}"\n')
    repository.commit("copy")
    (finding,) = secrets.call("scan", path=str(repository.folder))["findings"]
    assert (finding["status"], finding["commit"]) == ("present", first[:12])
    assert "Also seen in 1 other file" in finding["detail"]


def test_every_file_that_holds_the_same_secret_is_named(secrets: Talk, repository: Planted) -> None:
    for name in ("a.yml", "deep/b.yml", "c.yml"):
        repository.write(name, f'key: "{AWS_PRESENT}"\n')
    repository.commit("three times")
    (finding,) = secrets.call("scan", path=str(repository.folder))["findings"]
    told = " ".join((finding["file"], finding["detail"]))
    assert all(name in told for name in ("a.yml", "deep/b.yml", "c.yml"))


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
    for number, name in enumerate(("node_modules", "build", "vendor")):
        (folder / name).mkdir()
        (folder / name / "x.js").write_text(f'key = "{AWS_PRESENT[:-1]}{number}"\n')
    result = secrets.call("scan", path=str(folder))
    assert [file for file, _, _ in places(result)] == ["build/x.js", "node_modules/x.js", "vendor/x.js", ".env"]
    left = [(item["path"], item["why"]) for item in result["coverage"]["skipped"]]
    assert left == [("(history)", "not a git repository")]


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
def test_what_is_no_folder_is_refused_with_the_fix(secrets: Talk, tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "file").write_text("")
    assert reason in secrets.refusal("scan", path=path.format(folder=tmp_path))


def test_a_broken_configuration_of_the_repository_hides_nothing(secrets: Talk, planted: Planted) -> None:
    before = secrets.call("scan", path=str(planted.folder))
    (planted.folder / ".git" / "config").write_text("[core\n")
    after = secrets.call("scan", path=str(planted.folder))
    assert (after["status"], after["findings"], after["coverage"]) == ("fail", before["findings"], before["coverage"])


def test_a_repository_without_its_head_is_a_gap_and_its_files_are_looked_at(secrets: Talk, planted: Planted) -> None:
    (planted.folder / ".git" / "HEAD").unlink()
    result = secrets.call("scan", path=str(planted.folder))
    assert ("app/aws.py", 1, "present") in places(result)
    assert "its `.git` is no repository" in " ".join(result["coverage"]["gaps"])


def test_a_damaged_history_is_a_gap_and_its_files_are_looked_at(secrets: Talk, planted: Planted) -> None:
    for pack in (planted.folder / ".git" / "objects").rglob("*"):
        if pack.is_file():
            pack.chmod(0o600)
            pack.write_bytes(b"damaged")
    result = secrets.call("scan", path=str(planted.folder))
    assert ("app/aws.py", 1, "present") in places(result)
    assert "cannot be read whole" in " ".join(result["coverage"]["gaps"])


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
    assert result["coverage"]["gaps"] == ["pipe.py: not a regular file (left out by the machine)"]


def test_what_git_ignores_is_looked_at_as_well(secrets: Talk, repository: Planted) -> None:
    repository.write(".gitignore", "ignored.py\n")
    repository.write("ignored.py", f'key = "{AWS_PRESENT}"\n')
    repository.write("new.py", f'key = "{AWS_DELETED}"\n')
    found = places(secrets.call("scan", path=str(repository.folder)))
    assert found == [("ignored.py", 1, "present"), ("new.py", 1, "present")]
    left = secrets.call("scan", path=str(repository.folder), leave_out=["ignored.py"])
    assert places(left) == [("new.py", 1, "present")]
    assert left["coverage"]["skipped"][0]["who"] == "you"


def test_a_secret_is_taken_back_only_where_a_person_says_so_and_that_is_counted(
    secrets: Talk, repository: Planted
) -> None:
    repository.write("a.py", f'key = "{AWS_PRESENT}"\n')
    repository.commit("without the remark")
    repository.write("a.py", f'key = "{AWS_PRESENT}"  # pragma: allowlist secret\n')
    repository.commit("with it")
    result = secrets.call("scan", path=str(repository.folder))
    assert (result["status"], result["coverage"]["allowlisted"]) == ("fail", 1)
    (suppressed,) = result["coverage"]["suppressed"]
    assert (suppressed["file"], suppressed["line"], suppressed["honoured"]) == ("a.py", 1, False)
    result = secrets.call("scan", path=str(repository.folder), honour_suppressions=True)
    assert (result["status"], result["coverage"]["allowlisted"]) == ("pass", 1)
    assert result["coverage"]["suppressed"][0]["honoured"]
    repository.write("b.py", f'key = "{AWS_PRESENT}"\n')
    elsewhere = secrets.call("scan", path=str(repository.folder), honour_suppressions=True)
    assert elsewhere["status"] == "fail"


def test_attributes_cannot_hide_a_file(secrets: Talk, repository: Planted) -> None:
    repository.write(".gitattributes", "*.env -diff\n*.conf binary\n")
    repository.write("prod.env", f"KEY={AWS_PRESENT}\n")
    repository.write("gone.env", f"KEY={AWS_DELETED}\n")
    repository.commit("hidden")
    repository.git("rm", "--quiet", "gone.env")
    repository.commit("gone")
    result = secrets.call("scan", path=str(repository.folder))
    assert places(result) == [("prod.env", 1, "present"), ("gone.env", 1, "in history")]
