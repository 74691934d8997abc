"""A path that somebody else names may be a pipe, a device, a file of gigabytes: an error, and nobody waits."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from workers.data.servers.dumps.address import address_of, password_of
from workers.data.servers.dumps.dump_files import newest, whole
from workers.data.servers.dumps.results import ENDING
from workers.infra.servers.fleet.fingerprint import fingerprint
from workers.inspection.bounded_job import Job


def pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2 << 30)
    path.chmod(0o600)


def itself(path: Path) -> None:
    path.symlink_to(path)


PLANTED = (pipe, device, sparse, itself)


@pytest.mark.parametrize("plant", PLANTED)
def test_the_password_file_of_a_database(tmp_path: Path, plant: Callable[[Path], None]) -> None:
    plant(tmp_path / "password")
    with pytest.raises(ToolError), password_of(str(tmp_path / "password")):
        pass


@pytest.mark.parametrize("plant", PLANTED)
def test_the_manifest_of_a_dump(tmp_path: Path, plant: Callable[[Path], None]) -> None:
    plant(tmp_path / f"shop{ENDING}")
    with pytest.raises(ToolError, match="has no backup"):
        newest(str(tmp_path), address_of("postgresql://app@db.corp.internal/shop"))
    (tmp_path / "shop").write_text("x")
    with pytest.raises(ToolError, match="cannot be read"):
        whole(tmp_path / "shop", Job(seconds=5))


@pytest.mark.parametrize("plant", PLANTED)
def test_what_lies_beside_a_playbook_and_what_it_names_elsewhere(tmp_path: Path, plant: Callable[[Path], None]) -> None:
    home = tmp_path / "plays"
    home.mkdir()
    (home / "hosts.ini").write_text("web1\n")
    (home / "site.yaml").write_text("- hosts: all\n  vars_files: [../planted.yaml]\n")
    for at in (home / "vars.yaml", tmp_path / "planted.yaml"):
        plant(at)
        with suppress(ToolError):  # a file of gigabytes is named; the others are left out
            fingerprint(home / "site.yaml", home / "hosts.ini")
        at.unlink()
