"""Layout: the file system that a confined program sees."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

#: The system's programs and libraries, which every program may read; of `/etc` what names no secret.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
ETC = (
    "alternatives", "ca-certificates", "ca-certificates.conf", "crypto-policies", "fonts", "gai.conf", "group",
    "host.conf", "hosts", "java", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "magic", "mime.types",
    "nsswitch.conf", "os-release", "passwd", "pki", "protocols", "services", "ssl", "terminfo", "timezone",
)  # fmt: skip
#: Read where there is a network.
NETWORKED = ("/etc/resolv.conf",)
#: Sockets of the system, among them those that rule it: masked in whatever is named around them.
PRIVATE = ("/run", "/var/run")
#: Made for each program: what lies in there on the machine is never shown.
MADE = ("/dev/", "/proc/")
#: What of a folder that programs are installed into is needed to run them.
PARTS = ("bin", "sbin", "lib", "lib32", "lib64", "libexec", "node_modules", "package.json", "pyvenv.cfg")
#: Links followed on the way to a path, as the kernel has it.
MOST_LINKS = 40

Kind = Literal["read", "write", "link", "hide"]


class Limits(NamedTuple):
    """The most that a confined program may take. Memory, files and time are of each of its processes."""

    memory: int = 4 << 30  #: bytes it may hold
    processes: int = 512  #: processes and threads, all together
    file: int = 1 << 30  #: bytes of one file it writes
    seconds: int = 3_600  #: seconds of a processor
    scratch: int = 256 << 20  #: bytes of its private `/tmp`, where it has one


class View(NamedTuple):
    """What a program may see and do."""

    folder: Path  #: where it runs; seen only if it lies in something that is named
    home: Path  #: its scratch folder: its HOME, and the one place it may write without being named
    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()  #: not seen even inside what is named; what is named inside it is
    network: bool = False
    search: str = ""  #: its search path: the programs there can be run, with what they are installed with
    limits: Limits = Limits()


class Mount(NamedTuple):
    """One path: how it is seen, or that what lies there is not."""

    kind: Kind
    path: str
    target: str = ""  #: where a link leads


def layout(view: View, command: Sequence[str]) -> list[Mount]:
    """The file system for a program, outer paths first; what is not there is left out."""
    seen: dict[str, Mount] = {}
    links: dict[str, Mount] = {}
    system = (*SYSTEM, *(f"/etc/{name}" for name in ETC), *(NETWORKED if view.network else ()))
    for path in (*system, *programs(command[0], view.search), *map(str, view.reads)):
        if found := _resolved(path, links):
            seen.setdefault(found, Mount("read", found))
    for path in (*map(str, view.writes), str(view.home)):
        if found := _resolved(path, links):
            seen[found] = Mount("write", found)
    hidden = {os.path.realpath(path) for path in (*PRIVATE, *map(str, view.hidden)) if os.path.exists(path)}
    masks = {path: Mount("hide", path) for path in hidden if path in seen or _shown(path, seen)}
    around = {**seen, **masks}
    outside = [link for path, link in links.items() if path not in around and not _shown(path, around)]
    return sorted((*seen.values(), *masks.values(), *outside), key=_depth)


def programs(program: str, search: str = "") -> Iterator[str]:
    """What must be read for a program to run: itself, its interpreter, what both come with, and its search path."""
    for folder in filter(os.path.isabs, search.split(os.pathsep)):
        yield from _installation(folder)
    known, waiting = set[str](), [program]
    while waiting:
        one = waiting.pop()
        if one in known or not os.path.isabs(one) or not os.path.exists(one):
            continue
        known.add(one)
        yield one
        yield from _installation(os.path.dirname(one), alone=True)
        waiting += [os.path.realpath(one), *_interpreter(one, search)]


def _installation(folder: str, *, alone: bool = False) -> Iterator[str]:
    """A folder of programs with its siblings, where it looks like one; `alone`, nothing where it does not."""
    above, name = os.path.split(folder)
    if above == "/":
        return
    if name == "shims":  # of pyenv and its like, whose programs are scripts that look around in there
        yield above
    elif name in ("bin", "sbin"):
        yield from (os.path.join(above, part) for part in PARTS)
    elif not alone and folder != os.path.expanduser("~"):
        yield folder


def _interpreter(script: str, search: str) -> list[str]:
    """The programs that the first line of a script names."""
    try:
        with open(script, "rb") as file:
            first = file.read(256).split(b"\n")[0]
    except OSError:
        return []
    words = os.fsdecode(first[2:]).split() if first.startswith(b"#!") else []
    found = [shutil.which(word, path=search) for word in words[1:] if os.path.basename(words[0]) == "env"]
    return [*words[:1], *filter(None, found)]


def _resolved(path: str, links: dict[str, Mount]) -> str | None:
    """The path without links, those on the way noted; None if nothing is there."""
    real, rest = "/", os.path.abspath(path).split("/")
    for _ in range(MOST_LINKS):
        while rest and not os.path.islink(os.path.join(real, rest[0])):
            real = os.path.join(real, rest.pop(0))
        if not rest:
            return real if os.path.exists(real) and not f"{real}/".startswith(MADE) else None
        link = os.path.join(real, rest.pop(0))
        target = os.path.join(real, os.readlink(link))
        links[link] = Mount("link", link, target)
        real, rest = "/", [*os.path.abspath(target).split("/"), *rest]
    return None


def _shown(path: str, around: dict[str, Mount]) -> bool:
    """Whether a path is seen because of what is around it."""
    while path != "/":
        path = os.path.dirname(path)
        if path in around:
            return around[path].kind != "hide"
    return False


def _depth(mount: Mount) -> tuple[int, bool]:
    """Outer ones first; of one path, the mask last."""
    return len(Path(mount.path).parts), mount.kind == "hide"
