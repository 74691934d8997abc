"""What a server wrote to its standard error: tracebacks, warnings, its own log."""

from aether_agents.cli.session.lookup import the_server
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.text import plain_line
from aether_agents.errors import InvalidSettings
from aether_agents.local.log_file import follow as followed
from aether_agents.local.log_file import last_lines
from aether_agents.mcp_host.transport.server_log import server_log_path


def show_server_log(session: Session, name: str, *, lines: int, follow: bool) -> int:
    """Print the last lines of a server's log, and what is added, if it is followed.

    Raises:
        InvalidSettings: there is no such server, or it runs elsewhere.
    """
    path = server_log_path(session.settings.home, name)
    if not path.is_file():
        spec = the_server(session, name)
        if spec.url is not None:
            raise InvalidSettings(f"`{name}` is a remote server: what it writes stays where it runs")
        path = server_log_path(session.settings.home, spec.name)
    before = last_lines(path.with_name(f"{path.name}.1"), lines)
    now = last_lines(path, lines)
    shown = [*before, *now][-lines:] if lines else []
    for line in shown:
        session.output.text(plain_line(line))
    if follow:
        for _, line in followed({name: path}, 0):
            session.output.text(plain_line(line))
    if not shown:
        session.output.hint(f"`{name}` wrote nothing in {path}; workers of another AETHER_HOME have their own")
    return COMPLETED
