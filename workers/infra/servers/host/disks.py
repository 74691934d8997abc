"""Disks: how full each mounted file system is, in bytes and in inodes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from workers.inspection.git import printable

from .readings import Reading

#: File systems looked at, at most.
MAX_MOUNTS = 100
#: They are always full: packages and images that cannot be written to.
_IMAGES = frozenset({"squashfs", "iso9660", "udf", "erofs", "cramfs"})
#: Asking one that does not answer would hang for ever.
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "9p", "fuse.sshfs", "glusterfs"})
_GIB = 1 << 30


class Mounts(NamedTuple):
    """What is mounted here."""

    local: list[str]  #: mount points to look at, each file system once
    left: list[tuple[str, str]]  #: mount points that are left out, and why


def mounts() -> Mounts:
    """The file systems of this machine's own disks. Remote ones are left out, and named."""
    local: dict[int, str] = {}
    left: list[tuple[str, str]] = []
    for mount in [("/", ""), *((part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True))]:
        point, kind = mount
        if kind in _REMOTE:
            left.append((printable(point), f"{kind}: a remote file system may never answer"))
        elif point == "/" or (kind not in _IMAGES and _on_a_disk(point, kind)):
            _note(local, point)
    over = sorted(local.values())[MAX_MOUNTS:]
    left += [(printable(point), f"more than {MAX_MOUNTS} file systems") for point in over]
    return Mounts(sorted(local.values())[:MAX_MOUNTS], left)


def read_disks(points: list[str], limit: float) -> Iterator[Reading]:
    """How full each file system is, as a program without privileges sees it."""
    for point in points:
        try:
            usage = psutil.disk_usage(point)
        except OSError as error:
            yield Reading("disks", printable(point), None, limit, "%", f"cannot be read: {error.strerror}")
            continue
        note = f"{usage.free / _GIB:.1f} GiB of {usage.total / _GIB:.1f} GiB free"
        yield Reading("disks", printable(point), usage.percent, limit, "%", note)


def read_inodes(points: list[str], limit: float) -> Iterator[Reading]:
    """The share of inodes in use. File systems that make them as needed have no such share."""
    for point in points:
        try:
            known = os.statvfs(point)
        except OSError as error:
            yield Reading("inodes", printable(point), None, limit, "%", f"cannot be read: {error.strerror}")
            continue
        if known.f_files:
            percent = 100 * (known.f_files - known.f_ffree) / known.f_files
            yield Reading("inodes", printable(point), percent, limit, "%", f"{known.f_favail} of {known.f_files} free")


def _on_a_disk(point: str, kind: str) -> bool:
    return kind in _kinds_with_a_disk() and Path(point).is_dir()  # containers mount single files


def _kinds_with_a_disk() -> frozenset[str]:
    """Kinds of file systems that stand on a device. Elsewhere than on Linux psutil tells by the partitions."""
    try:
        lines = Path("/proc/filesystems").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset(part.fstype for part in psutil.disk_partitions(all=False))
    return frozenset({*(line.strip() for line in lines if not line.startswith("nodev")), "zfs", "overlay"})


def _note(local: dict[int, str], point: str) -> None:
    """Keep a file system once, under its shortest mount point."""
    try:
        device = Path(point).stat().st_dev
    except OSError:
        return  # not ours to enter; what is not seen here is not ours to use either
    if device not in local or len(point) < len(local[device]):
        local[device] = point
