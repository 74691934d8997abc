"""An entry of a server file as people may see it: without what is written out under the name of a secret."""

import re
from collections.abc import Mapping
from typing import Any

from aether_agents.process.redaction import MASK

#: Names of what is a secret where it is written out, and words of a command that are.
_SECRET = re.compile(r"token|secret|passw|credential|api.?key|private.?key|auth|cookie|bearer", re.IGNORECASE)
_LITERAL = re.compile(r"^(?P<option>--?[\w-]+=)(?P<value>.+)$")


def masked(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry for people: what is written out under the name of a secret is not shown."""
    shown = dict(entry)
    for key in ("env", "headers"):
        if isinstance(entry.get(key), Mapping):
            shown[key] = {
                name: MASK if _SECRET.search(str(name)) and "${" not in str(value) else value
                for name, value in entry[key].items()
            }
    if isinstance(args := entry.get("args"), list):
        shown["args"] = [_hidden(str(word), str(before)) for before, word in zip(["", *args], args, strict=False)]
    return shown


def _hidden(word: str, before: str) -> str:
    if "${" in word:
        return word
    if (found := _LITERAL.match(word)) and _SECRET.search(found["option"]):
        return f"{found['option']}{MASK}"
    if ":" in word and _SECRET.search(word.partition(":")[0]) and "/" not in word.partition(":")[0]:
        return f"{word.partition(':')[0]}:{MASK}"  # a header among the words
    return MASK if before.startswith("-") and "=" not in before and _SECRET.search(before) else word
