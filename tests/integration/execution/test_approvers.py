"""Who may say yes: not who asked, several people, within a time; and to a call that he changes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import AddedSchedule, Answer, HighLevelTask, Intervention, Role, Template
from aether_agents.errors import InvalidTask, NotAllowed, WrongStatus
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.process.local_journal import login
from aether_agents.settings.policy import PolicySettings
from aether_agents.store import open_store
from tests.conftest import eventually
from tests.integration.execution.lab import Lab


def orchestrator_of(lab: Lab, **policy: Any) -> Orchestrator:
    """The orchestrator to a laboratory with this policy, and a worker that has it too."""
    lab.settings = lab.settings.model_copy(update={"policy": PolicySettings(**policy)})
    lab.worker()
    return Orchestrator(lab.settings, open_store(lab.settings))


def asked(orchestrator: Orchestrator, folder: Path, task_id: str, name: str = "x", **more: Any) -> Intervention:
    """What a task asks that removes a note."""
    (folder / name).write_text("here")
    args = {"folder": str(folder), "name": name}
    steps = [{"id": "remove", "tool": "dev-echo/remove", "args": args}]
    document = Template.model_validate({"name": "plan", "description": "A plan", "subtasks": steps})
    told = {"owner": "ann", **more}
    orchestrator.submit(HighLevelTask(task_id=task_id, description="A plan", document=document, **told))
    return eventually(lambda: next(iter(orchestrator.view(task_id).interventions), None), 60, "it asks")


def say(
    orchestrator: Orchestrator, task_id: str, question: Intervention, by: str, role: Role = "Owner", **more: Any
) -> None:
    answer = Answer(intervention_id=question.id, response=more.pop("response", "approve"), by=by, **more)
    orchestrator.answer(task_id, answer, role=role)


def removed(lab: Lab) -> list[str]:
    """The notes that were removed, as the server saw it."""
    return [line.split()[1] for line in lab.count_log.read_text().splitlines() if line.startswith("R ")]


def test_who_asked_does_not_approve_and_two_others_do(bare_lab: Lab, tmp_path: Path) -> None:
    lab = bare_lab
    orchestrator = orchestrator_of(lab, four_eyes=True, approvers=2)
    with pytest.raises(NotAllowed, match="four_eyes"):
        asked(orchestrator, tmp_path, "ahead", assume_yes=True)
    question = asked(orchestrator, tmp_path, "t")
    with pytest.raises(NotAllowed, match="ann asked for this"):
        say(orchestrator, "t", question, "ann")
    say(orchestrator, "t", question, "bob")
    with pytest.raises(WrongStatus, match=r"bob has said yes .* already"):
        say(orchestrator, "t", question, "bob")
    assert [one.id for one in orchestrator.view("t").interventions] == [question.id]
    assert removed(lab) == []
    say(orchestrator, "t", question, "eve", "Supervisor")
    eventually(lambda: orchestrator.has_ended("t"), 60, "it ends")
    assert (orchestrator.view("t").status, removed(lab)) == ("completed", ["x"])
    kinds = [one.entry for one in eventually(lambda: told(lab, "t", "answered"), 20, "it is recorded")]
    assert (kinds[0]["by"], kinds[0]["also"]) == ("eve", ["bob"])
    second = asked(orchestrator, tmp_path, "no")
    say(orchestrator, "no", second, "bob")
    say(orchestrator, "no", second, "ann", response="deny")  # a no needs nobody else, and may be one's own
    eventually(lambda: orchestrator.has_ended("no"), 60, "it ends")
    assert removed(lab) == ["x"]


def test_one_person_is_one_by_whatever_name(bare_lab: Lab, tmp_path: Path) -> None:
    """Who asks by an editor or a schedule of his own has asked; page and terminal are the same person's."""
    lab = bare_lab
    orchestrator = orchestrator_of(lab, four_eyes=True, approvers=2)
    lab.store.schedules.add("s", AddedSchedule(owner="ann", at=datetime.now(UTC), sentence="x", settings={}))
    for owner, names in (("mcp", ("mcp", "local", login())), ("schedule:s", ("ann",)), (login(), ("local", login()))):
        question = asked(orchestrator, tmp_path, owner.replace(":", "-"), owner=owner)
        for name in names:
            with pytest.raises(NotAllowed, match="asked for this"):
                say(orchestrator, owner.replace(":", "-"), question, name)
    question = asked(orchestrator, tmp_path, "t")
    say(orchestrator, "t", question, "local")
    with pytest.raises(WrongStatus, match="already"):
        say(orchestrator, "t", question, login())
    assert removed(lab) == []


def test_the_last_yes_counts_when_it_is_said_again(bare_lab: Lab, tmp_path: Path) -> None:
    """Whoever took it may end before he does what it was for."""
    lab = bare_lab
    orchestrator = orchestrator_of(lab, approvers=2)
    question = asked(orchestrator, tmp_path, "t")
    for name in ("bob", "eve"):
        lab.store.tasks.vote("t", question, name, 2)
    say(orchestrator, "t", question, "eve")
    eventually(lambda: orchestrator.has_ended("t"), 60, "it ends")
    assert (orchestrator.view("t").status, removed(lab)) == ("completed", ["x"])


def told(lab: Lab, task_id: str, kind: str) -> list[Any]:
    """Entries of the record."""
    return [one for one in lab.store.audit.lines() if (one.entry.get("task"), one.entry["kind"]) == (task_id, kind)]


def test_a_yes_by_one_is_none_where_the_worker_wants_two(bare_lab: Lab, tmp_path: Path) -> None:
    """Whoever answers past the orchestrator: the worker counts again."""
    lab = bare_lab
    orchestrator = orchestrator_of(lab, approvers=2)
    question = asked(orchestrator, tmp_path, "t")
    lab.sender.send(lab.store.tasks.answer("t", Answer(intervention_id=question.id, response="approve", by="bob")))
    again = eventually(
        lambda: next((one for one in orchestrator.view("t").interventions if one.id != question.id), None),
        60,
        "it asks again",
    )
    assert removed(lab) == []
    with pytest.raises(NotAllowed, match="Viewer may not approve"):
        say(orchestrator, "t", again, "bob", "Viewer")


def test_a_role_that_is_not_listed_may_not(bare_lab: Lab, tmp_path: Path) -> None:
    orchestrator = orchestrator_of(bare_lab, approver_roles=("Owner",))
    question = asked(orchestrator, tmp_path, "t")
    with pytest.raises(NotAllowed, match="Supervisor may not approve here"):
        say(orchestrator, "t", question, "bob", "Supervisor")


def test_what_nobody_answers_in_time_is_a_no(bare_lab: Lab, tmp_path: Path) -> None:
    lab = bare_lab
    orchestrator = orchestrator_of(lab, answer_within=1.0)
    asked(orchestrator, tmp_path, "t")
    eventually(lambda: orchestrator.has_ended("t"), 60, "it ends")
    view = orchestrator.view("t", outputs=True)
    assert (view.status, "denied by expiry" in (view.error or ""), removed(lab)) == ("failed", True, [])


def test_an_approver_changes_an_argument_within_the_schema(bare_lab: Lab, tmp_path: Path) -> None:
    lab = bare_lab
    orchestrator = orchestrator_of(lab)
    question = asked(orchestrator, tmp_path, "t")
    (tmp_path / "y").write_text("here")
    for wrong, error in (({"name": 3}, "string"), ({"force": True}, "force"), ({"name": "${secrets.token}"}, "values")):
        with pytest.raises(InvalidTask, match=error):
            say(orchestrator, "t", question, "bob", changes=wrong)
    with pytest.raises(WrongStatus):
        say(orchestrator, "t", question, "bob", response="deny", changes={"name": "y"})
    say(orchestrator, "t", question, "bob", changes={"name": "y"})
    eventually(lambda: orchestrator.has_ended("t"), 60, "it ends")
    assert (orchestrator.view("t").status, removed(lab)) == ("completed", ["y"])
    (entry,) = eventually(lambda: told(lab, "t", "answered"), 20, "it is recorded")
    assert entry.entry["changed"] == ["name"]


def test_a_change_voids_the_yes_of_others(bare_lab: Lab, tmp_path: Path) -> None:
    lab = bare_lab
    orchestrator = orchestrator_of(lab, approvers=2)
    question = asked(orchestrator, tmp_path, "t")
    (tmp_path / "y").write_text("here")
    say(orchestrator, "t", question, "bob")
    say(orchestrator, "t", question, "eve", changes={"name": "y"})
    again = eventually(
        lambda: next((one for one in orchestrator.view("t").interventions if one.id != question.id), None),
        60,
        "it asks again",
    )
    assert '"y"' in again.prompt
    assert removed(lab) == []
    for person in ("bob", "eve"):
        say(orchestrator, "t", again, person)
    eventually(lambda: orchestrator.has_ended("t"), 60, "it ends")
    assert (orchestrator.view("t").status, removed(lab)) == ("completed", ["y"])
