"""How the program leaves: the outermost handler of every error, and the exit codes."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any, Protocol

import click

from aether_agents.cli.terminal.system_errors import of_the_system
from aether_agents.cli.terminal.usage_errors import explained
from aether_agents.errors import AetherError
from aether_agents.process.installation import install_command

COMPLETED = 0  #: completed
TASK_FAILED = 1  #: the task failed, or what was looked at is not as it should be
USAGE = 2  #: the command, a file or a setting is wrong
CANCELLED = 3  #: cancelled
WAITS = 4  #: waits for a person
NO_PLAN = 5  #: could not be planned
NOBODY_THERE = 6  #: no broker, or nobody who would do it
FINDINGS = 7  #: completed, with findings that `--fail-on` names
INTERRUPTED = 130  #: interrupted (Ctrl-C)

#: Packages that only one command needs, and the extra that brings each.
_EXTRAS = {
    "redbeat": "beat",
    "flower": "flower",
    "tornado": "flower",
    "prometheus_client": "flower",
    "socketio": "serve",
    "starlette": "serve",
    "uvicorn": "serve",
    "apprise": "alerts",
}

_TASK_ENDINGS = {"completed": COMPLETED, "failed": TASK_FAILED, "cancelled": CANCELLED, "waiting_user_input": WAITS}


class Found(Protocol):
    """What a task found. See `contracts.Verdict`, which `--help` need not wait for."""

    def reaches(self, bound: Any) -> bool:
        """Whether it is as bad as a bound, or worse."""


def exit_code_of(status: str, *, planned: bool, found: Found | None = None, fail_on: str | None = None) -> int:
    """The exit code for a task that ended, or that waits for a person, in this status.

    A task that failed before it had a plan could not be planned. One that completed and found what is as bad as
    `fail_on`, or worse, has a code of its own.
    """
    if status == "completed" and found is not None and fail_on is not None and found.reaches(fail_on):
        return FINDINGS
    if status == "failed" and not planned:
        return NO_PLAN
    return _TASK_ENDINGS.get(str(status), COMPLETED)


def leave_well(run: Callable[[], Any], *, debug: bool) -> int:
    """Run a command; turn whatever it raises into a message on standard error and an exit code."""
    if debug:
        from aether_agents.telemetry import logs  # noqa: PLC0415 - `--help` need not wait for it

        logs.begin("cli", "DEBUG")
    try:
        code = run()
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        explained(error).show(sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        return forget_output()
    except Exception as error:  # noqa: BLE001 - the outermost handler: nothing above could tell the person
        return _tell(error, *_words(error), debug=debug)
    return _flushed(code if isinstance(code, int) else COMPLETED, debug=debug)


def _flushed(code: int, *, debug: bool) -> int:
    """The code, once all that was printed has gone where it should."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        forget_output()
    except OSError as error:
        return _tell(error, *_words(error), debug=debug)
    return code


def _words(error: Exception) -> tuple[str, int]:
    """What a person is told of an error, and the exit code."""
    if isinstance(error, AetherError):
        return str(error), error.exit_code
    if isinstance(error, ModuleNotFoundError):
        return _missing(error), USAGE
    if isinstance(error, OSError):
        forget_output()
        if said := of_the_system(error):
            return said, TASK_FAILED
    text = f"unexpected {type(error).__name__}: {error}"
    return f"{text}\nThis is a fault of ours; `--debug` shows where.", TASK_FAILED


def _missing(error: ModuleNotFoundError) -> str:
    """The base install is the client; what starts servers, plans or serves queues comes with the extra `worker`."""
    package = (error.name or "").partition(".")[0]
    if extra := _EXTRAS.get(package):
        return f"`{package}` is not installed, and this command needs it: `{install_command(extra)}`"
    return (
        f"`{error.name}` is not installed, and this command needs it: `{install_command('worker')}`, or "
        f"`{install_command('local')}` for the embedded stack as well"
    )


def _tell(error: Exception, message: str, code: int, *, debug: bool) -> int:
    if debug:
        logging.getLogger(__name__).error("traceback", exc_info=error)
    coloured = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    label = click.style("error", fg="red", bold=True) if coloured else "error"
    safe = "".join(char for char in message if char == "\n" or char.isprintable())  # a file's words steer no terminal
    lines = safe.strip().splitlines() or [type(error).__name__]
    print(f"{label}: " + "\n       ".join(lines), file=sys.stderr)  # noqa: T201 - rich would cost its import
    return code


def forget_output() -> int:
    """The reader of our output left (`| head -1`): give Python nothing to complain about at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
    return COMPLETED
