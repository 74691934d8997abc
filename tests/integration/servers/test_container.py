"""What a container may use, from the files of its control group."""

from pathlib import Path

import pytest

from workers.infra.servers.host.container import Share, read_share

MIB = 1 << 20


def group(folder: Path, own: str, files: dict[str, str]) -> Share:
    root, name = folder / "cgroup", folder / "own"
    root.mkdir()
    name.write_text(own)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return read_share(root, name)


def test_the_least_of_all_groups_counts(tmp_path: Path) -> None:
    share = group(
        tmp_path,
        "0::/slice/unit\n",
        {
            "cgroup.controllers": "cpu memory\n",
            "slice/memory.max": f"{512 * MIB}\n",
            "slice/memory.current": f"{300 * MIB}\n",
            "slice/memory.stat": f"anon 1\ninactive_file {100 * MIB}\n",
            "slice/memory.swap.max": "0\n",
            "slice/unit/memory.max": "max\n",
            "slice/unit/cpu.max": "150000 100000\n",
            "slice/cpu.max": "max 100000\n",
        },
    )
    assert share == Share(memory=512 * MIB, used=200 * MIB, swap=0, swap_used=0, processors=1.5)


def test_in_a_container_the_root_is_its_own(tmp_path: Path) -> None:
    files = {"cgroup.controllers": "", "memory.max": str(64 * MIB), "memory.current": str(60 * MIB)}
    assert group(tmp_path, "0::/../../elsewhere\n", files).memory == 64 * MIB


def test_the_older_version(tmp_path: Path) -> None:
    share = group(
        tmp_path,
        "4:cpu,cpuacct:/docker/x\n3:memory:/docker/x\n",
        {
            "memory/docker/x/memory.limit_in_bytes": str(256 * MIB),
            "memory/docker/x/memory.usage_in_bytes": str(100 * MIB),
            "memory/docker/x/memory.stat": f"total_inactive_file {40 * MIB}\n",
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
            "cpu/docker/x/cpu.cfs_quota_us": "50000\n",
            "cpu/docker/x/cpu.cfs_period_us": "100000\n",
        },
    )
    assert (share.memory, share.used, share.processors) == (256 * MIB, 60 * MIB, 0.5)


@pytest.mark.parametrize("own", ["", "0::/\n", "nonsense"])
def test_without_limits_all_is_there(tmp_path: Path, own: str) -> None:
    files = {"cgroup.controllers": "", "memory.max": "max", "cpu.max": "max 100000"}
    assert group(tmp_path, own, files) == Share()
