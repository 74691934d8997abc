"""Work on servers: installing them."""

import time
from collections.abc import Sequence
from contextlib import suppress

from aether_agents.cli.session.lookup import servers_here, the_server
from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.duration import Stopwatch, brief
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.glyphs import QUIET
from aether_agents.contracts import ServerSpec
from aether_agents.errors import AetherError, InvalidSettings
from aether_agents.mcp_host.install.installer import install, installed

#: Seconds in which workers that run list what was installed, and between two looks whether they have.
NOTED_WITHIN, LOOK = 60.0, 0.3


def install_all(session: Session, names: Sequence[str]) -> int:
    """Install the named servers, or all that need it and lack it. The worst exit code."""
    chosen = [the_server(session, name) for name in names] or [
        spec for spec in servers_here(session).known.values() if not installed(spec, session.settings.home)
    ]
    if not chosen:
        session.output.good("every known server is installed")
    worst, made = COMPLETED, list[str]()
    for spec in chosen:
        if spec.install is None:
            session.output.good(f"{spec.name} needs no environment of its own")
            continue
        code = _install_one(session, spec)
        worst, made = max(worst, code), [*made, spec.name] if code == COMPLETED else made
    _tell_workers(session, made)
    return worst


def _tell_workers(session: Session, names: Sequence[str]) -> None:
    """Have workers that run already list what was installed, and wait until they have: what is done next finds it."""
    if not names:
        return
    try:
        with session.running_orchestrator() as orchestrator:
            if orchestrator is not None and orchestrator.workers():
                for name in names:
                    with suppress(InvalidSettings):  # no worker has ever heard of it: it is listed without being asked
                        orchestrator.list_server(name)
                with session.output.spinning("workers take note" + session.output.error_glyphs.more):
                    _await_listing(orchestrator, names)
    except AetherError as error:
        session.output.warn(f"workers that run already learn of it within a minute: {error}")


def _await_listing(orchestrator: OrchestratorFace, names: Sequence[str]) -> None:
    """Return when the catalogue says what these servers are now, or nobody has said so in time."""
    end, waiting = time.monotonic() + NOTED_WITHIN, set(names)
    while waiting and time.monotonic() < end:
        known = orchestrator.catalogue()
        noted = {name for name in waiting if name in known and not known[name].outdated}
        waiting -= {name for name in noted if "is not installed" not in (known[name].error or "")}
        if waiting:
            time.sleep(LOOK)


def _install_one(session: Session, spec: ServerSpec) -> int:
    watch = Stopwatch()
    session.output.say(f"installing {spec.name} ({spec.install.package if spec.install else ''})")
    try:
        install(spec, session.settings.home, lambda line: _pass_on(session, line))
    except AetherError as error:
        session.output.bad(f"{spec.name}: {error}")
        return error.exit_code
    session.output.good(f"{spec.name} installed in {brief(watch.seconds)}")
    return COMPLETED


def _pass_on(session: Session, line: str) -> None:
    """The steps of an installation, without the list of what came along."""
    if not line.partition(": ")[2].startswith("+ "):
        session.output.say(f"  {line}", QUIET)
