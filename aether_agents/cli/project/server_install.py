"""Work on servers: installing them."""

from collections.abc import Sequence

from aether_agents.cli.session.lookup import servers_here, the_server
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.duration import Stopwatch, brief
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.glyphs import QUIET
from aether_agents.contracts import ServerSpec
from aether_agents.errors import AetherError
from aether_agents.mcp_host.install.installer import install, installed


def install_all(session: Session, names: Sequence[str]) -> int:
    """Install the named servers, or all that need it and lack it. The worst exit code."""
    chosen = [the_server(session, name) for name in names] or [
        spec for spec in servers_here(session).known.values() if not installed(spec, session.settings.home)
    ]
    if not chosen:
        session.output.good("every known server is installed")
    worst = COMPLETED
    for spec in chosen:
        if spec.install is None:
            session.output.good(f"{spec.name} needs no environment of its own")
            continue
        worst = max(worst, _install_one(session, spec))
    return worst


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
