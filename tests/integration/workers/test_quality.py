"""The server `quality`: one ruler for all repositories, whatever they say about themselves."""

import json
from pathlib import Path

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import AWS_PRESENT, Planted

TANGLED = "def big(x):\n" + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(45))


def test_it_measures_scores_and_explains(quality: Talk, repository: Planted) -> None:
    repository.write("app/big.py", "import os\n" + TANGLED)
    repository.write("app/fine.py", "def one():\n    return 1\n")
    repository.commit("first")
    repository.write("app/big.py", "import os\n" + TANGLED + "# touched\n")
    repository.commit("second")
    result = quality.call("assess", path=str(repository.folder))
    assert [
        (f["rule"], f["file"], f["line"], f["severity"]) for f in result["findings"] if f["severity"] != "info"
    ] == [
        ("complexity", "app/big.py", 2, "medium"),
        ("F401", "app/big.py", 1, "low"),
    ]
    assert (result["grade"], result["status"]) == ("C", "pass")
    assert len(result["explanation"]) == 3
    assert result["measures"]["functions"] == 2
    assert (result["measures"]["recent_commits"], result["measures"]["recent_authors"]) == (2, 1)
    assert result["hot"] == [{"file": "app/big.py", "commits": 2, "complexity": 46, "heat": 92}]
    assert result["languages"] == [{"language": "Python", "files": 2, "kilobytes": 2}]
    assert result["problems"] == [{"rule": "F401", "title": "Unused import", "count": 1}]


def test_a_likely_mistake_fails_it(quality: Talk, repository: Planted) -> None:
    repository.write("a.py", "print(undefined_name)\n")
    result = quality.call("assess", path=str(repository.folder))
    assert (result["status"], result["worst"]) == ("fail", "high")


def test_another_language_is_inconclusive_and_not_clean(quality: Talk, repository: Planted) -> None:
    repository.write("main.go", "package main\n")
    result = quality.call("assess", path=str(repository.folder))
    assert (result["status"], result["score"]) == ("inconclusive", None)
    assert "no score, which needs Python" in result["summary"]
    assert "(1 file of Go): measured for complexity and size" in result["coverage"]["gaps"][0]
    assert result["languages"][0]["language"] == "Go"


def test_an_empty_repository_and_a_plain_folder_are_said_to_have_no_history(
    quality: Talk, repository: Planted, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    for folder, why in ((repository.folder, "no commits yet"), (plain, "not a git repository")):
        (folder / "a.py").write_text("x = 1\n")
        result = quality.call("assess", path=str(folder))
        assert result["status"] == "pass"
        assert result["measures"]["recent_commits"] is None
        assert ("(history)", why) in {(item["path"], item["why"]) for item in result["coverage"]["skipped"]}


def test_old_changes_are_not_recent(quality: Talk, repository: Planted) -> None:
    for number in range(3):
        repository.write("a.py", f"def f():\n    return {number}\n")
        repository.git("add", "--all")
        repository.git("commit", "--quiet", "-m", "change", at="2001-01-01T00:00:00Z")
    result = quality.call("assess", path=str(repository.folder), days=30)
    assert (result["measures"]["recent_commits"], result["hot"]) == (0, [])


def test_the_folders_own_settings_do_not_silence_it(quality: Talk, repository: Planted) -> None:
    repository.write("ruff.toml", 'lint.ignore = ["F"]\nexclude = ["*.py"]\n')
    repository.write("pyproject.toml", '[tool.ruff]\nexclude = ["*.py"]\n')
    repository.write("a.py", "import os\n")
    assert quality.call("assess", path=str(repository.folder))["counts"]["low"] == 1


def test_a_module_in_the_folder_is_not_imported(quality: Talk, repository: Planted, tmp_path: Path) -> None:
    for name in ("radon.py", "ruff.py", "ast.py", "json.py", "mando.py"):
        repository.write(name, f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    assert quality.call("assess", path=str(repository.folder))["coverage"]["files"] == 5
    assert not (tmp_path / "ran").exists()


def test_a_secret_in_the_code_is_not_quoted(quality: Talk, repository: Planted) -> None:
    repository.write("a.py", f'd = {{"{AWS_PRESENT}": 1, "{AWS_PRESENT}": 2}}\nassert ("{AWS_PRESENT}", d)\n')
    result = quality.call("assess", path=str(repository.folder))
    assert result["counts"]["total"] >= 1
    assert AWS_PRESENT not in quality.everything


def test_code_that_kills_its_reader_is_a_gap_and_the_rest_is_measured(quality: Talk, repository: Planted) -> None:
    repository.write("bomb.py", "x = " + "(" * 50_000 + ")" * 50_000 + "\n")
    repository.write("broken.py", "def f(:\n")
    repository.write("fine.py", "def f():\n    return 1\n")
    result = quality.call("assess", path=str(repository.folder))
    assert result["coverage"]["files"] == 2
    assert {gap.split(":")[0] for gap in result["coverage"]["gaps"]} == {"bomb.py"}
    assert [f["rule"] for f in result["findings"] if f["file"] == "broken.py"] == ["invalid-syntax"]


def test_too_little_time_is_a_gap(quality: Talk, planted: Planted) -> None:
    result = quality.call("assess", path=str(planted.folder), max_seconds=0.01)
    assert result["status"] == "inconclusive"
    assert "beyond the bound of 0.01 s" in result["coverage"]["gaps"][0]


def test_what_nothing_uses_is_found_across_files(quality: Talk, repository: Planted) -> None:
    repository.write("a.py", "def _dead():\n    return 1\n\n\ndef used():\n    return 2\n    print(3)\n")
    repository.write("b.py", "from a import used\n\n\ndef public():\n    return used()\n")
    result = quality.call("assess", path=str(repository.folder))
    found = {(f["rule"], f["file"], f["line"], f["severity"]) for f in result["findings"]}
    assert found == {
        ("unused-function", "a.py", 1, "low"),
        ("unreachable-code", "a.py", 7, "low"),
        ("unused-function", "b.py", 4, "info"),
    }
    assert (result["status"], result["score"]) == ("pass", 100)


def test_it_is_compared_with_a_baseline_and_moved_lines_are_no_news(
    quality: Talk, repository: Planted, tmp_path: Path
) -> None:
    repository.write("a.py", "import os\n\n\ndef f():\n    return gone\n\n\ndef g():\n    return lost\n")
    before = quality.call("assess", path=str(repository.folder))
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps({"status": "completed", "subtasks": [{"id": "quality", "output": [before]}]}))
    same = quality.call("assess", path=str(repository.folder), baseline=[str(saved)])
    assert same["comparison"] == {
        **{"new": 0, "fixed": 0, "unchanged": before["counts"]["total"]},
        **{"score_before": before["score"], "score_change": 0, "trend": "same"},
    }
    repository.write(
        "a.py",
        "# moved\n\n\ndef f():\n    return gone\n\n\ndef g():\n    return 1\n\n\ntry:\n    f()\nexcept:\n    g()\n",
    )
    after = quality.call("assess", path=str(repository.folder), baseline=[str(saved)])
    assert [(c["rule"], c["line"]) for c in after["new"]] == [("E722", 14)]
    assert {c["rule"] for c in after["fixed"]} == {"F401", "F821", "unused-function"}
    assert (after["comparison"]["trend"], after["comparison"]["unchanged"]) == ("better", 1)
    assert "1 new" in after["summary"]


def test_a_baseline_that_is_none_says_so(quality: Talk, repository: Planted, tmp_path: Path) -> None:
    repository.write("a.py", "x = 1\n")
    (tmp_path / "words.json").write_text("no JSON")
    assert "is not JSON" in quality.refusal(
        "assess", path=str(repository.folder), baseline=[str(tmp_path / "words.json")]
    )
    assert "cannot be read" in quality.refusal(
        "assess", path=str(repository.folder), baseline=[str(tmp_path / "absent")]
    )
    (tmp_path / "other.json").write_text("{}")
    result = quality.call("assess", path=str(repository.folder), baseline=[str(tmp_path / "other.json")])
    assert result["status"] == "inconclusive"
    assert result["coverage"]["gaps"] == ["the baseline holds no assessment of this folder"]
