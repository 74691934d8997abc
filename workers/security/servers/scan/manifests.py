"""Entries of Kubernetes Secrets, and parts of keys in JSON (JWK): the document's kind makes them secrets."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from .notations import Noted
from .notations.names import NAMED, in_english

#: Lines of one document that are looked at, and characters of one entry.
MAX_LINES, MAX_ENTRY = 5_000, 64 << 10
_KIND = re.compile(r"[\"']?kind[\"']?[ \t]{0,8}:[ \t]{0,8}[\"']?Secret[\"']?[ \t]{0,8}(?:[,}#]|$)")
_DATA = re.compile(
    r"(?P<blanks>[ \t]{0,40})(?:-[ \t]{1,4})?[\"']?(?P<which>data|stringData)[\"']?[ \t]{0,8"
    r"}:[ \t]{0,8}(?P<flow>\{?)"
)
_ENTRY = re.compile(
    r"(?P<blanks>[ \t]{0,80})[\"']?(?P<name>[\w.-]{1,253})[\"']?[ \t]{0,8}:[ \t]{0,8}(?:!!\w{1,20}[ \t]{1,4})?"
    r"(?P<value>[^#]{1,65536}?)[ \t]{0,8}(?:,?[ \t]{0,8}|[ \t]#.*)$"
)
_FLOW = re.compile(
    r"[\"']?(?P<name>[\w.-]{1,253})[\"']?[ \t]{0,8}:[ \t]{0,8}[\"']?(?P<value>[^\"',{}\s]{4,"
    r"65536})[\"']?"
)
_BLOCK = re.compile(r"[|>][+-]?\d?")
#: Entries that tell who, where or what, and not how to get in.
_OPEN = re.compile(
    r"user(?:_?name)?|login|email|name|host(?:name)?|port|url|uri|database|db|region|endpoin"
    r"t|bucket|namespace|type|ca\.crt"
    r"|tls\.crt|version|issuer|account|client_?id|mode|path|domain|server|address|protocol|s"
    r"cheme|level|env(?:ironment)?",
    re.IGNORECASE,
)
_JWK = re.compile(r"[\"']kty[\"'][ \t]{0,8}:")
_KEY_PART = re.compile(
    r"[\"'](?:d|k|p|q|dp|dq|qi)[\"'][ \t]{0,8}:[ \t]{0,8}[\"'](?P<value>[A-Za-z0-9_-]{20,4000})[\"']"
)
#: Lines about the kind of a key in which its parts stand.
_NEAR = 15

Place = tuple[int, Noted]


def entries(texts: Sequence[str]) -> Iterator[Place]:
    """The secrets of such documents in a file: the index of each line, and what is noted there."""
    if not any("Secret" in text or "kty" in text for text in texts):
        return
    starts = [0, *(index + 1 for index, text in enumerate(texts) if text.startswith("---")), len(texts)]
    for start, end in pairwise(starts):
        document = texts[start : min(end, start + MAX_LINES)]
        if any("Secret" in text and _KIND.search(text) for text in document):
            yield from ((start + index, noted) for index, noted in _of_secret(document))
    for index, text in enumerate(texts):
        if '"kty"' in text or "'kty'" in text:
            for at in range(max(0, index - _NEAR), min(len(texts), index + _NEAR)):
                yield from ((at, Noted(found["value"], "", "", "random")) for found in _KEY_PART.finditer(texts[at]))


def _of_secret(document: Sequence[str]) -> Iterator[Place]:
    depth, which, block = -1, "", ("", -1)
    for index, text in enumerate(document):
        if match := _DATA.match(text.replace("{", "", 1) if text.startswith("{") else text) or _DATA.search(text):
            depth, which, block = len(match["blanks"]), match["which"], ("", -1)
            if match["flow"]:
                for found in _FLOW.finditer(text, match.end()):
                    yield from _entry(index, found["name"], found["value"], which)
            continue
        blanks = len(text) - len(text.lstrip())
        if depth < 0 or not text.strip() or (block[1] >= 0 and blanks > block[1]):
            if block[1] >= 0 and text.strip():
                yield from _entry(index, block[0], text.strip(), which)
            continue
        if blanks <= depth and not text.lstrip().startswith(("}", "#")):
            depth = -1
        elif match := _ENTRY.match(text):
            block = (match["name"], blanks) if _BLOCK.fullmatch(match["value"]) else ("", -1)
            if block[1] < 0:
                yield from _entry(index, match["name"], match["value"].strip("\"'"), which)


def _entry(index: int, name: str, value: str, which: str) -> Iterator[Place]:
    plain = _plain(value) if which == "data" else value
    if not plain or "{{" in plain:
        return
    promising = NAMED.search(in_english(name)) is not None
    if "\n" in plain or " " in plain:
        yield from ((index, Noted(line, "", "", "text")) for line in plain.splitlines()[:200])
    elif promising or not _OPEN.fullmatch(name):
        yield index, Noted(plain, "password", "", "entry" if promising else "entry unnamed")


def _plain(value: str) -> str:
    try:
        decoded = base64.b64decode("".join(value[:MAX_ENTRY].split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return (
        decoded.strip() if decoded.strip().replace("\n", "").replace("\t", "").replace("\r", "").isprintable() else ""
    )
