"""The calls of a dry run as lines: those that were made, and what the others would be called with."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.text import Text

from aether_agents.cli.terminal.glyphs import BAD, GOOD, QUIET, RISK_STYLES, WARN, Glyphs
from aether_agents.cli.terminal.text import fit, plain
from aether_agents.contracts import CallState, DryCall

_SAID: dict[CallState, tuple[str, str]] = {
    "called": ("called", GOOD),
    "failed": ("failed", BAD),
    "would": ("would be called", WARN),
    "would_not": ("would not be called", QUIET),
    "unknown": ("not known", WARN),
}


def dry_lines(calls: Sequence[DryCall], width: int, glyphs: Glyphs) -> Iterator[Text]:
    """Each call with its arguments, risk and who would be asked; at the end their number."""
    for call in calls:
        yield from _lines(call, width, glyphs)
    counts = Counter(call.state for call in calls)
    told = ", ".join(f"{counts[state]} {said}" for state, (said, _) in _SAID.items() if counts[state])
    yield Text(f"dry run: {told or 'no call'}; nothing was changed", style="bold")


def _lines(call: DryCall, width: int, glyphs: Glyphs) -> Iterator[Text]:
    said, style = _SAID[call.state]
    line = Text(f"{said:<20}", style=style).append(fit(plain(call.name) or call.subtask, 40, glyphs.more), style="bold")
    line.append(f"  {call.risk}", style=RISK_STYLES[call.risk])
    many = "each of a list that is not known" if call.times is None else f"{call.times} calls" if call.times > 1 else ""
    line.append(f"  {many}" if many else "", style=QUIET)
    yield line.append(f"  asks {call.asks}" if call.asks else "", style=f"bold {WARN}")
    rows = [(call.specialist, call.tool)] if call.tool else []
    rows += [(name, json.dumps(value, ensure_ascii=False)) for name, value in call.arguments.items()]
    if call.unknown:
        rows.append(("known only then", ", ".join(call.unknown)))
    if call.why:
        rows.append(("why", call.why))
    for name, value in rows:
        yield Text(f"    {fit(f'{name}  {plain(value)}', max(8, width - 4), glyphs.more)}", style=QUIET)
