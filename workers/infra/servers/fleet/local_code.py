"""Local code: what of a playbook would run on this machine itself, even in a preview.

A preview changes nothing on the hosts. But ansible runs plugins and some look-ups where it is started: a playbook that
somebody else wrote must not get that by being looked at.
"""

import os
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.git import printable
from workers.inspection.text import opened

from .outside import all_outside

#: Look-ups that read files and names, and nothing else.
_SAFE = (
    r"['\"](?:ansible\.builtin\.)?(?:config|csvfile|dict|env|file|fileglob|first_found|indexed_items|ini|"
    r"inventory_hostnames|items|list|nested|random_choice|sequence|subelements|together|unvault|varnames|vars)['\"]"
)
#: A look-up that runs a program or asks the network, or whose name is put together; letters that are written as
#: numbers; a program that logs in.
_LOOKUP = re.compile(
    rf"\b(?:lookup|query|q)\s*\(\s*(?!{_SAFE})|\bwith_(?:ansible\.builtin\.)?(?:pipe|lines|url)\b"
    r"|\\(?:x|u00|U000000)(?:4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])"
    r"|\bansible_(?:ssh|scp|sftp)_executable\b|\b(?:Proxy|Local)Command\b"
    # An interpreter of the author's own runs here on `connection: local`; those of systems are nobody's to write.
    r"|\bansible_\w{1,30}_(?:interpreter|executable)\b[\"']?\s*[:=]"
    r"(?!\s*[\"']?(?:auto\w*|\{\{ ?ansible_playbook_python ?\}\}|(?:/usr(?:/local)?)?/bin/[\w.-]+)[\"']?(?:[\s,}]|$))",
    re.IGNORECASE,
)
#: The same within what is filled in, of a file of any kind: a template may have any name, and marks of its own.
_FILLED = re.compile(
    rf"\{{[{{%](?:(?![%}}]\}}).)*?\b(?:lookup|query|q)\b(?!\s*\(\s*{_SAFE})|#jinja2\s*:.*_start_string", re.DOTALL
)
#: Values that say by which program, or where, ansible logs in.
_LOGIN = re.compile(r"ansible_(?:(?:ssh|scp|sftp)_.+|connection|.+_interpreter|.+_executable)")
_TEXTS = frozenset((".yaml", ".yml", ".j2", ".json", ".ini", ".cfg", ""))
_FOLDERS = re.compile(r"^(?:library|module_utils|collections|ansible_collections|.+_plugins)$")
#: What an ansible.cfg may say that makes nothing run.
_PLAIN = re.compile(
    r"^(?:remote_user|remote_port|private_key_file|host_key_checking|inventory|forks|timeout|roles_path|gathering|nocows|"
    r"interpreter_python|retry_files_enabled|stdout_callback|deprecation_warnings|pipelining|become|become_(?:method|user|ask_pass)|any_errors_fatal|"
    r"display_.*|hash_behaviour|force_color|nocolor|callback_result_format)$"
)
#: Folders that a run reads nothing of.
_LEFT_OUT = frozenset((".git", ".venv", "node_modules"))
#: Bytes of one file that are looked at; a longer one is refused.
_MOST = 8 << 20
#: Files elsewhere that are looked at.
_MOST_OUTSIDE = 5_000


def refuse_local_code(playbook: Path, inventory: Path, variables: Mapping[str, Any]) -> None:
    """Refuse a playbook that would run something here, or values that would: ansible fills in those, too.

    Raises:
        ToolError: it would; the error has the file and what to say to let it.
    """
    for text in _texts(dict(variables)):
        if _FILLED.search(text) or _LOGIN.fullmatch(text):
            raise ToolError(
                f"the variables hold `{printable(text, 60)}`: this may run something here even in a preview. "
                "If it is to be trusted, say `allow_code=true`"
            )
    roots = dict.fromkeys((playbook.parent, inventory if inventory.is_dir() else inventory.parent))
    for found in chain(*(_found(root, playbook) for root in roots), _found_outside(playbook)):
        raise ToolError(
            f"{printable(found)}: this runs on this machine even in a preview. Look at it; if it is to be trusted, "
            "say `allow_code=true`"
        )


def _texts(value: object) -> Iterator[str]:
    """Every text of a value, names too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from (*_texts(name), *_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _found(root: Path, playbook: Path) -> Iterator[str]:
    for at, folders, files in os.walk(root):
        folders[:] = sorted(one for one in folders if one not in _LEFT_OUT)
        for one in folders:
            if _FOLDERS.match(one) and any(path.suffix == ".py" for path in Path(at, one).rglob("*")):
                yield f"{Path(at, one)} holds plugins or modules"
        for one in sorted(files):
            path = Path(at, one)
            if path.is_file():
                yield from _said(path, whole=path.suffix in _TEXTS or path == playbook)


def _found_outside(playbook: Path) -> Iterator[str]:
    """The same in what a playbook takes from elsewhere: roles, tasks, values, other playbooks."""
    files = all_outside(playbook, _MOST_OUTSIDE)
    if len(files) > _MOST_OUTSIDE:
        yield f"{playbook} takes more than {_MOST_OUTSIDE:,} files from elsewhere: too many to be looked at"
    beside = {one for path in files for one in path.parent.iterdir() if one.is_dir() and _FOLDERS.match(one.name)}
    for folder in sorted(beside):  # of another playbook, whose plugins are taken too
        if any(path.suffix == ".py" for path in folder.rglob("*")):
            yield f"{folder} holds plugins or modules"
    for path in sorted(files):
        if path.suffix == ".py" and any(_FOLDERS.match(part) for part in path.parts):
            yield f"{path.parent} holds plugins or modules"
        yield from _said(path, whole=path.suffix in _TEXTS)


def _said(path: Path, *, whole: bool) -> Iterator[str]:
    """What a file says that would run; `whole`: all of it is read by ansible, else what is filled in."""
    with opened(path) as file:
        raw = file.read(_MOST + 1)
    if whole and len(raw) > _MOST:
        yield f"{path} is over {_MOST >> 20} MiB, too long to be looked at"
    text = raw.decode("utf-8", "replace")
    if path.name == "ansible.cfg":
        yield from _settings(path, text)
    elif found := (_LOOKUP.search(text) if whole else None) or _FILLED.search(text):
        line = text.count("\n", 0, found.end()) + 1
        yield f"{path}:{line} looks something up by a program or the network"


def _settings(path: Path, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        name, sign, _ = line.partition("=")
        if sign and not line.lstrip().startswith(("#", ";")) and not _PLAIN.match(name.strip()):
            yield f"{path}:{number} sets `{printable(name.strip(), 60)}`"
