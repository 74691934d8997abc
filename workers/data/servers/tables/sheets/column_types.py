"""Column types: a type is taken only if every value of a column, written back, is the same or equal without a loss.

Else the column stays text, and a note says why. What stands for a missing value is no value.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..engine import literal

#: A type that so great a share of a column's values has is meant, if there are values enough to tell.
MEANT, ENOUGH = 0.8, 5

_NUMBER = r"'[+-]?([1-9][0-9]*|0)?(\.[0-9]+)?([eE][+-]?[0-9]+)?'"
_DATE = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
#: How a value of each type is recognised, however it is written. `{}` is the value.
_FITS = {
    "BOOLEAN": "lower({}) IN ('true', 'false')",
    "BIGINT": "regexp_full_match({}, '[+-]?(0|[1-9][0-9]{{0,18}})') AND TRY_CAST({} AS BIGINT) IS NOT NULL",
    "DOUBLE": f"regexp_full_match({{}}, {_NUMBER.replace('{', '{{').replace('}', '}}')}) "
    "AND TRY_CAST({} AS DOUBLE) IS NOT NULL",
    "DATE": f"regexp_full_match({{}}, '{_DATE.replace('{', '{{').replace('}', '}}')}') "
    "AND TRY_CAST({} AS DATE) IS NOT NULL",
    "TIMESTAMP": f"regexp_matches({{}}, '^{_DATE.replace('{', '{{').replace('}', '}}')}') "
    "AND TRY_CAST({} AS TIMESTAMP) IS NOT NULL",
}
_PLAIN = r"'-?([1-9][0-9]*|0)?(\.[0-9]+)?'"
_TIME = r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_TIMES = (f"'[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_TIME}'", f"'[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}{_TIME}'")
#: How a number is written back: with a digit before and after its point.
_WRITTEN = (
    r"CASE WHEN @ LIKE '%.%' THEN regexp_replace(@, '^(-?)\.', '\10.') ELSE @ || '.0' END "
    "= TRY_CAST(@ AS DOUBLE)::VARCHAR"
)
_POWER = r"'-?[0-9](\.[0-9]+)?e[+-][0-9]+'"
#: A number with a power of ten, in a form that only numbers have, and with no digit more than is kept.
_SCIENCE = r"'-?[0-9]\.([0-9]{0,13}[1-9]|0)[eE][+-]?[0-9]{1,2}'"
#: Types that lose nothing, in the order in which they are tried: what is true of each value `@` of the column.
_KEEPS = (
    ("BOOLEAN", "lower(@) IN ('true', 'false')"),
    ("BIGINT", "regexp_full_match(@, '-?[1-9][0-9]{0,18}|0') AND TRY_CAST(@ AS BIGINT) IS NOT NULL"),
    (
        "DOUBLE",
        f"(regexp_full_match(@, {_PLAIN}) AND {_WRITTEN}) "
        f"OR (regexp_full_match(@, {_POWER}) AND @ = TRY_CAST(@ AS DOUBLE)::VARCHAR) "
        f"OR regexp_full_match(@, {_SCIENCE})",
    ),
    (
        "DECIMAL",
        r"regexp_full_match(@, '-?([1-9][0-9]*|0)\.[0-9]+') AND length(@) <= 38 "
        r"AND NOT regexp_full_match(@, '-0\.0+')",
    ),
    ("DATE", "regexp_full_match(@, '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}') AND TRY_CAST(@ AS DATE) IS NOT NULL"),
    ("DATE", "regexp_full_match(@, '[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}') AND TRY_CAST(@ AS DATE) IS NOT NULL"),
    *(("TIMESTAMP", f"regexp_full_match(@, {form}) AND TRY_CAST(@ AS TIMESTAMP) IS NOT NULL") for form in _TIMES),
)
_NUMBERS = frozenset({"BOOLEAN", "BIGINT", "DOUBLE", "DECIMAL"})
#: Why values that look like numbers or times stay text.
_REASONS = (
    ("leading zeros", r"[+-]?0[0-9]+([.,][0-9]*)?"),
    ("a plus sign", r"\+[0-9].*"),
    ("more digits than a number keeps", r"[+-]?[0-9]{19,}|[+-]?(?:[0-9][.]?){18,}"),
    ("exponents", r"[+-]?[0-9]*[.]?[0-9]+[eE][+-]?[0-9]+"),
    ("zeros at the end of decimals", r"[+-]?[0-9]*[.][0-9]*0"),
    ("offsets of times", r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T].*([zZ]|[+-][0-9]{2}:?([0-9]{2})?)"),
    ("finer times than microseconds", r".*:[0-9]{2}[.][0-9]{7,}.*"),
    ("decimal commas or separators of thousands", r"[+-]?[0-9]{1,3}([,' ][0-9]{3})+([.][0-9]+)?|[+-]?[0-9.]+,[0-9]+"),
    ("dates in a form that can be read in two ways, or in several forms",
     r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}.*|[0-9]{4}[/.][0-9]{1,2}[/.].*"
     r"|[0-9]{1,2}[-/. ][A-Za-z]{3,9}[-/., ]+[0-9]{2,4}|[A-Za-z]{3,9}\.? [0-9]{1,2},? [0-9]{4}"),
)  # fmt: skip
#: What stands for a missing value among values of a type, in small letters.
_MARKERS = (
    *("na", "n/a", "n.a.", "n.a", "#n/a", "#na", "<na>", "null", "(null)", "<null>", "[null]", "nil", "none", "(none)"),
    *("nan", "-nan", "\\n", "-", "--", "---", "–", "—", ".", "..", "...", "?", "??", "???", ":", "*", "**", "/", "x"),
    *("missing", "(missing)", "unknown", "not available", "not applicable", "(blank)", "(empty)", "empty", "blank"),
    *("undefined", "tbd", "k.a.", "k. a.", "s.o.", "n.d.", "nd", "n.v.t.", "#null!", "#div/0!", "#value!", "#ref!"),
    *("#name?", "#num!", "#wert!", "#bezug!", "#nv", "なし", "不明", "該当なし", "欠損", "未入力", "ー", "無", "缺失"),
)
#: What stands for one in a text too, since it can be nothing else.
_MARKERS_OF_TEXT = (
    "#N/A",
    "#NA",
    "N/A",
    "n/a",
    "<NA>",
    "\\N",
    "(null)",
    "<null>",
    "[NULL]",
    "#NULL!",
    "NULL",
    "null",
    "NaN",
    "nan",
)


class ColumnType(NamedTuple):
    """What a column becomes."""

    sql: str  #: its type
    markers: tuple[str, ...] = ()  #: what stands for a missing value in it, as it is written there


class Seen(NamedTuple):
    """What is known of the values of a column."""

    values: int
    markers: int  #: of them, in a column with a type
    text_markers: int  #: of them, in any column
    scale: tuple[int, int]  #: fewest and most digits behind a point
    length: int  #: of the longest value
    keeping: Sequence[int]  #: values that each type keeps


def fits(kind: str, cell: str) -> str:
    """Whether a cell's text is a value of a type, however it is written, in a statement."""
    return "(" + _FITS[kind].format(cell, cell) + ")"


def fitting(cell: str) -> list[tuple[str, str]]:
    """Each type, with whether a cell's text is a value of it."""
    return [(kind, fits(kind, cell)) for kind in _FITS]


def question(cell: str) -> str:
    """What is asked of a column, in a statement; `read` understands the answer."""
    v = f"trim({cell})"
    asked = [
        f"count({cell})",
        f"count(*) FILTER ({_one_of(f'lower({v})', _MARKERS)})",
        f"count(*) FILTER ({_one_of(v, _MARKERS_OF_TEXT)})",
        f"min(length({v}) - strpos({v}, '.')) FILTER ({_kept('DECIMAL', v)})",
        f"max(length({v}) - strpos({v}, '.')) FILTER ({_kept('DECIMAL', v)})",
        f"max(length({v}))",
        *(f"count(*) FILTER ({_of(test, v)})" for _, test in _KEEPS),
    ]
    return ", ".join(asked)


#: Figures in the answer to the question about one column.
ANSWERS = 6 + len(_KEEPS)


def seen(answer: Sequence[int | None]) -> Seen:
    """What an answer says."""
    values, markers, text_markers, least, most, length, *keeping = (figure or 0 for figure in answer)
    return Seen(values, markers, text_markers, (least, most), length, keeping)


def choose(about: Seen, texts: bool) -> str:
    """The first type that keeps all values; text where there is none. `texts`: its source says that they are texts."""
    wanted = about.values - about.markers
    for (kind, _), count in zip(_KEEPS, about.keeping, strict=True):
        if not wanted or count != wanted or (texts and kind in _NUMBERS):
            continue
        if kind != "DECIMAL":
            return kind
        if about.scale[0] == about.scale[1]:
            return f"DECIMAL({18 if about.length <= 18 else 38},{about.scale[1]})"  # noqa: PLR2004 - digits in 64 bits
    return "VARCHAR"


def missing(kind: str, cell: str) -> str:
    """Whether a cell holds what stands for a missing value, in a statement."""
    if kind == "VARCHAR":
        return _one_of(f"trim({cell})", _MARKERS_OF_TEXT)
    return _one_of(f"lower(trim({cell}))", _MARKERS)


def reasons(cell: str) -> list[tuple[str, str]]:
    """Why a value may have to stay text, each with its test in a statement."""
    return [(why, f"regexp_full_match(trim({cell}), {literal(form)})") for why, form in _REASONS]


def _kept(kind: str, v: str) -> str:
    return _of(dict(_KEEPS)[kind], v)


def _of(test: str, v: str) -> str:
    return test.replace("@", v)


def _one_of(text: str, words: Sequence[str]) -> str:
    """Whether a text is one of some words. One pattern: of a list, the engine keeps a column for each of its words."""
    return f"regexp_full_match({text}, {literal('|'.join(map(re.escape, words)))})"
