"""A program that confines itself by Linux namespaces, and then is another: for where bubblewrap is not installed.

Run by `confine.py` as `python -I -S namespaces.py DESCRIPTOR`; imports what the interpreter brings, and
nothing of ours. Three processes: the one that was started waits; its child is the first of the new process ids, reaps
what is orphaned, and takes everything with it when it ends; that one's child is the program.
"""

import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
from typing import Any

NEW = {"mount": 0x20000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000}
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH, AT_RECURSIVE = 2, 0x8000
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
SYS_MOUNT_SETATTR = 442
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
LAST_CAPABILITY = 63
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
#: Process ids below which the kernel gives none a second time. Passed over, so that the rest is what is allowed.
RESERVED = 300
#: The mark that an interface is up, and where Linux keeps it.
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
#: Where the new file system is put together, beside the old one.
BASE, OLD, ROOT = "/tmp", "/old", "/new"

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> None:
    """Leave when a call has failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """As mount(2)."""
    words = [source.encode(), target.encode(), kind.encode() if kind else None]
    checked(libc.mount(*words, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def pivot(new: str, old: str) -> None:
    """Make another folder the root; the old one is found at `old`."""
    number = SYS_PIVOT_ROOT[os.uname().machine]
    checked(libc.syscall(ctypes.c_long(number), new.encode(), old.encode()), "pivot_root")
    os.chdir("/")


def set_attributes(path: str, attributes: int) -> None:
    """Set attributes of a mount and of all below it."""
    told = struct.pack("QQQQ", attributes, 0, 0, 0)
    arguments = (ctypes.c_int(-1), path.encode(), ctypes.c_uint(AT_RECURSIVE), told, ctypes.c_size_t(len(told)))
    checked(libc.syscall(ctypes.c_long(SYS_MOUNT_SETATTR), *arguments), f"mount_setattr {path}")


def unshare(network: bool) -> None:
    """Leave the machine's namespaces; be the same user in the new one."""
    user, group = os.geteuid(), os.getegid()
    flags = [value for name, value in NEW.items() if name != "net" or not network]
    checked(libc.unshare(ctypes.c_int(sum(flags))), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        write(f"/proc/self/{name}", text)


def write(path: str, text: str) -> None:
    """Write a file that is there."""
    handle = os.open(path, os.O_WRONLY)
    os.write(handle, text.encode())
    os.close(handle)


def place(path: str, folder: bool) -> str:
    """Make the place in the new file system that something is mounted on."""
    target = ROOT + path
    if os.path.lexists(target):
        return target
    os.makedirs(target if folder else os.path.dirname(target), exist_ok=True)
    if not folder:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    return target


def bind(source: str, path: str, attributes: int) -> None:
    """Let a path of the old file system be seen."""
    target = place(path, os.path.isdir(OLD + source))
    mount(OLD + source, target, None, MS_BIND | MS_REC)
    set_attributes(target, attributes)


def furnish(mounts: list[list[str]], scratch: int) -> None:
    """Put the new file system together, and leave the old one."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", BASE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    os.mkdir(BASE + OLD)
    os.mkdir(BASE + ROOT)
    pivot(BASE, BASE + OLD)
    whole = [kind for kind, path, _ in mounts if path == "/"]
    if whole:
        bind("/", "", ATTR_NOSUID | ATTR_NODEV | (0 if "write" in whole else ATTR_RDONLY))
    else:
        mount("tmpfs", ROOT, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    mount("proc", place("/proc", folder=True), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount("tmpfs", place("/dev", folder=True), "tmpfs", MS_NOSUID, "mode=755")
    for name in DEVICES:
        bind(f"/dev/{name}", f"/dev/{name}", ATTR_NOSUID)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink(target, f"{ROOT}/dev/{name}")
    for path in ("/dev/shm", "/tmp"):
        mount("tmpfs", place(path, folder=True), "tmpfs", MS_NOSUID | MS_NODEV, f"mode=1777,size={scratch}")
    masks = [show(*one) for one in mounts if one[1] != "/"]
    closed = ctypes.c_ulong(MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    for path in (*filter(None, masks), *(() if whole else (ROOT,))):
        checked(libc.mount(None, path.encode(), None, closed, None), f"close {path}")
    pivot(ROOT, ROOT + "/tmp")
    checked(libc.umount2(b"/tmp", MNT_DETACH), "umount")


def show(kind: str, path: str, target: str) -> str | None:
    """Let one path be seen, or mask it; the mask of a folder, to be closed when all is there."""
    if kind == "link":
        os.makedirs(os.path.dirname(ROOT + path), exist_ok=True)
        os.symlink(target, ROOT + path)
    elif kind == "hide" and os.path.isdir(OLD + path):
        mount("tmpfs", place(path, folder=True), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=65536")
        return ROOT + path
    elif kind == "hide":
        bind("/dev/null", path, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV)
    else:
        bind(path, path, ATTR_NOSUID | ATTR_NODEV | (ATTR_RDONLY if kind == "read" else 0))
    return None


def bring_up_loopback() -> None:
    """Let the program speak to itself over the network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        asked = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack_from("h", fcntl.ioctl(control, SIOCGIFFLAGS, asked), 16)[0]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def limit(limits: dict[str, int]) -> None:
    """Set the bounds of one process."""
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_NPROC, limits["processes"]),
    ):
        resource.setrlimit(kind, (most, most))


def give_up_power() -> None:
    """Be root of nothing, and never gain anything."""
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def status_of(child: int) -> int:
    """Wait for a child and reap what is orphaned meanwhile; its status as a shell tells it."""
    for stream in (0, 1):
        os.close(stream)  # or its host would not see that the program has closed them
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def be_first(told: dict[str, Any]) -> int:
    """Be the first process of the new ids."""
    checked(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "pdeathsig")
    furnish(told["mounts"], told["limits"]["scratch"])
    if not told["network"]:
        bring_up_loopback()
    try:  # root is bound by no limit of processes, but by how many ids there are (since Linux 6.14)
        write("/proc/sys/kernel/pid_max", str(RESERVED + told["limits"]["processes"]))
        write("/proc/sys/kernel/ns_last_pid", str(RESERVED))
    except OSError:
        pass
    # The kernel's settings are the machine's: root writes them without any power, and anybody those of his namespaces.
    mount("none", "/proc", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
    give_up_power()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        limit(told["limits"])
        os.chdir(told["folder"])
        os.execve(told["command"][0], told["command"], told["environment"])  # noqa: S606 - no shell wanted
    return status_of(child)


def main() -> int:
    """Confine, run, and end as the program did."""
    with open(int(sys.argv[1]), encoding="utf-8") as file:  # inherited, so that no list of processes tells
        told = json.load(file)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is the program that is asked to end; then the rest does
    unshare(told["network"])
    child = os.fork()
    if child == 0:
        try:
            code = be_first(told)
        except OSError as error:
            sys.stderr.write(f"cannot be confined: {error}\n")
            code = 125
        os._exit(code)
    return status_of(child)


if __name__ == "__main__":
    sys.exit(main())
