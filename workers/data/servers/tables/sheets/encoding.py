"""Encoding: which one a text is in, by the evidence of all its bytes that are not ASCII."""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import IO, NamedTuple

#: Bytes that are looked at at once, and the most lines with other bytes than ASCII that are kept as evidence, in bytes.
CHUNK, EVIDENCE = 1 << 20, 1 << 16
#: So much better than the next other reading must one be, or it is only a guess.
_SURE = 0.05
#: Of all characters that are not ASCII, so many may be no UTF-8 before another encoding is looked for.
_STRAY = 0.1

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_QUOTING = frozenset("‘’“”„‚–—…•€£§°©®™«»¿¡ºª½¼¾²³×±µ№¥¢\N{NO-BREAK SPACE}")
_INSIDE = frozenset("’·‐–")
#: How usual letters are, where they are not quite usual: what tells the encodings of Europe apart.
_SELDOM = dict.fromkeys("ýšžÿ", 0.5) | dict.fromkeys("ŕĺ", 0.6) | dict.fromkeys("ìðþò", 0.75)
_SELDOM |= dict.fromkeys("õû", 0.8) | dict.fromkeys("ùø", 0.9)
_CENTRAL = (
    dict.fromkeys("ŕĺ", 0.6) | dict.fromkeys("šž", 1.0) | dict.fromkeys("őű", 0.95) | dict.fromkeys("ąćęłńśźż", 0.95)
)
_USUAL = frozenset("éèàáíóúñäöüßçâêôãåæëïîœ")
_JAPANESE, _CHINESE, _TAIWANESE, _KOREAN = "euc_jp", "gb2312", "big5", "euc_kr"
#: Of the two bytes of a character the first: of kana in other languages, the last of everyday ones, of shared ones.
_KANA = {_CHINESE: (0xA4, 0xA5), _KOREAN: (0xA4,)}
_EVERYDAY = {_JAPANESE: 0xCF, _CHINESE: 0xD7, _TAIWANESE: 0xC6, _KOREAN: 0xC8}
_SHARED = {_JAPANESE: (range(0xB0, 0xC9), 0.98), _CHINESE: (range(0xB0, 0xD0), 0.97)}


class Encoding(NamedTuple):
    """What a text is read as."""

    name: str  #: as Python knows it
    guess: bool  #: whether another reading is nearly as likely


def find_encoding(file: IO[bytes]) -> Encoding:
    """The encoding of a file, which is read to its end."""
    head = file.read(CHUNK)
    if marked := _marked(head):
        return Encoding(marked, False)
    evidence = b"\n".join(_evidence(file, head))
    if not evidence:
        return Encoding("utf-8", False)
    text = evidence.decode("utf-8", "surrogateescape")
    stray = sum("\udc80" <= char <= "\udcff" for char in text)
    read = sum(char > "\x7f" for char in text) - stray
    # A few bytes that are no UTF-8 in a text that else is: those records are set aside, the others are read.
    if stray <= _STRAY * read:
        return Encoding("utf-8", False)
    ranked = sorted(_CANDIDATES, key=lambda one: _likely(evidence, *one), reverse=True)
    name, best = ranked[0][0], _likely(evidence, *ranked[0])
    reading = evidence.decode(name, "replace")
    other = next(one for one in ranked if evidence.decode(one[0], "replace") != reading)
    return Encoding(name, best - _likely(evidence, *other) < _SURE)


def _marked(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    start = head[:4096]
    zeros = start.count(0)
    if zeros <= len(start) // 4 or zeros > len(start) * 5 // 8:
        return ""
    odd = start[1::2].count(0)
    return "utf-16-le" if odd > zeros * 0.9 else "utf-16-be" if odd < zeros * 0.1 else ""


def _evidence(file: IO[bytes], head: bytes) -> Iterator[bytes]:
    """Lines that hold bytes beyond ASCII, from all over a file."""
    kept, chunk = 0, head
    while chunk and kept < EVIDENCE:
        if not chunk.isascii():
            here = 0
            chunk += file.readline(CHUNK)  # no character is cut in two
            for found in _LINE.finditer(chunk):
                line = found[0][:EVIDENCE]
                yield line
                here += len(line)
                if here > EVIDENCE // 4:
                    break
            kept += here
        chunk = file.read(CHUNK)


def _likely(evidence: bytes, name: str, judge: Callable[[str, str, str, str], float], seldom: float) -> float:
    """How likely a text is in an encoding, 1 at most."""
    text = evidence.decode(name, "replace")
    if name in ("cp1252", "iso8859_15") and "ã" in text:
        text = text.replace("õ", "ã")  # Portuguese has both
    points, count = 0.0, 0
    for place, char in enumerate(text):
        if char <= "\x7f":
            continue
        before, after = text[max(0, place - 2) : place], text[place + 1 : place + 3]
        points += -5.0 if char == "\N{REPLACEMENT CHARACTER}" else judge(char, before, after, name)
        count += 1
    few = 0.05 if name == _KOREAN and count < 8 else 0.0  # noqa: PLR2004 - then it may as well be Japanese
    return points / count - seldom - few if count else 0.0


def _wide(char: str, before: str, after: str, name: str) -> float:
    """A character of East Asia: the everyday ones, among their like."""
    before, after = before[-1:], after[:1]
    home = {"cp932": _JAPANESE, "gb18030": _CHINESE}.get(name, name)
    if "\uff61" <= char <= "\uff9f":  # half as wide
        alone = not any("\uff61" <= other <= "\uff9f" for other in (before, after))
        return 0.0 if alone or _is_plain(before) or _is_plain(after) else 0.9
    try:
        lead = char.encode(home)[0]
    except UnicodeEncodeError:
        return 0.4 if name == "cp932" and not _is_private(char) else 0.0
    if lead in _KANA.get(home, ()):
        return 0.2  # the kana of another language
    everyday = 1.0 if lead <= _EVERYDAY[home] else 0.5 if home == _JAPANESE else 0.2
    # What may be Korean syllables, or everyday Japanese, is so if nothing else is there.
    shared, at_most = _SHARED.get(home, (range(0), 1.0))
    everyday = min(everyday, at_most) if lead in shared else everyday
    near = [other for other in (before, after) if not other.isspace()]
    alone = not any(other > "\x7f" for other in near) and any(other.isdigit() for other in near)
    return everyday * (0.3 if any(map(_is_plain, near)) or (alone and home != _JAPANESE) else 1.0)


def _narrow(char: str, before: str, after: str, name: str) -> float:
    """A character of an alphabet: a letter among letters of its own script, in a case that fits."""
    word = [*_word(before[::-1]), *_word(after)]
    before, after = before[-1:], after[:1]
    letters = [other for other in (before, after) if other.isalpha()]
    if not char.isalpha():
        inside = len(letters) == 2 and char not in _INSIDE  # noqa: PLR2004 - on both sides
        return 0.95 if char in _QUOTING and not inside else 0.1
    script = _script(char)
    small_inside = char.islower() and char != "ß" and before.isupper() and after.isupper()
    if (char.isupper() and before.islower()) or small_inside or any(_script(other) != script for other in letters):
        return 0.1
    if script == "LATIN":
        # Whole words of accents are another alphabet.
        return 0.2 if letters and not any(map(_is_plain, word)) else _usual(char.lower(), name)
    known = 0.99 if "а" <= char.lower() <= "я" or char in "ёЁ" else 0.6 if script == "CYRILLIC" else 0.95
    return known if letters else 0.3


def _usual(letter: str, name: str) -> float:
    if letter in _USUAL:
        return 1.0
    if name == "cp1250":
        return _CENTRAL.get(letter, 0.85)
    return 0.95 if name == "cp1254" and letter in "ğış" else _SELDOM.get(letter, 0.7)


def _word(text: str) -> Iterator[str]:
    return takewhile(str.isalpha, text)


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _is_private(char: str) -> bool:
    return unicodedata.category(char) == "Co"


def _is_plain(char: str) -> bool:
    return char.isascii() and char.isalpha()


#: Encodings, how a character of each is judged, and how seldom each is met: the first of equals is taken.
_CANDIDATES: tuple[tuple[str, Callable[[str, str, str, str], float], float], ...] = (
    ("cp932", _wide, 0.0),
    ("euc_jp", _wide, 0.0),
    ("gb18030", _wide, 0.0),
    ("big5", _wide, 0.03),
    ("euc_kr", _wide, 0.0),
    ("cp1252", _narrow, 0.0),
    ("iso8859_15", _narrow, 0.0),
    ("cp1250", _narrow, 0.02),
    ("cp1251", _narrow, 0.0),
    ("koi8_r", _narrow, 0.01),
    ("cp866", _narrow, 0.01),
    ("iso8859_5", _narrow, 0.1),
    ("cp1253", _narrow, 0.0),
    ("cp1254", _narrow, 0.05),
    ("mac_roman", _narrow, 0.15),
    ("cp850", _narrow, 0.15),
)
