"""Moments: dates and days that a sentence names, as UTC. A day means its end: "what it was yesterday"."""

import re
from datetime import UTC, date, datetime, time, timedelta

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS_JAPANESE = "月火水木金土日"
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_ISO = re.compile(r"\b(\d{4}-\d\d-\d\d)(?:[t ](\d\d:\d\d(?::\d\d)?)(z|[+-]\d\d:\d\d)?)?(?![\d-])")
_JAPANESE = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日")
_NAMED = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({'|'.join(_MONTHS)})"
    rf"|({'|'.join(_MONTHS)}) (\d{{1,2}})(?:st|nd|rd|th)?)\b"
    r"(?:,? (\d{4}))?"
)
_AGO = re.compile(r"\b(\d+|a|an|one|two|three) (hour|day|week)s? ago\b|(\d+)(時間|日|週間)前")
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}
_LENGTHS = {"hour": 1, "時間": 1, "day": 24, "日": 24, "week": 168, "週間": 168}
_WEEKDAY = re.compile(rf"\b({'|'.join(_DAYS)})\b|([{_DAYS_JAPANESE}])曜")
#: What may stand around a moment; whatever else a part says is not understood.
_AROUND = re.compile(r"\b(?:on|of|from|by|as|at|to|the|last|this|made|dated|dating|it|was|s)\b|時点|[のにへでは日\W_]")
_RELATIVE = ((re.compile(r"\bday before yesterday\b|一昨日|おととい"), 2), (re.compile(r"\byesterday\b|昨日"), 1))


def moment_of(text: str, now: datetime) -> str | None:
    """The one moment that some words name, as `2026-11-30T23:59:59Z`; none if they name none, more, or not exactly."""
    said = text.lower()
    rest = said
    for pattern in (_ISO, _JAPANESE, _NAMED, _AGO, *(one for one, _ in _RELATIVE), _WEEKDAY):
        rest = pattern.sub(" ", rest, count=1)
        if rest != said:
            break
    if _AROUND.sub("", rest):
        return None
    for reads in (_iso, _by_name, _ago, _by_day):
        found = reads(said, now)
        if found is not None:
            return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return None


def read_moment(text: str) -> str | None:
    """A moment that was given by name: a date, or a date and time."""
    hit = _ISO.fullmatch(text.strip().lower())
    found = _iso(text.strip().lower(), datetime.now(UTC)) if hit else None
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if found else None


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), UTC)


def _iso(said: str, _now: datetime) -> datetime | None:
    hit = _ISO.search(said)
    if hit is None:
        return None
    day, clock, zone = hit.groups()
    try:
        if clock is None:
            return _end_of(date.fromisoformat(day))
        return datetime.fromisoformat(f"{day}T{clock}{(zone or 'z').upper().replace('Z', '+00:00')}")
    except ValueError:
        return None


def _by_name(said: str, now: datetime) -> datetime | None:
    """`20 November`, `November 20, 2026`, `11月20日`: without a year, the last one."""
    if hit := _JAPANESE.search(said):
        year, month, day = hit.group(1), int(hit.group(2)), int(hit.group(3))
    elif hit := _NAMED.search(said):
        first, name, other, second, year = hit.groups()
        month, day = _MONTHS.index(name or other) + 1, int(first or second)
    else:
        return None
    try:
        found = _end_of(date(int(year) if year else now.year, month, day))
        return found if year or found.date() <= now.date() else found.replace(year=now.year - 1)
    except ValueError:
        return None


def _ago(said: str, now: datetime) -> datetime | None:
    hit = _AGO.search(said)
    if hit is None:
        return None
    count, unit = (hit.group(1) or hit.group(3), hit.group(2) or hit.group(4))
    hours = (_COUNTS.get(count) or int(count)) * _LENGTHS[unit]
    try:
        then = now - timedelta(hours=hours)
    except OverflowError:
        return None
    return then if _LENGTHS[unit] == 1 else _end_of(then.date())


def _by_day(said: str, now: datetime) -> datetime | None:
    for pattern, days in _RELATIVE:
        if pattern.search(said):
            return _end_of(now.date() - timedelta(days=days))
    hits = _WEEKDAY.findall(said)
    if len(hits) != 1:
        return None
    english, japanese = hits[0]
    wanted = _DAYS.index(english) if english else _DAYS_JAPANESE.index(japanese)
    back = (now.weekday() - wanted) % 7 or 7  # today's name means the one a week ago
    return _end_of(now.date() - timedelta(days=back))
