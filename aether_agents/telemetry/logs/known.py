"""Known secrets: what this process has read that no line may show. Whoever reads a secret hides it here at once."""

import threading
from collections import OrderedDict
from urllib.parse import parse_qs, unquote, urlsplit

from aether_agents.process.redaction import Hidden

#: A shorter one cannot be struck out without striking out half of what is said.
SHORTEST = 4
#: Passing values that are remembered: far more than tasks bring at a time; they rotate, and the oldest go.
MOST = 1_000

_lock = threading.Lock()
_lasting: dict[str, None] = {}
_passing: OrderedDict[str, None] = OrderedDict()
_hidden = Hidden(())


def hide(*values: str | None, passing: bool = False) -> None:
    """Let these values appear in no line from now on. None and what is too short to be told from a word do nothing.

    Args:
        values: the process's own secrets, which are hidden for as long as it lives.
        passing: they are a task's instead; of those the last thousand are.
    """
    global _hidden  # noqa: PLW0603 - one process, one memory: replaced whole, so readers need no lock
    known = _passing if passing else _lasting
    fresh = [value for value in values if value and len(value.strip()) >= SHORTEST and value not in known]
    if not fresh:
        return
    with _lock:
        known.update(dict.fromkeys(fresh))
        while len(_passing) > MOST:
            _passing.popitem(last=False)
        _hidden = Hidden([*_lasting, *_passing])


def hide_address(url: str) -> None:
    """Hide the passwords in an address, as they are written there and as they are meant."""
    parts = urlsplit(url)
    written = parts.password or ""
    hide(written, unquote(written), *parse_qs(parts.query).get("password", []))


def strike(text: str) -> str:
    """The text without any of them."""
    return _hidden.text(text)
