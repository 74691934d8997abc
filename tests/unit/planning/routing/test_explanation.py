"""Why a template was chosen: the explanation says what the planner does, with the figures that decide."""

import pytest

from aether_agents.planning.routing.explanation import explanation
from aether_agents.planning.routing.goals import read_goals
from aether_agents.planning.routing.matcher import Matcher
from tests.unit.planning.toolshed import template

MATCHER = Matcher(
    (
        template("audit_secrets", description="Audit a repository for secrets", examples=["look for secrets here"]),
        template("write_report", description="Write a report about the quality of the code"),
        template("delete_logs", description="Delete old logs"),
    )
)


@pytest.mark.parametrize(
    "sentence",
    [
        "look for secrets here",
        "audit the repository for secrets",
        "write a report about the quality of the code and then delete the old logs",
        "frobnicate the moon",
        "delete old logs and tell my mother",
        "",
    ],
)
def test_it_says_what_the_planner_does(sentence: str) -> None:
    found = explanation(MATCHER, sentence)
    reading = read_goals(MATCHER, sentence)
    assert [one.template for one in found.goals if one.template] == [one.template.name for one in reading.goals]
    if not reading.goals:
        assert (found.goals[0].verdict, found.goals[0].reason) == (reading.match.verdict, reading.match.reason)


def test_words_shares_and_margins_are_there() -> None:
    (goal,) = explanation(MATCHER, "audit the code for secrets").goals
    words = {term.word: term for term in goal.terms}
    assert words["audit"].counts == "deed"
    assert words["secrets"].known["audit_secrets"] == 1.0
    assert words["code"].known["write_report"] == 1.0
    first, second = goal.candidates[:2]
    assert (first.template, 0 < second.share < first.share < 1) == ("audit_secrets", True)
    assert first.margin == pytest.approx((first.near - second.near) / first.near, abs=0.01)


def test_a_sentence_of_the_examples_is_said_to_be_one() -> None:
    (goal,) = explanation(MATCHER, "Look for secrets here!").goals
    assert (goal.verdict, goal.reason) == ("accept", "word for word one of its examples")


def test_a_word_that_nothing_knows_is_the_reason() -> None:
    (goal, *_) = explanation(MATCHER, "delete old logs for my mother").goals
    assert goal.template is None
    assert "mother" in goal.reason
