"""Which template a task is to be planned with: its plan file, the one it names, or the one its sentence means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aether_agents.contracts import HighLevelTask, Intervention, Origin, Template
from aether_agents.contracts.shortening import shorten
from aether_agents.documents.suggestion import nearest
from aether_agents.planning.planning_result import Asked, Unplannable
from aether_agents.planning.routing.matcher import Match, Matcher
from aether_agents.planning.validation.live_tools import Toolbox

#: The answer to "which of these?" that ends the task.
NONE_OF_THEM = "cancel"

_SAID = 120
_SHOWN = 3
_LIST = "`aether-agent templates list` shows what can be asked for"


@dataclass(frozen=True)
class Choice:
    """A template to plan with, where it came from, and how sure that is."""

    template: Template
    origin: Origin
    confidence: float = 1.0


def choose(
    task: HighLevelTask, known: Mapping[str, Template], matcher: Callable[[], Matcher]
) -> Choice | Asked | Unplannable:
    """The template for a task, a question, or why there is none. `matcher` knows the same templates."""
    if task.document is not None:
        return Choice(task.document, "file")
    if task.type is not None:
        template = known.get(task.type)
        if template is None:
            hint = nearest(task.type, known)
            return Unplannable(f"there is no template `{task.type}`{hint}\n{_LIST}", "could_not_plan")
        return Choice(template, "template")
    if not known:
        return Unplannable(f"there are no templates here: {_LIST}", "could_not_plan")
    match = matcher().match(task.description, task.agent_type)
    if match.accepted is not None:
        return Choice(match.accepted, "template", round(match.ranked[0].score, 3))
    return _question(task, match) if match.verdict == "ask" else _refusal(task, match)


def stub_answer(template: Template, toolbox: Toolbox) -> str:
    """What a stub lacks, and the commands that add it."""
    name = template.name
    lines = [f"`{name}` ({template.description}) is a stub: it says what it needs, not what it does. What is missing:"]
    for wanted in template.required_tools:
        server = wanted.split("/", 1)[0]
        if not toolbox.connected(server):
            lines.append(f"- {toolbox.trouble(server)}")
    lines.append(
        f"- subtasks: write templates/{name}.yaml (`aether-agent templates schema` shows the language, "
        f"`aether-agent templates show NAME` an example), check it with "
        f"`aether-agent templates validate templates/{name}.yaml`, and allow it with `aether-agent trust`"
    )
    return "\n".join(lines)


def _said(task: HighLevelTask) -> str:
    return shorten(" ".join(task.description.split()), _SAID)


def _question(task: HighLevelTask, match: Match) -> Asked:
    shown = [f"- {one.name}: {one.description}" for one in match.offered]
    why = f" ({match.reason})" if match.reason else ""
    prompt = f"It is not certain what `{_said(task)}` means{why}. Which of these?\n" + "\n".join(shown)
    return Asked(
        Intervention(
            id="task.1",
            kind="choice",
            prompt=prompt,
            choices=(*(one.name for one in match.offered), NONE_OF_THEM),
        )
    )


def _refusal(task: HighLevelTask, match: Match) -> Unplannable:
    nearby = ", ".join(f"`{one.template.name}`" for one in match.ranked[:_SHOWN] if one.score > 0)
    why = f": {match.reason}" if match.reason else ""
    return Unplannable(
        f"no template does `{_said(task)}`{why}, and nothing is guessed.\n"
        + (f"Nearest: {nearby}.\n" if nearby else "")
        + f"{_LIST}; `--template NAME` names one outright",
        "could_not_plan",
    )
