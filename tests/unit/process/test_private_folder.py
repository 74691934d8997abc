"""Files that are replaced whole, and are their owner's alone."""

import os
from pathlib import Path

import pytest

from aether_agents.process import private_folder
from aether_agents.process.private_folder import replace_private, why_not_yours, written_as_root


def test_a_file_is_replaced_whole_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"before")
    path.chmod(0o644)
    replace_private(path, b"after", durable=True)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"after", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_replaced_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "kept" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        replace_private(tmp_path / "kept", b"after")
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]


def test_a_home_that_may_not_be_read_names_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not_yours(tmp_path) == why_not_yours(tmp_path / "not there yet") == ""
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests run as root too, who may read everything
    monkeypatch.setattr(private_folder, "_name", lambda _: "ann")
    assert "it belongs to ann: set AETHER_HOME to a folder of your own" in why_not_yours(tmp_path)


def test_root_is_warned_of_writing_into_somebody_elses_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert bool(written_as_root(tmp_path)) == (tmp_path.stat().st_uid != 0)
    assert written_as_root(tmp_path / "not there yet") == ""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert written_as_root(tmp_path) == ""
