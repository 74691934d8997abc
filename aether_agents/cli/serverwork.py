"""Work on servers: installing them, accepting what they changed."""

from collections.abc import Sequence

from rich.text import Text

from aether_agents.cli.duration import brief
from aether_agents.cli.failure import COMPLETED, USAGE, WAITS
from aether_agents.cli.glyphs import QUIET
from aether_agents.cli.parts import servers_here, the_server
from aether_agents.cli.session import Session
from aether_agents.cli.stopwatch import Stopwatch
from aether_agents.cli.tables import quiet
from aether_agents.contracts import ServerSpec
from aether_agents.errors import AetherError, InvalidSettings
from aether_agents.mcp_host.install import install, installed


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


def accept(session: Session, name: str, *, yes: bool) -> int:
    """Accept what a server's tools are now, after showing what changed.

    Raises:
        InvalidSettings: nothing of that name is catalogued.
    """
    with session.door() as door:
        entries = door.catalogue()
        if name not in entries:
            raise InvalidSettings(f"no tools of `{name}` are catalogued; listed: {', '.join(entries) or 'none'}")
        entry = entries[name]
        changed = [tool for tool in entry.tools if entry.accepted.get(tool.name) != tool.pin]
        if entry.status != "quarantined" and not changed:
            session.output.good(f"{name}: nothing has changed")
            return COMPLETED
        for tool in changed:
            known = "changed" if tool.name in entry.accepted else "new"
            session.output.show(Text(f"{known}  {tool.ref}", style="bold"), quiet(tool.description))
        if entry.error:
            session.output.warn(entry.error)
        if not yes and not session.may_ask:
            session.output.hint(f"accept them: aether-agent servers lock {name} --yes")
            return WAITS
        if not yes and not session.output.confirm("accept them?"):
            return USAGE
        door.accept_server(name)
    session.output.good(f"{name}: {len(entry.tools)} tools accepted as they are")
    return COMPLETED
