"""Policy, shown and tried: which rules there are, and what they make of calls that a file describes."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from aether_agents.access.policy import Allowed, Decision, Denied
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED, TASK_FAILED
from aether_agents.cli.terminal.tables import Column, quiet, table
from aether_agents.contracts import Contract, Json, PlannedSubtask, Risk, Role, Tool, ToolRow
from aether_agents.documents.document import read_document
from aether_agents.documents.model_check import read_as
from aether_agents.settings.policy import PolicyRule
from aether_agents.specialists import load_specialists

Word = Literal["allow", "ask", "deny"]


class Case(Contract):
    """A call, and what policy should make of it."""

    name: str = Field(default="", description="A few words for people.")
    tool: str = Field(pattern=r"^[^/\s]+/\S+$", description="`server/tool`.")
    args: dict[str, Json] = Field(default_factory=dict, description="Its arguments.")
    risk: Risk | None = Field(default=None, description="Its risk; without it, that of the specialists' tables.")
    path_args: tuple[str, ...] | None = Field(default=None, description="Which of them are paths; as `risk`.")
    specialist: str = Field(default="", description="Specialist that calls it; as `risk`.")
    context: str = Field(default="local", description="Context of its task.")
    person: str = Field(default="local", description="Who asked for its task.")
    role: Role = Field(default="Owner", description="His role.")
    with_secrets: bool = Field(default=False, description="Whether its arguments hold a secret.")
    at: datetime | None = Field(default=None, description="When it is called; now without it.")
    yes: bool = Field(default=False, description="Whether a person has said yes to this call.")
    expect: Word = Field(description="What policy should make of it.")
    rule: str = Field(default="", description="Part of the name of the rule that should decide; empty: any.")


class Cases(Contract):
    """A file of cases."""

    cases: tuple[Case, ...] = Field(min_length=1, description="Calls, each with what policy should make of it.")


class Tried(NamedTuple):
    """A case that was tried."""

    name: str
    tool: str
    expected: str
    found: str
    rule: str
    reason: str
    held: bool


def show_policy(session: Session) -> int:
    """Show the thresholds and the rules that hold here."""
    policy = session.settings.policy
    if session.output.json_wanted:
        session.output.json(policy.model_dump(mode="json"))
        return COMPLETED
    session.output.say(
        f"asks from {policy.approval_from.value}; --yes reaches {policy.yes_up_to.value}; "
        f"{len(policy.deny)} patterns denied, {len(policy.rules)} rules"
    )
    rows = [(one, "deny", "", "policy.deny") for one in policy.deny]
    for rule in policy.rules:
        rows.append((rule.name, f"{rule.then} (in shadow)" if rule.shadow else rule.then, _when(rule), rule.why))
    if rows:
        columns = (Column("rule", keep=True), Column("then"), Column("when"), Column("why"))
        session.output.show(table(columns, [(*row[:3], quiet(row[3])) for row in rows]))
    return COMPLETED


def try_policy(session: Session, path: Path) -> int:
    """Try the calls of a file; 0 if policy makes of each what the file says."""
    cases = read_as(Cases, read_document(path)).cases
    rows = {row.tool: (one.name, row) for one in load_specialists(session.settings) for row in one.tools}
    tried = [_tried(session, case, rows) for case in cases]
    wrong = [one for one in tried if not one.held]
    if session.output.json_wanted:
        session.output.json([one._asdict() for one in tried])
        return TASK_FAILED if wrong else COMPLETED
    for one in tried:
        said = f"{one.name or one.tool}: {one.found}" + (f", {one.rule}" if one.rule else "")
        if one.held:
            session.output.good(said)
        else:
            session.output.bad(f"{said}; the file says {one.expected}{': ' + one.reason if one.reason else ''}")
    session.output.say(f"{len(tried) - len(wrong)} of {len(tried)} as the file says")
    return TASK_FAILED if wrong else COMPLETED


def _tried(session: Session, case: Case, rows: Mapping[str, tuple[str, ToolRow]]) -> Tried:
    # Loaded to try calls: what checks arguments is no part of a client's install.
    from aether_agents.access.policy_rules import Asker, Decider  # noqa: PLC0415

    specialist, known = rows.get(case.tool, ("", ToolRow(tool=case.tool, risk=Risk.DESTRUCTIVE)))
    changes = {"risk": case.risk, "verb": None} if case.risk is not None else {}
    row = known.model_copy(update=changes | ({} if case.path_args is None else {"path_args": case.path_args}))
    server, _, name = case.tool.partition("/")
    who = case.specialist or specialist or "dev"
    tool = Tool(server=server, name=name, specialist=who, pin="", row=row)
    subtask = PlannedSubtask(
        id="call", tool=case.tool, args=case.args, specialist=who, risk=tool.risk_of(case.args), context=case.context
    )
    decider = Decider(session.settings, lambda _: Asker(case.person, case.role), at=case.at)
    decision = decider.decide("", tool, case.args, subtask, answered=case.yes, with_secrets=case.with_secrets)
    found = _word(decision)
    held = found == case.expect and case.rule in decision.rule
    reason = "" if isinstance(decision, Allowed) else decision.reason
    return Tried(case.name, case.tool, case.expect, found, decision.rule, reason, held)


def _word(decision: Decision) -> Word:
    if isinstance(decision, Allowed):
        return "allow"
    return "deny" if isinstance(decision, Denied) else "ask"


def _when(rule: PolicyRule) -> str:
    said = rule.model_dump(mode="json", exclude_defaults=True, exclude={"name", "then", "why", "shadow"})
    parts = [f"{key} {', '.join(map(str, value)) if isinstance(value, list) else value}" for key, value in said.items()]
    return "; ".join(parts) or "always"
