"""checkov and zizmor over a stranger's infrastructure code: nothing of it runs, nothing of it hides a fault."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from tests.hostile.repositories.canary import Canary
from tests.hostile.repositories.infrastructure import ESCAPED, FAULTS, OPEN, SUPPRESSED, write_home, write_hostile
from tests.integration.workers.conftest import Talk, talk_with
from tests.integration.workers.planted import Planted

#: The environment of the scanners is made once, from the index: as long as that takes.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where everything of this module lies."""
    folder = tmp_path_factory.mktemp("infrastructure")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def planted_canary(place: Path) -> Canary:
    """The programs of the stranger."""
    return Canary(place / "canary")


@pytest.fixture(scope="module")
def scanners(portal: BlockingPortal, place: Path, planted_canary: Canary, scanners_programs: Path) -> Iterator[Talk]:
    """The server with its scanners, in a HOME and an environment that are set against it."""
    hostile = place / "hostile"
    write_home(hostile, planted_canary)
    settings = {"CKV_IGNORED_DIRECTORIES": "cloud", "ZIZMOR_CONFIG": str(hostile / "zizmor.yml"), "HOME": str(hostile)}
    settings["XDG_CONFIG_HOME"] = str(hostile)
    with talk_with("infracode", portal, hostile, programs=scanners_programs, **settings) as talk:
        talk.time_limit = 300
        yield talk


@pytest.fixture(scope="module")
def repository(place: Path, planted_canary: Canary) -> Planted:
    """The stranger's repository."""
    made = Planted(place / "repository")
    write_hostile(made, planted_canary)
    made.git("add", "--all", "--force")
    return made


@pytest.fixture(scope="module")
def result(scanners: Talk, repository: Planted) -> dict[str, Any]:
    """The result of a scan of it."""
    return scanners.call("scan", path=str(repository.folder))


@pytest.mark.parametrize("file", FAULTS)
def test_a_fault_is_found_whatever_hides_it(file: str, result: dict[str, Any]) -> None:
    assert (file, FAULTS[file][1]) in {(item["file"], item["rule"]) for item in result["findings"]}


def test_nothing_of_the_repository_or_the_home_ran(result: dict[str, Any], planted_canary: Canary) -> None:
    assert result["status"] == "fail"
    assert planted_canary.sprung == []


def test_what_the_files_suppress_is_listed_and_not_obeyed(result: dict[str, Any]) -> None:
    told = {item["file"]: item for item in result["coverage"]["suppressed"]}
    assert sorted(told) == sorted(SUPPRESSED)
    assert {item["honoured"] for item in told.values()} == {False}
    assert result["coverage"]["allowlisted"] == len(SUPPRESSED)


def test_it_is_obeyed_when_the_person_says_so(scanners: Talk, place: Path) -> None:
    made = Planted(place / "honoured")
    for file in SUPPRESSED:
        made.write(file, FAULTS[file][0])
    told = scanners.call("scan", path=str(made.folder), honour_suppressions=True)
    left = {(item["file"], item["rule"]) for item in told["findings"]}
    assert left & {(file, FAULTS[file][1]) for file in SUPPRESSED} == set()
    assert {item["honoured"] for item in told["coverage"]["suppressed"]} == {True}
    assert told["coverage"]["allowlisted"] == len(SUPPRESSED)


BROKEN = {
    "not YAML": ("stack.yaml", f"{OPEN}a: [\n"),
    "a template of a template": ("stack.yaml", f"{{{{ if }}}}\n{OPEN}"),
    "a manifest that is not YAML": ("pod.yaml", f"{ESCAPED}a: [\n"),
    "Terraform that does not end": ("main.tf", 'resource "aws_s3_bucket" "b" {\n'),
    "a workflow that is not YAML": (".github/workflows/ci.yml", "on: [\n"),
    "a suppression in disguise": ("pod.yaml", ESCAPED),
}


def test_what_cannot_be_looked_at_is_a_gap_and_takes_nothing_with_it(scanners: Talk, place: Path) -> None:
    made = Planted(place / "broken")
    files = {f"{number}/{file}": text for number, (file, text) in enumerate(BROKEN.values())}
    for path, text in files.items():
        made.write(path, text)
    made.write("cloud/stack.yaml", OPEN)
    told = scanners.call("scan", path=str(made.folder))
    assert "cloud/stack.yaml" in {item["file"] for item in told["findings"]}
    gaps = {item["path"] for item in told["coverage"]["skipped"]}
    assert gaps == set(files)
