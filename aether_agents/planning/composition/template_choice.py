"""What a task is to be planned with: its plan file, the template it names, or what its sentence means."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aether_agents.contracts import HighLevelTask, Intervention, Origin, Template, Tool
from aether_agents.contracts.shortening import shorten
from aether_agents.documents.suggestion import nearest
from aether_agents.mcp_host.install.offers import Offer, offers
from aether_agents.planning.composition.draft import DRAFT, draft_of, nearest_live
from aether_agents.planning.composition.goal_step import Step
from aether_agents.planning.composition.steps import steps_of
from aether_agents.planning.planning_result import Asked, Unplannable
from aether_agents.planning.routing.goals import Goal, Reading, read_goals
from aether_agents.planning.routing.matcher import Matcher
from aether_agents.planning.sentence.clauses import Clause, read_request
from aether_agents.planning.sentence.folder_places import located
from aether_agents.planning.sentence.parts import Part
from aether_agents.planning.sentence.terms import Reader
from aether_agents.planning.validation.live_tools import LiveTools

#: The answer to "which of these?" that ends the task.
NONE_OF_THEM = "cancel"
#: The answer that leaves out what nothing here can take. It is no template's name: those have no blanks.
WITHOUT = "without that"

_SAID = 120
_SHOWN = 3
_LIST = "`aether-agent templates list` shows what can be asked for"
#: What a part would need, by its kind.
_WANTED: Mapping[str, str] = {
    "condition": "a condition that no step can decide",
    "passed": "a condition on a step that says no verdict",
    "failed": "a condition on a step that says no verdict",
    "exception": "an exception that no input takes",
    "each": "no such folders are here, or only some servers are meant: name them",
    "span": "a time that no input takes",
    "comparison": "a comparison that no input takes",
    "schedule": "a time to begin: a schedule does that. `aether-agent schedule add` with this sentence keeps one, "
    "and `aether-agent up` must keep running",
    "destination": "somebody to be told: `alerts` of aether_agent.yaml does that (`alerts: {to: [env:NAME]}`)",
    "place": "a place that nothing before it names",
    "branch": "a branch that no input takes, or one that is there already",
}


@dataclass(frozen=True)
class Choice:
    """What to plan with, where it came from, and how sure that is."""

    steps: tuple[Step, ...]
    origin: Origin
    confidence: float = 1.0
    named: bool = False  #: outright, by its name: what a sentence says beside it is told and not asked about


def choose(
    task: HighLevelTask, known: Mapping[str, Template], matcher: Callable[[], Matcher]
) -> Choice | Asked | Unplannable:
    """The steps of a task, a question, or why there are none. `matcher` knows the same templates."""
    if task.document is not None:
        return Choice((Step("", task.document, "", ""),), "draft" if task.drafted else "file", named=True)
    if task.type is not None and task.type != WITHOUT:
        return _outright(task, task.type, known)
    if not known:
        return Unplannable(f"there are no templates here: {_LIST}", "could_not_plan")
    reading = read_goals(matcher(), located(task.description, task.folder), task.agent_type)
    if not reading.goals:
        match = reading.match
        return _question(task, reading) if match.verdict != "refuse" and match.offered else _refusal(task, reading)
    steps = steps_of(reading.goals, task.folder, task.created_at, task.inputs)
    open_parts = [part for step in steps for part in step.open]
    if open_parts and task.type != WITHOUT:
        return _about_parts(task, steps, open_parts)
    return Choice(tuple(steps), "template", round(min(step.score for step in steps), 3), named=task.type == WITHOUT)


def _outright(task: HighLevelTask, name: str, known: Mapping[str, Template]) -> Choice | Unplannable:
    template = known.get(name)
    if template is None:
        return Unplannable(f"there is no template `{name}`{nearest(name, known)}; {_LIST}", "could_not_plan")
    return Choice(_named(task, template), "template", named=True)


def _named(task: HighLevelTask, template: Template) -> tuple[Step, ...]:
    """The step of a template that is named outright: what its words name is bound, and its parts as far as it goes."""
    clauses = read_request(located(task.description, task.folder)).clauses
    text = task.description if not clauses else ""
    goal = Goal(template, clauses or (Clause(text, text, "and"),), 1.0)
    return tuple(steps_of([goal], task.folder, task.created_at, task.inputs))


def with_nearest(
    found: Asked | Unplannable, task: HighLevelTask, tools: Sequence[Tool], model: str = ""
) -> Asked | Unplannable:
    """The same, ending with what comes nearest: a draft that can be made, live tools, servers that can be added.

    `model` is asked for a draft where a person wants one; whoever refuses has asked it already.
    """
    drafted = draft_of(task, tools)
    calls = "\n".join(f"- `{shorten(one.step.said, _SAID)}`: {one.shown}" for one in drafted)
    near = (
        ""
        if drafted
        else "".join(
            f"\nNear: `{one.ref}` (`aether-agent tools call {one.ref} …`)" for one in nearest_live(task, tools)
        )
    )
    offered = "".join(
        f"\nCould be added: {one.summary} (`aether-agent servers add {one.name}`)" for one in _offers(task, tools)
    )
    if isinstance(found, Unplannable) and not drafted:
        return found._replace(error=f"{found.error}{near}{offered}")
    text = found.error if isinstance(found, Unplannable) else found.intervention.prompt
    asks = bool(model) and isinstance(found, Asked)
    offer = f"\n`{DRAFT}` makes this of live tools, to be looked at before it runs:\n{calls}" if drafted else ""
    if asks:
        offer = f"\n`{DRAFT}` asks the model `{model}` for a plan, to be looked at before it runs"
    choices = found.intervention.choices[:-1] if isinstance(found, Asked) else ()
    return Asked(
        Intervention(
            id="task.1",
            kind="choice",
            prompt=f"{text}{offer}{near}{offered}",
            choices=(*choices, *([DRAFT] if drafted or asks else []), NONE_OF_THEM),
        )
    )


def _offers(task: HighLevelTask, tools: Sequence[Tool]) -> list[Offer]:
    """The servers of the catalogue, not here yet, whose summary knows a thing that the sentence is about."""
    here = {tool.server for tool in tools}
    reader = Reader()
    said = reader.terms(task.description)
    tokens = {term.token for term in said if not term.looks and not term.common and not term.changes}
    found: list[Offer] = []
    for offer in offers().values():
        if offer.name not in here and tokens.intersection(
            one.token for one in reader.terms(f"{offer.name}. {offer.summary}")
        ):
            found.append(offer)
    return found[:_SHOWN]


def stub_answer(template: Template, toolbox: LiveTools) -> str:
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


def about_unused(task: HighLevelTask, steps: Sequence[Step], unused: Sequence[str]) -> Asked:
    """The question about what a sentence names and no input takes."""
    lines = [f"- `{one}`: no input takes it" for one in unused]
    return _asked_without(task, steps, lines)


def _about_parts(task: HighLevelTask, steps: Sequence[Step], parts: Sequence[Part]) -> Asked:
    lines = [f"- `{part.text}`: {_WANTED.get(part.kind, 'nothing takes it')}" for part in dict.fromkeys(parts)]
    return _asked_without(task, steps, lines)


def _asked_without(task: HighLevelTask, steps: Sequence[Step], lines: Sequence[str]) -> Asked:
    goals = ", then ".join(f"`{step.template.name}`" for step in steps)
    prompt = (
        f"`{_said(task)}` is understood as {goals}, but not all of it:\n"
        + "\n".join(lines)
        + f"\nDo it without that (`{WITHOUT}`), or say it another way?"
    )
    return Asked(Intervention(id="task.1", kind="choice", prompt=prompt, choices=(WITHOUT, NONE_OF_THEM)))


def _said(task: HighLevelTask) -> str:
    return shorten(" ".join(task.description.split()), _SAID)


def _question(task: HighLevelTask, reading: Reading) -> Asked:
    match = reading.match
    shown = [f"- {one.name}: {one.description}" for one in match.offered]
    why = f" ({match.reason})" if match.reason else ""
    prompt = f"It is not certain what `{_said(task)}` means{why}."
    if doubts := list(_doubts(reading)):
        prompt += "\nNot understood:\n" + "\n".join(doubts)
    prompt += " Which of these?\n" + "\n".join(shown)
    return Asked(
        Intervention(
            id="task.1",
            kind="choice",
            prompt=prompt,
            choices=(*(one.name for one in match.offered), NONE_OF_THEM),
        )
    )


def _doubts(reading: Reading) -> Iterator[str]:
    """The clauses that are not certain, where there are several."""
    if len(reading.doubts) > 1 or (reading.doubts and reading.doubts[0][1] != reading.match.reason):
        yield from (f"- `{shorten(said, _SAID)}`: {why}" for said, why in reading.doubts)


def _refusal(task: HighLevelTask, reading: Reading) -> Unplannable:
    match = reading.match
    nearby = ", ".join(f"`{one.name}`" for one in match.offered[:_SHOWN])
    why = f": {match.reason}" if match.reason else ""
    return Unplannable(
        f"no template does `{_said(task)}`{why}, and nothing is guessed.\n"
        + (f"Nearest: {nearby}.\n" if nearby else "")
        + f"{_LIST}; `--template NAME` names one outright",
        "could_not_plan",
    )
