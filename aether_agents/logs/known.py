"""Known secrets: what this process has read that no line may show. Whoever reads a secret hides it here at once."""

import threading
from collections import OrderedDict
from urllib.parse import parse_qs, unquote, urlsplit

from aether_agents.hidden import Hidden

#: A shorter one cannot be struck out without striking out half of what is said.
SHORTEST = 4
#: Values that are remembered: far more than one process has at a time; secrets rotate, and the oldest go.
MOST = 1_000

_lock = threading.Lock()
_values: OrderedDict[str, None] = OrderedDict()
_hidden = Hidden(())


def hide(*values: str | None) -> None:
    """Let these values appear in no line from now on. None and what is too short to be told from a word do nothing."""
    global _hidden  # noqa: PLW0603 - one process, one memory: replaced whole, so readers need no lock
    fresh = [value for value in values if value and len(value.strip()) >= SHORTEST and value not in _values]
    if not fresh:
        return
    with _lock:
        _values.update(dict.fromkeys(fresh))
        while len(_values) > MOST:
            _values.popitem(last=False)
        _hidden = Hidden(_values)


def hide_address(url: str) -> None:
    """Hide the passwords in an address, as they are written there and as they are meant."""
    parts = urlsplit(url)
    written = parts.password or ""
    hide(written, unquote(written), *parse_qs(parts.query).get("password", []))


def strike(text: str) -> str:
    """The text without any of them."""
    return _hidden.text(text)
