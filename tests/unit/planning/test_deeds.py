"""Deeds: a closed list, each word with one of them; what a template does, and which way."""

import tomllib
from importlib.resources import files

import pytest

from aether_agents.planning.routing.matcher import Matcher
from aether_agents.planning.sentence.terms import Reader
from aether_agents.planning.sentence.vocabulary import deed_faults, vocabulary

from .toolshed import template

ROWS = tomllib.loads(files("aether_agents.planning.sentence").joinpath("deeds.toml").read_text(encoding="utf-8"))

BACK_UP = template("back_up_store", description="Back up a store", deed=["back_up", "check"])
RESTORE = template("restore_store", description="Restore a store from its backup")
MIGRATE = template(
    "to_mysql", description="Migrate a store from PostgreSQL to MySQL", deed="move", direction=["postgresql", "mysql"]
)
GROW = template("grow_service", description="Scale a service up")
SHRINK = template("shrink_service", description="Scale a service down")
EXAMPLES = template("list_stores", description="List stores", examples=["delete or drop old stores of mine"])
ALL = Matcher([BACK_UP, RESTORE, MIGRATE, GROW, SHRINK, EXAMPLES])


def test_a_word_has_one_deed_and_a_deed_a_known_opposite() -> None:
    for column in ("verbs", "leading", "nouns", "ja"):
        words = [word for row in ROWS.values() for word in row.get(column, "").split()]
        assert sorted(words) == sorted(set(words)), column
    known = vocabulary()
    both = set(known.verbs) & set(known.leading)
    assert {word for word in both if known.verbs[word] != known.leading[word]} == set()
    assert {row["opposite"] for row in ROWS.values() if "opposite" in row} <= set(ROWS)
    assert len(ROWS) <= 40


@pytest.mark.parametrize(
    ("text", "deed"),
    [
        ("restore the backup", "restore"),
        ("bring it back", "restore"),
        ("roll the release back", "restore"),
        ("back the store up", "back_up"),
        ("take a backup of the store", "back_up"),
        ("scale the service down to 2", "scale-down"),
        ("double the workers", "scale-up"),
        ("apply the policy", "run"),
        ("enforce it", "run"),
        ("distribute the report", "send"),
        ("shut the server down", "stop"),
        ("get rid of it", "remove"),
        ("バックアップを復元して", "restore"),
        ("バックアップを取って", "back_up"),
        ("レプリカを減らして", "scale-down"),
        ("台数を増やして", "scale-up"),
        ("ポリシーを適用して", "run"),
        ("古いファイルを消して", "remove"),
        ("削除をお願いします", "remove"),
    ],
)
def test_a_request_asks_for_a_deed(text: str, deed: str) -> None:
    assert [term.deed for term in Reader().terms(text) if term.changes] == [deed]


@pytest.mark.parametrize(
    "text",
    [
        "the latest restore",
        "who deleted the table?",
        "find leaked secrets",
        "復元できることを証明して",
        "削除されたファイルを調べて",
        "変更した内容を見て",
        "which commits changed it?",
    ],
)
def test_a_mention_asks_for_nothing(text: str) -> None:
    assert [term.word for term in Reader().terms(text) if term.changes] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("back up the store", "back_up_store"),
        ("restore the store", "restore_store"),
        ("restore the backup of the store", "restore_store"),
        ("migrate the store from PostgreSQL to MySQL", "to_mysql"),
        ("migrate the store from MySQL to PostgreSQL", None),
        ("scale the service up", "grow_service"),
        ("scale the service down", "shrink_service"),
        ("increase the service", "grow_service"),
        ("delete the stores", None),
        ("drop old stores of mine", None),
        ("list the stores", "list_stores"),
    ],
)
def test_deed_and_direction_are_compared(text: str, name: str | None) -> None:
    match = ALL.match(text)
    assert (match.accepted.name if match.accepted else None) == name


def test_a_deed_that_is_none_is_named() -> None:
    (fault,) = deed_faults(["restor"])
    assert "no deed `restor`" in fault
    assert "`restore`" in fault
    assert deed_faults(["restore", "check"]) == []
