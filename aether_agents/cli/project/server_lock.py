"""Accepting a server's tools: listed anew, shown beside what was accepted before, and accepted as they were shown."""

import time

from aether_agents.cli.session.lookup import the_server
from aether_agents.cli.session.protocols import Entry, OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED, TASK_FAILED, USAGE, WAITS
from aether_agents.cli.views.definition_diff import changes, first_sight
from aether_agents.errors import InvalidSettings, NoWorker

#: Seconds in which a worker lists a server anew: it looks every five, and a server may take thirty to start.
TIMEOUT = 90.0
#: Seconds between two looks.
PAUSE = 0.1


def accept(session: Session, name: str, *, yes: bool, digest: str = "", whole: bool = False) -> int:
    """Accept what a server's tools are now, after showing what changed, or all of them where nobody has looked yet.

    With `digest`, only what was shown then is accepted; with `whole`, a first look shows the definitions.

    Raises:
        InvalidSettings: nothing of that name is catalogued.
        NoWorker: no worker lists it.
        ToolDrifted: it was listed otherwise since it was shown.
    """
    with session.orchestrator() as orchestrator:
        if name not in (entries := orchestrator.catalogue()):
            raise InvalidSettings(f"no tools of `{name}` are catalogued; listed: {', '.join(entries) or 'none'}")
        entry = _listed_anew(session, orchestrator, name, entries[name].specialist)
        if entry.status == "failed":
            session.output.bad(f"{name} cannot be listed, so nothing is accepted: {entry.error}")
            return TASK_FAILED
        changed = changes(entry) or (first_sight(entry.tools, whole=whole) if entry.unseen else [])
        if entry.status != "quarantined" and not changed:
            session.output.good(f"{name}: nothing has changed")
            return COMPLETED
        session.output.sections(*changed)
        if entry.error:
            session.output.warn(entry.error)
        if not changed:
            session.output.say(f"all {len(entry.tools)} tools of {name} are what was accepted")
        return _decided(session, orchestrator, entry, name, yes=yes, digest=digest)


def _decided(
    session: Session, orchestrator: OrchestratorFace, entry: Entry, name: str, *, yes: bool, digest: str
) -> int:
    if digest not in ("", entry.digest):
        session.output.bad(f"what is listed now is {entry.digest}: that was not shown before, and is not accepted")
        return USAGE
    if not yes and not digest and not session.may_ask:
        session.output.hint(f"accept exactly this: aether-agent servers lock {name} --digest {entry.digest}")
        return WAITS
    if not yes and not digest and not session.output.confirm("accept them?"):
        return USAGE
    orchestrator.accept_server(name, entry.digest, session.person)
    session.output.good(f"{name}: {len(entry.tools)} tools accepted as they are")
    return COMPLETED


def _listed_anew(session: Session, orchestrator: OrchestratorFace, name: str, queue: str) -> Entry:
    """The catalogue's entry after a worker has listed the server once more."""
    if session.stack is None:
        orchestrator.require_worker(queue)
    else:
        the_server(session, name)  # its workers are here: what they may not start is said at once
    orchestrator.list_server(name)
    end = time.monotonic() + TIMEOUT
    with session.output.spinning(f"listing {name} anew{session.output.error_glyphs.more}"):
        while (entry := orchestrator.catalogue().get(name)) is None or entry.outdated:
            session.check()
            if time.monotonic() > end:
                raise NoWorker(
                    f"no worker has listed `{name}` within {TIMEOUT:g} s: is it known and trusted where the worker of "
                    f"`{queue}` runs? `aether-agent servers list` and `aether-agent logs worker` show more"
                )
            time.sleep(PAUSE)
    return entry
