"""The server `code`: unsafe code and loose permissions, without running or trusting anything of the folder."""

from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from tests.conftest import eventually
from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import PASSWORD, Planted


def rules(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(item["rule"], item["file"], item["severity"]) for item in result["findings"]]


def test_a_shell_call_is_found(code: Talk, planted: Planted) -> None:
    result = code.call("scan", path=str(planted.folder))
    (finding,) = [item for item in result["findings"] if item["rule"] == "B602"]
    assert (finding["file"], finding["line"], finding["severity"]) == ("app/run.py", 5, "high")
    assert finding["help"].startswith("https://bandit.readthedocs.io/")
    assert (result["status"], result["coverage"]["files"]) == ("fail", 2)


def test_bandits_words_about_a_password_do_not_quote_it(code: Talk, planted: Planted) -> None:
    result = code.call("scan", path=str(planted.folder))
    assert "B105" in {item["rule"] for item in result["findings"]}
    assert PASSWORD not in code.everything


@pytest.mark.parametrize("name", ["bandit.py", "ast.py", "json.py", "sitecustomize.py", "bandit/__main__.py"])
def test_a_module_in_the_folder_is_not_imported(code: Talk, tmp_path: Path, name: str) -> None:
    place = tmp_path / "repository" / name
    place.parent.mkdir(parents=True)
    place.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    result = code.call("scan", path=str(tmp_path / "repository"))
    assert result["coverage"]["files"] == 1
    assert not (tmp_path / "ran").exists()


def test_the_folders_own_settings_do_not_silence_it(code: Talk, planted: Planted) -> None:
    planted.write(".bandit", "[bandit]\nskips: B602\nexclude: /app\n")
    planted.write("bandit.yaml", "skips: [B602]\n")
    planted.write("pyproject.toml", '[tool.bandit]\nskips = ["B602"]\n')
    assert ("B602", "app/run.py", "high") in rules(code.call("scan", path=str(planted.folder)))


def test_what_a_line_takes_back_is_counted(code: Talk, repository: Planted) -> None:
    repository.write("a.py", "import subprocess  # nosec\nsubprocess.call('ls', shell=True)  # nosec B602\n")
    result = code.call("scan", path=str(repository.folder), honour_suppressions=True)
    assert result["findings"] == [] or rules(result) == [("B607", "a.py", "info")]
    assert result["coverage"]["allowlisted"] >= 1
    assert ("B602", 2, True) in [
        (one["rule"], one["line"], one["honoured"]) for one in result["coverage"]["suppressed"]
    ]


def test_what_a_line_takes_back_is_found_unless_a_person_says_so(code: Talk, repository: Planted) -> None:
    repository.write("a.py", "import subprocess  # nosec\nsubprocess.call(input(), shell=True)  # nosec B602\n")
    result = code.call("scan", path=str(repository.folder))
    assert ("B602", "a.py", "high") in rules(result)
    assert [one["rule"] for one in result["coverage"]["suppressed"] if not one["honoured"]] == ["B404", "B602"]


def test_a_file_that_cannot_be_parsed_is_a_gap(code: Talk, repository: Planted) -> None:
    repository.write("broken.py", "def f(:\n")
    repository.write("fine.py", "x = 1\n")
    result = code.call("scan", path=str(repository.folder))
    assert result["status"] == "inconclusive"
    assert result["coverage"]["gaps"][0].startswith("broken.py: cannot be parsed")
    assert result["coverage"]["files"] == 1


def test_no_python_code_is_inconclusive(code: Talk, repository: Planted) -> None:
    repository.write("main.go", "package main\n")
    result = code.call("scan", path=str(repository.folder))
    assert result["status"] == "inconclusive"
    (left,) = result["coverage"]["skipped"]
    assert (left["path"], left["why"]) == ("(1 file of Go)", "only Python is read")


def test_odd_file_names_are_files_and_not_options(code: Talk, repository: Planted) -> None:
    repository.write("-r.py", "eval(input())\n")
    repository.write("--help.py", "eval(input())\n")
    repository.write("a b.py", "eval(input())\n")
    assert {file for _, file, _ in rules(code.call("scan", path=str(repository.folder)))} == {
        "-r.py",
        "--help.py",
        "a b.py",
    }


def test_too_little_time_is_a_gap(code: Talk, planted: Planted) -> None:
    result = code.call("scan", path=str(planted.folder), max_seconds=0.01)
    assert result["status"] == "inconclusive"
    assert result["coverage"]["gaps"][0] == "2 Python files: beyond the bound of 0.01 s (left out by a limit of ours)"


def test_a_cancelled_scan_ends_the_program_it_runs(code: Talk, repository: Planted) -> None:
    body = "".join(f"def f{n}(x):\n    return [eval(x) for _ in range({n})]\n" for n in range(8_000))
    repository.write("large.py", body)
    here = psutil.Process()

    def bandits() -> list[psutil.Process]:
        found = []
        for process in here.children(recursive=True):
            try:
                if "bandit" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    async def give_up() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(code.client.call_tool, "scan", {"path": str(repository.folder)})
            with anyio.fail_after(30):
                while not await anyio.to_thread.run_sync(bandits):
                    await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()

    code.portal.call(give_up)
    eventually(lambda: not bandits(), within=30, what="bandit ends")


def test_a_world_writable_file_is_found(code: Talk, planted: Planted) -> None:
    result = code.call("permissions", path=str(planted.folder))
    assert rules(result) == [("world-writable-file", "loose.txt", "high"), ("link-leaves-folder", "etc", "info")]
    assert "Mode 0666" in result["findings"][0]["detail"]


@pytest.mark.parametrize(
    ("name", "mode", "content", "rule", "severity"),
    [
        ("tool.sh", 0o4755, "#!/bin/sh\n", "setuid-file", "high"),
        ("server.key", 0o644, "-----BEGIN RSA " + "PRIVATE KEY-----\n", "readable-private-key", "high"),
        ("server.key", 0o640, "-----BEGIN RSA " + "PRIVATE KEY-----\n", "readable-private-key", "medium"),
        ("id_ed25519", 0o644, "-----BEGIN OPENSSH " + "PRIVATE KEY-----\n", "readable-private-key", "high"),
        (".env", 0o644, "A=1\n", "readable-env", "medium"),
        (".netrc", 0o644, "machine x\n", "readable-credentials", "medium"),
        (".git/hooks/post-checkout", 0o777, "#!/bin/sh\n", "world-writable-file", "high"),
    ],
)
def test_loose_permissions_are_found(
    code: Talk, repository: Planted, name: str, mode: int, content: str, rule: str, severity: str
) -> None:
    repository.write(name, content).chmod(mode)
    assert (rule, name, severity) in rules(code.call("permissions", path=str(repository.folder)))


@pytest.mark.parametrize(
    ("name", "mode", "content"),
    [
        ("server.key", 0o600, "-----BEGIN RSA " + "PRIVATE KEY-----\n"),
        ("public.pem", 0o644, "-----BEGIN CERTIFICATE-----\n"),
        (".env", 0o640, "A=1\n"),
        (".env.example", 0o644, "A=\n"),
        ("script.sh", 0o755, "#!/bin/sh\n"),
    ],
)
def test_usual_permissions_pass(code: Talk, tmp_path: Path, name: str, mode: int, content: str) -> None:
    (tmp_path / name).write_text(content)
    (tmp_path / name).chmod(mode)
    assert code.call("permissions", path=str(tmp_path))["status"] == "pass"


def test_a_world_writable_folder_is_found_and_a_sticky_one_is_less_bad(code: Talk, repository: Planted) -> None:
    repository.write("open/a.txt", "").parent.chmod(0o777)
    repository.write("shared/a.txt", "").parent.chmod(0o1777)
    assert rules(code.call("permissions", path=str(repository.folder))) == [
        ("world-writable-folder", "open", "high"),
        ("world-writable-folder", "shared", "low"),
    ]


def test_a_file_system_that_keeps_no_permissions_is_inconclusive(code: Talk, tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number}.txt").write_text("")
        (tmp_path / f"{number}.txt").chmod(0o777)
    result = code.call("permissions", path=str(tmp_path))
    assert (result["status"], result["findings"]) == ("inconclusive", [])
    assert "keep no permissions" in result["coverage"]["gaps"][0]


def test_an_empty_folder_is_inconclusive(code: Talk, tmp_path: Path) -> None:
    assert code.call("permissions", path=str(tmp_path))["status"] == "inconclusive"
