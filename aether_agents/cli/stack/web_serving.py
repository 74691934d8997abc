"""Web serving: `aether-agent serve` in this terminal, in front of the configured broker or the embedded stack."""

import sys
from importlib.util import find_spec
from pathlib import Path

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.errors import InvalidSettings
from aether_agents.process.installation import install_command

#: What it stands on, beside the base install.
NEEDED = ("socketio", "starlette", "uvicorn", "prometheus_client")


def serve_web(session: Session, *, host: str | None, port: int | None, token_file: Path | None) -> int:
    """Serve until told to end.

    Raises:
        InvalidSettings: something is not installed, the token cannot be read, or the port is taken.
        StackError: the embedded stack cannot be started.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise InvalidSettings(f"`serve` needs {', '.join(missing)}: `{install_command('serve')}`")
    from aether_agents.agentserver.web import token as tokens  # noqa: PLC0415 - only who has it installed can load it
    from aether_agents.agentserver.web.web_server import serve  # noqa: PLC0415 - as above

    given = {"host": host, "port": port, "token_file": token_file.absolute() if token_file else None}
    with session.reaching() as settings:
        where = token_file or tokens.token_file(settings)
        place = settings.agentserver.model_copy(update={key: one for key, one in given.items() if one is not None})
        serve(settings.model_copy(update={"agentserver": place}), lambda url, token: _say(session, url, token, where))
    return COMPLETED


def _say(session: Session, url: str, token: str, where: Path) -> None:
    """The address is the result. What is behind its `#` never leaves the browser."""
    if session.output.json_wanted:
        session.output.json_line({"url": url, "page": f"{url}#token={token}"})
    elif sys.stdout.isatty():
        session.output.text(f"{url}#token={token}")
        session.output.hint("open it in a browser; Ctrl-C ends it, and tasks go on as long as their workers do")
    else:  # a log is read by more people than a terminal
        session.output.text(url)
        session.output.hint(f"its token is in {where}")
