"""Redaction: secrets are taken out of what is said. Always before a text is cut: half a secret is not known.

`Redactor` does it for values that it is given. What this process has read that no line may show is remembered here too
(`hide`): whoever reads a secret hides it at once.
"""

import base64
import html
import json
import quopri
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, quote, quote_plus, unquote, urlsplit

MASK = "•••"

_PERCENT = re.compile(r"%[0-9A-F]{2}")
_DOUBLED = re.compile(r"%25[0-9A-F]{2}")

#: A JSON value. This module is at the bottom: the contracts, which name that type, would cost its readers their import.
Value = TypeVar("Value")


#: Characters that base64 of a value must have of its own before they are redacted: fewer stand in many words.
LEAST_BASE64 = 6
#: Characters of a value whose end is looked for first: a shorter one backwards may be a word.
LEAST_REVERSED = 8


class Redactor:
    """Values to redact, as they are and in the forms that programs put them into before they say them.

    Those are: within the quotes of JSON, Python, pages, shells and SQL, addresses (percent-encoded, all of it or where
    it must be, once or twice), upper and lower case, hexadecimal, quoted-printable, letters as numbers (`\\u0041`,
    `\\x41`, `&#65;`), the end first, and base64 and base32 wherever in it the value begins, as in `Authorization: Basic
    …`; base64 of UTF-16 too. What is compressed, encrypted, hashed, cut into lines or spelled otherwise is not.
    """

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in values for form in _forms(value) if form}
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without them."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def tail(self, text: str) -> str:
        """The text without them, and without its first characters: the rest of one may stand there."""
        return self.text(text)[len(self._forms[0]) if self._forms else 0 :]

    def value(self, value: Value) -> Value:
        """The JSON value without them, wherever they stand in it."""
        return cast("Value", self._without(value)) if self._forms else value

    def _without(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._without(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self._without(item) for key, item in value.items()}
        return value


def _forms(value: str) -> Iterator[str]:
    plain = value.strip()
    raw = plain.encode("utf-8", "replace")
    yield from (value, plain, plain.upper(), plain.lower())
    yield from _quoted(value)
    every = "".join(f"%{byte:02x}" for byte in raw)
    for coded in (quote(value), quote(value, safe=""), quote_plus(value), every):
        yield from (coded, _PERCENT.sub(lambda found: found[0].lower(), coded), coded.upper() if coded is every else "")
    yield from (raw.hex(), raw.hex().upper(), raw.hex(":"), raw.hex(":").upper(), raw.hex(" "))
    yield from _base64(raw)
    yield from (form for coding in ("utf-16-le", "utf-16-be") for form in _base64(plain.encode(coding, "replace")))
    yield from _base32(raw)
    yield from _spelled(plain, raw)


def _spelled(plain: str, raw: bytes) -> Iterator[str]:
    """Letter by letter: as numbers, twice percent-encoded, quoted-printable, and the end first."""
    twice = quote(quote(plain, safe=""), safe="")
    yield from (twice, _DOUBLED.sub(lambda found: found[0].lower(), twice), quopri.encodestring(raw).decode("ascii"))
    yield "".join(f"={byte:02X}" for byte in raw)
    for mark in ("\\u{:04x}", "\\u{:04X}", "\\x{:02x}", "\\x{:02X}", "&#{};", "&#x{:x};", "&#x{:X};"):
        yield "".join(mark.format(ord(char)) for char in plain)
    if len(plain) >= LEAST_REVERSED:
        yield plain[::-1]


def _quoted(value: str) -> Iterator[str]:
    """As it stands within quotes: of JSON (also of JSON within JSON), Python, pages, shells and SQL."""
    for plain in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        yield from (plain[1:-1], json.dumps(plain)[3:-3], json.dumps(plain, ensure_ascii=False)[3:-3])
    yield from (repr(value)[1:-1], ascii(value)[1:-1], html.escape(value), html.escape(value, quote=False))
    yield from (value.replace("'", "'\"'\"'"), value.replace("'", "'\\''"), value.replace("'", "''"))


def _base64(raw: bytes) -> Iterator[str]:
    """Of each of the three ways to stand in base64, the characters that nothing before or after it changes."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        certain = whole[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        if len(certain) >= LEAST_BASE64:
            yield from (certain, certain.replace("+", "-").replace("/", "_"))


def _base32(raw: bytes) -> Iterator[str]:
    """The same of each of the five ways to stand in base32."""
    for before in range(5):
        whole = base64.b32encode(bytes(before) + raw).decode().rstrip("=")
        certain = whole[-(-before * 8 // 5) : (before + len(raw)) * 8 // 5]
        if len(certain) >= LEAST_BASE64:
            yield from (certain, certain.lower())


#: A shorter one cannot be redacted without redacting half of what is said.
SHORTEST = 4
#: Passing values that are remembered: far more than tasks bring at a time; they rotate, and the oldest go.
MOST = 1_000

_lock = threading.Lock()
_lasting: dict[str, None] = {}
_passing: OrderedDict[str, None] = OrderedDict()
_hidden = Redactor(())


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
        _hidden = Redactor([*_lasting, *_passing])


def hide_address(url: str) -> None:
    """Hide the passwords in an address, as they are written there and as they are meant."""
    parts = urlsplit(url)
    written = parts.password or ""
    hide(written, unquote(written), *parse_qs(parts.query).get("password", []))


def redact(text: str) -> str:
    """The text without any of them."""
    return _hidden.text(text)
