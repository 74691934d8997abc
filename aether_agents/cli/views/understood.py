"""What each part of a sentence became, and what of it changes nothing, as lines."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from aether_agents.cli.terminal.glyphs import QUIET, WARN
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.text import fit, plain
from aether_agents.contracts import PlanView, Understood

_WIDEST = 110


def understood_lines(understood: Sequence[Understood], unused: Sequence[str], width: int, more: str) -> Iterator[Text]:
    """A line for each part; `more` stands for what a line has no room for."""
    for part in understood:
        yield Text(fit(f"  {plain(part.text)}  =  {plain(part.as_)}", width, more), style=QUIET)
    for text in unused:
        yield Text(fit(f"  {plain(text)}  is not used", width, more), style=WARN)


def show_understood(output: Output, plan: PlanView) -> None:
    """The same of a plan, on standard error."""
    width = min(output.err.width, _WIDEST)
    for line in understood_lines(plan.understood, plan.unused, width, output.error_glyphs.more):
        output.err.print(line)
