"""Why a sentence means a template, or none: what `aether-agent explain` prints. Starts nothing, asks no broker."""

from rich.text import Text

from aether_agents.cli.session.lookup import templates_here
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED, NO_PLAN
from aether_agents.cli.terminal.glyphs import QUIET
from aether_agents.cli.terminal.tables import Column, sign, table
from aether_agents.errors import InvalidSettings
from aether_agents.planning.routing.explanation import Explanation, explanation
from aether_agents.planning.routing.matcher import Matcher
from aether_agents.planning.sentence.folder_places import located

_SIGNS = {"accept": "ok", "ask": "warn", "refuse": "fail"}


def explain(session: Session, sentence: str, specialist: str | None = None) -> int:
    """Print how a sentence is read; 5 where no template is certain.

    Raises:
        InvalidSettings: there are no templates here.
    """
    templates = [one for one in templates_here(session) if not one.is_stub]
    if not templates:
        raise InvalidSettings("there are no templates here: `aether-agent doctor` shows which specialists there are")
    found = explanation(Matcher(templates), located(sentence, str(session.settings.project)), specialist)
    if session.output.json_wanted:
        session.output.json(found.model_dump(mode="json"))
    else:
        _show(session, found)
    return COMPLETED if all(goal.template for goal in found.goals) else NO_PLAN


def _show(session: Session, found: Explanation) -> None:
    output = session.output
    for goal in found.goals:
        output.show(Text(goal.said, style="bold"))
        told = f"means {goal.template}" if goal.template else "nothing is certain"
        output.show(sign(_SIGNS[goal.verdict], output.glyphs, f"{told}{': ' if goal.reason else ''}{goal.reason}"))
        first = goal.candidates[0].template if goal.candidates else ""
        rows = [
            (
                term.word,
                term.counts,
                term.concept.removeprefix("=") or term.token,
                term.deed,
                _share(term.known.get(first, 0.0)),
            )
            for term in goal.terms
        ]
        columns = (Column("word", keep=True), Column("counts as"), Column("compared as"), Column("deed"))
        output.show(table((*columns, Column(f"known to {first}" if first else "known", align="right")), rows))
        output.show(Text())
        near = [
            (one.template, _share(one.share), f"{one.near:.2f}", "" if one.margin is None else _share(one.margin))
            for one in goal.candidates
        ]
        titles = (Column("template", keep=True), *(Column(name, align="right") for name in ("share", "near", "margin")))
        output.show(table(titles, near))
        output.show(Text())
    least, same = found.margins
    output.show(
        Text(
            f"A template is taken when it is about {_share(found.enough)} of the words and {_share(least)} nearer than "
            f"the next one ({_share(same)} where that is about as many of them), does what the verbs ask for, and "
            "every word is accounted for.",
            style=QUIET,
        )
    )


def _share(value: float) -> str:
    return f"{value:.0%}"
