"""Local code: what of a playbook would run on this machine itself, even in a preview.

A preview changes nothing on the hosts. But ansible runs plugins and some look-ups where it is started: a playbook that
somebody else wrote must not get that by being looked at.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable

#: A look-up that runs a program or asks the network, or whose name is put together.
_LOOKUP = re.compile(
    r"\b(?:lookup|query|q)\s*\(\s*(?!['\"](?:ansible\.builtin\.)?"
    r"(?:config|csvfile|dict|env|file|fileglob|first_found|indexed_items|ini|inventory_hostnames|items|list|nested|"
    r"random_choice|sequence|subelements|together|unvault|varnames|vars)['\"])|^\s*-?\s*with_(?:pipe|lines|url)\s*:",
    re.MULTILINE,
)
_TEXTS = frozenset((".yaml", ".yml", ".j2", ".json", ".ini", ".cfg", ""))
_FOLDERS = re.compile(r"^(?:library|module_utils|collections|ansible_collections|.+_plugins)$")
#: What an ansible.cfg may say that makes nothing run.
_PLAIN = re.compile(
    r"^(?:remote_user|remote_port|private_key_file|host_key_checking|inventory|forks|timeout|roles_path|gathering|nocows|"
    r"interpreter_python|retry_files_enabled|stdout_callback|deprecation_warnings|pipelining|become.*|any_errors_fatal|"
    r"display_.*|hash_behaviour|force_color|nocolor|callback_result_format)$"
)
#: Bytes of one file that are looked at.
_MOST = 1 << 20


def refuse_local_code(playbook: Path, inventory: Path) -> None:
    """Refuse a playbook that would run something here.

    Raises:
        ToolError: it would; the error has the file and what to say to let it.
    """
    for root in dict.fromkeys((playbook.parent, inventory if inventory.is_dir() else inventory.parent)):
        for found in _found(root):
            raise ToolError(
                f"{printable(found)}: this runs on this machine even in a preview. Look at it; if it is to be trusted, "
                "say `allow_code=true`"
            )


def _found(root: Path) -> Iterator[str]:
    for at, folders, files in os.walk(root):
        folders[:] = sorted(one for one in folders if not one.startswith(".") and one != "node_modules")
        for one in folders:
            if _FOLDERS.match(one) and any(path.suffix == ".py" for path in Path(at, one).rglob("*")):
                yield f"{Path(at, one)} holds plugins or modules"
        for one in sorted(files):
            path = Path(at, one)
            if path.suffix not in _TEXTS or not path.is_file():
                continue
            text = path.read_bytes()[:_MOST].decode("utf-8", "replace")
            if one == "ansible.cfg":
                yield from _settings(path, text)
            elif found := _LOOKUP.search(text):
                line = text.count("\n", 0, found.start()) + 1
                yield f"{path}:{line} looks something up by a program or the network"


def _settings(path: Path, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        name, sign, _ = line.partition("=")
        if sign and not line.lstrip().startswith(("#", ";")) and not _PLAIN.match(name.strip()):
            yield f"{path}:{number} sets `{printable(name.strip(), 60)}`"
