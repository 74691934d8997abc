"""Other ways to read a line: what escapes, encodings, pieces or a character that nobody sees keep from the eye."""

import base64
import binascii
import html
import re
import unicodedata
import zlib
from collections.abc import Iterator

from .cleaning import cleaned
from .joining import joined

_ESCAPE = re.compile(r"%[2-7][0-9A-Fa-f]|&#x?[0-9A-Fa-f]{2,6};|\\x[2-7][0-9A-Fa-f]|\\u00[2-7][0-9A-Fa-f]")
_OCTAL = re.compile(r"(?:\\[01][0-7]{2}){4,}")
#: Quoted-printable: an equals sign and two digits.
_QUOTED = re.compile(r"=(?:3[AD]|[2-7][0-9A-F](?==[2-7][0-9A-F])|(?<==[2-7][0-9A-F]=)[2-7][0-9A-F])")
#: UTF-7: a plus sign and the base64 of letters of two bytes, each of which begins with a zero byte.
_UTF_7 = re.compile(r"\+(A[A-Za-z0-9+/]{2,400})-?")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_BASE_32 = re.compile(r"[A-Z2-7]{32,}={0,6}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{32,}")
_SPACED = re.compile(r"(?:(?:0x|\\x)?[2-7][0-9A-Fa-f][ ,:-]{1,2}){15,}(?:0x|\\x)?[2-7][0-9A-Fa-f]")
_TEXT = re.compile(rb"[\t\r\n\x20-\x7e]+")
#: Runs of one line that are decoded, and the bytes that one may unpack to.
_MOST, _UNPACKED = 20, 64 << 10
#: Quotation marks of other scripts.
_MARKS = str.maketrans(dict.fromkeys("「」『』“”„«»‘’‚《》", '"'))
_GZIP = b"\x1f\x8b\x08"


def readings(text: str) -> Iterator[str]:
    """Each other reading of a line of bounded length; most lines have none."""
    yield from cleaned(text)
    if not text.isascii():
        folded = unicodedata.normalize("NFKC", text.translate(_MARKS))[
            : 2 * len(text)
        ]  # one character can become eighteen
        if (seen := "".join(char for char in folded if unicodedata.category(char) != "Cf")) != text:
            yield seen
    if ("%" in text or "\\" in text or "&#" in text) and _ESCAPE.search(text):
        yield _ESCAPE.sub(_unescaped, text)
    if "\\" in text and _OCTAL.search(text):
        yield _OCTAL.sub(lambda run: "".join(chr(int(one, 8)) for one in run.group().split("\\")[1:]), text)
    if "=3D" in text or "=3A" in text or ("=" in text and _QUOTED.search(text)):
        yield re.sub("=([2-7][0-9A-F])", lambda match: chr(int(match[1], 16)), text)
    if "+A" in text and (wide := _UTF_7.sub(_narrowed, text)) != text:
        yield wide
    if (whole := joined(text)) is not None:
        yield whole
    for match in list(_ENCODED.finditer(text))[:_MOST]:
        yield from _plain(match.group())
    if spaced := _SPACED.search(text):
        yield from _plain(re.sub(r"0x|[^0-9A-Fa-f]", "", spaced.group()))


def _unescaped(match: "re.Match[str]") -> str:
    escape = match.group()
    return html.unescape(escape) if escape.startswith("&") else chr(int(escape.lstrip("%\\xu"), 16))


def _narrowed(match: "re.Match[str]") -> str:
    try:
        return match.group().rstrip("-").encode().decode("utf-7")
    except UnicodeError:
        return match.group()


def _plain(run: str) -> Iterator[str]:
    """The text that a run of letters stands for, and what stands in that in the same way, once more."""
    plain = _decoded(run)
    if not plain:
        return
    yield plain
    for inner in list(_ENCODED.finditer(plain))[:2] if len(plain) < len(run) else ():
        if more := _decoded(inner.group()):
            yield more


def _decoded(run: str) -> str:
    """The text that a run of letters stands for; empty if it stands for none."""
    run = run.rstrip("=")
    try:
        if _HEXADECIMAL.fullmatch(run) and len(run) % 2 == 0:
            plain = bytes.fromhex(run)
        elif _BASE_32.fullmatch(run):
            plain = base64.b32decode(run + "=" * (-len(run) % 8))
        elif run.lower() != run != run.upper():
            padded = run + "=" * (-len(run) % 4)
            plain = base64.b64decode(padded.translate(str.maketrans("-_", "+/")), validate=True)
        else:
            return ""
    except (binascii.Error, ValueError):
        return ""
    if plain.startswith(_GZIP):
        plain = _unpacked(plain)
    if b"\0" in plain[:2] and plain.count(b"\0") * 2 == len(plain):
        plain = plain.replace(b"\0", b"")  # two bytes for each letter, as PowerShell encodes its commands
    return plain.decode("ascii") if _TEXT.fullmatch(plain) else ""


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(packed, _UNPACKED)
    except zlib.error:
        return b""
