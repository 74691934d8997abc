"""Leaving: a process that serves ends in order when it is told to, and at once when it is told again."""

import signal
from types import FrameType

_TOLD = (signal.SIGTERM, signal.SIGINT)


def leave_when_told() -> None:
    """From now on SIGTERM and SIGINT raise SystemExit(0) in the main thread.

    Only the first one does: another one, while that ends, ends the process as if nobody had asked, without a traceback.
    """
    for number in _TOLD:
        signal.signal(number, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    for number in _TOLD:
        signal.signal(number, signal.SIG_DFL)
    raise SystemExit(0)
