"""Every template that ships is tried on the fixture that ships with it: the planted faults are found, and undone."""

import pytest

from aether_agents.settings import Settings
from aether_agents.specialists import load_specialists
from tests.e2e.terminal import Person

pytestmark = pytest.mark.timeout(300)

#: Tried in this suite: those whose servers need nothing from elsewhere.
HERE = {"security_audit", "compliance_check", "code_quality", "update_text", "health_report", "watch_endpoints"}


@pytest.mark.parametrize("name", sorted(HERE & {t.name for s in load_specialists(Settings()) for t in s.templates}))
def test_a_template_finds_what_was_planted_and_is_undone(person: Person, name: str) -> None:
    told = person.json("templates", "test", name)
    assert told["status"] == "completed"
    assert [row for row in told["found"] if not row["met"]] == []
    assert told["found"][-1]["what"] == "everything is as before"


def test_what_a_template_does_is_told_before_it_runs(person: Person) -> None:
    shown = person.run("templates", "show", "code_quality")
    assert "reads     each of <paths>  quality/assess" in shown.stdout
    assert "creates   the task's report folder  reports/write  undone by reports/remove" in shown.stdout
    [first, *_] = person.json("templates", "show", "code_quality")["effects"]
    assert (first["does"], first["risk"], first["asks"]) == ("reads", "read", False)
