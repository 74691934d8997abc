"""Profile: where the time of a task went, as a person reads it."""

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.duration import brief
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.cli.terminal.tables import Column, Listing, table
from aether_agents.contracts import Profile, ProfiledStep
from aether_agents.orchestrator.profile import profile

#: Subtasks that are shown, those that took longest.
MOST = 30

_MEANS = {
    "slot": "waited until fewer tasks ran",
    "planning": "was planned",
    "person": "waited for a person",
    "paused": "was paused",
    "queue": "waited for a worker",
    "call": "calls: policy, the tool, what came of it",
    "back-off": "between two attempts",
    "delivery": "from one subtask to the next, and to the end",
}


def show_profile(session: Session, task_id: str) -> int:
    """Show where the time of a task went."""
    with session.past() as orchestrator:
        found = profile(orchestrator.events(task_id), orchestrator.plan_of(task_id))
    if session.output.json_wanted:
        session.output.json(found.model_dump(mode="json"))
        return COMPLETED
    session.output.say(f"{task_id} took {brief(found.seconds)}")
    session.output.show(_layers(found))
    if found.steps:
        session.output.show(_steps(found.steps[:MOST]))
        session.output.hint("> is on the way that decided how long it took")
    return COMPLETED


def _layers(found: Profile) -> Listing:
    rows = [
        (layer, brief(spent), f"{spent / found.seconds:.0%}", _MEANS.get(layer, ""))
        for layer, spent in found.layers.items()
    ]
    return table((Column("layer", keep=True), Column("time"), Column("share", align="right"), Column("")), rows)


def _steps(steps: tuple[ProfiledStep, ...]) -> Listing:
    rows = []
    for one in steps:
        name = f"{one.subtask} ({one.items} items)" if one.items else one.subtask
        spent = ", ".join(f"{layer} {brief(value)}" for layer, value in one.layers.items())
        rows.append((">" if one.decides else "", name, one.tool, brief(one.seconds), spent))
    titles = Column(""), Column("subtask", keep=True), Column("tool"), Column("time"), Column("of which")
    return table(titles, rows)
