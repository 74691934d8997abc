"""Doctor: looks at all that a task needs here, and says of each whether it is well, and the fix if not."""

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from rich.text import Text

from aether_agents.cli.project.sandbox_report import sandbox_lines
from aether_agents.cli.session.lookup import servers_here, templates_here
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.store_checks import ASKED, Finding, store_findings
from aether_agents.cli.templates.template_check import rows_without_a_tool
from aether_agents.cli.terminal.duration import brief
from aether_agents.cli.terminal.exit_codes import COMPLETED, TASK_FAILED
from aether_agents.cli.terminal.glyphs import QUIET
from aether_agents.cli.terminal.tables import sign
from aether_agents.cli.terminal.text import printable
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import AetherError
from aether_agents.local.home_sizes import readable, size_of
from aether_agents.local.stack_folder import StackFolder
from aether_agents.mcp_host.install.installer import installed
from aether_agents.process.build import build
from aether_agents.process.installation import install_command
from aether_agents.settings.loader import redacted
from aether_agents.settings.upkeep import ALL_SERVERS
from aether_agents.telemetry import tracing

Look = Callable[[Session], Iterator[Finding]]

#: Free bytes below which the append-only file may soon have no room.
LITTLE_DISK = 500 * 1024 * 1024

_PARTS = ("celery", "kombu", "redis", "pydantic", "click", "mcp")


def diagnose(session: Session, *, servers: bool, repair: bool = False) -> Iterator[Finding]:
    """Every finding, one after the other; what cannot be looked at fails, and the rest goes on."""
    looks: list[Look] = [
        _programs,
        _settings,
        _watching,
        _parts,
        _sandbox,
        _disk,
        partial(store_findings, repair=repair),
    ]
    for look in [*looks, _servers] if servers else looks:
        try:
            yield from look(session)
        except AetherError as error:
            said, _, fix = str(error).partition("\n")
            yield Finding("store" if isinstance(look, partial) else look.__name__.strip("_"), "fail", said, fix)
            if isinstance(look, partial):
                yield Finding("not tried", "warn", f"{ASKED}: as far as they are not above, the store was not asked")
    if not servers:
        yield Finding("not tried", "ok", "MCP servers: --no-servers")


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
    yield Finding("packages", "warn" if missing else "ok", f"aether-agents {build()}, {said}", fix)
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
    yield from _kept(session)


def _kept(session: Session) -> Iterator[Finding]:
    """What grows in AETHER_HOME: how large it is, and until when it is kept."""
    home, retention = session.settings.home, session.settings.retention
    folder = StackFolder(home)
    reports = f"{retention.report_days:g} days after their task" if retention.report_days else "for ever"
    logs = f"at most {2 * retention.log_megabytes:g} MB each"
    known = [("reports", home / "reports", f"kept {reports} (retention.report_days)")]
    if session.stack is not None:
        known += [
            ("logs", folder.root / "logs", f"{logs} (retention.log_megabytes)"),
            ("store's files", folder.valkey, f"tasks are kept {retention.days:g} days (retention.days)"),
        ]
    for what, place, until in known:
        size = size_of(place)
        least = "" if size.whole else "at least "
        yield Finding(what, "ok", f"{least}{readable(size.size)} in {size.files:,} files at {place}; {until}")


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
