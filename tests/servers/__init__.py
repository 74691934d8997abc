"""Small real MCP servers, good and misbehaving. Each is a program; `server(name)` gives its path.

They import nothing of ours. What they are told comes through their arguments and the environment.
"""

import sys
from pathlib import Path

from aether_agents.contracts import ServerSpec

FOLDER = Path(__file__).parent


def spec(program: str, *args: str, name: str = "", queue: str = "dev", **more: object) -> ServerSpec:
    """A trusted server that runs `tests/servers/<program>.py` with this interpreter."""
    env = more.get("env", {})
    assert isinstance(env, dict)
    return ServerSpec.model_validate(
        {
            "name": name or program,
            "queue": queue,
            "command": sys.executable,
            "args": (str(FOLDER / f"{program}.py"), *args),
            "trusted": True,
            "source": "tests",
            "writes": (str(Path(env["COUNT_LOG"]).parent),) if "COUNT_LOG" in env else (),
            **more,
        }
    )


def bundled(program: str, *args: str, **more: object) -> ServerSpec:
    """The same as a specialist brings its own: a Python module, which may be a fork."""
    env = more.pop("env", {})
    assert isinstance(env, dict)
    module = {"bundled": True, "args": ("-P", "-m", program, *args), "env": {"PYTHONPATH": str(FOLDER), **env}}
    return spec(program, **{**module, **more})
