"""Container: what a control group may use at most, where it may not use all that the machine has."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_ROOT = Path("/sys/fs/cgroup")
_SELF = Path("/proc/self/cgroup")
#: A number from here on means that there is no limit (version 1 writes it so).
_NO_LIMIT = 1 << 60


class Share(NamedTuple):
    """What may be used at most; none where that is all there is."""

    memory: int | None = None  #: bytes
    used: int = 0  #: bytes of it that programs hold; what caches hold counts as free
    swap: int | None = None  #: bytes beside it
    swap_used: int = 0
    processors: float | None = None  #: of their time, as a number of processors


def read_share(root: Path = _ROOT, own: Path = _SELF) -> Share:
    """What the control group of this process may use: the least of its own and of all that it lies in."""
    paths = dict(_paths(own))
    unified = _up(root, paths[""]) if "" in paths and (root / "cgroup.controllers").exists() else []
    memory = _up(root / "memory", paths.get("memory", "/"))
    processors = _up(root / "cpu", paths.get("cpu", "/"))
    limit, place = min(
        [
            *((_number(folder / "memory.max"), folder) for folder in unified),
            *((_number(folder / "memory.limit_in_bytes"), folder) for folder in memory),
        ],
        key=lambda one: one[0],
        default=(_NO_LIMIT, root),
    )
    share = Share(processors=min([*map(_quota, unified), *map(_quota_1, processors)], default=None, key=_or_all))
    if limit >= _NO_LIMIT:
        return share
    used = _number(place / "memory.current", 0) or _number(place / "memory.usage_in_bytes", 0)
    cached = _statistic(place, "inactive_file") or _statistic(place, "total_inactive_file")
    swap = _number(place / "memory.swap.max")
    return share._replace(
        memory=limit,
        used=max(0, used - cached),
        swap=None if swap >= _NO_LIMIT else swap,
        swap_used=_number(place / "memory.swap.current", 0),
    )


def _paths(own: Path) -> Iterator[tuple[str, str]]:
    """Controllers, and the group of this process for each; version 2 has one for all, under no name."""
    try:
        lines = own.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        for controller in controllers.split(","):
            yield controller, path


def _up(root: Path, path: str) -> list[Path]:
    """A group's folder and those it lies in, as far as they are seen from here: in a container the root is its own."""
    folder = root / path.lstrip("/")
    found = [folder, *folder.parents] if ".." not in folder.parts else []
    return [one for one in found if one == root or root in one.parents] or [root]


def _number(file: Path, otherwise: int = _NO_LIMIT) -> int:
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return otherwise
    return int(text) if text.isdecimal() else otherwise


def _quota(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()[:2]
        return int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _quota_1(folder: Path) -> float | None:
    quota, period = _number(folder / "cpu.cfs_quota_us", 0), _number(folder / "cpu.cfs_period_us", 0)
    return quota / period if quota and period else None


def _or_all(processors: float | None) -> float:
    return float("inf") if processors is None else processors


def _statistic(folder: Path, name: str) -> int:
    try:
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0)
