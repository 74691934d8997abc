"""A program that confines another by Landlock and a filter of system calls: for where there are no namespaces.

Run by `confine.py` as `python -I -S landlock.py DESCRIPTOR`; imports what the interpreter brings, and nothing
of ours. It stays as the keeper: what the program leaves behind becomes its child, and is ended with the program.
"""

import ctypes
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from typing import Any

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
#: Rights by the version of Landlock that knew them first: execute, read and write; move; cut short; device controls.
RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
READ, FILE = 0b1101, 0b111 | 1 << 14 | 1 << 15
#: What is in a rule set, by version: files; networks, unused; abstract sockets and signals of others.
SIZES = {1: 8, 4: 16, 6: 24}
SCOPES = 0b11
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 24, 36, 38
LAST_CAPABILITY = 63
#: Of the two architectures, how the kernel calls it, and its number of `socket`.
ARCHITECTURES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
IO_URING_SETUP, FOREIGN_CALLS = 425, 0x40000000
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050001, 0x80000000
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
#: What every program may read of `/proc`: itself, and what tells of nobody.
PROC = ("self", "cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "sys", "uptime", "version")
#: Seconds the program has once it is asked to end: less than its host allows.
GRACE = 0.5

libc = ctypes.CDLL(None, use_errno=True)


def call(number: int, *arguments: Any) -> int:
    """A system call."""
    result = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(result)


def control(*arguments: int) -> None:
    """As prctl(2)."""
    if libc.prctl(*(ctypes.c_ulong(argument) for argument in arguments)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def restrict(mounts: list[list[str]]) -> None:
    """Open nothing from now on but what is named."""
    version = call(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    handled = sum(right for since, right in RIGHTS.items() if since <= version)
    size = max(size for since, size in SIZES.items() if since <= version)
    told = struct.pack("QQQ", handled, 0, SCOPES if size == SIZES[6] else 0)
    rules = call(CREATE_RULESET, told, ctypes.c_size_t(size), ctypes.c_uint(0))
    for path, rights in allowed(mounts):
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        fitting = rights & handled & (-1 if os.path.isdir(path) else FILE)
        call(ADD_RULE, ctypes.c_int(rules), ctypes.c_int(1), struct.pack("=Qi", fitting, handle), ctypes.c_uint(0))
        os.close(handle)
    call(RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint(0))
    os.close(rules)


def allowed(mounts: list[list[str]]) -> Iterator[tuple[str, int]]:
    """What may be opened, and how."""
    hidden = [path for kind, path, _ in mounts if kind == "hide"]
    rights = {"read": READ, "write": (1 << 16) - 1}
    for kind, path, _ in mounts:
        if kind in rights:
            yield from ((part, rights[kind]) for part in without(path, hidden))
    yield from ((f"/proc/{name}", READ) for name in PROC)
    yield from ((f"/dev/{name}", FILE) for name in DEVICES)


def without(path: str, hidden: list[str]) -> Iterator[str]:
    """A path, or what is in it but for what is hidden."""
    if path in hidden:
        return
    if not any(one.startswith(path.rstrip("/") + "/") for one in hidden):
        yield path
        return
    try:
        names = os.listdir(path)
    except OSError:
        return
    for name in names:
        inner = os.path.join(path, name)
        if not os.path.islink(inner) and inner not in ("/proc", "/dev", "/sys"):
            yield from without(inner, hidden)


def cut_sockets() -> None:
    """Make no socket from now on."""
    architecture, socket = ARCHITECTURES[os.uname().machine]
    steps = (
        (0x20, 0, 0, 4),  # which architecture
        (0x15, 1, 0, architecture),
        (0x06, 0, 0, KILL),
        (0x20, 0, 0, 0),  # which call
        (0x35, 3, 0, FOREIGN_CALLS),
        (0x15, 2, 0, socket),
        (0x15, 1, 0, IO_URING_SETUP),
        (0x06, 0, 0, ALLOW),
        (0x06, 0, 0, REFUSE),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    control(PR_SET_SECCOMP, 2, ctypes.addressof(program), 0, 0)


def be_the_program(told: dict[str, Any]) -> None:
    """Confine oneself, and be the program."""
    os.setpgid(0, 0)  # the keeper is asked to end, and ends this one
    control(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    control(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    limits = told["limits"]
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
    ):
        resource.setrlimit(kind, (most, most))
    os.chdir(told["folder"])
    restrict(told["mounts"])
    if not told["network"]:
        cut_sockets()
    os.execve(told["command"][0], told["command"], told["environment"])  # noqa: S606 - no shell wanted


def keep(program: int) -> int:
    """Wait for the program, then end what it has left; its status as a shell tells it."""

    def ask(*_: object) -> None:
        send(program, signal.SIGTERM)
        signal.setitimer(signal.ITIMER_REAL, GRACE)

    signal.signal(signal.SIGALRM, lambda *_: send(program, signal.SIGKILL))
    signal.signal(signal.SIGTERM, ask)
    code = 0
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            return code
        if ended == program:
            code = os.waitstatus_to_exitcode(status)
            code = code if code >= 0 else 128 - code
            program = 0
        if not program:
            end_children()


def send(process: int, number: int) -> None:
    """Signal a process that may be gone, or the one that is none."""
    if process:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass


def end_children() -> None:
    """End what is a child now; what those leave behind is one next."""
    with open("/proc/thread-self/children", encoding="ascii") as children:
        for child in children.read().split():
            send(int(child), signal.SIGKILL)


def main() -> int:
    """Confine, run, keep, and end as the program did."""
    with open(int(sys.argv[1]), encoding="utf-8") as file:  # inherited, so that no list of processes tells
        told = json.load(file)
    control(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    program = os.fork()
    if program == 0:
        try:
            be_the_program(told)
        except OSError as error:
            sys.stderr.write(f"cannot be confined: {error}\n")
        os._exit(125)
    for stream in (0, 1):
        os.close(stream)  # or its host would not see that the program has closed them
    return keep(program)


if __name__ == "__main__":
    sys.exit(main())
