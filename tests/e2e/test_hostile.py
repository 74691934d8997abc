"""A stranger's repository, through the installed command line and the embedded stack: nothing of it runs, or hides."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import eventually
from tests.e2e.conftest import live
from tests.e2e.terminal import Person
from tests.hostile.repositories.canary import Canary
from tests.hostile.repositories.git_traps import set_traps
from tests.hostile.repositories.infrastructure import write_hostile
from tests.hostile.repositories.python_code import FAULTY, write_settings
from tests.integration.workers.planted import Planted, plant

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    """Programs of the stranger."""
    return Canary(tmp_path / "canary")


@pytest.fixture
def hostile(person: Person, canary: Canary) -> Iterator[Planted]:
    """The repository, with everything in it that any program is known to obey. It is gone when others look around."""
    repository = plant(person.project / "stranger")
    write_settings(repository.folder, canary)
    write_hostile(repository, canary)
    repository.write("faulty.py", FAULTY)
    ignored = (repository.folder / ".gitignore").read_bytes()
    (repository.folder / ".gitignore").unlink()
    repository.commit("everything")
    set_traps(repository, canary)
    repository.write(".gitignore", ignored)
    try:
        yield repository
    finally:
        shutil.rmtree(repository.folder)


def test_a_strangers_repository_runs_nothing_whatever_it_is_asked_for(
    person: Person, hostile: Planted, canary: Canary
) -> None:
    assert person.run("servers", "install", "git", "infracode").returncode == 0
    # A worker that looked before looks again within half a minute.
    eventually(lambda: {"git", "infracode"} <= set(live(person)), 60)
    audit = person.json("execute", "Security audit of this repository", "--input", f"path={hostile.folder}")
    assert (audit["plan"]["template"], audit["outputs"]["status"]) == ("security_audit", "fail")
    report = Path(audit["outputs"]["markdown"]).read_text()
    assert all(rule in report for rule in ("CKV_AWS_24", "dangerous-triggers", "B602", "aws-access-key"))
    assert "Suppressed by the repository" in report
    quality = person.json("execute", "Code quality assessment of ./stranger")
    assert quality["outputs"]["status"] == "fail"
    pages = person.json("execute", "Write the documentation of ./stranger")
    assert pages["status"] == "completed"
    for tool in ("git_status", "git_diff_unstaged", "git_diff_staged", "git_log"):
        told = person.run("tools", "call", f"git/{tool}", f"repo_path={hostile.folder}")
        assert told.returncode == 0, told.stderr
    assert canary.sprung == []
