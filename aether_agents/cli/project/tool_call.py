"""One call of one tool, as a person types it: made into a plan of one subtask, which goes the way every plan goes."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from aether_agents.cli.session.lookup import servers_here, why_inert
from aether_agents.cli.session.protocols import Entry, OrchestratorFace
from aether_agents.cli.session.reconnect import PAUSE
from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.submission import bring, task_from
from aether_agents.cli.terminal.typed_values import parse_value, read_pairs
from aether_agents.contracts import InputSpec, Json, Template, Tool, escape
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidTask, ServerDown
from aether_agents.mcp_host.files.project_scope import visible

_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object"})


def call(session: Session, ref: str, given: tuple[Sequence[str], str | None], options: Mapping[str, Any]) -> int:
    """Call a tool as a task, and follow it; the exit code."""
    detach = bool(options.get("detach"))
    with session.orchestrator(keep=detach) as orchestrator:
        session.require_worker(orchestrator)
        tools = _listed(session, orchestrator, ref)
        if ref not in tools and (why := why_inert(session, ref.partition("/")[0])):
            raise InvalidTask(f"the server `{ref.partition('/')[0]}` may not be started: {why}")
        document = plan_of_call(tools, ref, *given)
        order = task_from(session, document.description, {**options, "priority": 5})
        return bring(session, orchestrator, order.model_copy(update={"document": document}), detach=detach)


def _listed(session: Session, orchestrator: OrchestratorFace, ref: str) -> dict[str, Tool]:
    """The live tools; those of a server that is known here are waited for, because workers list when they start."""
    server = ref.partition("/")[0]
    names = visible(servers_here(session).known, session.folder).names
    known = servers_here(session).known.get(names.get(server, server))
    usual = session.settings.agent_system.mcp_integration.server_timeout
    limit = time.monotonic() + (known.timeout if known and known.timeout else usual)
    known_as = names.get(server, server)
    asked = False  #: anew, of one that failed: the reason may be gone since
    while _is_awaited(entry := (catalogue := orchestrator.catalogue()).get(known_as), asked=asked) and server in names:
        if entry is not None and not entry.outdated:
            orchestrator.list_server(known_as)
            asked = True
        if time.monotonic() > limit:
            raise ServerDown(f"no worker has listed server `{server}` yet: see `aether-agent servers test {server}`")
        session.check()
        time.sleep(PAUSE)
    said = {**{name: name for name in catalogue if name not in servers_here(session).known}, **names}
    entries = [(name, catalogue[known_as]) for name, known_as in said.items() if known_as in catalogue]
    tools = {f"{name}/{tool.name}": tool for name, entry in entries for tool in entry.tools}
    if ref not in tools and entry is not None and entry.status == "failed":
        raise ServerDown(f"the server `{server}` is not live: {entry.error or f'aether-agent servers test {server}'}")
    return tools


def _is_awaited(entry: Entry | None, *, asked: bool) -> bool:
    return entry is None or (entry.status == "failed" and (entry.outdated or not asked))


def plan_of_call(tools: Mapping[str, Tool], ref: str, pairs: Sequence[str], args: str | None) -> Template:
    """The plan that makes this call; the values are read as the tool's own schema wants them.

    Raises:
        InvalidTask: there is no such tool, or what was given is no arguments for it.
    """
    if ref not in tools:
        raise InvalidTask(f"there is no tool `{ref}`{nearest(ref, tools)}; find one: aether-agent tools search WORDS")
    given = {**_from_json(args), **_from_pairs(tools[ref], pairs)}
    return Template.model_validate(
        {
            "name": "tool_call",
            "description": f"Call {ref}",
            "subtasks": [{"id": "call", "tool": ref, "args": escape(given)}],
            "outputs": {"result": "${subtasks.call.output}"},
        }
    )


_OBJECT = """write one, such as '{"path": "."}'"""


def _from_json(text: str | None) -> dict[str, Json]:
    try:
        value: Json = json.loads(text) if text else {}
    except ValueError as error:
        raise InvalidTask(f"`--args` is not JSON ({error}): {_OBJECT}") from None
    if not isinstance(value, dict):
        raise InvalidTask(f"`--args` must be an object: {_OBJECT}")
    return value


def _from_pairs(tool: Tool, pairs: Sequence[str]) -> dict[str, Json]:
    given = read_pairs(pairs)
    schema = tool.input_schema.get("properties")
    known: Mapping[str, Any] = schema if isinstance(schema, dict) else {}
    if unknown := sorted(set(given) - set(known)):
        hint = nearest(unknown[0], known)
        raise InvalidTask(f"`{tool.ref}` takes no `{unknown[0]}`{hint}; it takes: {', '.join(known) or 'nothing'}")
    return {name: parse_value(name, value, _wanted(tool, name, known[name])) for name, value in given.items()}


def _wanted(tool: Tool, name: str, schema: Any) -> InputSpec:
    """The argument as an input: its JSON type, and whether it is a path."""
    types = [schema, *schema.get("anyOf", ())] if isinstance(schema, dict) else []
    kind = next((one["type"] for one in types if isinstance(one, dict) and one.get("type") in _TYPES), "string")
    path = name in tool.row.path_args
    if kind == "array":
        return InputSpec(type="array", items=InputSpec(format="path") if path else None)
    return InputSpec(type=kind, format="path" if path else None)
