"""The ending of a command that followed a task: what it says last, and the code it leaves with."""

from collections.abc import Mapping

from aether_agents.cli.terminal.exit_codes import exit_code_of
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.views.findings import conclusions, figures, worst
from aether_agents.cli.views.outcome import how_to_answer, outputs, trouble
from aether_agents.contracts import TERMINAL_TASK, FailOn, TaskView, denied_by
from aether_agents.contracts.contract import Json


def ending(
    output: Output, view: TaskView, *, more: Mapping[str, Json] | None = None, fail_on: FailOn | None = None
) -> int:
    """Tell the result of a task, on the right stream and in the right form; the exit code.

    `more` goes into the JSON. `fail_on`: findings so bad have an exit code of their own.
    """
    if output.json_wanted:
        output.json({**body(view), **(more or {})})
    elif view.status in TERMINAL_TASK:
        shown = output.glyphs
        output.sections(
            conclusions(view, shown), figures(view, shown), worst(view, shown), outputs(view.outputs, shown)
        )
    if view.status != "completed" or view.degraded:
        for line in trouble(view, output.error_glyphs):
            output.err.print(line)
    for asked in view.interventions:
        output.say(f"{output.error_glyphs.status['waiting_user_input']} {asked.prompt}")
        output.hint(how_to_answer(view.task_id, asked))
    if view.status in TERMINAL_TASK and not output.json_wanted:
        for line in _next(view):
            output.hint(line)
    return exit_code_of(view.status, planned=view.plan is not None, found=view.verdict, fail_on=fail_on)


def body(view: TaskView) -> dict[str, Json]:
    """The JSON of a task: what was not said is left out of subtasks and errors."""
    data: dict[str, Json] = view.model_dump(mode="json")
    if view.error is None:
        del data["error"]
    data["subtasks"] = [
        {
            key: value
            for key, value in subtask.model_dump(mode="json").items()
            if not (value is None and key in ("output", "error"))
        }
        for subtask in view.subtasks
    ]
    return data


def _next(view: TaskView) -> list[str]:
    """What can be done now."""
    what = "ask it once more" if denied_by(view.error) else "go on where it failed"
    again = f"{what}: aether-agent retry {view.task_id}"
    if view.status == "completed":
        told = [f"the whole result: aether-agent result {view.task_id} --json"]
        return [again, *told] if view.degraded else told
    if view.plan is None:
        return ["what there is: aether-agent templates list"]
    if view.undoes is not None:
        again = f"undo what is left: aether-agent undo {view.undoes}"
    return [again, f"what happened, in order: aether-agent events {view.task_id}"]
