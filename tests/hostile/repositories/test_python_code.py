"""bandit, ruff, radon, vulture, pdoc, detect-secrets, pip-audit over a stranger's code: nothing runs, nothing hides."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from tests.hostile.repositories.canary import Canary
from tests.hostile.repositories.python_code import FAULTY, write_home, write_settings
from tests.integration.workers.conftest import Talk, talk_with
from tests.integration.workers.planted import AWS_PRESENT, Planted

Ask = Callable[[str, str, dict[str, Any]], dict[str, Any]]

#: Variables by which the programs would be told something; a worker hands none of them on, and a server none either.
ENVIRONMENT = {
    "BANDIT_CONFIG": "/dev/zero",
    "RUFF_CONFIG": "/dev/zero",
    "RUFF_OUTPUT_FORMAT": "text",
    "RADONCFG": "/dev/zero",
    "PIP_AUDIT_VULNERABILITY_SERVICE": "pypi",
    "GIT_DIR": "/nowhere",
    "GIT_EXTERNAL_DIFF": "/nowhere",
    "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
    "GIT_EXEC_PATH": "/nowhere",
    "PYTHONSTARTUP": "/nowhere",
}
FOUND = {
    ("secrets", "scan"): ("aws-access-key", "key.py"),
    ("code", "scan"): ("B602", "faulty.py"),
    ("quality", "assess"): ("F821", "faulty.py"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Canary]:
    """A HOME that is set against every program, and the programs of whoever wrote it."""
    folder = tmp_path_factory.mktemp("home")
    canary = Canary(folder / "canary")
    write_home(folder / "home", canary)
    return folder / "home", canary


@pytest.fixture(scope="module")
def ask(portal: BlockingPortal, home: tuple[Path, Canary]) -> Iterator[Ask]:
    """A call of a server that was started in that HOME, where it also runs; it is started once."""
    place, _ = home
    talks: dict[str, Any] = {}

    def call(server: str, tool: str, args: dict[str, Any]) -> dict[str, Any]:
        if server not in talks:
            opened = talk_with(
                server, portal, place, HOME=str(place), XDG_CONFIG_HOME=f"{place}/.config", **ENVIRONMENT
            )
            talks[server] = (opened, opened.__enter__())
        talk: Talk = talks[server][1]
        return talk.call(tool, **args)

    yield call
    for opened, _ in talks.values():
        opened.__exit__(None, None, None)


@pytest.fixture
def stranger(tmp_path: Path, canary: Canary) -> Planted:
    """A repository with one fault for each program, and everything that would hide it."""
    repository = Planted(tmp_path / "stranger")
    repository.write("faulty.py", FAULTY)
    repository.write("key.py", f'KEY = "{AWS_PRESENT}"\n')
    repository.write("requirements.txt", "planted==1.0\n-e .\n--index-url http://127.0.0.1:9/\n./\n")
    write_settings(repository.folder, canary)
    repository.git("add", "--all", "--force")
    repository.commit("all of it")
    return repository


@pytest.mark.parametrize(("server", "tool"), FOUND)
def test_a_fault_is_found_and_nothing_runs(
    server: str, tool: str, ask: Ask, stranger: Planted, canary: Canary, home: tuple[Path, Canary]
) -> None:
    result = ask(server, tool, {"path": str(stranger.folder)})
    found = {(item["rule"], item["file"]) for item in result["findings"]}
    assert FOUND[server, tool] in found
    assert (canary.sprung, home[1].sprung) == ([], [])
    assert result["status"] == "fail"


def test_unused_code_is_found_whatever_the_settings_say(ask: Ask, stranger: Planted) -> None:
    result = ask("quality", "assess", {"path": str(stranger.folder)})
    assert ("unused-function", "faulty.py") in {(item["rule"], item["file"]) for item in result["findings"]}


def test_documentation_imports_nothing(ask: Ask, stranger: Planted, canary: Canary, tmp_path: Path) -> None:
    args = {"path": str(stranger.folder), "folder": str(tmp_path / "pages"), "source": True}
    result = ask("documentation", "build", args)
    assert result["pages"] > 1
    assert "faulty" in {module["module"] for module in result["modules"]}
    assert canary.sprung == []


def test_dependencies_are_read_and_not_installed(ask: Ask, stranger: Planted, canary: Canary) -> None:
    result = ask("dependencies", "audit", {"path": str(stranger.folder), "max_seconds": 30})
    assert canary.sprung == []
    assert result["status"] != "pass"


SUPPRESSED = {
    "code/scan": ("a.py", "import subprocess\nsubprocess.call(input(), shell=True)  # nosec\n", "B602"),
    "code/scan one rule": ("a.py", "import subprocess\nsubprocess.call(input(), shell=True)  # nosec B602\n", "B602"),
    "quality/assess line": ("a.py", "print(missing)  # noqa\n", "F821"),
    "quality/assess rule": ("a.py", "print(missing)  # noqa: F821\n", "F821"),
    "quality/assess file": ("a.py", "# ruff: noqa\nprint(missing)\n", "F821"),
    "quality/assess flake8": ("a.py", "# flake8: noqa\nprint(missing)\n", "F821"),
    "quality/assess range": ("a.py", "# ruff: disable[F821]\nprint(missing)\n# ruff: enable[F821]\n", "F821"),
    "quality/assess name": ("a.py", "def _unused():  # noqa: V103\n    return 1\n", "unused-function"),
    "quality/assess whitelist": ("a.py", "def _unused():\n    return 1\n", "unused-function"),
}


@pytest.mark.parametrize("name", SUPPRESSED)
def test_what_a_file_suppresses_counts_only_when_a_person_says_so(name: str, ask: Ask, tmp_path: Path) -> None:
    file, text, rule = SUPPRESSED[name]
    repository = Planted(tmp_path / "repository")
    repository.write(file, text)
    if name.endswith("whitelist"):
        repository.write("vulture_whitelist.py", "from a import _unused\n\n_unused\n")
    server, tool = name.split(maxsplit=1)[0].split("/")
    found = ask(server, tool, {"path": str(repository.folder)})
    assert rule in {item["rule"] for item in found["findings"]}
    told = [(item["rule"], item["file"], item["honoured"]) for item in found["coverage"]["suppressed"]]
    assert (rule, file, False) in told
    honoured = ask(server, tool, {"path": str(repository.folder), "honour_suppressions": True})
    assert rule not in {item["rule"] for item in honoured["findings"]}
    told = [(item["rule"], item["file"], item["honoured"]) for item in honoured["coverage"]["suppressed"]]
    assert (rule, file, True) in told


MARKS = ("// #lizard forgives", "// #lizard forgive global", "// GENERATED CODE", "/* #LIZARD FORGIVES */")


@pytest.mark.parametrize("mark", MARKS)
def test_what_a_file_says_to_lizard_is_listed_and_not_obeyed(mark: str, ask: Ask, tmp_path: Path) -> None:
    repository = Planted(tmp_path / "repository")
    body = "  if (a) { b(); }\n" * 15
    repository.write("a.js", f"{mark}\nfunction f(a) {{\n{mark}\n{body}}}\n")
    result = ask("quality", "assess", {"path": str(repository.folder)})
    (figures,) = result["others"]
    assert (figures["functions"], figures["complex_functions"]) == (1, 1)
    assert {(one["file"], one["honoured"]) for one in result["coverage"]["suppressed"]} == {("a.js", False)}
