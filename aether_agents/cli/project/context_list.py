"""The list of contexts. Secrets are named, never shown."""

from typing import NamedTuple

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.tables import Column, quiet, table
from aether_agents.settings.model import ContextSettings

#: The context that is always there.
LOCAL = "local"


class ContextRow(NamedTuple):
    """One context as it is listed."""

    name: str
    default: bool
    description: str
    inputs: list[str]
    secrets: list[str]


def context_rows(session: Session) -> list[ContextRow]:
    """The contexts a task can run in, `local` first."""
    usual = session.settings.agent_system.cli_interface.default_context
    known = {LOCAL: ContextSettings(description="this machine as it is"), **session.settings.contexts}
    return [
        ContextRow(name, name == usual, one.description, sorted(one.inputs), sorted(one.secrets))
        for name, one in known.items()
    ]


def show_contexts(session: Session, rows: list[ContextRow]) -> None:
    """The contexts as a table."""
    columns = (Column("context", keep=True), Column("inputs"), Column("secrets"), Column("what"))
    shown = [
        (
            row.name + (" (default)" if row.default else ""),
            ", ".join(row.inputs),
            ", ".join(row.secrets),
            quiet(row.description),
        )
        for row in rows
    ]
    session.output.show(table(columns, shown))
