"""Starts a program under a filter of system calls, as systemd does: `-m tests.systems.filtered NAMES PROGRAM…`."""

import ctypes
import os
import sys

ERRNO_EPERM = 0x0005_0000 | 1
ALLOW = 0x7FFF_0000


def load(names: list[str]) -> None:
    """Allow these system calls; any other is answered with EPERM. Unknown names are passed by."""
    lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    lib.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(ERRNO_EPERM)))
    for name in names:
        number = lib.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            checked(lib.seccomp_rule_add(context, ctypes.c_uint32(ALLOW), ctypes.c_int(number), ctypes.c_uint(0)))
    checked(lib.seccomp_load(context))


def checked(code: int) -> None:
    if code:
        raise OSError(-code, os.strerror(-code))


if __name__ == "__main__":
    load(sys.argv[1].split(","))
    os.execvp(sys.argv[2], sys.argv[2:])
