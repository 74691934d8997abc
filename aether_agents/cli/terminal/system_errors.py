"""Errors of the operating system, in words for people: a full disk, a folder that is gone, somebody else's files."""

import errno
import os
import pwd
import sys


def of_the_system(error: OSError) -> str:
    """What an error of the operating system means to a person, and what to do about it; empty if not known."""
    place = str(error.filename or "")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        what = f"{place} cannot be written" if place else "nothing more can be written"
        home = os.environ.get("AETHER_HOME") or "AETHER_HOME"
        return f"{what}: the disk is full, or your share of it; make room where the output goes, and in {home}"
    if isinstance(error, FileNotFoundError) and not place and not _stands_somewhere():
        return "the folder that you are in is gone: go to one that is there (`cd`), and say it again"
    what = place or "a file"
    if error.errno == errno.EROFS:
        return f"{what} cannot be written: its disk is read-only; set AETHER_HOME to a folder that you can write to"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{what} may not be read or written by you{_owned(place)}; ask for it, or name another{_home_of(place)}"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "too many files are open: raise the limit (`ulimit -n 4096`), and say it again"
    return f"{what}: {error.strerror}" if place and error.strerror else ""


def _stands_somewhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 - whether it can be asked at all
    except OSError:
        return False
    return True


def _owned(place: str) -> str:
    """Whose a place is, if it is somebody else's."""
    try:
        owner = os.stat(place).st_uid  # noqa: PTH116 - pathlib costs its import
        return "" if owner == os.geteuid() else f": it belongs to {pwd.getpwuid(owner).pw_name}"
    except (OSError, KeyError, ValueError):
        return ""


def _home_of(place: str) -> str:
    home = os.environ.get("AETHER_HOME", "")
    return "; AETHER_HOME names your own folder" if home and place.startswith(home) else ""


def hold_streams() -> bool:
    """Give a closed stream somewhere to go, so that no file is opened in its place; whether output was closed."""
    closed = sys.stdout is None
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is not None:
            continue
        handle = os.open(os.devnull, os.O_RDWR)
        if handle != number:
            os.dup2(handle, number)
            os.close(handle)
        setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 - it is a descriptor, for good
    if closed:
        print("warning: standard output is closed: what is printed there is lost", file=sys.stderr)  # noqa: T201
    return closed
