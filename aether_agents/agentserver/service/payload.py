"""Payloads: what a client may say, read into contracts. What is wrong is named."""

from collections.abc import Mapping
from typing import Any

from aether_agents.contracts import Answer, HighLevelTask, Intervention
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidTask
from aether_agents.store import APPROVE, DENY, PROVIDE

#: What `agent_execute_task` takes. Consent (`assume_yes`) is not among it: who may approve, approves.
TASK_FIELDS = (
    "task", "description", "type", "agent_type", "context", "session", "inputs", "task_id", "priority",
    "timeout_seconds", "plan_only", "dry_run",
)  # fmt: skip

#: Longest comment on an answer, in characters.
COMMENT_MAX = 2_000


def mapping(payload: object, fields: tuple[str, ...]) -> Mapping[str, Any]:
    """A payload that is a mapping with these fields and no others.

    Raises:
        InvalidTask: it is not.
    """
    if not isinstance(payload, Mapping):
        raise InvalidTask(f"a mapping is wanted, with {', '.join(fields)}")
    if strange := [str(key) for key in payload if key not in fields]:
        raise InvalidTask(f"`{strange[0]}` is unknown{nearest(strange[0], fields)}; known: {', '.join(fields)}")
    return payload


def task_from(payload: object) -> HighLevelTask:
    """The task that a client asks for, without an owner yet.

    Raises:
        InvalidTask: a field is unknown, missing or wrong.
    """
    return HighLevelTask.from_dict(mapping(payload, TASK_FIELDS))


def replan(payload: Mapping[str, Any]) -> str | None:
    """What a person says where a model is to plan the rest of a task anew; None where it is not.

    Raises:
        InvalidTask: it is no text.
    """
    return text(payload, "replan") if payload.get("replan") is not None else None


def text(payload: Mapping[str, Any], field: str, default: str | None = None) -> str:
    """A field that is a text.

    Raises:
        InvalidTask: it is missing and has no default, or is something else.
    """
    value = payload.get(field)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (not value and default is None):
        raise InvalidTask(f"`{field}` is missing" if value is None else f"`{field}`: a text is wanted")
    return value


def inputs(payload: Mapping[str, Any], field: str = "inputs") -> dict[str, Any]:
    """The field `inputs`, or another like it: a mapping of values by name; empty when it is missing.

    Raises:
        InvalidTask: it is something else.
    """
    value = payload.get(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise InvalidTask(f"`{field}`: a mapping of values by name is wanted")
    return dict(value)


def number(payload: Mapping[str, Any], field: str) -> int:
    """A field that is a whole number from 0; 0 when it is missing.

    Raises:
        InvalidTask: it is something else.
    """
    value = payload.get(field)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidTask(f"`{field}`: a whole number from 0 is wanted")
    return value


def answer_from(
    intervention_id: str,
    response: object,
    asked: Intervention | None,
    comment: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Answer:
    """The answer that a response is: one of the choices, true or false, or a mapping of inputs; with what he adds.

    Raises:
        InvalidTask: it is no answer to this question.
    """
    if len(comment) > COMMENT_MAX:
        raise InvalidTask(f"`comment` may have {COMMENT_MAX} characters")
    if isinstance(response, bool):
        response = (APPROVE, DENY)[not response]
    if isinstance(response, str) and response:
        changed = dict(changes or {})
        return Answer(intervention_id=intervention_id, response=response, comment=comment, changes=changed)
    if not isinstance(response, Mapping):
        raise InvalidTask("`response`: one of the choices, true or false, or a mapping of inputs is wanted")
    if asked is not None and asked.kind != "input":
        raise InvalidTask(f"`response`: `{asked.id}` takes one of: {', '.join(asked.choices)}")
    fields = asked.fields if asked is not None else {}
    if asked is not None and (strange := [str(key) for key in response if key not in fields]):
        raise InvalidTask(f"`response.{strange[0]}` is not asked for; asked for: {', '.join(fields)}")
    return Answer(intervention_id=intervention_id, response=PROVIDE, values=dict(response), comment=comment)
