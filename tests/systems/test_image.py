"""The image that `make image` built, where buildah and that image are: what it is started as, and that it starts."""

import json
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from aether_agents import __version__

BUILDAH = shutil.which("buildah")


def buildah(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([BUILDAH or "buildah", *words], capture_output=True, text=True, timeout=120, check=False)


def is_built() -> bool:
    return BUILDAH is not None and buildah("inspect", "--type", "image", "aether-agents").returncode == 0


pytestmark = pytest.mark.skipif(not is_built(), reason="no image here: `make image`, with buildah")


@pytest.fixture(scope="module")
def container() -> Iterator[str]:
    name = buildah("from", "--pull-never", "aether-agents").stdout.strip()
    assert name
    yield name
    buildah("rm", name)


def test_it_is_an_ordinary_user_with_a_health_check() -> None:
    said = json.loads(buildah("inspect", "--type", "image", "aether-agents").stdout)["Docker"]["config"]
    assert said["User"] == "10001:10001"
    assert said["Entrypoint"] == ["tini", "--", "aether-agent"]
    assert "AETHER_DELIVERY__ALIVE_FILE" in " ".join(said["Healthcheck"]["Test"])
    assert "AETHER_DELIVERY__ALIVE_FILE=/tmp/alive" in said["Env"]


def test_it_starts_and_has_what_a_worker_needs(container: str) -> None:
    run = ("run", "--isolation", "chroot", container, "--")
    assert __version__ in buildah(*run, "aether-agent", "--version").stdout
    assert buildah(*run, "id", "-u").stdout.strip() == "10001"
    for program in ("git", "bwrap", "tini", "find"):
        assert buildah(*run, "sh", "-c", f"command -v {program}").returncode == 0, program
    imported = buildah(*run, "/opt/aether/bin/python", "-c", "import beat.service, aether_agents.monitoring.flower")
    assert imported.returncode == 0, imported.stderr
