"""Text that comes from elsewhere, made safe and short enough for one line of a terminal."""

import unicodedata

from rich.cells import cell_len, set_cell_size

#: Letters and marks, by their category, of which nothing is seen.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def plain(text: str) -> str:
    """One line without control characters: what a server or a file name says must not steer a terminal."""
    kept = (" " if char in "\n\r\t" else char for char in text)
    return " ".join("".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cf")).split(" ")).strip()


def printable(text: str) -> str:
    """As `plain`, but lines stay lines."""
    return "\n".join(plain_line(line) for line in text.splitlines())


def plain_line(line: str) -> str:
    """One line with its indentation and without control characters."""
    return "".join(
        char for char in line.replace("\t", "    ") if unicodedata.category(char) not in ("Cc", "Cf")
    ).rstrip()


def visible(text: str) -> str:
    """One line in which nothing is hidden: each sign that a terminal would obey or not show is written as an escape."""
    return "".join(char if _shows(char) else char.encode("unicode_escape").decode() for char in text)


def _shows(char: str) -> bool:
    if char == " ":
        return True
    category = unicodedata.category(char)
    blank = category[0] in "CZ" or unicodedata.name(char, "").startswith("VARIATION SELECTOR")
    return not blank and char not in _BLANK_LETTERS


def width_of(text: str) -> int:
    """Cells it takes on a terminal: two for a CJK character."""
    return cell_len(text)


def fit(text: str, width: int, more: str) -> str:
    """The text, or as much of it as there are cells for, with a sign that there is more."""
    if cell_len(text) <= width:
        return text
    if width <= cell_len(more):
        return set_cell_size(text, max(0, width))
    return set_cell_size(text, width - cell_len(more)).rstrip() + more
