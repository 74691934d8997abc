"""Files that are replaced whole, and are their owner's alone."""

from pathlib import Path

import pytest

from aether_agents.process.private_folder import replace_private


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
