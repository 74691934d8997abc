"""Regular expressions of strangers, matched in time that grows with the text and nothing else (RE2).

Python's own engine tries every way to split `aaaa…` over `^(a+)+$`: one such pattern, in a server's schema or in a
plan, would hold a worker for years. RE2 refuses what it cannot do in linear time (look-ahead, references to a group).
"""

import re
from functools import lru_cache
from typing import Any

#: Characters of a pattern that are looked at; a longer one is refused.
LONGEST = 10_000

#: `\u00e9` as ECMA-262 writes a character; RE2 writes `\x{00e9}`. The backslash itself must not be escaped.
_ECMA_CHARACTER = re.compile(r"(?<!\\)((?:\\\\)*)\\u(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]{1,6})\})")


class NotLinear(ValueError):
    """A pattern that is malformed, or that no engine matches in linear time."""


def found(pattern: str, text: str) -> bool:
    """Whether a pattern is found anywhere in a text.

    Raises:
        NotLinear: it is malformed, too long, or uses what cannot be matched in linear time; the message says which.
    """
    return _compiled(pattern).search(text.encode("utf-8", "replace").decode()) is not None


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> Any:
    import re2  # noqa: PLC0415 - of the worker extra: a client checks nothing and needs none

    if len(pattern) > LONGEST:
        raise NotLinear(f"it has more than {LONGEST:,} characters")
    options = re2.Options()
    options.log_errors = False  # it would write to standard error, which is somebody's terminal
    try:
        return re2.compile(_ECMA_CHARACTER.sub(_as_re2, pattern), options=options)
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if error.args else "it is malformed"
        raise NotLinear(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None


def _as_re2(found: re.Match[str]) -> str:
    return f"{found[1]}\\x{{{found[2] or found[3]}}}"
