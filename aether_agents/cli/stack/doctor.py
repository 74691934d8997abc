"""Doctor: looks at all that a task needs here, and says of each whether it is well, and the fix if not."""

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, NamedTuple

from rich.text import Text

from aether_agents import __version__
from aether_agents.cli.project.sandbox_report import sandbox_lines
from aether_agents.cli.session.lookup import servers_here, templates_here
from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.processes import unwell
from aether_agents.cli.templates.template_check import rows_without_a_tool
from aether_agents.cli.terminal.duration import brief
from aether_agents.cli.terminal.exit_codes import COMPLETED, TASK_FAILED
from aether_agents.cli.terminal.glyphs import QUIET
from aether_agents.cli.terminal.tables import sign
from aether_agents.cli.terminal.text import printable
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import AetherError
from aether_agents.local.valkey import find_binary
from aether_agents.mcp_host.install.installer import installed
from aether_agents.monitoring.budgets import spending
from aether_agents.process.installation import install_command
from aether_agents.settings.loader import redacted
from aether_agents.settings.model import ALL_SERVERS
from aether_agents.telemetry import tracing

Look = Callable[[Session], Iterator["Finding"]]
Verdict = Literal["ok", "warn", "fail"]

#: Free bytes below which the append-only file may soon have no room.
LITTLE_DISK = 500 * 1024 * 1024

_PARTS = ("celery", "kombu", "redis", "pydantic", "click", "mcp")


class Finding(NamedTuple):
    """One thing looked at."""

    what: str
    verdict: Verdict
    said: str
    fix: str = ""


def diagnose(session: Session, *, servers: bool, repair: bool = False) -> Iterator[Finding]:
    """Every finding, one after the other; what cannot be looked at fails, and the rest goes on."""
    looks: list[Look] = [_programs, _settings, _watching, _parts, _sandbox, _disk, partial(_store, repair=repair)]
    for look in [*looks, _servers] if servers else looks:
        try:
            yield from look(session)
        except AetherError as error:
            said, _, fix = str(error).partition("\n")
            yield Finding("store" if isinstance(look, partial) else look.__name__.strip("_"), "fail", said, fix)


def examine(session: Session, *, servers: bool, repair: bool = False) -> int:
    """Show every finding as it is made; 1 if one fails."""
    findings = []
    for finding in diagnose(session, servers=servers, repair=repair):
        findings.append(finding)
        if not session.output.json_wanted:
            _show(session, finding)
    if session.output.json_wanted:
        session.output.json([finding._asdict() for finding in findings])
    return TASK_FAILED if any(finding.verdict == "fail" for finding in findings) else COMPLETED


def _show(session: Session, finding: Finding) -> None:
    line = sign(finding.verdict, session.output.glyphs, finding.what.ljust(12))
    session.output.out.print(line.append("  ").append(printable(finding.said), style="default"), soft_wrap=True)
    if finding.fix:
        session.output.out.print(
            Text(f"{' ' * 16}{session.output.glyphs.arrow} {finding.fix}", style=QUIET), soft_wrap=True
        )


def _programs(_session: Session) -> Iterator[Finding]:
    found = platform.python_version()
    right = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding("python", "ok" if right else "fail", found, "" if right else "use Python 3.11 to 3.13")
    parts = {name: _version(name) for name in _PARTS}
    said = ", ".join(f"{name} {found or 'missing'}" for name, found in parts.items())
    missing = [name for name, found in parts.items() if not found]
    fix = f"install the worker's part: {install_command('local')}" if missing else ""
    yield Finding("packages", "warn" if missing else "ok", f"aether-agents {__version__}, {said}", fix)
    uv = shutil.which("uv") or _version("uv")
    fix = "" if uv else "pip install uv: third-party servers are installed with it"
    yield Finding("uv", "ok" if uv else "warn", f"uv {_version('uv') or uv or 'missing'}", fix)


def _settings(session: Session) -> Iterator[Finding]:
    settings = session.settings
    yield Finding("settings", "ok", f"read for {settings.project}, state in {settings.home}")


def _watching(session: Session) -> Iterator[Finding]:
    told = session.settings.agent_system.cli_interface
    yield Finding("logs", "ok", f"as {told.logging_format}, from {told.logging_level} up")
    if not tracing.wanted():
        yield Finding("traces", "ok", "off; OTEL_EXPORTER_OTLP_ENDPOINT turns them on")
    elif why := tracing.problem():
        said, _, fix = why.partition(": ")
        yield Finding("traces", "warn", said, fix)
    else:
        yield Finding("traces", "ok", f"sent to {redacted(tracing.destination())}")


def _parts(session: Session) -> Iterator[Finding]:
    names = ", ".join(one.name for one in session.specialists) or "none"
    yield Finding("specialists", "ok" if session.specialists else "fail", names)
    templates, servers = templates_here(session), servers_here(session)
    for fault in (*servers.faults, *templates.faults):
        yield Finding("parts", "fail", fault)
    for why in servers.lost.values():
        yield Finding("trust", "warn", why, "aether-agent trust")
    known = (*servers.known, ALL_SERVERS)
    for name in (one for one in session.settings.alerts.budgets if one not in known):
        said = f"`alerts.budgets.{name}`: no server here is called so{nearest(name, known)}"
        yield Finding("budget", "warn", said, "aether-agent servers list")
    yield Finding("templates", "ok", f"{len(templates.known)} known, {len(templates.inert)} not trusted")


def _sandbox(session: Session) -> Iterator[Finding]:
    for well, said, fix in sandbox_lines(session):
        yield Finding("sandbox", "ok" if well else "warn", said, fix)


def _disk(session: Session) -> Iterator[Finding]:
    home = session.settings.home
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    low = free < LITTLE_DISK
    fix = "make room: the store stops accepting tasks when the disk is full" if low else ""
    yield Finding("disk", "warn" if low else "ok", f"{free / 1024**3:.1f} GiB free at {place}", fix)


def _store(session: Session, *, repair: bool) -> Iterator[Finding]:
    if session.stack is not None:
        yield Finding("server", "ok", f"embedded: {find_binary()}")
        if not session.stack.running():
            yield Finding("stack", "ok", "not running; commands start it when they need it")
            return
        for said, fix in unwell(session.stack):
            yield Finding("process", "fail", said, fix)
    with session.running_orchestrator() as orchestrator:
        if orchestrator is None:
            return
        yield Finding("store", "ok", f"{orchestrator.store_product()} answers, and the sealing key opens it")
        if refusal := orchestrator.refusal():
            yield Finding("store", "fail", refusal)
        for fault in orchestrator.misplaced(("planner", *(one.queue for one in session.specialists))):
            yield Finding("store", "fail", *fault.split(": ", 1))
        for fault in orchestrator.diagnose():
            yield Finding("store", "warn", fault)
        if not orchestrator.sees_settings():
            yield Finding("store", "ok", "not looked at, `CONFIG GET` is not among our rights: its disk, `appendfsync`")
        said = "waits for the disk" if orchestrator.secures() else "of the last seconds is told by its worker, or asked"
        yield Finding("power loss", "ok", f"an unrepeatable call {said}")
        yield from _key(orchestrator, repair=repair)
        for one in spending(session.settings.alerts.budgets, orchestrator.calls_today()):
            said = f"{one.server}: {one.calls} of {one.budget} calls today (UTC)"
            yield Finding("budget", "warn" if one.spent else "ok", said, "aether-agent metrics" if one.spent else "")
        if refusal is None:
            yield from _workers(session, orchestrator)
        else:
            yield Finding("queue", "warn", "not known: no worker can say that it is alive while the store refuses")


def _workers(session: Session, orchestrator: OrchestratorFace) -> Iterator[Finding]:
    workers = orchestrator.workers()
    logs = "aether-agent logs worker" if session.stack is not None else "see its log; it is started again"
    for worker in workers:
        if worker.state:
            yield Finding("worker", "warn" if worker.hears else "fail", f"{worker.name}: {worker.state}", logs)
        if 100 * worker.strain > session.settings.alerts.store_fuller_than:
            said = f"{worker.name} has {worker.strain:.0%} of its descriptors open"
            yield Finding("worker", "warn", said, "raise its limit of open files (`ulimit -n`, LimitNOFILE)")
    for queue in ("planner", *(one.queue for one in session.specialists)):
        count = sum(queue in worker.queues and worker.hears for worker in workers)
        start = f"aether-agent worker {queue}" if session.stack is None else "aether-agent logs worker"
        said = f"{queue}: {count} worker{'s' * (count != 1)}"
        yield Finding("queue", "ok" if count else "fail", said, "" if count else start)


def _key(orchestrator: OrchestratorFace, *, repair: bool) -> Iterator[Finding]:
    """The sealing key: whether processes with another one are kept out, and what such a one has left behind."""
    state, name = orchestrator.key_marker()
    said = {
        "none": "the store has no marker of it: a process with another key is not kept out",
        "newest": f"the store is that of the key `{name}`; a process without it does not start",
        "older": f"the store's marker is still that of the key `{name}`, which is not the newest one here",
        "other": f"the store is that of the key `{name}`, which is not here",
    }
    fix = "" if state == "newest" else "aether-agent config mark-key, with the key that all processes have"
    yield Finding("sealing key", "ok" if state == "newest" else "warn", said[state], fix)
    if not (foreign := orchestrator.foreign_entries()):
        return
    listed = ", ".join(f"{server} (key {key})" for server, key in foreign.items())
    if repair and state in ("newest", "older"):
        gone = ", ".join(orchestrator.remove_foreign_entries()) or "none: they have changed meanwhile"
        yield Finding("catalogue", "ok", f"sealed with another key: {listed}; removed: {gone}")
        return
    why = "" if state in ("newest", "older") else ", once the store has a marker of the right key (see above)"
    fix = f"aether-agent doctor --fix removes them{why}"
    yield Finding("catalogue", "warn", f"passed by, as they are sealed with another key: {listed}", fix)


def _servers(session: Session) -> Iterator[Finding]:
    missing = [spec for spec in servers_here(session).known.values() if not installed(spec, session.settings.home)]
    for spec in missing:
        yield Finding(
            "mcp server", "warn", f"{spec.name} is not installed", f"aether-agent servers install {spec.name}"
        )
    for spec in servers_here(session).known.values():
        if spec.inferred:
            said = f"{spec.name}: its queue is inferred from its tools (`aether-agent servers list` shows which)"
            yield Finding("mcp server", "ok", said, f"if it is wrong, write `queue` beside it in {spec.source}")
    present = [spec for spec in servers_here(session).known.values() if spec not in missing]
    from aether_agents.cli.project.server_probe import probes_of  # noqa: PLC0415 - a second of imports, not needed without servers

    for found in probes_of(session, present):
        if found.ok:
            yield Finding("mcp server", "ok", f"{found.server}: {len(found.tools)} tools in {brief(found.seconds)}")
            for fault in rows_without_a_tool(_rows(session, found.server), found.server, found.tools):
                yield Finding("tool table", "warn", fault, "call it in the table as the server does, or take it out")
        else:
            yield Finding(
                "mcp server", "fail", f"{found.server}: {found.error}", f"aether-agent servers test {found.server}"
            )


def _rows(session: Session, server: str) -> list[str]:
    spec = servers_here(session).known[server]
    tables = [specialist.tools for specialist in session.specialists if specialist.name == spec.queue]
    return [row.tool for table in (*tables, spec.table) for row in table]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
