"""Every way to hide a file, tried on every audit: none of them says `pass`, and who left something out is said."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.verdicts.situations import LINE
from tests.hostile.verdicts.ways import WAYS, Fault, Way, put
from tests.integration.workers.conftest import Talk
from tests.integration.workers.fakes import FakeAdvisories, advisories
from tests.integration.workers.planted import Planted

SHELL = "import subprocess\nsubprocess.call(input(), shell=True)\n"
POLICY = 'version: 1\nname: House rules\npatterns:\n  - {forbid: "shell=True", files: "*", because: "No shells"}\n'
#: The server and tool of each audit, and a file that it must not call clean.
AUDITS = {
    "unsafe code": ("code/scan", Fault("bad.py", SHELL)),
    "permissions": ("code/permissions", Fault("bad.py", "x = 1\n", 0o666)),
    "dependencies": ("dependencies/audit", Fault("requirements.txt", "planted==1.0\n")),
    "quality": ("quality/assess", Fault("bad.py", "def broken():\n    return undefined_name\n" * 3)),
    "policy": ("policy/check", Fault("bad.py", SHELL)),
    "secrets": ("secrets/scan", Fault("bad.py", LINE)),
}
CASES = [
    pytest.param(audit, way, id=f"{audit}, {way.name}") for audit in AUDITS for way in WAYS if audit not in way.none_of
]


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAdvisories]:
    """An advisory service that knows one vulnerable version."""
    with advisories() as service:
        yield service


def audited(audit: str, repository: Planted, request: pytest.FixtureRequest, fake: FakeAdvisories) -> dict[str, Any]:
    """What an audit says of a repository."""
    server, _, tool = AUDITS[audit][0].partition("/")
    more: dict[str, Any] = {"advisories": fake.url} if audit == "dependencies" else {}
    if audit == "policy":
        file = repository.folder.parent / "policy.yaml"
        file.write_text(POLICY)
        more = {"policy": str(file), "results": {}}
    talk: Talk = request.getfixturevalue(server)
    return talk.call(tool, path=str(repository.folder), **more)


def clean(folder: Path, audit: str) -> Planted:
    """A repository in which an audit finds nothing, with a file of the kind it reads."""
    repository = Planted(folder / "repository")
    repository.write("README.md", "# A project\n")
    if audit == "dependencies":
        repository.write("needs/requirements.txt", "harmless==2.0\n")
    else:
        repository.write("good.py", "def double(number):\n    return 2 * number\n")
    repository.commit("clean")
    return repository


@pytest.mark.parametrize(("audit", "way"), CASES)
def test_nothing_hidden_from_an_audit_is_called_clean(
    audit: str, way: Way, tmp_path: Path, request: pytest.FixtureRequest, fake: FakeAdvisories
) -> None:
    repository = clean(tmp_path, audit)
    way.hide(repository, AUDITS[audit][1])
    result = audited(audit, repository, request, fake)
    gaps = result["coverage"]["gaps"]
    assert result["status"] != "pass"
    if result["status"] == "inconclusive":
        said = ("(left out by ", "cannot be ", f"{AUDITS[audit][1].path}:1: ")
        assert [gap for gap in gaps if any(one in gap for one in said)], gaps


@pytest.mark.parametrize("audit", AUDITS)
def test_a_clean_repository_is_called_clean(
    audit: str, tmp_path: Path, request: pytest.FixtureRequest, fake: FakeAdvisories
) -> None:
    result = audited(audit, clean(tmp_path, audit), request, fake)
    assert (result["status"], result["coverage"]["gaps"]) == ("pass", [])


@pytest.mark.parametrize("audit", AUDITS)
def test_the_fault_itself_is_found(
    audit: str, tmp_path: Path, request: pytest.FixtureRequest, fake: FakeAdvisories
) -> None:
    repository = clean(tmp_path, audit)
    put(repository, AUDITS[audit][1])
    repository.commit("bad")
    assert audited(audit, repository, request, fake)["status"] == "fail"
