"""Journal: what processes of a deployment wrote, from the journal of this machine, else where it lies."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress

from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.log_lines import Reader
from aether_agents.cli.terminal.exit_codes import COMPLETED, NOBODY_THERE
from aether_agents.errors import AetherError

#: Units of deploy/systemd, and seconds that their journal may take.
UNITS = "aether-*"
_TIMEOUT = 60.0


def show_journal(session: Session, *, lines: int, task_id: str) -> int:
    """Print it; where no journal here has it, say where each process of the deployment writes."""
    reader, silent = Reader(task_id), True
    for line in _lines(lines, task_id):
        for shown in reader.read(line):
            session.output.text(shown)
            silent = False
    if not silent:
        return COMPLETED
    hosts: list[str] = []
    with suppress(AetherError), session.orchestrator() as orchestrator:
        hosts = sorted({worker.host for worker in orchestrator.workers()})
    about = f"about {task_id} " if task_id else ""
    where = f" (workers run on {', '.join(hosts)})" if hosts else ""
    session.output.warn(f"no journal of this machine has anything {about}of {UNITS}{where}")
    wanted = task_id or "ID"
    session.output.hint(f"systemd, there: journalctl --output cat --unit '{UNITS}' --grep {wanted}")
    session.output.hint(f"compose: docker compose logs --no-log-prefix | grep {wanted}")
    session.output.hint(f"kubernetes: kubectl -n aether logs --prefix --tail -1 deploy/NAME | grep {wanted}")
    return NOBODY_THERE


def _lines(count: int, task_id: str) -> Iterator[str]:
    journal = shutil.which("journalctl")
    if journal is None:
        return
    command = [journal, "--no-pager", "--quiet", "--output", "cat", "--unit", UNITS]
    command += ["--grep", task_id[:12]] if task_id else ["--lines", str(count)]
    try:
        found = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    yield from found.stdout.splitlines()
