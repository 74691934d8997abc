"""How often something is to be done, from a sentence: a crontab, its zone, the rest of it, who is to be told."""

import re
from typing import NamedTuple
from zoneinfo import available_timezones

from aether_agents.planning.sentence.parts import find_parts, masked

#: When something is done that names no hour. It is always shown, so that a person can say another.
_HOURS = {"night": 2, "day": 2, "week": 2, "month": 2, "weekday": 2, "weekend": 2, "morning": 6, "evening": 18}
_WORDS = {"nightly": "night", "daily": "day", "weekly": "week", "monthly": "month", "hourly": "hour"}
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_JAPANESE = {
    **{"毎日": "day", "日次": "day", "毎晩": "night", "毎夜": "night", "毎朝": "morning"},
    **{"毎週": "week", "週次": "week", "毎月": "month", "月次": "month"},
    **{"毎時間": "hour", "毎時": "hour", "毎分": "minute"},
}
_UNITS = f"minute|hour|day|night|morning|evening|week|month|weekday|weekend|{'|'.join(_DAYS)}"
_DAYS_JAPANESE = "日月火水木金土"
_COUNTS = {"other": 2, "two": 2, "three": 3}
_EVERY = re.compile(
    rf"\b(?:every|each)\s+(?:(\d+|other|two|three)\s+)?({_UNITS})s?\b"
    rf"|\b({'|'.join(_WORDS)})\b|\b(?:on )?({'|'.join(_DAYS)}|weekday|weekend)s\b"
    r"|\bonce an? (hour|day|night|week|month)\b"
)
_EVERY_JAPANESE = re.compile(
    rf"({'|'.join(_JAPANESE)})(?:の?([{_DAYS_JAPANESE}])曜日?)?|(\d+)(分|時間)(?:ごと|おき|毎)"
)
_AT = re.compile(
    r"\b(?:at|from) (?:(noon|midnight)|(\d{1,2})(?::(\d\d))?(?: ?(am|pm|o'clock|h|utc)\b)?)"
    r"(?: (?:in the (morning|evening|afternoon)|utc))?\b"
    r"|(午前|午後)?(\d{1,2})時(?:(半)|(\d{1,2})分)?"
)
_ZONE = re.compile(r"\s\(?(?:in )?([A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_+-]+)+)(?: time)?\)?(?![\w/])")
_AROUND = re.compile(r"\b(?:and|starting|beginning|at|on|utc|the)\b|[、,\s。にのでで]")
_TOLD = re.compile(
    r"\b(?:me|us|i)\b|(?:私|自分)|^[^a-z]*(?:結果|レポート)?[をは]?\s*(?:メール|通知|知らせ)", re.IGNORECASE
)
_HOURS_OF_DAY, _HALF_DAY, _MINUTES = 24, 12, 60


class Recurrence(NamedTuple):
    """A sentence that says how often."""

    task: str  #: the sentence without it
    crontab: str  #: empty if it says nothing that can be understood
    said: str  #: the words that say how often
    tell_me: tuple[str, ...] = ()  #: the words that want the person told
    others: tuple[str, ...] = ()  #: words that want somebody else told
    zone: str = ""  #: the time zone that it names


def read_recurrence(text: str) -> Recurrence:
    """Take a sentence apart into what is to be done, how often, and who is to be told."""
    text, zone = _without_zone(text)
    _, parts = find_parts(masked(text))
    when = [text[part.start : part.end].strip(" ,、") for part in parts if part.kind == "schedule"]
    told = [text[part.start : part.end].strip(" ,、。.") for part in parts if part.kind == "destination"]
    rest = text
    for part in sorted(parts, key=lambda one: -one.start):
        if part.kind in ("schedule", "destination"):
            rest = f"{rest[: part.start]} {rest[part.end :]}"
    rest = re.sub(r"(?:^[\s,、]*(?:and|then)\b)|(?:[\s,、]*\b(?:and|then)?[\s,、.。]*$)", "", " ".join(rest.split()))
    said = " ".join(when)
    return Recurrence(
        rest.strip(" ,、"),
        crontab_of(said),
        said,
        tuple(one for one in told if _TOLD.search(one)),
        tuple(one for one in told if not _TOLD.search(one)),
        zone or ("UTC" if re.search(r"\butc\b", said, re.IGNORECASE) else ""),
    )


def _without_zone(text: str) -> tuple[str, str]:
    """A sentence without the time zone that it names, and that."""
    for hit in _ZONE.finditer(text):
        if hit[1] in available_timezones():
            return f"{text[: hit.start()]} {text[hit.end() :]}", hit[1]
    return text, ""


def crontab_of(said: str) -> str:
    """Words such as "every monday at 6:30" as a crontab; empty where they say more, or nothing of it."""
    text = said.lower()
    hit = _EVERY.search(text) or _EVERY_JAPANESE.search(text)
    if hit is None:
        return ""
    rest = text[: hit.start()] + " " + text[hit.end() :]
    clock = _AT.search(rest)
    if _AROUND.sub("", _AT.sub(" ", rest, count=1)):
        return ""
    at = _time(clock) if clock else None
    if clock is not None and at is None:
        return ""
    count, unit = _unit(hit)
    return _crontab(count, unit, at)


def _unit(hit: re.Match[str]) -> tuple[int, str]:
    if hit.re is _EVERY_JAPANESE:
        word, day, count, unit = hit.groups()
        if count:
            return int(count), "minute" if unit == "分" else "hour"
        return 1, _DAYS[_DAYS_JAPANESE.index(day)] if day and word == "毎週" else _JAPANESE[word] if not day else ""
    count, unit, word, plural, once = hit.groups()
    return _COUNTS.get(count, int(count) if count and count.isdecimal() else 1), unit or _WORDS.get(
        word
    ) or plural or once


def _time(hit: re.Match[str]) -> tuple[int, int] | None:
    """Hour and minute; none if there is no such time."""
    named, hour, minute, half, part, japanese_half, japanese_hour, japanese_30, japanese_minute = hit.groups()
    if named:
        return (_HALF_DAY, 0) if named == "noon" else (0, 0)
    found = int(hour or japanese_hour)
    minutes = int(minute or japanese_minute or (30 if japanese_30 else 0))
    late = half == "pm" or part in ("evening", "afternoon") or japanese_half == "午後"
    early = half == "am" or part == "morning" or japanese_half == "午前"
    if (late or early) and found > _HALF_DAY:
        return None
    found = found % _HALF_DAY + (_HALF_DAY if late else 0) if late or early else found
    return (found, minutes) if found < _HOURS_OF_DAY and minutes < _MINUTES else None


def _crontab(count: int, unit: str, at: tuple[int, int] | None) -> str:
    if unit in ("minute", "hour"):
        whole = _MINUTES if unit == "minute" else _HOURS_OF_DAY
        if at is not None or not 0 < count < whole or whole % count:
            return ""
        step = "*" if count == 1 else f"*/{count}"
        return f"{step} * * * *" if unit == "minute" else f"0 {step} * * *"
    if count != 1 or not unit:
        return ""
    hour, minute = at or (_HOURS.get(unit, 2), 0)
    days = {"week": "* * 1", "month": "1 * *", "weekday": "* * 1-5", "weekend": "* * 0,6"}.get(unit, "* * *")
    return f"{minute} {hour} {f'* * {_DAYS.index(unit)}' if unit in _DAYS else days}"
