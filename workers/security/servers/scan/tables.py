"""Tables: columns of CSV files, of Markdown, of `INSERT … VALUES` and of `COPY`, whose head names a secret."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from .guesses import is_about
from .notations import Noted
from .notations.names import NAME, in_english

#: Lines and columns of one table.
MAX_ROWS, MAX_COLUMNS = 100_000, 200
#: Lines of one row of SQL.
MAX_ROW = 20
#: Characters of its head.
MAX_HEAD = 4_000
_FILES = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".list", ".log", "")
_SEPARATORS = ("\t", ";", "|", ",")
_CELL = re.compile(r"[^\W\d][\w .()#/-]{0,60}|#|\d{0,3}")
_COLUMN = re.compile(rf"[\w .-]{{0,60}}?{NAME}(?: \(.{{0,30}}\))?", re.IGNORECASE)
_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*")
_INSERT = re.compile(
    r"\b(?:insert|replace|merge)\b[^;'\"(]{0,120}?\binto\b[ \t]{0,8}[\w.`\"\[\]@#]{1,200}[ "
    r"\t]{0,8}(?:\((?P<columns>[^()]{1,4000})\))?",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"\b(?:insert|replace|merge)\b[^;'\"(]{0,120}?\binto\b", re.IGNORECASE)
_COPY = re.compile(
    r"^[ \t]*copy\b[^(;]{1,200}\((?P<columns>[^()]{1,4000})\)[ \t]{1,8}from[ \t]{1,8}stdin", re.IGNORECASE
)
#: A part of a row of SQL: a text, or something else up to the next comma or bracket.
_PART = re.compile(
    r"[ \t]*(?:[NEe]?'(?P<text>(?:[^'\\]|''|\\.){0,2000})'|\"(?P<double>[^\"]{0,2000})\"|(?P"
    r"<other>[^,()'\"]{0,200}))"
)

Place = tuple[int, Noted]


def columns(path: str, texts: Sequence[str]) -> Iterator[Place]:
    """The secrets in the tables of a file: the index of each line, and what is noted there."""
    yield from _separated(path, texts)
    if any("|" in text for text in texts):
        yield from _marked(texts)
    yield from _inserted(texts)


def named(head: str) -> tuple[str, str] | None:
    """The promising name and the rest, if the head of a column names a secret; the name is empty if it only hints."""
    match = _COLUMN.fullmatch(in_english(head.strip().strip("`\"'[]")))
    if match is None or is_about(match["rest"]):
        return None
    return match["promising"] or "", match["rest"]


def _noted(value: str, name: tuple[str, str]) -> Noted:
    return Noted(value.strip().strip("\"'`"), name[0], name[1], "column")


def _separated(path: str, texts: Sequence[str]) -> Iterator[Place]:
    if PurePosixPath(path.lower()).suffix not in _FILES:
        return
    at = next(
        (index for index, text in enumerate(texts[:5]) if text.strip() and not text.startswith(("#", "sep="))), -1
    )
    if at < 0 or len(texts[at]) > MAX_HEAD or in_english(texts[at]).isdigit():
        return
    for separator in _SEPARATORS:
        heads = _cells(texts[at], separator)
        if 1 < len(heads) <= MAX_COLUMNS:
            break
    else:
        return
    wanted = {index: name for index, head in enumerate(heads) if (name := named(head))}
    if not wanted or not all(_CELL.fullmatch(head.strip().strip("\"'")) for head in heads):
        return
    for index in range(at + 1, min(len(texts), at + MAX_ROWS)):
        cells = _cells(texts[index], separator)
        if len(cells) == len(heads):
            yield from ((index, _noted(cells[column], name)) for column, name in wanted.items())


def _cells(text: str, separator: str) -> list[str]:
    if separator not in text or len(text) > 64 << 10:
        return []
    try:
        return next(csv.reader([text.rstrip("\r")], delimiter=separator), [])
    except csv.Error:
        return text.split(separator)


def _marked(texts: Sequence[str]) -> Iterator[Place]:
    """Tables of Markdown, and such as programs print them."""
    wanted: dict[int, tuple[str, str]] = {}
    for index, text in enumerate(texts):
        if "|" not in text:
            wanted = {} if not text.lstrip().startswith("+-") else wanted
        elif _RULE.fullmatch(text):
            continue
        elif wanted:
            cells = text.strip().strip("|").split("|")
            yield from ((index, _noted(cells[at], name)) for at, name in wanted.items() if at < len(cells))
        elif index + 1 < len(texts) and (_RULE.fullmatch(texts[index + 1]) or texts[index + 1].startswith("+-")):
            heads = text.strip().strip("|").split("|")[:MAX_COLUMNS]
            wanted = {at: name for at, head in enumerate(heads) if (name := named(head))}


def _inserted(texts: Sequence[str]) -> Iterator[Place]:
    """Rows of SQL. Of a statement in several lines, the columns hold up to its end."""
    wanted: dict[int, tuple[str, str]] | None = None
    copied = False
    for index, text in enumerate(texts):
        lowered = text[:20_000].lower()
        if copied:
            cells = text.split("\t")
            yield from ((index, _noted(cells[at], name)) for at, name in (wanted or {}).items() if at < len(cells))
            copied = text.strip() != "\\."
            wanted = wanted if copied else None
            continue
        start = 0
        if "into" in lowered and _BEGINS.search(text):
            match = _INSERT.search(text)
            whole = (
                match if match and match["columns"] else _INSERT.search(" ".join(texts[index : index + 40])[:20_000])
            )
            wanted = _wanted(whole["columns"] if whole else None)
            start = match.end() if match else len(text)
        elif "copy" in lowered and (match := _COPY.match(text)):
            wanted, copied = _wanted(match["columns"]), True
            continue
        if wanted is not None:
            row_text = text if text.count("(") <= text.count(")") else " ".join(texts[index : index + MAX_ROW])[:20_000]
            yield from ((index, noted) for row in _rows(row_text, start) for noted in _of_row(row, wanted))
            if text.rstrip().endswith(";"):
                wanted = None


def _wanted(heads: str | None) -> dict[int, tuple[str, str]]:
    given = heads.split(",")[:MAX_COLUMNS] if heads else []
    return {at: name for at, head in enumerate(given) if (name := named(head))}


def _rows(text: str, start: int) -> Iterator[list[str]]:
    """The rows in a line, each the texts of its cells; what is no text is empty."""
    for opened in re.finditer(r"\(|\bselect\b", text[start : start + 64_000], re.IGNORECASE):
        cells, at = list[str](), start + opened.end()
        while len(cells) < MAX_COLUMNS and (part := _PART.match(text, at)) is not None:
            cells.append(part["text"] or part["double"] or "")
            at = part.end()
            if not (comma := re.compile(r"(?:[ \t]+as[ \t]+\w{1,60})?[ \t]*,", re.IGNORECASE).match(text, at)):
                break
            at = comma.end()
        if any(cells):
            yield cells


def _of_row(row: list[str], wanted: dict[int, tuple[str, str]]) -> Iterator[Noted]:
    if not wanted:  # a table of settings: a name, and beside it its value
        for head, value in pairwise(row):
            if head and value and (name := named(head)):
                yield Noted(value, name[0], name[1], "pair")
    for at, name in wanted.items():
        if at < len(row) and row[at]:
            yield _noted(row[at], name)
