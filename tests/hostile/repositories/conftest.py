"""Servers, started as a worker starts them, and what tells whether a stranger's program ran."""

from pathlib import Path

import pytest

from tests.hostile.repositories.canary import Canary
from tests.hostile.repositories.git_traps import set_traps
from tests.integration.workers import conftest as servers
from tests.integration.workers.planted import Planted, plant

code, dependencies, portal, quality = servers.code, servers.dependencies, servers.portal, servers.quality
repos, repository = servers.repos, servers.repository
scanners_programs, secrets = servers.scanners_programs, servers.secrets


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    """Programs of a stranger."""
    return Canary(tmp_path / "canary")


@pytest.fixture
def trapped(tmp_path: Path, canary: Canary) -> Planted:
    """A repository with a leaked and deleted key, in which every trap for git is set."""
    repository = plant(tmp_path / "trapped")
    set_traps(repository, canary)
    return repository
