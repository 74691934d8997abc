"""What is configured: each setting with its source, and all that is wrong in the files of a project."""

import json
from pathlib import Path

from aether_agents.cli.session.lookup import servers_here, templates_here
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED, USAGE
from aether_agents.cli.terminal.tables import Column, quiet, table
from aether_agents.errors import AetherError, InvalidSettings
from aether_agents.settings.loader import describe
from aether_agents.store import add_key, open_store


def show_settings(session: Session, part: str) -> None:
    """Every setting whose key begins with `part`.

    Raises:
        InvalidSettings: there is none.
    """
    rows = [row for row in describe(session.configuration) if row.key.startswith(part)]
    if not rows:
        raise InvalidSettings(f"no setting begins with `{part}`; `aether-agent config show` lists them")
    if session.output.json_wanted:
        session.output.json({row.key: {"value": row.value, "source": row.source} for row in rows})
        return
    columns = (Column("setting", keep=True), Column("value"), Column("from"))
    shown = [(row.key, json.dumps(row.value, ensure_ascii=False, default=str), quiet(row.source)) for row in rows]
    session.output.show(table(columns, shown))


def add_sealing_key(session: Session, path: Path) -> None:
    """Make a key file, or put a new key before those of one.

    Raises:
        InvalidSettings: it cannot be done there.
    """
    new = not path.exists()
    name = add_key(path)
    what = f"made {path}" if new else f"{path} seals with a new key; the old ones still open what they sealed"
    session.output.good(f"{what} (key {name}); give it to every worker and client: `encryption: {{key_file: …}}`")
    session.output.hint("then say once which key the store is that of, before any worker starts: `config mark-key`")


def mark_key(session: Session, *, replace: bool) -> None:
    """Write into the store which sealing key it is that of: the newest one here.

    Raises:
        CannotOpen: it is that of another one, and it was not said to `replace` that.
        StoreUnavailable: it cannot be reached.
    """
    with session.reaching() as settings, open_store(settings, any_key=True) as store:
        new = store.key_marker.make(replace=replace)
        name, foreign = store.key_marker.name(), store.catalogue.foreign()
    what = "is from now on" if new else "was already"
    session.output.good(f"the store {what} that of the key {name}: a process without it does not start")
    if foreign:
        session.output.warn(f"sealed with another key: {', '.join(foreign)}; `aether-agent doctor --fix` removes them")


def check_settings(session: Session) -> int:
    """Say all that is wrong; 2 if something is."""
    faults: list[str] = []
    try:
        session.configuration  # noqa: B018 - reading it is the check
        session.specialists  # noqa: B018 - as above
        faults += [*servers_here(session).faults, *templates_here(session).faults]
    except AetherError as error:
        faults += str(error).splitlines()
    for fault in faults:
        session.output.bad(fault)
    if faults:
        return USAGE
    session.output.good("nothing is wrong with the settings")
    return COMPLETED
