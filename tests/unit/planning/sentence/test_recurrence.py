"""How often a sentence says that something is to be done, what is left of it, and who is to be told."""

import pytest

from aether_agents.planning.sentence.recurrence import read_recurrence


@pytest.mark.parametrize(
    ("text", "crontab", "task"),
    [
        ("Back up ./shop.db every night", "0 2 * * *", "Back up ./shop.db"),
        ("Every Monday at 6:30, security audit of ./api", "30 6 * * 1", "security audit of ./api"),
        ("audit ./api every weekday at 9 pm", "0 21 * * 1-5", "audit ./api"),
        ("audit ./api on mondays at noon", "0 12 * * 1", "audit ./api"),
        ("watch https://shop.example every 15 minutes", "*/15 * * * *", "watch https://shop.example"),
        ("every day at 3 in the afternoon back up ./a.db and then audit ./b", "0 15 * * *", None),
        ("毎晩2時に ./shop.db をバックアップして", "0 2 * * *", "./shop.db をバックアップして"),
        ("毎週月曜日の午後3時半に ./api を監査して", "30 15 * * 1", "./api を監査して"),
        ("2時間ごとにヘルスレポートを作成して", "0 */2 * * *", "ヘルスレポートを作成して"),
    ],
)
def test_words_become_a_crontab_and_the_rest_stays(text: str, crontab: str, task: str | None) -> None:
    found = read_recurrence(text)
    assert found.crontab == crontab
    assert task is None or found.task == task


@pytest.mark.parametrize(
    "text",
    [
        "audit ./api",
        "audit ./api tonight",
        "audit ./api every 7 minutes",
        "audit ./api every other day",
        "audit ./api every day at 25",
        "audit ./api every day at 13 pm",
        "audit ./api every monday and every friday",
        "audit ./api every month on the 3rd",
        "毎月曜日に監査して",
    ],
)
def test_what_is_no_time_that_repeats_exactly_makes_none(text: str) -> None:
    assert read_recurrence(text).crontab == ""


def test_whoever_is_to_be_told_is_told_apart() -> None:
    mine = read_recurrence("Health report every night and mail me if it fails")
    assert (mine.task, mine.tell_me, mine.others) == ("Health report", ("and mail me if it fails",), ())
    theirs = read_recurrence("audit ./api weekly and post the result to #security in Slack")
    assert (theirs.task, theirs.tell_me, len(theirs.others)) == ("audit ./api", (), 1)
    assert read_recurrence("毎日 ./api を監査して、結果をメールで送って").tell_me == ("結果をメールで送って",)
