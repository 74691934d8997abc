"""What a plan takes, as lines: time and the way that decides it, people, and what stays."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from aether_agents.cli.terminal.duration import brief
from aether_agents.cli.terminal.glyphs import QUIET, WARN, Glyphs
from aether_agents.cli.terminal.text import fit
from aether_agents.contracts import Estimate

_NAMED = 6


def estimate_lines(found: Estimate, width: int, glyphs: Glyphs) -> Iterator[Text]:
    """A line for each thing that is known of a plan before it runs."""
    rows: list[tuple[str, str, str]] = []
    if found.p50 is not None and found.p90 is not None:
        way = f" {glyphs.arrow} ".join(found.path)
        rows.append(("takes", f"about {brief(found.p50)}, 9 of 10 times under {brief(found.p90)}: {way}", ""))
    if found.unknown:
        rows.append(("", f"not measured yet: {_names(found.unknown)}", QUIET))
    if found.lists:
        rows.append(("", f"once for each of a list that is not known yet: {_names(found.lists)}", QUIET))
    if (before := found.template) is not None:
        told = f"its template took up to {brief(before.p50)}, 9 of 10 times up to {brief(before.p90)}"
        rows.append(("", f"{told}, in {before.count} tasks, waiting included", QUIET))
    if found.asks:
        rows.append(("asks", f"a person, before {_names(found.asks)}", WARN))
    if found.undoable:
        rows.append(("undo", f"can put back {_names(found.undoable)}", QUIET))
    if found.lasting:
        rows.append(("stays", f"nothing undoes {_names(found.lasting)}", WARN))
    for name, told, style in rows:
        yield Text(fit(f"{name:<9} {told}", width, glyphs.more), style=style)


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
