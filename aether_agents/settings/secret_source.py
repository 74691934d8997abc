"""Secret sources: where a secret is, as settings say it, and how it is read. All secrets of ours are read here.

| place | what is read |
|---|---|
| `env:NAME` | an environment variable of the process that reads it |
| `file:PATH` | a file, without the end of its line |
| `keyring:SERVICE/NAME` | the key store of the system, by `keyring`, `secret-tool` or `security` |
| `command:PROGRAM ARGUMENTS` | what a program prints; no shell reads the line |
"""

import os
import selectors
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from aether_agents.errors import SecretMissing
from aether_agents.process.regular_file import LARGEST_SECRET, read_text, why_not

#: Seconds that a program may take, and for which what it printed is good.
SECONDS, KEPT = 15.0, 60.0

_HOW = "write it as `env:NAME`, `file:PATH`, `keyring:SERVICE/NAME` or `command:PROGRAM ARGUMENTS`"

#: Of our own, what no other program gets.
_OURS = ("AETHER_SEALING_KEY",)

_lock = threading.Lock()
_printed: dict[tuple[str, ...], tuple[float, str]] = {}


def value_at(place: str, whose: str, environ: Mapping[str, str] = os.environ) -> str:
    """What is at a place, without the end of its line.

    Args:
        place: where it is.
        whose: what is read, and the process that reads it, as errors name them: "secret `x`: the worker".
        environ: the environment.

    Raises:
        SecretMissing: it is not there, or cannot be read here; the error names the place, and never what is there.
    """
    kind, _, where = place.partition(":")
    where = where.strip()
    if kind == "env" and where:
        if where not in environ:
            raise SecretMissing(f"{whose} has no environment variable {where}; set it there")
        return environ[where]
    if kind == "file" and where:
        try:
            return read_text(Path(where).expanduser(), LARGEST_SECRET).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretMissing(f"{whose} cannot read {where}: {why_not(error)}") from None
    if kind == "keyring" and "/" in where.strip("/"):
        service, _, name = where.rpartition("/")
        return _of_program(_keyring(service, name, whose, environ), whose, environ)
    if kind == "command" and where:
        return _of_program(_words(where, whose), whose, environ)
    raise SecretMissing(f"{whose.rpartition(': ')[0]}: {_HOW}")  # not as it is: it may be the secret itself


def _words(line: str, whose: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(line))
    except ValueError as error:
        raise SecretMissing(f"{whose} cannot read the command line: {error}") from None


def _keyring(service: str, name: str, whose: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The program that reads the system's key store, whichever is installed."""
    ways = (
        ("keyring", "get", service, name),
        ("secret-tool", "lookup", "service", service, "username", name),
        ("security", "find-generic-password", "-w", "-s", service, "-a", name),
    )
    for way in ways:
        if shutil.which(way[0], path=environ.get("PATH")):
            return way
    raise SecretMissing(f"{whose} finds neither `keyring` nor `secret-tool` nor `security`: install one of them")


def _of_program(words: tuple[str, ...], whose: str, environ: Mapping[str, str]) -> str:
    """What a program prints. Kept for a minute: a secret is read before every call, and a vault may take a second."""
    with _lock:
        at, known = _printed.get(words, (0.0, ""))
        if known and time.monotonic() - at < KEPT:
            return known
    try:
        text = _printed_by(words, environ)
    except FileNotFoundError:
        raise SecretMissing(f"{whose} has no program `{words[0]}`") from None
    except (OSError, ValueError) as error:
        raise SecretMissing(f"{whose} cannot run `{words[0]}`: {error}") from None
    with _lock:
        _printed[words] = (time.monotonic(), text)
    return text


def _printed_by(words: Sequence[str], environ: Mapping[str, str]) -> str:
    """The output of a program, without the end of its line.

    Raises:
        OSError: it cannot be started.
        ValueError: it failed, took too long, or printed nothing, too much, or no text.
    """
    own = {name: value for name, value in environ.items() if name not in _OURS}
    program = shutil.which(words[0], path=own.get("PATH"))
    if program is None:
        raise FileNotFoundError(words[0])
    process = subprocess.Popen(
        [program, *words[1:]],
        env=own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output = _bounded(process)
        status = process.wait(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise ValueError(f"it took more than {SECONDS:g} s") from None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if status != 0:
        raise ValueError(f"it ended with {status}; run it by hand to see why")
    try:
        text = output.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError("what it prints is not text") from None
    if not text:
        raise ValueError("it printed nothing")
    return text


def _bounded(process: "subprocess.Popen[bytes]") -> bytes:
    """All that a process prints, if that is not too much and does not take too long."""
    if process.stdout is None:
        return b""
    output, until = bytearray(), time.monotonic() + SECONDS
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while ready.select(max(0.0, until - time.monotonic())):
            part = os.read(process.stdout.fileno(), 65_536)
            output += part
            if not part:
                return bytes(output)
            if len(output) > LARGEST_SECRET:
                raise ValueError(f"it printed more than {LARGEST_SECRET} bytes")
    raise subprocess.TimeoutExpired(str(process.args), SECONDS)
