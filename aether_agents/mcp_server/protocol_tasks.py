"""Tasks of the protocol (`io.modelcontextprotocol/tasks`): a task of ours is one, where the client has them.

The extension is of the version 2026-07-28. Such a client gets a handle in the place of an answer from `plan`, `execute`
and `undo`, asks how it stands, answers what it may answer, and cancels. What a person decides stays a person's: of that
the client only reads that it waits.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp_types import INVALID_PARAMS, CallToolRequestParams, CallToolResult, RequestParams, TextContent
from mcp_types.jsonrpc import INTERNAL_ERROR, MISSING_REQUIRED_CLIENT_CAPABILITY
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field

from aether_agents.contracts import TERMINAL_TASK, TaskStatus
from aether_agents.errors import AetherError
from aether_agents.mcp_server.standing import Question, Standing
from aether_agents.mcp_server.tasks import ClientTasks

EXTENSION = "io.modelcontextprotocol/tasks"

#: Tools that begin a task.
_BEGIN = ("plan", "execute", "undo")
#: Milliseconds between two questions of a client, as it is advised.
_POLL = 1_000
_STATUS = {
    TaskStatus.COMPLETED: "completed",
    TaskStatus.FAILED: "failed",
    TaskStatus.CANCELLED: "cancelled",
}
_TYPES = ("string", "number", "integer", "boolean")

Said = dict[str, Any]


class Named(RequestParams):
    """Which task is meant."""

    task_id: str = Field(alias="taskId", max_length=64)


class Given(Named):
    """What the client answers to what a task asks, by the question's id."""

    input_responses: dict[str, Any] = Field(alias="inputResponses")


class ProtocolTasks(Extension):
    """Our tasks as those of the protocol."""

    identifier = EXTENSION

    def __init__(self, tasks: ClientTasks) -> None:
        self._tasks = tasks

    def methods(self) -> list[MethodBinding]:
        """What a client asks about a task."""
        modern = frozenset(MODERN_PROTOCOL_VERSIONS)
        return [
            MethodBinding("tasks/get", Named, self._get, modern),
            MethodBinding("tasks/update", Given, self._update, modern),
            MethodBinding("tasks/cancel", Named, self._cancel, modern),
        ]

    async def intercept_tool_call(
        self, params: CallToolRequestParams, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Give a handle for what was begun, at once; whoever has no tasks of the protocol gets what the tool says."""
        if params.name not in _BEGIN or not _has_tasks(ctx):
            return await call_next(ctx)
        params.arguments = {**(params.arguments or {}), "wait_seconds": 0}
        answer = await call_next(ctx)
        if not isinstance(answer, CallToolResult) or answer.is_error or not answer.structured_content:
            return answer
        standing = await self._tasks.standing(str(answer.structured_content["task_id"]))
        return {"resultType": "task", **await self._shown(standing), "status": "working"}

    async def _get(self, ctx: ServerRequestContext[Any, Any], params: Named) -> HandlerResult:
        _require_tasks(ctx)
        with _errors():
            standing = await self._tasks.standing(params.task_id, whole=True)
            shown = await self._shown(standing)
        if shown["status"] == "completed":
            shown["result"] = _result(standing)
        elif shown["status"] == "failed":
            shown["error"] = {"code": INTERNAL_ERROR, "message": standing.error or "the task failed"}
        elif shown["status"] == "input_required":
            shown["inputRequests"] = {one.id: _request(one) for one in _answerable(standing)}
        return {"resultType": "complete", **shown}

    async def _update(self, ctx: ServerRequestContext[Any, Any], params: Given) -> HandlerResult:
        _require_tasks(ctx)
        with _errors():
            standing = await self._tasks.standing(params.task_id)
            asked = {one.id: one for one in _answerable(standing)}
            for name, said in params.input_responses.items():
                if name in asked and isinstance(said, Mapping) and said.get("action") == "accept":
                    await self._tasks.answer(params.task_id, name, _response(asked[name], said.get("content")))
        return {"resultType": "complete"}

    async def _cancel(self, ctx: ServerRequestContext[Any, Any], params: Named) -> HandlerResult:
        _require_tasks(ctx)
        with _errors():
            if (await self._tasks.standing(params.task_id)).status not in TERMINAL_TASK:
                await self._tasks.cancel(params.task_id)
        return {"resultType": "complete"}

    async def _shown(self, standing: Standing) -> Said:
        """The fields that every answer about a task has."""
        status = _STATUS.get(standing.status) or ("input_required" if _answerable(standing) else "working")
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        begun = await self._tasks.begun(standing.task_id)
        return {
            "taskId": standing.task_id,
            "status": status,
            "statusMessage": standing.error or standing.next,
            "createdAt": begun.isoformat(timespec="milliseconds") if begun else now,
            "lastUpdatedAt": now,
            "ttlMs": None,
            "pollIntervalMs": _POLL,
        }


def _has_tasks(ctx: ServerRequestContext[Any, Any]) -> bool:
    """Whether the client says that it has tasks of the protocol, in a version that has them."""
    known = ctx.session.client_capabilities
    modern = ctx.session.protocol_version in MODERN_PROTOCOL_VERSIONS
    return modern and known is not None and EXTENSION in (known.extensions or {})


def _require_tasks(ctx: ServerRequestContext[Any, Any]) -> None:
    if not _has_tasks(ctx):
        raise MCPError(
            code=MISSING_REQUIRED_CLIENT_CAPABILITY,
            message=f"declare the extension {EXTENSION} with the request",
            data={"requiredCapabilities": {"extensions": {EXTENSION: {}}}},
        )


@contextmanager
def _errors() -> Iterator[None]:
    """Has an error of ours reach the client as one of the protocol."""
    try:
        yield
    except AetherError as error:
        raise MCPError(code=INVALID_PARAMS, message=f"{error.code}: {error}") from None


def _answerable(standing: Standing) -> list[Question]:
    """What the client may answer, and can: the protocol's forms are flat."""
    return [one for one in standing.questions if not one.for_a_person]


def _request(asked: Question) -> Said:
    """A question as the protocol asks it: a form of plain fields."""
    if asked.choices:
        fields: Said = {"answer": {"type": "string", "enum": list(asked.choices)}}
    else:
        fields = {name: _field(spec) for name, spec in asked.fields.items()}
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    return {
        "method": "elicitation/create",
        "params": {"mode": "form", "message": asked.prompt, "requestedSchema": schema},
    }


def _field(spec: Any) -> Said:
    known: Said = spec if isinstance(spec, dict) else {}
    told = str(known.get("prompt") or known.get("description") or "")
    if known.get("type", "string") in _TYPES:
        return {"type": known.get("type", "string"), "description": told}
    return {"type": "string", "description": f"{told} (as JSON)".strip()}


def _response(asked: Question, content: object) -> object:
    """What a form holds, as `answer` takes it: a choice, or values by field."""
    said = content if isinstance(content, Mapping) else {}
    if asked.choices:
        return said.get("answer", "")
    return {name: _value(asked.fields.get(name), value) for name, value in said.items()}


def _value(spec: Any, value: object) -> object:
    known = spec.get("type", "string") if isinstance(spec, dict) else "string"
    if known in _TYPES or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _result(standing: Standing) -> Said:
    """What the tool would have answered at the end."""
    told = standing.model_dump(mode="json")
    text = TextContent(type="text", text=json.dumps(told, ensure_ascii=False))
    return CallToolResult(content=[text], structured_content=told).model_dump(
        by_alias=True, mode="json", exclude_none=True
    )
