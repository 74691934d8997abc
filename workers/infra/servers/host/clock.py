"""The clock: whether something keeps it right, as the kernel knows it."""

import ctypes
import sys

from .readings import Reading

#: The kernel's word for "nothing keeps this clock in step" (adjtimex(2), STA_UNSYNC).
_UNSYNCHRONISED = 0x40
_MICROSECONDS = 1_000_000


class _Timex(ctypes.Structure):
    """The beginning of `struct timex`, with room for the rest of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),  # 0: read only
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def read_clock(limit: float) -> Reading:
    """The most this clock can be wrong by, in seconds, by the kernel's own account (Linux only)."""
    if sys.platform != "linux":
        return _unknown(limit, "only Linux tells")
    found = _Timex()
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "adjtimex") or library.adjtimex(ctypes.byref(found)) < 0:
        return _unknown(limit, "the kernel does not tell")
    return judged(int(found.status), int(found.maxerror), limit)


def judged(status: int, maxerror: int, limit: float) -> Reading:
    """The kernel's answer (its status bits, and its greatest error in microseconds) as a reading."""
    if status & _UNSYNCHRONISED:
        return _unknown(limit, "the kernel knows of nothing that keeps it in step")
    return Reading("clock", "the kernel", maxerror / _MICROSECONDS, limit, "s", "the most it can be wrong by")


def _unknown(limit: float, why: str) -> Reading:
    return Reading("clock", "the kernel", None, limit, "s", why)
