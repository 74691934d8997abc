"""The list of servers: what each is, whether it may be started, how it was when last listed, and the fixes."""

from collections.abc import Mapping

from aether_agents.cli.project.sandbox_report import confinement_row, confinement_word, cuts
from aether_agents.cli.session.lookup import servers_here
from aether_agents.cli.session.protocols import Entry, OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.tables import Column, quiet, sign, table
from aether_agents.contracts import Json, ServerSpec
from aether_agents.mcp_host.install.installer import installed
from aether_agents.mcp_host.process.sandbox_view import confinement_of
from aether_agents.process.redaction import Redactor


def catalogue_of(orchestrator: OrchestratorFace | None) -> Mapping[str, Entry]:
    """What the workers have listed, if the store is there to be asked."""
    return orchestrator.catalogue() if orchestrator is not None else {}


def server_rows(session: Session, orchestrator: OrchestratorFace | None) -> list[dict[str, Json]]:
    """Every server: what it is, whether it may be started, how it was when last listed, and whether it answers."""
    servers, confinement, catalogue = (
        servers_here(session),
        confinement_of(session.settings),
        catalogue_of(orchestrator),
    )
    late = orchestrator.unanswering(catalogue) if orchestrator is not None else {}
    rows: list[dict[str, Json]] = []
    for spec in (*servers.known.values(), *servers.inert):
        entry = catalogue.get(spec.name) if spec.trusted else None
        rows.append(
            {
                "name": spec.name,
                "queue": entry.specialist if entry and spec.inferred else spec.queue,
                "inferred": spec.inferred,
                "status": _server_status(spec, entry, session),
                "tools": len(entry.tools) if entry else None,
                "start": Redactor(spec.hidden).text(spec.url or " ".join((spec.command or "", *spec.args))),
                "sandbox": confinement_row(spec, confinement) if spec.trusted else None,  # nothing of it is started
                "source": spec.source,
                "unseen": bool(entry and entry.unseen),
                "error": (entry.error if entry else None)
                or servers.lost.get(spec.source)
                or (_LATE.format(late[spec.name]) if spec.name in late else None),
            }
        )
    return rows


def _server_status(spec: ServerSpec, entry: Entry | None, session: Session) -> str:
    if not spec.trusted:
        return "untrusted"
    if not installed(spec, session.settings.home):
        return "not installed"
    return entry.status if entry is not None else "not listed yet"


_UNSEEN = (
    "{name}: nobody has looked yet at the tools that it lists, so what is more than a read asks each time: "
    "aether-agent servers lock {name}"
)
_LATE = (
    "it let {} calls in a row time out: its calls wait, and one is tried from time to time (`delivery.circuit_rest`)"
)

_LOOK = {
    "live": "completed",
    "failed": "failed",
    "quarantined": "warn",
    "untrusted": "paused",
    "not installed": "warn",
    "not listed yet": "pending",
}


def show_servers(session: Session, rows: list[dict[str, Json]]) -> None:
    """The servers as a table, then what is wrong and how to fix it."""
    output = session.output
    columns = (
        Column("server", keep=True),
        Column("status", keep=True),
        Column("for", keep=True),
        Column("tools"),
        Column("sandbox"),
        Column("start"),
    )
    output.show(
        table(
            columns,
            [
                (
                    str(row["name"]),
                    sign(_LOOK[str(row["status"])], output.glyphs, str(row["status"])),
                    f"{row['queue'] or '?'}{' (inferred)' if row['inferred'] else ''}",
                    str(row["tools"] or ""),
                    confinement_word(row["sandbox"]),
                    quiet(str(row["start"])),
                )
                for row in rows
            ],
        )
    )
    if any(row["sandbox"] for row in rows) and (by := confinement_of(session.settings).by):
        output.say(f"sandbox ({by}): {cuts(by)}")
    for fault in servers_here(session).faults:
        output.bad(fault)
    for row in rows:
        if row["error"]:
            output.bad(f"{row['name']}: {row['error']}")
    for row in rows:
        if row["unseen"]:
            output.warn(_UNSEEN.format(name=row["name"]))
    _fix_servers(session, {str(row["status"]) for row in rows})


def _fix_servers(session: Session, statuses: set[str]) -> None:
    fixes = {
        "untrusted": "look at what is not trusted, and decide: aether-agent trust",
        "not installed": "install what is missing: aether-agent servers install",
        "quarantined": "accept changed tools: aether-agent servers lock NAME",
        "not listed yet": "workers list servers when they start: aether-agent up",
    }
    for status, fix in fixes.items():
        if status in statuses:
            session.output.hint(fix)
