"""Answers: what a person said, sealed, and whether it counts when somebody is about to act on it.

The store says that something was answered; anybody who can write to it can make it say so. What counts is the sealed
answer, in the version that the task's head names. A call that is not safe to repeat uses its answer up, before it is
sent: the same yes is never the reason for two of them.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from aether_agents.contracts import Answer, Covered, GivenAnswer, Intervention, Json
from aether_agents.errors import CannotOpen
from aether_agents.store.client.head import Head
from aether_agents.store.client.places import Places
from aether_agents.store.client.store_client import StoreClient
from aether_agents.store.interventions.questions import EFFECTS

#: Judges whether somebody may answer a question; it raises where he may not.
May = Callable[[Intervention], None]

_NOBODYS = "the store tells of an answer that nobody with the key gave"
_NO = "the answer that the store tells of is the no of {by}"
_OLDER = "the store came back older than it was when this machine last saw the task, and the answer may be void"
_USED = "the answer that the store tells of was used up by an earlier call"


def field_of(subtask_id: str) -> str:
    """The head's name for the answer about a subtask; about the whole task without one."""
    return f"a:{subtask_id}"


def seal(
    access: StoreClient,
    task_id: str,
    question: Intervention,
    answer: Answer,
    binds: str,
    head: Head,
    role: str = "",
    covers: tuple[Covered, ...] = (),
) -> bytes:
    """The answer to a question as it is kept; `head` is the one after it, `covers` what a yes to a review lets run."""
    subtask_id = question.subtask_id or ""
    given = GivenAnswer(
        intervention_id=question.id,
        response=answer.response,
        actor=answer.by,
        at=datetime.now(UTC),
        binds=binds,
        role=role,
        comment=answer.comment,
        also=answer.also,
        value=question.review.digest if question.review else "",
        covers=covers,
    )
    place = head.place(Places.answer(task_id, subtask_id))
    return access.seal(place, given, head.version(field_of(subtask_id)))


def told(task_id: str, question: Intervention, answer: Answer, role: str) -> dict[str, Json]:
    """An answer as the audit record knows it: who said what to which call, nothing of its content."""
    values: Json = [*sorted(answer.values)]
    changed: Json = [*sorted(answer.changes)]
    also: Json = [*answer.also]
    return {
        "task": task_id,
        "subtask": question.subtask_id,
        "question": question.id,
        "about": question.kind,
        "response": answer.response,
        "by": answer.by,
        "role": role,
        "binds": question.binds,
        "values": values or None,
        "changed": changed or None,
        "also": also or None,
    }


def opened(access: StoreClient, task_id: str, subtask_id: str, blob: bytes | None, head: Head) -> GivenAnswer | None:
    """The answer that counts; none if there is none.

    Raises:
        CannotOpen: what is there is not the one.
    """
    version = head.version(field_of(subtask_id))
    if not version or not blob:
        return None
    place = head.place(Places.answer(task_id, subtask_id))
    return access.read(GivenAnswer, place, access.sealer.open(place, blob, version))


def believed(
    access: StoreClient, task_id: str, subtask_id: str, blob: bytes | None, head: Head
) -> tuple[GivenAnswer | None, str]:
    """The answer that the store tells of; or none, and why it does not count."""
    if head.later:
        return None, _OLDER
    try:
        found = opened(access, task_id, subtask_id, blob, head)
    except CannotOpen as error:
        return None, str(error)
    if found is None:
        return None, _NOBODYS
    if found.response in EFFECTS:
        return None, _NO.format(by=found.actor)
    if head.used.get(subtask_id) == head.version(field_of(subtask_id)):
        return None, _USED
    return found, ""
