"""Contexts by their names: a sentence names one, it is the task's, and it must matter."""

import pytest

from aether_agents.planning.sentence.named_contexts import contexts_in, without_contexts
from aether_agents.settings.model import ContextSettings, Settings

from .toolshed import asked, plan, planned, refused, task, template

KNOWN = ("production", "staging", "test", "local")
SETTINGS = Settings(
    contexts={
        "production": ContextSettings(inputs={"path": "/srv/live"}),
        "staging": ContextSettings(inputs={"path": "/srv/stage"}),
    }
)
AUDIT = template(
    "audit",
    description="Security audit of a database",
    deed=["check"],
    inputs={"path": {"format": "path", "required": True}},
    subtasks=[{"id": "s", "tool": "secrets/scan", "args": {"path": "${inputs.path}"}}],
)
HEALTH = template(
    "health",
    description="Health report of this machine",
    deed=["check"],
    subtasks=[{"id": "q", "tool": "quality/assess", "args": {"path": "/x"}}],
)


@pytest.mark.parametrize(
    ("text", "names", "rest"),
    [
        ("back up the production database", ["production"], "back up the database"),
        ("health report of prod", ["production"], "health report"),
        ("本番のデータベースを復元して", ["production"], "データベースを復元して"),
        ("ステージング環境で監査して", ["staging"], "監査して"),
        ("restore the production backup into staging", ["production"], "restore the backup into staging"),
        ("compare the production database with the staging database", ["production", "staging"], None),
        ("test the backup", [], None),
        ("audit in the test environment", ["test"], "audit"),
        ("deploy ./api to production", [], None),
        ("look at production/x", [], None),
        ('replace "in production" by "x"', [], None),
    ],
)
def test_a_context_is_named_where_something_is_done_and_never_where_it_goes_to(
    text: str, names: list[str], rest: str | None
) -> None:
    found = contexts_in(text, KNOWN)
    assert [one.name for one in found] == names
    assert rest is None or without_contexts(text, found) == rest


def test_a_named_context_gives_its_inputs_and_is_shown() -> None:
    asks = task("security audit of the production database", context="production")
    made = planned(plan(AUDIT, settings=SETTINGS, asks=asks))
    assert made.values == {"path": "/srv/live"}
    assert made.subtasks[0].context == "production"
    assert ("production", "the context `production`") in [(one.text, one.as_) for one in made.understood]


def test_a_context_that_changes_nothing_is_asked_about() -> None:
    asks = task("health report of production", context="production")
    question = asked(plan(HEALTH, settings=SETTINGS, asks=asks)).intervention
    assert "`of production`: no input takes it" in question.prompt


def test_another_context_than_the_tasks_is_refused() -> None:
    asks = task("security audit of the production database", context="staging")
    said = refused(plan(AUDIT, settings=SETTINGS, asks=asks))
    assert "names the context `production`, and a task runs in one context, this one in `staging`" in said
