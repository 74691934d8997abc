"""Trying servers: each is started, probed and ended. Imported when it is asked for: the MCP library takes a second."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from aether_agents.cli.session.lookup import servers_here, the_server
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.duration import brief
from aether_agents.cli.terminal.exit_codes import COMPLETED, TASK_FAILED
from aether_agents.cli.terminal.tables import Column, quiet, sign, table
from aether_agents.cli.terminal.text import printable
from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.pool import probe as probing
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.pool.probe import Probe
from aether_agents.mcp_host.process.sandbox_view import confinement_of

#: Servers started at once: a Python server takes a second of a processor to start.
AT_ONCE = 4


def probe(session: Session, names: Sequence[str]) -> int:
    """Start each server, try it, end it. 1 if one does not work."""
    probes = probes_of(session, [the_server(session, name) for name in names] or servers_here(session).known.values())
    if session.output.json_wanted:
        session.output.json([found._asdict() for found in probes])
    else:
        _show(session, probes)
    return COMPLETED if all(found.ok for found in probes) else TASK_FAILED


def probes_of(session: Session, specs: Iterable[ServerSpec]) -> list[Probe]:
    """How each server does. All are started at once; each is ended again."""
    chosen = {spec.name: spec for spec in specs}
    timeout = session.settings.agent_system.mcp_integration.server_timeout
    confinement = confinement_of(session.settings)
    host = Host(chosen, home=session.settings.home, connect_timeout=timeout, confinement=confinement)
    try:
        with session.output.spinning("starting servers"), ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda spec: probing.probe(host, spec), chosen.values()))
    finally:
        host.close()


def _show(session: Session, probes: Sequence[Probe]) -> None:
    output = session.output
    rows = [
        (
            found.server,
            sign("ok" if found.ok else "fail", output.glyphs, "works" if found.ok else "does not work"),
            ", ".join(f"{name} {brief(seconds)}" for name, seconds in found.steps.items()),
            quiet(", ".join(found.tools)),
        )
        for found in probes
    ]
    columns = (Column("server", keep=True), Column("status", keep=True), Column("took", keep=True), Column("tools"))
    output.show(table(columns, rows))
    for found in probes:
        if found.error:
            output.bad(f"{found.server}: {printable(found.error)}")
        for warning in found.warnings:
            output.warn(f"{found.server}: {printable(warning)}")
