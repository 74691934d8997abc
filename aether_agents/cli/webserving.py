"""Web serving: `aether-agent serve` in this terminal, in front of the configured broker or the embedded stack."""

from importlib.util import find_spec
from pathlib import Path

from aether_agents.cli.failure import COMPLETED
from aether_agents.cli.session import Session
from aether_agents.errors import InvalidSettings

#: What it stands on, beside the base install.
NEEDED = ("socketio", "starlette", "uvicorn")


def serve_web(session: Session, *, host: str | None, port: int | None, token_file: Path | None) -> int:
    """Serve until told to end.

    Raises:
        InvalidSettings: something is not installed, the token cannot be read, or the port is taken.
        StackError: the embedded stack cannot be started.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise InvalidSettings(f"`serve` needs {', '.join(missing)}: `pip install aether-agents[serve]`")
    from aether_agents.agentserver.serve import serve  # noqa: PLC0415 - only who has it installed can load it

    given = {"host": host, "port": port, "token_file": token_file.absolute() if token_file else None}
    with session.reaching() as settings:
        place = settings.agentserver.model_copy(update={key: one for key, one in given.items() if one is not None})
        serve(settings.model_copy(update={"agentserver": place}), lambda url, token: _say(session, url, token))
    return COMPLETED


def _say(session: Session, url: str, token: str) -> None:
    """The address is the result. What is behind its `#` never leaves the browser."""
    if session.output.json_wanted:
        session.output.json_line({"url": url, "page": f"{url}#token={token}"})
    else:
        session.output.text(f"{url}#token={token}")
        session.output.hint("open it in a browser; Ctrl-C ends it, and tasks go on as long as their workers do")
