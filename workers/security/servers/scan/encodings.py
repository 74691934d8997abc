"""Texts in encodings that a file does not say it has: those of mainframes, and of scripts before Unicode.

They are tried where a cheap look says so: a text in EBCDIC has other bytes than any other; of the others, the words for
a password tell in which encoding a file is.
"""

from collections.abc import Iterator

from .notations.names import FOREIGN

_LOOK = 4_096
#: Letters, digits, blanks and ends of lines in EBCDIC, and their share in a text.
_EBCDIC = frozenset(
    (
        *(0x40, 0x15, 0x25, 0x0D),
        *range(0x81, 0x8A), *range(0x91, 0x9A), *range(0xA2, 0xAA),
        *range(0xC1, 0xCA), *range(0xD1, 0xDA), *range(0xE2, 0xEA), *range(0xF0, 0xFA),
    )
)  # fmt: skip
_SHARE = 0.7
_ENCODINGS = (
    *("cp1251", "koi8_r", "cp866", "iso8859_5", "shift_jis", "euc_jp", "iso2022_jp", "gb18030", "big5", "euc_kr"),
    *("cp1253", "cp1255", "cp1256", "cp1252", "cp1250", "cp1254", "cp1257", "cp874"),
)
_SHORTEST = 4


def _written(encoding: str) -> tuple[bytes, ...]:
    """The words for a password in an encoding: those that it has, and that are not the same in ASCII."""
    written = set[bytes]()
    others = [word for word in FOREIGN if not word.isascii()]
    for form in (form for word in others for form in (word, word.capitalize(), word.upper())):
        try:
            coded = form.encode(encoding)
        except UnicodeEncodeError:
            continue
        if len(coded) >= _SHORTEST:
            written.add(coded)
    return tuple(written)


_WORDS = {encoding: _written(encoding) for encoding in _ENCODINGS}


def otherwise(data: bytes) -> Iterator[str]:
    """The text that a file is in another encoding than it seems to have; most have none."""
    if _is_unicode(data) or b"\0" in data[:_LOOK]:
        return
    begin = data[:_LOOK]
    if begin.count(0x40) > begin.count(0x20) and sum(byte in _EBCDIC for byte in begin) >= _SHARE * len(begin):
        yield data.decode("cp037").replace("\x85", "\n")
        return
    for encoding, words in _WORDS.items():
        if any(word in data for word in words):
            yield data.decode(encoding, "replace")


def _is_unicode(data: bytes) -> bool:
    """Whether it is UTF-8, and does not switch to another alphabet as Japanese mail does."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\x1b$" not in data
