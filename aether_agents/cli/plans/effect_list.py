"""What a template or a plan does to the world, as lines: what it reads first, what it destroys last."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.glyphs import QUIET, RISK_STYLES, WARN
from aether_agents.cli.terminal.text import fit, plain
from aether_agents.contracts import Risk, Subtask, ToolRow
from aether_agents.planning.files.templates import Templates
from aether_agents.planning.validation.effects import Effect, Verb, effects

_ORDER: tuple[Verb, ...] = ("reads", "creates", "changes", "destroys")
_STYLES = dict(zip(_ORDER, ("read", "write", "costly", "destructive"), strict=True))


def effects_of(session: Session, subtasks: Sequence[Subtask], templates: Templates | None = None) -> tuple[Effect, ...]:
    """The effects of subtasks, by the tool tables and the policy that hold here."""
    rows = {row.tool: row for specialist in session.specialists for row in specialist.tools}
    named = {template.name: template for template in templates or ()}
    return effects(subtasks, lambda ref: rows.get(ref, ToolRow(tool=ref)), session.settings.policy.approval_from, named)


def effect_lines(found: Sequence[Effect], width: int, more: str) -> Iterator[Text]:
    """One line for each thing that something is done to."""
    grouped: dict[tuple[Verb, str, str | None, bool], list[str]] = {}
    for one in found:
        grouped.setdefault((one.does, one.what, one.undo, one.asks), []).append(one.tool)
    for (does, what, undo, asks), tools in sorted(grouped.items(), key=lambda item: _ORDER.index(item[0][0])):
        lasting = does != "reads" and undo is None
        tail = f"  undone by {undo}" if undo else "  no undo" if lasting else ""
        line = Text(f"{does:<9} ", style=RISK_STYLES[Risk(_STYLES[does])])
        line.append(fit(plain(what), max(16, width - 10), more))
        line.append(f"  {', '.join(dict.fromkeys(tools))}", style=QUIET).append(tail, style=QUIET)
        yield line.append("  asks you", style=f"bold {WARN}") if asks else line
