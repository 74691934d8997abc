"""PlanPreview: a plan shown before it acts - its shape, each call with its arguments and risk, and what will ask."""

import json
from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from aether_agents.cli.terminal.glyphs import QUIET, RISK_STYLES, WARN
from aether_agents.cli.terminal.text import fit, plain, width_of
from aether_agents.cli.views.plan_shape import Place, lay
from aether_agents.cli.views.task_tree import TaskTree
from aether_agents.cli.views.understood import understood_lines
from aether_agents.contracts import RISK_ORDER, Plan, PlannedSubtask, Review, Risk

GAP = 2


class PlanPreview:
    """Draws plans with one set of signs."""

    def __init__(self, tree: TaskTree, canvas_limit: int) -> None:
        self._tree = tree
        self._glyphs = tree.glyphs
        self._limit = canvas_limit

    def lines(self, plan: Plan, width: int, *, calls: bool = True) -> Iterator[Text]:
        """The plan, at most `width` cells wide; with `calls`, the tool and arguments of each subtask."""
        more = self._glyphs.more
        yield Text(fit(plain(plan.description) or plan.name, width, more), style="bold")
        yield Text(fit(self._origin(plan), width, more), style=QUIET)
        yield from understood_lines(plan.understood, plan.unused, width, more)
        steps = {step.id: step for step in plan.subtasks}
        places = lay({step.id: step.needs for step in plan.subtasks})
        left = max(
            (width_of(self._tree.guides(p)) + 2 + width_of(self._label(steps[p.id], p)) for p in places), default=0
        )
        left = min(left, width - max(map(len, RISK_STYLES)) - 7 - GAP)
        for place in places:
            yield self._line(steps[place.id], place, left, plan.risk_of(steps[place.id]))
            if calls:
                yield from self._call(steps[place.id], place, width)
        yield self._sum(plan)

    def delivery(self, plan: Plan) -> str:
        """How its subtasks would be delivered: by a canvas, or directly."""
        from aether_agents.execution.delivery.canvas import (  # noqa: PLC0415 - Celery is loaded when there is a plan to draw
            decompose,
            weight,
            with_seams,
        )

        shape = decompose({step.id: step.needs for step in plan.subtasks})
        return "canvas" if shape is not None and weight(with_seams(shape)).carried <= self._limit else "direct"

    def _origin(self, plan: Plan) -> str:
        source = f"{plan.origin} {plan.template}" if plan.template else f"{plan.origin} plan"
        if plan.written_by is not None:
            source = f"written by the model {plain(plan.written_by.model)}"
        count = f"{len(plan.subtasks)} subtask{'s' * (len(plan.subtasks) != 1)}"
        return f" {self._glyphs.dot} ".join((source, f"{plan.confidence:.0%} sure", count, self.delivery(plan)))

    def _label(self, step: PlannedSubtask, place: Place) -> str:
        label = plain(step.name) or step.id
        each = "" if step.for_each is None else f" {self._glyphs.times} each"
        after = f"  after {', '.join(step.needs)}" if place.loose and step.needs else ""
        return label + each + after

    def _line(self, step: PlannedSubtask, place: Place, left: int, risk: Risk) -> Text:
        guides = self._tree.guides(place)
        line = Text(guides, style=QUIET).append(f"{self._glyphs.status['pending']} ", style=QUIET)
        line.append(fit(self._label(step, place), left - width_of(guides) - 2, self._glyphs.more), style="bold")
        line.pad_right(max(0, left + GAP - line.cell_len))
        line.append(str(risk), style=RISK_STYLES[risk])
        why = f" ({step.ruled_by})" if step.ruled_by else ""
        return line.append(f"  asks you{why}", style=f"bold {WARN}") if step.needs_approval else line

    def _call(self, step: PlannedSubtask, place: Place, width: int) -> Iterator[Text]:
        indent = self._tree.guides(place, below=True) + "    "
        rows = [(step.specialist, step.tool or "")] if step.review is None else list(_shown(step.review))
        rows += [("each", json.dumps(step.for_each, ensure_ascii=False))] if step.for_each is not None else []
        rows += [(name, json.dumps(value, ensure_ascii=False)) for name, value in step.args.items()]
        for name, value in rows:
            shown = fit(f"{name}  {plain(value)}", max(8, width - width_of(indent)), self._glyphs.more)
            yield Text(indent + shown, style=QUIET)

    def _sum(self, plan: Plan) -> Text:
        counts = Counter(step.risk for step in plan.subtasks if step.review is None)
        text = Text()
        for risk in RISK_ORDER:
            if counts[risk]:
                text.append(", " if text.plain else "").append(f"{counts[risk]} {risk}", style=RISK_STYLES[risk])
        asks = sum(step.needs_approval for step in plan.subtasks)
        return text.append(f"; {asks} ask{'s' * (asks == 1)} you first" if asks else "; nothing asks you first")


def _shown(review: Review) -> Iterator[tuple[str, str]]:
    """What a review shows, and what a yes to it lets run."""
    yield "shows", f"what `{review.of}` gives, as a {review.as_}"
    yield "a yes runs", ", ".join(review.covers) or "nothing"
