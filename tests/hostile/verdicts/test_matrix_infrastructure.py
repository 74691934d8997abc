"""Every way to hide a file, tried on checkov and zizmor: each fault is found, or who left it out is said.

checkov takes seconds to start: all the ways are repositories of one folder, which is audited at once.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.hostile.verdicts.ways import WAYS, Fault, Way
from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import Planted

#: The environment of the scanners is made once, from the index: as long as that takes.
pytestmark = pytest.mark.timeout(600)

CLEAN_IMAGE = "FROM debian:13\nUSER app\nHEALTHCHECK CMD true\n"
CLEAN_WORKFLOW = """name: ci
on: push
permissions: {}
concurrency: {group: ci, cancel-in-progress: true}
jobs:
  a:
    name: a
    runs-on: ubuntu-latest
    steps:
      - run: echo a
"""
#: What each scanner must not call clean, by the rule that says so.
FAULTS = {
    "CKV_DOCKER_8": Fault("Dockerfile", CLEAN_IMAGE.replace("app", "root")),
    "dangerous-triggers": Fault(".github/workflows/ci.yml", CLEAN_WORKFLOW.replace("push", "pull_request_target")),
}
#: Of another name it is no such file; in a Dockerfile, words behind a user are his name.
NONE_OF = {
    *("a name with a blank behind", "a name of an editor's", "far to the right", "a suppression on each line"),
}
TRIED = [way for way in WAYS if way.name not in NONE_OF]
CASES = [pytest.param(rule, way, id=f"{rule}, {way.name}") for rule in FAULTS for way in TRIED]


def named(rule: str, way: Way) -> str:
    """The folder of a case."""
    return f"{rule}-{way.name.replace(' ', '-')}"


def clean(folder: Path) -> Planted:
    """A repository in which both find nothing."""
    repository = Planted(folder)
    repository.write("clean/Dockerfile", CLEAN_IMAGE)
    repository.write("clean/.github/workflows/clean.yml", CLEAN_WORKFLOW)
    repository.commit("clean")
    return repository


@pytest.fixture(scope="module")
def results(scanners: Talk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What is said of a folder with one repository for each case, each rule in its own folder."""
    told = {}
    for rule, fault in FAULTS.items():
        folder = tmp_path_factory.mktemp("folder")
        for way in TRIED:
            way.hide(clean(folder / named(rule, way) / "repository"), fault)
        told[rule] = scanners.call("scan", path=str(folder), max_seconds=500)
    return told


@pytest.mark.parametrize(("rule", "way"), CASES)
def test_what_is_hidden_from_a_scanner_is_found_or_named(
    rule: str, way: Way, results: dict[str, dict[str, Any]]
) -> None:
    result = results[rule]
    place = f"{named(rule, way)}/"
    found = [item for item in result["findings"] if item["rule"] == rule and item["file"].startswith(place)]
    gaps = [item for item in result["coverage"]["skipped"] if item["path"].startswith(place)]
    assert found or gaps
    assert result["status"] == "fail"


def test_what_is_clean_is_called_clean(scanners: Talk, tmp_path: Path) -> None:
    told = scanners.call("scan", path=str(clean(tmp_path / "repository").folder))
    assert (told["status"], told["coverage"]["gaps"], told["coverage"]["files"]) == ("pass", [], 2)
