"""`pipx install` and `uv tool install` of a built wheel: an environment of its own, and the command on the path."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from aether_agents.mcp_host.install.package_index import uv_environment
from aether_agents.process.build import build
from tests.integration.deploy.test_wheel import wheel

__all__ = ["wheel"]

BIN = Path(sys.executable).parent

pytestmark = pytest.mark.timeout(600)


def pipx(folder: Path, package: str) -> dict[str, str]:
    """Install with pipx; the environment to run what it installed in."""
    environ = {
        "PIPX_HOME": str(folder / "pipx"),
        "PIPX_BIN_DIR": str(folder / "bin"),
        "PIPX_DEFAULT_PYTHON": sys.executable,
    }
    ran(["pipx", "install", package], environ, folder)
    return environ


def uv(folder: Path, package: str) -> dict[str, str]:
    """Install with uv."""
    environ = {"UV_TOOL_DIR": str(folder / "uv"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    ran(["uv", "tool", "install", "--python", sys.executable, package], uv_environment(os.environ) | environ, folder)
    return environ


def ran(command: list[str], environ: dict[str, str], folder: Path, code: int = 0) -> str:
    """All that a program said; it left with this code."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        command,
        cwd=folder,
        env={
            **kept,
            "AETHER_HOME": str(folder / "home"),
            "HOME": str(folder),
            **environ,
            "PATH": f"{BIN}{os.pathsep}{kept['PATH']}",
        },
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout if code == 0 else done.stderr


def test_uv_brings_the_command_alone_and_it_says_how_to_get_more(wheel: Path, tmp_path: Path) -> None:
    environ = uv(tmp_path, str(wheel))
    program = str(tmp_path / "bin" / "aether-agent")
    assert build() in ran([program, "--version"], environ, tmp_path)
    assert "onboard_project" in ran([program, "templates", "list"], environ, tmp_path)
    assert f"uv tool install '{wheel}[serve]'" in ran([program, "serve"], environ, tmp_path, 2)


def test_pipx_brings_the_embedded_stack_with_the_command(wheel: Path, tmp_path: Path) -> None:
    environ = pipx(tmp_path, f"{wheel}[local]")
    program = str(tmp_path / "bin" / "aether-agent")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
        shop.execute("create table orders (id integer primary key)")
    try:
        done = json.loads(ran([program, "execute", "what is in ./shop.db?", "--json"], environ, tmp_path))
    finally:
        ran([program, "down"], environ, tmp_path)
    assert done["status"] == "completed"
    # pipx replaces what it was asked for, so that is asked for again.
    assert f"pipx install --force '{wheel}[local,serve]'" in ran([program, "serve"], environ, tmp_path, 2)
