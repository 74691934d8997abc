"""Whole sentences, planned in a folder like an operator's: several goals, conditions, directions, dangers."""

import json
from pathlib import Path

import pytest

from tests.evaluation.sentences import SETS, TABLE, counts, fails, operators_folder, outcomes, read_sentences

#: Of the forty sentences with several goals, so many must be planned or asked about rightly, and none wrongly.
COMPOSED = 0.7


@pytest.mark.parametrize("name", SETS)
def test_no_dangerous_sentence_is_planned_and_none_gets_worse(name: str, tmp_path: Path) -> None:
    found = list(outcomes(name, operators_folder(tmp_path)))
    assert [(one.sentence.say, one.shown) for one in found if one.harms] == []
    row, before = counts(found), json.loads(TABLE.read_text(encoding="utf-8"))[name]
    assert not fails(row), row
    told = [(one.verdict, one.sentence.say, one.shown) for one in found if one.verdict != "right"]
    assert row["right"] >= before["right"], told
    assert row["wrong"] <= before["wrong"], told


def test_sentences_with_several_goals_become_one_plan_or_a_question(tmp_path: Path) -> None:
    row = counts(outcomes("composition", operators_folder(tmp_path)))
    assert row["wrong"] == 0
    assert row["right"] >= COMPOSED * row["sentences"]


def test_a_third_of_the_regression_set_is_japanese_and_a_third_is_to_be_asked_or_refused() -> None:
    listed = read_sentences("regression")
    assert len(listed) >= 200
    assert sum(not one.say.isascii() for one in listed) >= len(listed) / 3
    assert sum(not one.plan for one in listed) >= len(listed) / 3
    assert len(read_sentences("composition")) == 40
