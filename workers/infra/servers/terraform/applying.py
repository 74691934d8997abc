"""Applying: exactly the saved plan, or nothing; what was made by one goes again, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.answers import named
from workers.inspection.bounded_job import Job
from workers.inspection.git import printable

from . import planning
from .plan_results import Applied, Resource, Undone
from .program import Program
from .saved_plans import Saved, saved_plan

#: What Terraform keeps in the folder where no backend is configured.
_LOCAL_STATE = ("terraform.tfstate", "terraform.tfstate.backup", ".terraform.tfstate.lock.info")


def apply(folder: str, name: str, job: Job) -> Applied:
    """Carry out a saved plan.

    Raises:
        ToolError: it is of another folder, the state has changed since, or it went wrong; then what is left is said.
    """
    saved = saved_plan(name)
    if saved.known()["folder"] != str(Path(folder).resolve()):
        raise ToolError(f"the plan `{name}` is of another folder: run the task again")
    program = _program(folder, saved, job)
    done = planning.resources(planning.shown(program, saved))
    if "fresh" not in saved.known():
        saved.note(fresh=not any((program.folder / one).exists() for one in _LOCAL_STATE))
    ran = program.run(["apply", "-input=false", "-no-color", "-lock-timeout=30s", str(saved.file)], allowed=None)
    if ran.returncode:
        raise ToolError(f"{program.said('apply', ran)}. {_left(program, done)}")
    made = [one.address for one in done if one.action == "create"]
    others = [one.address for one in done if one.action != "create"]
    state = _state(program)
    saved.note(made=made, others=others, state=state)
    return Applied(plan=name, done=done, state=state)


def undo(folder: str, name: str, state: str, job: Job) -> Undone:
    """Destroy what a plan made, if it made things only and nothing has changed since.

    Raises:
        ToolError: it changed or destroyed things, somebody changed something since, or more would be destroyed.
    """
    known = saved_plan(name).known()
    if known.get("others"):
        raise ToolError(
            f"the plan changed, replaced or destroyed {', '.join(known['others'][:5])}: only the configuration of "
            "before brings that back. Put it back (git), and apply it"
        )
    made: list[str] = known.get("made", [])
    if not made:
        return Undone(destroyed=[])
    program = _program(folder, saved_plan(name), job)
    if _state(program) != state:
        raise ToolError("the resources have changed since they were made: they stay. A new plan says what is there")
    destroyed = _destroyed(program, saved_plan(name), made)
    if known.get("fresh") and not program.run(["state", "list"], allowed=(0, 1)).stdout.strip():
        for left in _LOCAL_STATE:  # an empty state where there was none
            (program.folder / left).unlink(missing_ok=True)
    return Undone(destroyed=destroyed)


def _destroyed(program: Program, saved: Saved, made: list[str]) -> list[str]:
    """The resources that were made, destroyed by a plan that holds no other."""
    back = Saved(saved.name, saved.place / "undo")
    back.place.mkdir(mode=0o700, exist_ok=True)
    words = ["plan", "-destroy", "-input=false", "-no-color", "-lock-timeout=30s", f"-out={back.file}"]
    program.run([*words, f"-var-file={saved.variables}", *(f"-target={one}" for one in made)])
    found = planning.resources(planning.shown(program, back))
    if more := [one.address for one in found if one.action != "destroy" or one.address not in made]:
        raise ToolError(f"to take it back would also touch {', '.join(more[:5])}: nothing was done. Destroy it by hand")
    program.run(["apply", "-input=false", "-no-color", "-lock-timeout=30s", str(back.file)])
    return [one.address for one in found]


def _program(folder: str, saved: Saved, job: Job) -> Program:
    program = Program(folder, job, theirs=saved.known().get("theirs", True))
    program.ready()
    return program


def _state(program: Program) -> str:
    """Names exactly what is in the state."""
    return named(program.run(["state", "pull"]).stdout.decode("utf-8", "replace"))


def _left(program: Program, wanted: list[Resource]) -> str:
    """What of a plan that went wrong is done, and what is not: read from the state, not from what was said."""
    read: dict[str, Any] = json.loads(program.run(["show", "-json"]).stdout)
    whole = {one["address"] for one in _all_of(read.get("values", {}).get("root_module", {})) if not one.get("tainted")}
    done = [one.address for one in wanted if (one.address in whole) == (one.action == "create") and one.action in
            ("create", "destroy")]  # fmt: skip
    rest = [one.address for one in wanted if one.address not in done]
    told = f"Done: {', '.join(done[:10]) or 'nothing'}. Not, or not wholly, done: {', '.join(rest[:10]) or 'nothing'}"
    return f"{printable(told, 2_000)}. Run the task again: it plans what is left"


def _all_of(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The resources of a module and of those in it; a resource whose making failed is marked as tainted."""
    yield from module.get("resources", [])
    for inner in module.get("child_modules", []):
        yield from _all_of(inner)
