"""What the fleet keeps on a host and puts back, where others of that host may write in the same folder."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from workers.infra.servers.fleet import runner

#: Ansible is in an environment of its own; of it, the module wants one name, and only where it is run.
_BASIC = "ansible.module_utils.basic"


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that runs on hosts."""
    basic = ModuleType(_BASIC)
    basic.__dict__["AnsibleModule"] = object
    for name, module in (
        ("ansible", ModuleType("ansible")),
        ("ansible.module_utils", ModuleType("x")),
        (_BASIC, basic),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    spec = spec_from_file_location("aether_keep", runner.HERE / "on-hosts" / "aether_keep.py")
    assert spec is not None
    assert spec.loader is not None
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_a_link_that_lies_in_wait_is_not_written_through(keep: Any, tmp_path: Path) -> None:
    theirs, path, folder = tmp_path / "shadow", tmp_path / "motd", tmp_path / "kept" / "change-1"
    theirs.write_text("secret")
    theirs.chmod(0o600)
    path.write_text("before")
    path.chmod(0o4755)
    keep._save(str(folder), {"paths": [str(path)]}, [])
    path.write_text("after")
    (tmp_path / "motd.aether-part").symlink_to(theirs)
    keep._restore(str(folder))
    assert (path.read_text(), path.stat().st_mode & 0o7777, path.is_symlink()) == ("before", 0o4755, False)
    assert (theirs.read_text(), theirs.stat().st_mode & 0o7777) == ("secret", 0o600)


def test_what_became_a_link_is_not_read(keep: Any, tmp_path: Path) -> None:
    (tmp_path / "shadow").write_text("secret")
    (tmp_path / "motd").symlink_to(tmp_path / "shadow")
    with pytest.raises(OSError, match="symbolic link"):  # it was a file when it was looked at
        keep._keep(str(tmp_path / "motd"), {"kind": "file"}, str(tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()


def test_a_copy_is_for_its_owner_alone(keep: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret")
    keep._save(str(tmp_path / "kept" / "change-1"), {"paths": [str(tmp_path / "key")]}, [])
    assert (tmp_path / "kept" / "change-1" / "0").stat().st_mode & 0o777 == 0o600
