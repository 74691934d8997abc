"""Services, where systemd runs them: which have failed."""

from collections.abc import Sequence
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Beyond, Job
from workers.inspection.git import printable

from .readings import Reading

#: systemd says itself that it runs here: this folder exists (sd_booted(3)).
BOOTED = Path("/run/systemd/system")
_COMMAND = ("systemctl", "list-units", "--state=failed", "--no-legend", "--plain", "--no-pager", "--full")
_SHOWN = 10


def read_services(job: Job) -> Reading:
    """How many of systemd's units have failed. Without systemd nobody knows.

    Raises:
        Stopped: the job is no longer wanted.
    """
    if not BOOTED.is_dir():
        return _unknown("systemd does not run here, and nothing else says which services there should be")
    try:
        done = job.program(_COMMAND, Path("/"))
    except (OSError, Beyond) as error:
        return _unknown(f"systemctl gives no answer: {error}")
    except ToolError as error:
        return _unknown(str(error))
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[:1]
        return _unknown(f"systemctl fails: {printable(said[0]) if said else f'exit code {done.returncode}'}")
    return counted(failed_units(done.stdout.decode("utf-8", "replace")))


def failed_units(said: str) -> list[str]:
    """The units that `systemctl list-units --plain --no-legend` names."""
    return [printable(words[0], 100) for line in said.splitlines() if len(words := line.split()) > 1]


def counted(units: Sequence[str]) -> Reading:
    """Failed units as a reading: one is too many."""
    more = f" and {len(units) - _SHOWN} more" if len(units) > _SHOWN else ""
    note = ", ".join(units[:_SHOWN]) + more if units else ""
    return Reading("services", "systemd", float(len(units)), 1, "failed", note)


def _unknown(why: str) -> Reading:
    return Reading("services", "systemd", None, 1, "failed", why)
