"""Other ways to read a line: what escapes, base64, hexadecimal or a character that nobody sees keep from the eye."""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator

_ESCAPE = re.compile(r"%[2-7][0-9A-Fa-f]|&#x?[0-9A-Fa-f]{2,6};|\\x[2-7][0-9A-Fa-f]|\\u00[2-7][0-9A-Fa-f]")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{32,}")
_TEXT = re.compile(rb"[\t\r\n\x20-\x7e]+")
#: Runs of one line that are decoded.
_MOST = 20


def readings(text: str) -> Iterator[str]:
    """Each other reading of a line of bounded length; most lines have none."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKC", text)[: 2 * len(text)]  # one character can become eighteen
        if (seen := "".join(char for char in folded if unicodedata.category(char) != "Cf")) != text:
            yield seen
    if ("%" in text or "\\" in text or "&#" in text) and _ESCAPE.search(text):
        yield _ESCAPE.sub(_unescaped, text)
    for match in list(_ENCODED.finditer(text))[:_MOST]:
        if plain := _decoded(match.group()):
            yield plain


def _unescaped(match: "re.Match[str]") -> str:
    escape = match.group()
    return html.unescape(escape) if escape.startswith("&") else chr(int(escape.lstrip("%\\xu"), 16))


def _decoded(run: str) -> str:
    """The text that a run of letters stands for; empty if it stands for none."""
    run = run.rstrip("=")
    try:
        if _HEXADECIMAL.fullmatch(run) and len(run) % 2 == 0:
            plain = bytes.fromhex(run)
        elif run.lower() != run != run.upper():
            padded = run + "=" * (-len(run) % 4)
            plain = base64.b64decode(padded.translate(str.maketrans("-_", "+/")), validate=True)
        else:
            return ""
    except (binascii.Error, ValueError):
        return ""
    return plain.decode("ascii") if _TEXT.fullmatch(plain) else ""
