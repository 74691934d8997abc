"""Boxes: throw-away servers with SSH, each an overlay of this machine in namespaces of its own. They need root."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import eventually

#: What a box does: its own copy of the whole root in memory, its own name and processes, and dropbear on loopback.
_START = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1/mem"
mkdir -p "$1/mem/upper" "$1/mem/work" "$1/mem/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/mem/upper,workdir=$1/mem/work" "$1/mem/root"
hostname "$(basename "$1")"
cd "$1/mem/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mkdir -p -m 700 root/.ssh
cp "$1/authorized_keys" root/.ssh/authorized_keys
chmod 700 root
chmod 600 root/.ssh/authorized_keys
cp "$1/host_key" run/host_key
exec chroot . "$2" -F -E -s -r /run/host_key -p "127.0.0.1:$3" -P /run/dropbear.pid
"""


class Box:
    """One server."""

    def __init__(self, folder: Path, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.name, self.folder, self.port, self.process = folder.name, folder, port, process

    @property
    def root(self) -> Path:
        """Its root as this machine sees it."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return Path(f"/proc/{children[0]}/root")

    def text(self, path: str) -> str:
        """A file of it."""
        return (self.root / path.lstrip("/")).read_text()

    def write(self, path: str, text: str) -> None:
        """Change a file behind everybody's back."""
        (self.root / path.lstrip("/")).write_text(text)

    def has(self, path: str) -> bool:
        """Whether a file is there."""
        return (self.root / path.lstrip("/")).exists()

    def user(self, name: str) -> bool:
        """Whether it has an account."""
        return any(line.startswith(f"{name}:") for line in self.text("/etc/passwd").splitlines())

    def end(self) -> None:
        """It is gone, as when its power is."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)


class Fleet:
    """Some boxes, and an inventory of them."""

    def __init__(self, folder: Path, key: Path, boxes: list[Box]) -> None:
        self.folder, self.key, self.boxes = folder, key, boxes
        lines = [f"{box.name} ansible_host=127.0.0.1 ansible_port={box.port} ansible_user=root" for box in boxes]
        known = folder / "known_hosts"
        known.write_text(
            "".join(f"[127.0.0.1]:{box.port} {(box.folder / 'host_key.pub').read_text()}" for box in boxes)
        )
        shared = [
            f"ansible_ssh_common_args='-o UserKnownHostsFile={known} -o GlobalKnownHostsFile=/dev/null -F none'",
            "ansible_ssh_transfer_method=piped",
            "ansible_python_interpreter=/usr/bin/python3",
        ]
        self.inventory = folder / "inventory.ini"
        self.inventory.write_text("\n".join(["[web]", *lines, "", "[web:vars]", *shared, ""]))

    @property
    def at(self) -> dict[str, str]:
        """What most tools are told."""
        return {"inventory": str(self.inventory), "key_file": str(self.key)}


def _free() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as told:
            return told.recv(4).startswith(b"SSH")
    except OSError:
        return False


@contextmanager
def fleet_of(names: tuple[str, ...], folder: Path, server: str) -> Iterator[Fleet]:
    """Boxes of these names, all gone in the end."""
    folder.mkdir(parents=True)
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=30)
    boxes: list[Box] = []
    try:
        for name in names:
            place = folder / name
            (place / "mem").mkdir(parents=True)
            shutil.copy(f"{key}.pub", place / "authorized_keys")
            made = ["dropbearkey", "-t", "ed25519", "-f", str(place / "host_key")]
            told = subprocess.run(made, check=True, capture_output=True, text=True, timeout=30).stdout
            (public,) = [line for line in told.splitlines() if line.startswith("ssh-")]
            (place / "host_key.pub").write_text(" ".join(public.split()[:2]) + "\n")
            port = _free()
            alone = ["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child"]
            with (place / "log").open("wb") as log:
                process = subprocess.Popen(
                    [*alone, "sh", "-c", _START, "box", str(place), server, str(port)], stdout=log, stderr=log
                )
            boxes.append(Box(place, port, process))
        for box in boxes:
            eventually(lambda box=box: _answers(box.port), 30)  # type: ignore[misc]
        yield Fleet(folder, key, boxes)
    finally:
        for box in boxes:
            box.end()


def possible() -> bool:
    """Whether this machine can have boxes."""
    return os.geteuid() == 0
