"""A program of its own: writes the pages of the modules named on its standard input, and prints what it saw.

It reads `{"folder", "output", "modules": {NAME: FILE}, "source"}` and prints `{"modules": […], "gaps": […], "pages"}`.
Strangers' code and docstrings can take all memory, the whole stack or all time of a parser: then this program dies, or
one page is left out, and not the server.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pdoc import render
from pdoc.doc import Module

from .look import use
from .modules import is_public
from .pages import documented
from .surface import Surface, read_surface, things

#: Bounds: memory and one file in bytes, seconds for one page, bytes of all pages.
MEMORY, FILE, SECONDS, ALL = 2 << 30, 64 << 20, 20.0, 256 << 20
#: The page with the list of all pages.
INDEX = "index.html"


def write(told: Mapping[str, Any]) -> dict[str, Any]:
    """Parse, render and write."""
    files: Mapping[str, str] = told["modules"]
    gaps: list[list[str]] = []
    surfaces, sources = _read(Path(told["folder"]), files, gaps)
    public = [name for name in surfaces if is_public(name)]
    packages = frozenset(name for name in surfaces if files[name].endswith("__init__.py"))
    use(source=told["source"])
    made = documented(surfaces, packages, public, sources if told["source"] else {})
    pages = _write(made, files, Path(told["output"]), gaps)
    return {"modules": [_seen(surfaces[name], files[name]) for name in public], "gaps": gaps, "pages": pages}


def _read(folder: Path, files: Mapping[str, str], gaps: list[list[str]]) -> tuple[dict[str, Surface], dict[str, str]]:
    surfaces: dict[str, Surface] = {}
    sources: dict[str, str] = {}
    for name, path in files.items():
        try:
            handle = os.open(folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                source = file.read().decode("utf-8-sig", "replace")
            surfaces[name] = read_surface(source, name, path.endswith("__init__.py"))
            sources[name] = source
        except (SyntaxError, ValueError, RecursionError, MemoryError, OSError) as error:
            gaps.append([path, f"cannot be parsed: {type(error).__name__}"])
    return surfaces, sources


def _write(made: Mapping[str, Module], files: Mapping[str, str], output: Path, gaps: list[list[str]]) -> int:
    total = pages = 0
    for name, module in made.items():
        place = output.joinpath(*name.split(".")).with_suffix(".html")
        if place == output / INDEX:
            gaps.append([files[name], "its page cannot be made: the list of all pages has its name"])
            continue
        try:
            with _bounded(SECONDS):
                page = render.html_module(module, made).encode("utf-8", "replace")
            total += len(page)
            if total > ALL:
                gaps.append([files[name], f"the rest of the pages: beyond the bound of {ALL >> 20} MiB"])
                break
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            place.write_bytes(page)
        except (OSError, ValueError, RuntimeError, MemoryError, IndexError, KeyError) as error:  # or its name too long
            gaps.append([files[name], f"its page cannot be made: {type(error).__name__}"])
            continue
        pages += 1
    if pages:
        (output / INDEX).write_bytes(render.html_index(made).encode())
    return pages


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in what takes longer. A regular expression looks for signals, too."""

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _seen(surface: Surface, file: str) -> dict[str, Any]:
    wanted = list(things(surface))
    return {
        "module": surface.name,
        "file": file,
        "things": len(wanted),
        "missing": [[thing.line, thing.kind, name] for name, thing in wanted if not thing.docstring.strip()],
    }


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
    if sys.platform == "linux":  # elsewhere it counts what is not used, or nothing
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.umask(0o077)
    json.dump(write(json.load(sys.stdin)), sys.stdout)
