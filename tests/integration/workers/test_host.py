"""The server `host` on the machine the tests run on."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.integration.workers.conftest import Talk

QUICK = ["load", "memory", "swap", "disks"]


def test_a_full_disk_by_threshold(host: Talk) -> None:
    result = host.call("health", disk_limit=0, inode_limit=100, checks=["disks"])
    assert result["status"] == "fail"
    assert "/" in [finding["file"] for finding in result["findings"]]
    assert {finding["title"] for finding in result["findings"]} == {"Disk nearly full"}
    assert all(check["result"] == "fail" and check["limit"] == "0%" for check in result["checks"])


def test_limits_that_nothing_reaches_pass(host: Talk) -> None:
    result = host.call("health", checks=QUICK, disk_limit=100, memory_limit=100, swap_limit=100, load_limit=1_000)
    assert (result["status"], result["findings"], result["coverage"]["gaps"]) == ("pass", [], [])
    assert [check["check"] for check in result["checks"][:3]] == ["load", "memory", "swap"]
    assert result["machine"]["cores"] == os.cpu_count()
    assert result["machine"]["name"] == socket.gethostname()
    assert result["machine"]["uptime_days"] > 0


def test_services_are_not_well_only_because_nobody_can_tell(host: Talk) -> None:
    result = host.call("health", checks=["services"])
    (check,) = result["checks"]
    if Path("/run/systemd/system").is_dir():
        assert check["result"] in ("pass", "fail") or "systemctl" in check["note"]
    else:
        assert (result["status"], check["result"]) == ("inconclusive", "inconclusive")
        assert "systemd does not run here" in result["coverage"]["gaps"][0]


def test_a_planted_port_is_found_with_its_process(host: Talk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        result = host.call("ports")
    (found,) = [one for one in result["listening"] if one["port"] == port]
    assert (found["protocol"], found["address"], found["reach"]) == ("tcp", "127.0.0.1", "this machine")
    assert found["pid"] == os.getpid()
    assert found["process"].startswith(("python", "pytest"))


def test_a_planted_process_is_found_without_its_command_line(host: Talk) -> None:
    code = "import sys; data = b'x' * (96 << 20); print('ready', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, "--planted-secret"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as busy:
        assert busy.stdout is not None
        assert busy.stdout.readline() == b"ready\n"
        result = host.call("processes", by="memory", limit=50)
        busy.communicate(b"")
    assert len(result["processes"]) <= 50
    held = [one["memory_mib"] for one in result["processes"]]
    assert held == sorted(held, reverse=True)
    (found,) = [one for one in result["processes"] if one["pid"] == busy.pid]
    assert found["memory_mib"] >= 96
    assert "planted-secret" not in "".join(host.heard)
