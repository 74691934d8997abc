"""Which yes of an earlier task counts once more: no older than policy lets it be, by whom policy lets approve now."""

from datetime import UTC, datetime
from typing import Any

import pytest

from aether_agents.contracts import Answer, GivenAnswer, HighLevelTask, RerunOf, Template
from aether_agents.errors import NotAllowed
from aether_agents.execution.linked.takeover import Takeover
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.settings.model import Settings
from aether_agents.store import Store, open_store
from tests.conftest import eventually
from tests.integration.execution.lab import Lab

COUNTS = "the yes of sue counts"


def asks(store: Store, settings: Settings, task_id: str, by: str, **policy: Any) -> str:
    """What is said of the yes that was given before, in a task of ann that goes on from there, by somebody."""
    told = settings.model_copy(update={"policy": settings.policy.model_copy(update=policy)})
    of = RerunOf(task_id=task_id, by=by, start="agreed", chain=(task_id,))
    again = HighLevelTask(task_id="again", description="again", owner="ann", rerun=of)
    plan = store.tasks.plan(task_id)
    assert plan is not None
    planned = Takeover(store, told, again, of).planned(plan, lambda _: False)
    assert planned.rerun is not None
    return next(one.asks for one in planned.rerun.again if one.subtask == "agreed")


@pytest.fixture
def wary(bare_lab: Lab) -> Settings:
    """Settings in which who asks may not approve."""
    policy = bare_lab.settings.policy.model_copy(update={"four_eyes": True})
    return bare_lab.settings.model_copy(update={"policy": policy})


@pytest.fixture
def ended(bare_lab: Lab, wary: Settings) -> str:
    """A task of ann in which sue, a Supervisor, said yes to a call, and a later one failed."""
    bare_lab.worker(settings=wary)
    agreed = {"id": "agreed", "tool": "dev-echo/echo", "args": {"message": "x"}, "approval": "required"}
    fails = {"id": "fails", "tool": "dev-echo/fail", "args": {"message": "no"}, "needs": ["agreed"]}
    document = Template.model_validate({"name": "plan", "description": "A plan", "subtasks": [agreed, fails]})
    with open_store(wary) as store:
        orchestrator = Orchestrator(wary, store)
        task = orchestrator.submit(HighLevelTask(description="A plan", document=document, owner="ann", role="User"))
        asked = eventually(lambda: next(iter(orchestrator.view(task).interventions), None), 60, "it asks")
        yes = Answer(intervention_id=asked.id, response="approve", by="sue")
        orchestrator.answer(task, yes, role="Supervisor")
        eventually(lambda: orchestrator.has_ended(task), 60, "it ends")
    return task


def test_a_yes_counts_once_more_only_as_policy_has_it_now(bare_lab: Lab, ended: str) -> None:
    store, settings = bare_lab.store, bare_lab.settings
    assert asks(store, settings, ended, "ann") == COUNTS
    assert asks(store, settings, ended, "ann", four_eyes=True) == COUNTS
    assert asks(store, settings, ended, "ann", approvals_last=3_600) == COUNTS
    assert "is older than 0 s (policy.approvals_last)" in asks(store, settings, ended, "ann", approvals_last=0)
    assert "ask a Owner" in asks(store, settings, ended, "ann", approver_roles=("Owner",))
    # who goes on with it is who asks now: his own yes of before is none where two pairs of eyes are wanted
    assert asks(store, settings, ended, "sue") == COUNTS
    assert "sue asked for this" in asks(store, settings, ended, "sue", four_eyes=True)


def test_of_several_who_said_yes_none_may_have_asked(
    bare_lab: Lab, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A yes of three people is that of each of them."""
    store, settings = bare_lab.store, bare_lab.settings
    past = store.tasks.past(ended)
    before = past.answers["agreed"]
    together = before.model_copy(update={"also": ("bob", "eve"), "at": datetime.now(UTC)})
    assert isinstance(together, GivenAnswer)
    monkeypatch.setattr(store.tasks, "past", lambda _: past._replace(answers={"agreed": together}))
    assert asks(store, settings, ended, "bob") == COUNTS
    assert "bob asked for this" in asks(store, settings, ended, "bob", four_eyes=True)


def test_who_goes_on_with_a_task_of_another_does_not_approve_it(wary: Settings, ended: str) -> None:
    """Two pairs of eyes: ann asked first, sue asks now; neither says yes, a third one does."""
    with open_store(wary) as store:
        orchestrator = Orchestrator(wary, store)
        retry = orchestrator.retry(ended, "agreed", by="sue", role="Supervisor", agreed=True)
        asked = eventually(lambda: next(iter(orchestrator.view(retry).interventions), None), 60, "it asks")
        for who in ("ann", "sue"):
            with pytest.raises(NotAllowed, match=f"{who} asked for this"):
                orchestrator.answer(
                    retry, Answer(intervention_id=asked.id, response="approve", by=who), role="Supervisor"
                )
        orchestrator.answer(retry, Answer(intervention_id=asked.id, response="approve", by="kim"), role="Owner")
        eventually(lambda: orchestrator.has_ended(retry), 60, "it ends")
