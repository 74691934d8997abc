"""Attack → what must not happen: a destructive call that nobody with the key said yes to. Each leaves a new question, a
refusal or a security alert, and the note that was to be removed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import Answer, Intervention
from aether_agents.errors import WrongStatus
from tests.conftest import eventually
from tests.integration.execution.lab import Lab, step

READY_AND_ANSWERED = "r 0 1 {token} 0 0 5 0 0 1"


def command(lab: Lab, *parts: Any) -> Any:
    """What anybody with the address can send."""
    return lab.store.connection.command(*parts)


def fcall(lab: Lab, name: str, *args: Any) -> Any:
    """Our own functions are there for everybody."""
    return lab.store.tasks._access.call(name, *args)


def fields(lab: Lab, task_id: str) -> str:
    return lab.store.keys.subtasks(task_id)


def removal(lab: Lab, task_id: str) -> Path:
    """A task that asks before it removes a note; the note."""
    path = lab.folder / task_id
    path.write_text("kept")
    args = {"folder": str(lab.folder), "name": task_id}
    lab.launch([step(task_id, "a", tool="remove", args=args, needs_approval=True)], task_id)
    return path


def asked(lab: Lab, task_id: str, after: str = "") -> Intervention:
    """What a task asks, once it asks another question than the one named."""
    (found,) = eventually(
        lambda: [one for one in lab.store.tasks.view(task_id).interventions if one.id != after], what=f"{task_id} asks"
    )
    return found


def answer(lab: Lab, task_id: str, response: str = "approve") -> None:
    question = asked(lab, task_id)
    lab.sender.send(lab.store.tasks.answer(task_id, Answer(intervention_id=question.id, response=response, by="ann")))


def alerts(lab: Lab) -> list[str]:
    """What has been said to be no accident since the last look."""
    found = lab.store.alerts.suspicions()
    for entry, _ in found:
        lab.store.alerts.looked_into(entry)
    return [f"{one.what}: {one.about}" for _, one in found]


def forged(lab: Lab, task_id: str, record: bytes = b"approve", after: bytes | None = None) -> None:
    """`answer` as alice-the-supervisor, with the head as it lies there."""
    head = command(lab, "HGET", lab.store.keys.task(task_id), "head")
    question = asked(lab, task_id).id
    written = head if after is None else after
    kind, _ = fcall(
        lab, "answer", task_id, question, "go", "approve", "alice-the-supervisor", b"", head, written, record, "", b""
    )
    assert kind == b"open", "the store cannot tell"


def by_function(lab: Lab, task_id: str) -> None:
    forged(lab, task_id)


def by_function_with_an_answer_of_another_task(lab: Lab, task_id: str) -> None:
    other = removal(lab, f"{task_id}-other")
    answer(lab, other.name)
    assert lab.ended(other.name) == "completed"
    forged(lab, task_id, command(lab, "HGET", fields(lab, other.name), "a:a"))


def by_fields(lab: Lab, task_id: str) -> None:
    command(lab, "HSET", fields(lab, task_id), "s:a", READY_AND_ANSWERED.format(token=9), "a:a", b"yes")
    command(lab, "ZREM", lab.store.keys.waiting(task_id), "a")
    command(lab, "ZADD", lab.store.keys.due, 0, f"{task_id}|a")


def by_wiring(lab: Lab, task_id: str) -> None:
    """Without the flag that asks first."""
    command(lab, "HSET", fields(lab, task_id), "w:a", "dev - ", "s:a", "r 0 1 9 0 0 5 0 0 0")
    command(lab, "ZREM", lab.store.keys.waiting(task_id), "a")
    command(lab, "ZADD", lab.store.keys.due, 0, f"{task_id}|a")


@pytest.mark.parametrize(
    ("attack", "told"),
    [
        (by_function, "forged answer"),
        (by_function_with_an_answer_of_another_task, "forged answer"),
        (by_fields, "forged answer"),
        (by_wiring, ""),
    ],
)
def test_a_yes_that_nobody_gave_has_nothing_done(lab: Lab, attack: Callable[[Lab, str], None], told: str) -> None:
    task_id = attack.__name__.replace("_", "-")
    note = removal(lab, task_id)
    first = asked(lab, task_id).id
    alerts(lab)
    attack(lab, task_id)
    again = asked(lab, task_id, after=first)
    assert (again.kind, note.exists()) == ("approval", True)
    assert not told or f"{told}: {task_id}/a" in alerts(lab)
    answer(lab, task_id)
    assert (lab.ended(task_id), note.exists()) == ("completed", False)


def test_a_head_that_is_not_ours_ends_the_call(lab: Lab) -> None:
    note = removal(lab, "head")
    head = command(lab, "HGET", lab.store.keys.task("head"), "head")
    forged(lab, "head", after=b"{}")
    eventually(lambda: "broken document: head/a" in alerts(lab), what="an alert")
    command(lab, "HSET", lab.store.keys.task("head"), "head", head)  # so that we can read how it went
    assert (lab.ended("head"), note.exists()) == ("failed", True)


def of_another_subtask(lab: Lab, task_id: str) -> bytes:
    """A question of ours about something harmless, sealed with the key."""
    lab.launch([step(f"{task_id}-x", "a", needs_approval=True)], f"{task_id}-x")
    question = asked(lab, f"{task_id}-x").id
    return bytes(command(lab, "HGET", fields(lab, f"{task_id}-x"), f"q:{question}"))


def in_clear(lab: Lab, task_id: str) -> bytes:
    return b'{"kind":"approval","prompt":"Say hello?","choices":["approve","deny"],"subtask_id":"a"}'


def as_lost(lab: Lab, task_id: str) -> bytes:
    return b"lost"


def gone(lab: Lab, task_id: str) -> bytes:
    return b""


@pytest.mark.parametrize("other", [of_another_subtask, in_clear, gone])
def test_another_text_in_a_questions_place_is_not_shown_and_not_answered(
    lab: Lab, other: Callable[[Lab, str], bytes]
) -> None:
    task_id = f"text-{other.__name__}".replace("_", "-")
    note = removal(lab, task_id)
    first = asked(lab, task_id).id
    command(lab, "HSET", fields(lab, task_id), f"q:{first}", other(lab, task_id))
    seen = asked(lab, task_id)
    assert "hello" not in seen.prompt
    assert seen.choices == ("ask again",)
    with pytest.raises(WrongStatus, match="not believed"):
        lab.store.tasks.answer(task_id, Answer(intervention_id=first, response="approve"))
    again = asked(lab, task_id, after=first)
    assert (again.choices, note.name in again.prompt, note.exists()) == (("approve", "deny"), True, True)
    answer(lab, task_id, "deny")
    assert (lab.ended(task_id), note.exists()) == ("failed", True)


def test_a_question_made_harmless_by_its_code_has_nothing_done(lab: Lab) -> None:
    """ "It may have run" is the one question in clear; a yes to it is a yes to no call that must be asked about."""
    note = removal(lab, "code")
    first = asked(lab, "code").id
    command(lab, "HSET", fields(lab, "code"), f"q:{first}", b"lost")
    answer(lab, "code", "retry")
    assert (asked(lab, "code", after=first).kind, note.exists()) == ("approval", True)
    answer(lab, "code", "deny")
    assert (lab.ended("code"), note.exists()) == ("failed", True)


def test_a_no_is_never_a_yes(lab: Lab) -> None:
    """The answer is genuine, and about this very call: it said no."""
    note = removal(lab, "no")
    gate = lab.folder / "no.gate"
    held = step("no-held", "b", tool="gate", args={"path": str(gate)})
    args = {"folder": str(lab.folder), "name": "no"}
    first = step("no-held", "a", tool="remove", args=args, needs_approval=True, on_failure="continue")
    lab.launch([first, held], "no-held")
    answer(lab, "no-held", "deny")
    eventually(lambda: lab.store.tasks.outcomes("no-held", ["a"]), what="it is told")
    command(lab, "HSET", fields(lab, "no-held"), "s:a", READY_AND_ANSWERED.format(token=9))
    command(lab, "HDEL", fields(lab, "no-held"), "o:a")
    alerts(lab)
    command(lab, "ZADD", lab.store.keys.due, 0, "no-held|a")
    eventually(lambda: "forged answer: no-held/a" in alerts(lab), what="an alert")
    assert (asked(lab, "no-held").kind, note.exists()) == ("approval", True)
    gate.touch()
    for one in ("no-held", "no"):
        lab.store.tasks.cancel(one, "ann")
        lab.ended(one)


def test_a_yes_is_good_for_one_call(lab: Lab) -> None:
    """Everything in clear is put back as it was before the call: the answer is genuine, and used up."""
    note = lab.folder / "twice"
    note.write_text("kept")
    gate = lab.folder / "twice.gate"
    args = {"folder": str(lab.folder), "name": "twice"}
    held = step("twice", "b", tool="gate", args={"path": str(gate)})
    lab.launch([step("twice", "a", tool="remove", args=args, needs_approval=True), held], "twice")
    answer(lab, "twice")
    eventually(lambda: not note.exists(), what="the note is removed")
    eventually(lambda: lab.store.tasks.outcomes("twice", ["a"]), what="it is told")
    note.write_text("written again")
    alerts(lab)
    command(lab, "HSET", fields(lab, "twice"), "s:a", READY_AND_ANSWERED.format(token=9))
    command(lab, "HDEL", fields(lab, "twice"), "o:a")
    command(lab, "ZADD", lab.store.keys.due, 0, "twice|a")
    eventually(lambda: "forged answer: twice/a" in alerts(lab), what="an alert")
    assert (asked(lab, "twice").kind, note.exists()) == ("approval", True)
    gate.touch()
    lab.store.tasks.cancel("twice", "ann")
    lab.ended("twice")
