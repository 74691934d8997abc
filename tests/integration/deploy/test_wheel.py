"""The wheel: everything that the checkout has, and it runs from outside of it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from aether_agents.process.build import COMMIT_FILE, build, commit_of_checkout

ROOT = Path(__file__).parents[3]
PACKAGES = ("aether_agents", "aether_sandbox", "aetherterm", "workers", "beat")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `pip wheel` builds it, without an index."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_every_file_of_the_packages(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if not name.partition("/")[0].endswith(".dist-info")}
    listed = subprocess.run(
        ["git", "ls-files", "-zco", "--exclude-standard", *PACKAGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    assert {one.suffix for one in map(Path, files)} >= {".py", ".pyi", ".lua", ".yaml", ".html", ".typed"}
    assert held == files | {f"aether_agents/{COMMIT_FILE}"}


def test_a_wheel_built_from_a_source_archive_bears_the_commit_too(tmp_path: Path) -> None:
    """As `uv build` makes it: the archive first, and the wheel from that."""
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)]
    subprocess.run([*build, "-t", "sdist"], cwd=ROOT, check=True, capture_output=True, timeout=60)
    (archive,) = tmp_path.glob("*.tar.gz")
    subprocess.run(["tar", "-xf", archive], cwd=tmp_path, check=True, timeout=60)
    unpacked = tmp_path / archive.name.removesuffix(".tar.gz")
    subprocess.run([*build, "-t", "wheel"], cwd=unpacked, check=True, capture_output=True, timeout=60)
    (built,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(built) as opened:
        assert opened.read(f"aether_agents/{COMMIT_FILE}").decode() == commit_of_checkout(ROOT / ".git")


def test_it_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Commands, the Lua library, the page, the catalogue's files and the specialists are found where it lies."""
    place = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(place)
    program = (
        "import sys\n"
        "from importlib.resources import files\n"
        "import aether_agents as product, aether_agents.mcp_host.install.offers as offers\n"
        "from aether_agents.cli import main\n"
        "import workers.dev\n"
        f"assert product.__file__.startswith({str(place)!r})\n"
        "assert len(offers.offers()) > 10, 'offers'\n"
        "assert files('aether_agents.agentserver.web').joinpath('page/index.html').is_file(), 'page'\n"
        "assert files('aether_agents.store').joinpath('lua', 'tasks.lua').is_file(), 'lua'\n"
        f"assert workers.dev.SPECIALIST.folder.startswith({str(place)!r}), 'specialists'\n"
        "main(sys.argv[1:])\n"
    )
    home = {"AETHER_HOME": str(tmp_path / "home"), "PYTHONPATH": str(place), "HOME": str(tmp_path)}

    def said(*arguments: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-P", "-c", program, *arguments], cwd=tmp_path, env={**os.environ, **home},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    assert "onboard_project" in said("templates", "list")
    assert said("--version") == f"aether-agent, version {build()}\n"
