"""A line without what only a terminal, a page or a printer minds: what stands between a name and its value unseen."""

import re
from collections.abc import Iterator

#: Colours of a terminal, and characters that no text has.
_TERMINAL = re.compile(
    "\x1b(?:\\[[0-9;?]{0,20}[ -/]?[@-~]|\\][^\x07\x1b]{0,200}(?:\x07|\x1b\\\\)|[@-Z])|[\x00-\x08\x0e-\x1b\x7f]"
)
#: A letter and the step back behind it: how printers made theirs bold.
_OVERSTRUCK = re.compile(".\x08")
#: Ends of lines that are none to a scanner, and blanks that are none to a pattern.
_ENDS = re.compile("[\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile("[\x0b\x0c\x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
#: Any of these.
_ODD = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_LONG_BLANK = re.compile(r"(?<=\S)[ \t]{9,}(?=\S)")
#: Tags that stand within a sentence, and any other; a text of an office program is cut into pieces by the first.
_INLINE = re.compile(
    r"</?(?:\w{1,5}:(?:r|t|rPr|proofErr|span|rFonts|b|i|lang)|b|i|u|em|strong|code|tt|kbd|span|font|mark|small|samp)"
    r"\b[^<>]{0,300}>"
)
#: A cell beside another, a term and what is said of it: a table.
_CELL = re.compile(r"</(?:t[dh]|dt)>[ \t]{0,20}<(?:t[dh]|dd)\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
#: Letters of other alphabets that look like ours, in a word that has both.
_ALIKE = str.maketrans(
    "аеорсхуіѕԁјһӏАВЕКМНОРСТХУІЅЈοανρτυικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcxyisdjhlABEKMHOPCTXYISJoavptuikABEZHIKMNOPTYX"
)
_MIXED = re.compile("[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")
#: A text as the numbers of its letters.
_NUMBER = r"(?:0x[2-7][0-9A-Fa-f]|\d{2,3})"
_NUMBERS = re.compile(
    rf"[\[({{]{{0,2}}[ \t]{{0,4}}(?:{_NUMBER}[ \t]{{0,2}},[ \t]{{0,2}}){{7,400}}{_NUMBER}[ \t]{{0,4}}[\])}}]{{0,2}}"
)
_PRINTED = range(0x20, 0x7F)
#: Pieces of text in what is none, and how many of a line are read.
_PIECE = re.compile(r"[\x20-\x7e]{10,400}")
_MOST = 200


def cleaned(text: str) -> Iterator[str]:
    """Each other reading of a line that comes of leaving such things out; most lines have none."""
    if _ODD.search(text):
        plain = _BLANKS.sub(" ", _TERMINAL.sub("", _OVERSTRUCK.sub("", text)))
        if plain != text or _ENDS.search(text):
            yield from (piece for piece in _ENDS.split(plain) if piece.strip())
    if not text.isascii() and _MIXED.search(text):
        yield text.translate(_ALIKE)
    if ("          " in text or "\t\t\t" in text) and (short := shortened(text)) != text:
        yield short
    if "</" in text and (whole := _CELL.sub(" | ", _INLINE.sub("", text))) != text:
        yield from (piece for piece in _TAG.split(whole) if len(piece) > 8)  # noqa: PLR2004
    if text.count(",") > 6 and _NUMBERS.search(text):  # noqa: PLR2004
        yield _NUMBERS.sub(_lettered, text)


def shortened(text: str) -> str:
    """A line in which a name does not lose its value for the blanks between them."""
    return _LONG_BLANK.sub(" ", text)


def pieces(text: str) -> list[str]:
    """The texts in a line that is none."""
    return _PIECE.findall(text)[:_MOST]


def _lettered(match: "re.Match[str]") -> str:
    numbers = [int(one, 16 if one.startswith("0x") else 10) for one in re.findall(r"0x\w{2}|\d{2,3}", match.group())]
    letters = "".join(map(chr, numbers)) if all(one in _PRINTED for one in numbers) else ""
    return f'"{letters}"' if letters else match.group()
