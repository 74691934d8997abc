"""What the operating system says, in words for people, with what to do about it."""

import errno
import os
from pathlib import Path

import pytest

from aether_agents.cli.terminal.system_errors import of_the_system


@pytest.mark.parametrize(
    ("code", "place", "said"),
    [
        (errno.ENOSPC, "/x/y", "/x/y cannot be written: the disk is full"),
        (errno.EDQUOT, None, "nothing more can be written: the disk is full"),
        (errno.EROFS, "/x", "its disk is read-only; set AETHER_HOME"),
        (errno.EACCES, "/nowhere/at/all", "/nowhere/at/all may not be read or written by you"),
        (errno.EMFILE, None, "raise the limit"),
        (errno.ENOENT, "/x/z", "/x/z: No such file or directory"),
        (errno.ECONNREFUSED, None, ""),
    ],
)
def test_each_has_its_fix(code: int, place: str | None, said: str) -> None:
    error = OSError(code, os.strerror(code), place)
    told = of_the_system(error)
    assert said in told
    assert bool(told) is bool(said)


def test_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> str:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(os, "getcwd", gone)
    with pytest.raises(FileNotFoundError) as raised:
        gone()
    assert "the folder that you are in is gone" in of_the_system(raised.value)


def test_whose_it_is_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1)
    assert ": it belongs to " in of_the_system(PermissionError(errno.EACCES, "Permission denied", os.sep))
