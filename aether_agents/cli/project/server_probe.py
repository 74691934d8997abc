"""Trying servers: each is started, probed and ended, or looked at. Imported when asked for: the MCP library is slow."""

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aether_agents.cli.servers.home_logins import logins_here
from aether_agents.cli.session.lookup import servers_here, the_server
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.duration import brief
from aether_agents.cli.terminal.exit_codes import COMPLETED, TASK_FAILED
from aether_agents.cli.terminal.tables import Column, quiet, sign, table
from aether_agents.cli.terminal.text import printable
from aether_agents.cli.views.definition_diff import first_sight
from aether_agents.contracts import ServerSpec, Tool
from aether_agents.contracts.server import CatalogueEntry
from aether_agents.errors import ServerDown
from aether_agents.execution.calls.remembered_pins import RememberedPins
from aether_agents.mcp_host import catalogue_tools
from aether_agents.mcp_host.install.installer import installed
from aether_agents.mcp_host.pool import probe as probing
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.pool.probe import Probe
from aether_agents.mcp_host.process.sandbox_view import confinement_of
from aether_agents.mcp_host.registry.queue_inference import infer_queue
from aether_agents.mcp_host.registry.spec_digest import spec_digest

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
    home, logins = session.settings.home, logins_here(session)
    host = Host(chosen, home=home, connect_timeout=timeout, confinement=confinement, logins=logins)
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


def look(session: Session, files: Collection[Path]) -> None:
    """Start the servers of these files in their sandbox, show what each lists, and accept it if the person says so.

    What is not seen now (not installed, it does not start, he says no) asks before each call that is more than a read,
    until `aether-agent servers lock` has shown it.
    """
    here = servers_here(session).known.values()
    specs = [spec for spec in here if Path(spec.source) in files]
    ready = [spec for spec in specs if installed(spec, session.settings.home)]
    listed = _listed(session, ready)
    for spec in specs:
        tools = listed.get(spec.name)
        if isinstance(tools, tuple) and _agreed(session, spec, tools):
            _remember(session, spec, tools)
            session.output.good(f"{spec.name}: {len(tools)} tools accepted as they are")
            continue
        if isinstance(tools, str):
            session.output.warn(f"{spec.name} was not looked at: {tools}")
        session.output.hint(f"look at its tools later: aether-agent servers lock {spec.name}")


def _listed(session: Session, specs: Sequence[ServerSpec]) -> dict[str, tuple[Tool, ...] | str]:
    """The tools of each server; why not, where it does not say."""
    if not specs:
        return {}
    specialists = {one.name: one for one in session.specialists}
    timeout = session.settings.agent_system.mcp_integration.server_timeout
    host = Host(
        {spec.name: spec for spec in specs},
        home=session.settings.home,
        connect_timeout=timeout,
        confinement=confinement_of(session.settings),
        logins=logins_here(session),
    )

    def tools_of(spec: ServerSpec) -> tuple[Tool, ...] | str:
        try:
            found = host.tools(spec.name)
        except ServerDown as error:
            return str(error)
        queue = infer_queue(spec, tuple(specialists.values()), found) if spec.inferred else spec.queue
        return tuple(catalogue_tools(spec, found, specialists.get(queue)))

    try:
        with session.output.spinning("looking at their tools"), ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip((spec.name for spec in specs), pool.map(tools_of, specs), strict=True))
    finally:
        host.close()


def _agreed(session: Session, spec: ServerSpec, tools: Iterable[Tool]) -> bool:
    session.output.sections(*first_sight(tools, whole=False))
    return session.output.confirm(f"accept these tools of {spec.name}?")


def _remember(session: Session, spec: ServerSpec, tools: tuple[Tool, ...]) -> None:
    """Kept where the workers of this home look before anything else, also when none runs now."""
    memory = RememberedPins(session.settings.home)
    known = memory.of(spec.name)
    with session.running_orchestrator() as orchestrator:
        entry = orchestrator.catalogue().get(spec.name) if orchestrator is not None else None
    number = max(known.number if known else 0, entry.number if entry else 0) + 1
    memory.keep(
        CatalogueEntry(
            server=spec.name,
            specialist=spec.queue,
            spec_digest=spec_digest(spec),
            status="live",
            tools=tools,
            accepted={tool.name: tool.pin for tool in tools},
            number=number,
            accepted_by=session.person,
        )
    )
