"""Measures: the units of what a sentence counts, in English and Japanese."""

#: Exact conversions only: a month is no fixed number of days.
SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_UNITS = {
    **{"sec": "second", "min": "minute", "秒": "second", "分": "minute", "時間": "hour", "日": "day", "週": "week"},
    **{"ヶ月": "month", "か月": "month", "年": "year"},
}
#: No fixed number of seconds.
VAGUE = frozenset({"month", "quarter", "year"})


def unit_of(word: str) -> str:
    """The unit a word stands for; a word that is no unit is given back as it is."""
    foreign = next((unit for sign, unit in _UNITS.items() if not word.isascii() and word.startswith(sign)), "")
    return foreign or _UNITS.get(word) or singular(word)


def singular(word: str) -> str:
    """A word without the s of its plural."""
    return word.removesuffix("s") if len(word) > len("its") else word
