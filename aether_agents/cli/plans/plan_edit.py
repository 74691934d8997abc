"""Plans compared, and changed in an editor: what is other is shown before anything runs."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click
from rich.text import Text

from aether_agents.cli.session.session import Session
from aether_agents.cli.session.task_id import TASK_ID
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.glyphs import BAD, GOOD, WARN
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.text import plain
from aether_agents.contracts import Json, Template
from aether_agents.errors import InvalidSettings
from aether_agents.planning.files.plan_file import load, template_of
from aether_agents.planning.linked.plan_difference import PlanChange, plan_difference
from aether_agents.planning.validation.digest import reports_folder

_STYLES = {"added": GOOD, "removed": BAD, "changed": WARN}


def compare(session: Session, one: str, other: str) -> int:
    """Show what is other in the second of two plans, each a plan file or the id of a task. The exit code."""
    changes = plan_difference(_plan(session, one), _plan(session, other))
    if session.output.json_wanted:
        session.output.json([change._asdict() for change in changes])
    elif changes:
        show_changes(session.output, changes)
    else:
        session.output.say("the plans do the same")
    return COMPLETED


def show_changes(output: Output, changes: Iterable[PlanChange]) -> None:
    """A line for each."""
    for change in changes:
        name = change.subtask or "the plan"
        told = (
            f"{change.kind:<8} {name}  {change.field}: {_value(change.before)} → {_value(change.after)}"
            if change.kind == "changed"
            else f"{change.kind:<8} {name}  {_value(change.after if change.kind == 'added' else change.before)}"
        )
        output.out.print(
            Text(plain(told), style=_STYLES[change.kind]), soft_wrap=True
        )  # whole: none of it may be missed


def open_in_editor(text: str) -> str | None:
    """What a person leaves in his editor; none if he did not save it."""
    return click.edit(text, extension=".yaml")


def read_plan(output: Output, text: str) -> Template | None:
    """A plan as the person left it in his editor; none if it is no plan: why is said."""
    with tempfile.TemporaryDirectory(prefix="aether-plan-") as folder:
        path = Path(folder) / "plan.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            return load(path)
        except InvalidSettings as error:
            output.bad(str(error).replace(f"{path}:", "line "))
            return None


def _plan(session: Session, said: str) -> Template:
    path = Path(said)
    if path.is_file():
        return load(path)
    if "/" in said or path.suffix in (".yaml", ".yml"):
        raise InvalidSettings(f"{said}: there is no such plan file")
    task_id = TASK_ID.convert(said, None, None)
    with session.past() as orchestrator:
        plan = orchestrator.plan_of(task_id)
    if plan is None:
        raise InvalidSettings(f"the task `{task_id}` has no plan")
    return template_of(plan, task_id, reports_folder(session.settings.home, task_id))


def _value(value: Json) -> str:
    return value if isinstance(value, str) else "nothing" if value is None else json.dumps(value, ensure_ascii=False)
