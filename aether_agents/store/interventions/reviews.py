"""Reviews at the store: the calls that a yes lets run, as its sealed record names them."""

from collections.abc import Iterable, Mapping

from aether_agents.contracts import (
    Covered,
    Intervention,
    Json,
    PlannedSubtask,
    find,
    items_in,
    kinds_in,
    resolve,
    risk_by,
    value_digest,
)
from aether_agents.errors import WrongStatus
from aether_agents.store.client.head import Head
from aether_agents.store.client.store_client import StoreClient


def literal(args: Mapping[str, Json]) -> dict[str, Json]:
    """Those of a call's arguments that hang on no result; of a secret, its name."""
    return {
        name: resolve(value, lambda reference: reference.text)
        for name, value in args.items()
        if not any(reference.root in ("subtasks", "item") for reference in find(value))
    }


def covered(call: PlannedSubtask, value: Json) -> Covered:
    """A call as a yes to a value knows it."""
    kinds = kinds_in(items_in(value))
    return Covered(
        subtask=call.id,
        tool=call.tool or "",
        pin=call.pin,
        args=literal(call.args),
        risk=risk_by(call.item_risks, kinds, call.risk),
    )


def covered_by(review: PlannedSubtask, calls: Mapping[str, PlannedSubtask], value: Json) -> tuple[Covered, ...]:
    """The calls that a yes to a review lets run; those that ask for themselves are not among them."""
    named = review.review.covers if review.review else ()
    return tuple(covered(calls[one], value) for one in named if one in calls and calls[one].reviewed_by == review.id)


def binding(value: Json, calls: Iterable[Covered]) -> str:
    """`sha256:…` over what a yes to a review is a yes to: the value, and the calls that it covers."""
    return value_digest([value_digest(value), [one.model_dump(mode="json") for one in calls]])


def asked_about(access: StoreClient, task_id: str, question: Intervention, head: Head) -> tuple[Covered, ...]:
    """The calls that a yes to a review lets run, as they stand in the plan; none of any other question.

    Raises:
        WrongStatus: they, or what is shown, are not what the question is about.
    """
    if question.review is None:
        return ()
    subtasks, about = access.keys.subtasks(task_id), question.subtask_id or ""
    document, outcome = access.connection.command("HMGET", subtasks, f"d:{about}", f"o:{question.review.of}")
    review = access.open_subtask(task_id, about, document or b"", head)
    names = review.review.covers if review.review else ()
    blobs = access.connection.command("HMGET", subtasks, *(f"d:{one}" for one in names)) if names else []
    calls = {one: access.open_subtask(task_id, one, blob or b"", head) for one, blob in zip(names, blobs, strict=True)}
    value = access.open_outcome(task_id, question.review.of, outcome or b"", head).output
    found = covered_by(review, calls, value)
    if binding(value, found) != question.binds:
        raise WrongStatus(f"`{question.id}` asks about something else than there is now: cancel the task")
    return found
