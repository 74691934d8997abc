"""The user's own server file in AETHER_HOME: the one place a server is added to by this product.

What stands there is trusted, because only the user writes there; so nothing is added that was not shown first.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aether_agents.errors import InvalidSettings
from aether_agents.process.private_folder import make_private, replace_private
from aether_agents.process.regular_file import read_text

#: Its name in AETHER_HOME.
USER_FILE = "mcp.json"


def add_server(home: Path, name: str, entry: Mapping[str, Any]) -> Path:
    """Write one more server into the file, which only its owner may read; all else in it stays.

    Raises:
        InvalidSettings: the file is not one that can be added to, or has a server of that name.
    """
    path = home / USER_FILE
    data = _read(path)
    servers = data.setdefault("mcpServers", {})
    if not isinstance(servers, dict) or name in servers:
        raise InvalidSettings(f"{path}: has a server `{name}` already: change it there, or add this one `--as` another")
    servers[name] = dict(entry)
    make_private(home)
    replace_private(path, (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode())
    return path


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(read_text(path))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidSettings(f"{path}: is not plain JSON ({error}): add the server by hand") from None
    if not isinstance(data, dict):
        raise InvalidSettings(f"{path}: expected an object with the key `mcpServers`")
    return data
