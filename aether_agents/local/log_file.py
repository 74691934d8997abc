"""Log files of the stack: bounded on disk, and read the way a person reads them."""

import os
import shutil
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

#: Seconds between two looks at a log that is followed.
LOOK = 0.2

#: Bytes read from the end of a log to find its last lines.
TAIL = 256_000


def bound(path: Path, largest: int) -> None:
    """Move a log aside once it is larger than so many bytes. Its writers append, so they go on at its new beginning.

    One older part is kept, so a log takes about twice this on disk.
    """
    try:
        if path.stat().st_size <= largest:
            return
        shutil.copyfile(path, path.with_name(path.name + ".1"))
        os.truncate(path, 0)
    except OSError:
        return  # a log that cannot be bounded is no reason to end


def last_lines(path: Path, count: int, *, start: int = 0) -> list[str]:
    """The last lines of a log, none from before byte `start`."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL, start if start <= size else 0))
            return [line.decode("utf-8", errors="replace") for line in deque(file.read().splitlines(), maxlen=count)]
    except OSError:
        return []


def follow(paths: Mapping[str, Path], lines: int, look: float = LOOK) -> Iterator[tuple[str, str]]:
    """The last lines of each log by its name, then every line that is added, until the reader has enough.

    `look` is the seconds between two looks.
    """
    places: dict[str, int] = {}
    for name, path in paths.items():
        places[name] = path.stat().st_size if path.exists() else 0
        for line in last_lines(path, lines):
            yield name, line
    rests = dict.fromkeys(paths, b"")
    while True:
        for name, path in paths.items():
            added, places[name] = _added(path, places[name])
            *whole, rests[name] = (rests[name] + added).split(b"\n")
            for added_line in whole:
                yield name, added_line.decode("utf-8", errors="replace")
        time.sleep(look)


def _added(path: Path, place: int) -> tuple[bytes, int]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(place if place <= size else 0)  # it was moved aside meanwhile: it begins anew
            text = file.read()
            return text, file.tell()
    except OSError:
        return b"", 0
