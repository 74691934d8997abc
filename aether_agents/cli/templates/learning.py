"""Learning: a plan as a template in the folder's `templates/`, with its request as example and a fixture."""

import re
from pathlib import Path, PurePosixPath

from aether_agents.cli.session.lookup import templates_here
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.contracts import Expect, Json, Plan, TaskView, ToolRow
from aether_agents.documents.yaml_writer import write_document
from aether_agents.errors import InvalidSettings, WrongStatus
from aether_agents.mcp_host.files.server_file import SECRET_NAME
from aether_agents.planning.editing.learning import Learned, learned, name_of
from aether_agents.planning.files.fixture import NAME, Fixture
from aether_agents.planning.files.plan_file import template_of
from aether_agents.planning.files.templates import FOLDER
from aether_agents.planning.validation.digest import reports_folder

_GOOD_NAME = re.compile(r"[a-z][a-z0-9_-]{0,79}")


def learn(session: Session, task_id: str, name: str) -> int:
    """Write the plan of a task as a template, and its fixture beside it. The exit code.

    Raises:
        WrongStatus: it has no plan that was carried out, or that waits to be run.
        InvalidSettings: the name is taken, or no name.
    """
    with session.past() as orchestrator:
        view, plan = orchestrator.view(task_id, outputs=True), orchestrator.plan_of(task_id)
    if plan is None or view.status != "completed" or view.dry_run or view.undoes or not plan.subtasks:
        raise WrongStatus(
            f"`{task_id}` has no plan that could be learned: it must have completed, and not be a dry run"
        )
    taken = [one.name for one in templates_here(session)]
    chosen = name or name_of(view.description, taken)
    if not _GOOD_NAME.fullmatch(chosen):
        raise InvalidSettings(f"`{chosen}` is no name of a template: small letters, digits, `_` and `-`")
    path = session.folder / FOLDER / f"{chosen}.yaml"
    if chosen in taken or path.exists():
        raise InvalidSettings(f"there is a template `{chosen}` already: say another with --name")
    found = _learned(session, view, plan, chosen)
    _write(path, found)
    session.output.good(f"learned: {path}")
    for one in found.fixed:
        session.output.say(f"`{one}` stays as it was: no call takes it as it was told")
    session.output.hint("let it be used: aether-agent trust")
    session.output.hint(f"try it: aether-agent templates test {chosen}")
    if session.output.json_wanted:
        session.output.json({"template": chosen, "path": str(path), "inputs": list(found.template.inputs)})
    return COMPLETED


def _learned(session: Session, view: TaskView, plan: Plan, name: str) -> Learned:
    rows = {row.tool: row for specialist in session.specialists for row in specialist.tools}
    document = template_of(plan, view.task_id, reports_folder(session.settings.home, view.task_id))
    return learned(
        plan,
        document,
        view.description,
        str(session.folder),
        name,
        {one.id: one.output for one in view.subtasks},
        lambda tool: rows.get(tool, ToolRow(tool=tool)).code_args,
        lambda argument: SECRET_NAME.search(argument) is not None,
    )


def _write(path: Path, found: Learned) -> None:
    """The template and its fixture; files are not looked at, so folders that a path names are made empty."""
    place = path.with_suffix("")
    place.mkdir(parents=True, exist_ok=True)
    files: dict[str, str] = {}
    inputs = {name: _near(value, files) for name, value in found.values.items()}
    secrets = {name: "not the real one" for name, spec in found.template.inputs.items() if spec.secret}
    tools = [Expect(path=f"subtasks.{one.id}.tool", value=one.tool) for one in found.template.subtasks if one.tool]
    fixture = Fixture(
        description="What was recorded when it was learned: nothing is called",
        files=files,
        inputs={**inputs, **secrets},
        recorded=found.recorded or {found.template.subtasks[0].id: None},
        expect=(Expect(path="status", value="completed"), *tools),
    )
    for where, document in ((path, found.template), (place / NAME, fixture)):
        data = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        where.write_text(write_document(data), encoding="utf-8")


def _near(value: Json, files: dict[str, str]) -> Json:
    """A value with its paths in the fresh folder of a trial, where something of that name is made."""
    if isinstance(value, list):
        return [_near(item, files) for item in value]
    if not isinstance(value, str) or not value.startswith("/"):
        return value
    name = PurePosixPath(value).name or "root"
    files[name if PurePosixPath(name).suffix else f"{name}/.keep"] = ""
    return name
