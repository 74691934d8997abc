"""An entry of a server file as people may see it: without what is written out under the name of a secret."""

import re
from collections.abc import Mapping
from typing import Any

from aether_agents.mcp_host.files.server_file import SECRET_NAME
from aether_agents.process.redaction import MASK

#: A value that is only looked up elsewhere, perhaps after the name of a scheme; with a default, it is written out.
_VARIABLE = re.compile(r"(?:[\w-]+[:=]\s?)?(?:(?:Bearer|Basic|Token)\s+)?\$\{[^}:]*(?:env:\w+)?\}")
_LITERAL = re.compile(r"^(?P<option>--?[\w-]+=)(?P<value>.+)$")
#: A password in an address, and what stands in its query under the name of a secret.
_LOGIN = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+@")
_ASKED = re.compile(r"([?&;][\w.-]*(?:token|secret|passw|key|auth|sig)[\w.-]*=)(?!\$\{)[^&#\s]+", re.IGNORECASE)


def masked(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry for people: what is written out under the name of a secret is not shown."""
    shown = dict(entry)
    for key in ("env", "headers"):
        if isinstance(entry.get(key), Mapping):
            shown[key] = {
                name: MASK if SECRET_NAME.search(str(name)) and not _VARIABLE.fullmatch(str(value)) else _address(value)
                for name, value in entry[key].items()
            }
    if isinstance(args := entry.get("args"), list):
        pairs = zip(["", *args], args, strict=False)
        shown["args"] = [_address(_hidden(str(word), str(before))) for before, word in pairs]
    for key in ("url", "command"):
        if key in shown:
            shown[key] = _address(shown[key])
    return shown


def _address(value: Any) -> Any:
    """A text without the passwords of the addresses in it."""
    if not isinstance(value, str):
        return value
    return _ASKED.sub(rf"\1{MASK}", _LOGIN.sub(rf"\1:{MASK}@", value))


def _hidden(word: str, before: str) -> str:
    if _VARIABLE.fullmatch(word):
        return word
    if (found := _LITERAL.match(word)) and SECRET_NAME.search(found["option"]):
        return f"{found['option']}{MASK}"
    if ":" in word and SECRET_NAME.search(word.partition(":")[0]) and "/" not in word.partition(":")[0]:
        return f"{word.partition(':')[0]}:{MASK}"  # a header among the words
    return MASK if before.startswith("-") and "=" not in before and SECRET_NAME.search(before) else word
