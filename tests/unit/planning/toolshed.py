"""A small catalogue to plan against: what workers would have listed."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aether_agents.contracts import HighLevelTask, Json, Plan, Risk, Template, Tool, ToolRow
from aether_agents.planning.planner import Planner
from aether_agents.planning.planning_result import Asked, Conclusion, NotYet, Planned, Unplannable
from aether_agents.settings.model import Settings
from aether_agents.store import CatalogueEntry

HOME = Path("/home-of-aether")
TEXT: dict[str, Json] = {"type": "string"}
NUMBER: dict[str, Json] = {"type": "integer"}
LIST: dict[str, Json] = {"type": "array"}


def tool(
    ref: str,
    properties: dict[str, Json] | None = None,
    required: Iterable[str] = (),
    output: dict[str, Json] | None = None,
    *,
    specialist: str = "dev",
    risk: Risk = Risk.READ,
    **row: Any,
) -> Tool:
    """One live tool."""
    server, name = ref.split("/")
    schema: dict[str, Json] = {"type": "object", "properties": properties or {}, "required": list(required)}
    return Tool(
        server=server,
        name=name,
        specialist=specialist,
        input_schema=schema,
        output_schema=output,
        pin=f"sha256:{ref}",
        row=ToolRow(tool=ref, risk=risk, **row),
    )


SCAN_OUTPUT: dict[str, Json] = {
    "type": "object",
    "properties": {"count": NUMBER, "findings": {"type": "array", "items": {"type": "object"}}},
    "additionalProperties": False,
}

TOOLS = (
    tool(
        "secrets/scan",
        {"path": TEXT, "max_commits": NUMBER},
        ["path"],
        SCAN_OUTPUT,
        specialist="security",
        path_args=("path",),
    ),
    tool("code/scan", {"path": TEXT}, ["path"], specialist="security", path_args=("path",)),
    tool("code/permissions", {"path": TEXT}, ["path"], specialist="security"),
    tool("quality/assess", {"path": TEXT, "days": NUMBER}, ["path"]),
    tool("git/git_log", {"repo_path": TEXT, "max_count": NUMBER}, ["repo_path"]),
    tool("git/git_reset", {"repo_path": TEXT}, ["repo_path"], risk=Risk.DESTRUCTIVE),
    tool("db/query", {"sql": TEXT, "parameters": LIST}, ["sql"], risk=Risk.COSTLY, code_args=("sql",)),
    tool(
        "reports/write",
        {"title": TEXT, "sections": LIST, "folder": TEXT, "subject": TEXT, "task": TEXT},
        ["title", "sections"],
        risk=Risk.WRITE,
        repeatable=True,
    ),
)


def catalogue(*tools: Tool, **statuses: str) -> dict[str, CatalogueEntry]:
    """What workers have listed; `git="failed"` sets the status of a server."""
    entries: dict[str, CatalogueEntry] = {}
    for one in tools or TOOLS:
        status = statuses.get(one.server, "live")
        entries[one.server] = CatalogueEntry(
            server=one.server,
            specialist=one.specialist,
            spec_digest="d",
            status=status,
            error=None if status == "live" else f"{one.server} is {status}",
            tools=(*(entries[one.server].tools if one.server in entries else ()), one),
        )
    return entries


def template(name: str = "sample", **fields: Any) -> Template:
    """A template from what a file would hold."""
    return Template.model_validate({"name": name, "description": f"What {name} does", **fields})


def task(description: str = "sample", **fields: Any) -> HighLevelTask:
    """A task of somebody in /work."""
    return HighLevelTask(description=description, **{"folder": "/place", **fields})


def plan(
    of: Template,
    *templates: Template,
    settings: Settings | None = None,
    asks: HighLevelTask | None = None,
    **fields: Any,
) -> Conclusion:
    """Plan one template by name with the catalogue above."""
    asked = asks or task(type=of.name, **fields)
    return Planner(settings or Settings(home=HOME), (of, *templates)).plan(asked, catalogue())


def planned(conclusion: Conclusion) -> Plan:
    """The plan, which must be there."""
    assert isinstance(conclusion, Planned), conclusion
    return conclusion.plan


def refused(conclusion: Conclusion) -> str:
    """The reason, which must be there."""
    assert isinstance(conclusion, Unplannable), conclusion
    return conclusion.error


def asked(conclusion: Conclusion) -> Asked:
    """The question, which must be there."""
    assert isinstance(conclusion, Asked), conclusion
    return conclusion


def not_yet(conclusion: Conclusion) -> tuple[str, ...]:
    """The servers that are waited for."""
    assert isinstance(conclusion, NotYet), conclusion
    return conclusion.servers
