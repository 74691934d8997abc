"""Moments that words name, against one day: a Monday at noon."""

from datetime import UTC, datetime

import pytest

from aether_agents.planning.sentence.moments import moment_of, read_moment

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yesterday", "2026-11-29T23:59:59Z"),
        ("昨日の", "2026-11-29T23:59:59Z"),
        ("the day before yesterday", "2026-11-28T23:59:59Z"),
        ("一昨日", "2026-11-28T23:59:59Z"),
        ("from Friday", "2026-11-27T23:59:59Z"),
        ("last Monday's", "2026-11-23T23:59:59Z"),
        ("金曜日の", "2026-11-27T23:59:59Z"),
        ("3 days ago", "2026-11-27T23:59:59Z"),
        ("two hours ago", "2026-11-30T10:00:00Z"),
        ("3日前", "2026-11-27T23:59:59Z"),
        ("2026-11-20", "2026-11-20T23:59:59Z"),
        ("2026-11-20T08:30+09:00", "2026-11-19T23:30:00Z"),
        ("November 20", "2026-11-20T23:59:59Z"),
        ("24th of December", "2025-12-24T23:59:59Z"),
        ("2025年1月31日", "2025-01-31T23:59:59Z"),
        ("as of 3 days ago", "2026-11-27T23:59:59Z"),
        ("as of 3 days ago into ./x.db", None),
        ("since yesterday", None),
        ("from 2026-11-20 to 2026-11-22", None),
        ("last week", None),
        ("2026-02-31", None),
        ("Monday or Tuesday", None),
        ("99999999999 weeks ago", None),
    ],
)
def test_a_moment_is_what_the_words_name_exactly(text: str, expected: str | None) -> None:
    assert moment_of(text, NOW) == expected


def test_a_moment_given_by_name_is_a_date_and_nothing_else() -> None:
    assert read_moment("2026-11-20 08:30") == "2026-11-20T08:30:00Z"
    assert read_moment("yesterday") is None
    assert read_moment("2026-13-01") is None
