"""Processes: the embedded stack and the workers, started, listed, read and ended."""

import time
from collections.abc import Iterator, Sequence

from aether_agents.cli.session.protocols import EmbeddedStack
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.flower_address import access
from aether_agents.cli.stack.journal import show_journal
from aether_agents.cli.stack.log_lines import Reader
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.tables import Column, quiet, sign, table
from aether_agents.contracts import Json
from aether_agents.errors import InvalidSettings, StackError
from aether_agents.local import Lease, Stack
from aether_agents.settings.loader import redacted

#: Seconds a worker may take to load its code: four on an idle machine, more on a busy one.
TIMEOUT = 60.0
#: Seconds between two looks.
PAUSE = 0.1
#: More lines than the end of a log that is looked at has.
EVERYTHING = 1_000_000

#: What a process runs that does not say its version.
BEFORE = "0.1.0"

#: What a process of the embedded stack says of itself when nothing is wrong.
_WELL = ("ready", "starting", "ending")
_FIXES = {
    "stopped": "`kill -CONT` lets it go on; worker and server are replaced after `delivery.deaf_after` seconds",
    "does not answer": "it is replaced after `delivery.deaf_after` seconds",
    "without its supervisor": "aether-agent down, then up",
}

_LOOK = {"ready": "ok", "alive": "ok", "starting": "running", "deaf": "fail", **dict.fromkeys(_FIXES, "fail")}


def bring_up(session: Session, *, flower: bool = False) -> int:
    """Start the embedded stack, wait until its worker serves, and keep it."""
    stack = _stack(session)
    ran = stack.running()
    with stack.join_or_start(keep=True, also=("flower",) if flower else ()) as lease:
        if lease.note:
            session.output.warn(lease.note)
        with session.output.spinning("starting the worker"):
            _wait_until_served(stack, lease)
    if session.output.json_wanted:
        session.output.json(process_rows(session))
    else:
        session.output.good("the embedded stack was running; it is kept" if ran else "the embedded stack is up")
        session.output.hint(f"its data: {stack.folder.home}; `aether-agent down` ends it")
    if flower:
        session.output.hint(access(session.settings))
    return COMPLETED


def take_down(session: Session, *, now: bool) -> int:
    """End the embedded stack, and whatever was left of it."""
    stack, grace = _stack(session), session.settings.delivery.grace
    told = "ending the stack" if now else f"ending the stack: calls under way have {grace:g} s (`down --now`: none)"
    with session.output.spinning(told):
        ran = stack.down(now=now)
    if ran:
        session.output.good("the embedded stack is down; its data stays")
    else:
        session.output.say("no embedded stack is running")
    return COMPLETED


def process_rows(session: Session) -> list[dict[str, Json]]:
    """`[{name, kind, pid, queues, status}]` of the stack, or of the workers on the configured broker."""
    if session.settings.broker.url is None:
        return [{**info._asdict(), "queues": list(info.queues)} for info in _stack(session).ps()]
    with session.orchestrator() as orchestrator:
        if refusal := orchestrator.refusal():
            session.output.warn(refusal)
        return [
            {
                "name": one.name,
                "kind": one.kind,
                "pid": one.pid,
                "host": one.host,
                "queues": list(one.queues),
                "status": one.state or "alive",
                "version": one.version,
            }
            for one in orchestrator.workers()
        ]


def unwell(stack: EmbeddedStack) -> Iterator[tuple[str, str]]:
    """Each process of the embedded stack that is not well, with what helps."""
    for one in stack.ps():
        if one.status not in _WELL:
            yield f"{one.name} (process {one.pid}): {one.status}", _FIXES.get(one.status, "")


def show_processes(output: Output, rows: Sequence[dict[str, Json]]) -> None:
    """The processes as a table."""
    if not rows:
        output.say("nothing runs")
        output.hint("aether-agent up")
        return
    hosts = len({str(row.get("host", "")) for row in rows}) > 1
    versions = len({str(row.get("version") or "") for row in rows}) > 1
    columns = (
        Column("process", keep=True),
        Column("kind"),
        Column("pid", keep=True, align="right"),
        *([Column("host", keep=True)] if hosts else []),
        *([Column("version", keep=True)] if versions else []),
        Column("status", keep=True),
        Column("queues"),
    )
    output.show(
        table(
            columns,
            [
                (
                    str(row["name"]),
                    quiet(str(row["kind"])),
                    str(row["pid"]),
                    *([str(row.get("host", ""))] if hosts else []),
                    *([str(row.get("version") or BEFORE)] if versions else []),
                    sign(_LOOK.get(str(row["status"]), "warn"), output.glyphs, str(row["status"])),
                    quiet(", ".join(map(str, queues)) if isinstance(queues := row["queues"], list) else ""),
                )
                for row in rows
            ],
        )
    )


def show_logs(session: Session, names: Sequence[str], *, follow: bool, lines: int, task_id: str = "") -> int:
    """Print the logs of the stack, each line with its log's name when there are several; of one task, all there is."""
    if session.settings.broker.url is not None:
        return show_journal(session, lines=lines, task_id=task_id)
    several, silent = len(names) != 1, True
    readers: dict[str, Reader] = {}
    for name, line in _stack(session).logs(names, follow_them=follow, lines=EVERYTHING if task_id else lines):
        for shown in readers.setdefault(name, Reader(task_id)).read(line):
            session.output.text(f"{name:<10} {shown}" if several else shown)
            silent = False
    if silent:
        session.output.hint(f"nothing is logged on behalf of {task_id}" if task_id else "nothing is logged yet")
    return COMPLETED


def _wait_until_served(stack: Stack, lease: Lease) -> None:
    """Wait until every process is ready.

    Raises:
        StackError: one does not come up; the error has its last words.
    """
    end = time.monotonic() + TIMEOUT
    while any(info.status != "ready" for info in stack.ps()):
        lease.check()
        if time.monotonic() > end:
            raise StackError(f"the worker did not come up in {TIMEOUT:g} s; `aether-agent logs worker` shows why")
        time.sleep(PAUSE)


def _stack(session: Session) -> Stack:
    url = session.settings.broker.url
    if session.stack is None and url is not None:
        raise InvalidSettings(
            f"a broker is configured ({redacted(url)}), so there is no embedded stack here; "
            "start workers with `aether-agent worker QUEUE`"
        )
    return Stack(session.settings)
