"""The tree of a task: lines for a picture at a width, with guides, signs, bars and times. Draws nothing itself."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.text import Text

from aether_agents.cli.terminal.duration import brief
from aether_agents.cli.terminal.glyphs import INFO, QUIET, STYLES, WARN, Glyphs, word
from aether_agents.cli.terminal.tables import FOUND, verdict
from aether_agents.cli.terminal.text import fit, plain
from aether_agents.cli.views.plan_shape import Place, lay
from aether_agents.cli.views.task_state import Node, TaskState
from aether_agents.cli.views.tree_rows import TreeRow, TreeRows
from aether_agents.contracts import denied_by

#: Children of a fan-out are counted, not listed, from this many on.
MANY = 5
#: Failed children of a counted fan-out that are named all the same.
NAMED = 3
BAR = 8
#: Cells of a line from which on bars may be longer.
ROOMY = 80


class TaskTree:
    """Draws pictures with one set of signs."""

    def __init__(self, glyphs: Glyphs, *, animated: bool = False) -> None:
        self.glyphs = glyphs
        self.animated = animated

    def plan(self, state: TaskState, width: int, now: datetime) -> list[Text]:
        """The header and the subtasks of a task, for a log that is about to say how it goes."""
        return self.header(state, width) + TreeRows(list(self._rows(state, now, 0)), self.glyphs).lines(width)

    def lines(self, state: TaskState, width: int, now: datetime, *, height: int = 10_000, frame: int = 0) -> list[Text]:
        """The header, the subtasks and the footer of a task, each at most `width` cells wide."""
        head = self.header(state, width)
        foot = self.footer(state, width, now, frame)
        rows = TreeRows(list(self._rows(state, now, frame)), self.glyphs).folded(height - len(head) - len(foot))
        return [*head, *rows.lines(width), *foot]

    def header(self, state: TaskState, width: int) -> list[Text]:
        """What was asked, and where its plan came from."""
        lines = [Text(fit(plain(state.description) or state.task_id, width, self.glyphs.more), style="bold")]
        if state.origin is not None:
            lines.append(Text(fit(self.origin(state), width, self.glyphs.more), style=QUIET))
        return lines

    def origin(self, state: TaskState) -> str:
        """Where the plan came from, how sure the planner is, and its size."""
        count = len(state.top())
        source = f"{state.origin} {state.template}" if state.template else f"{state.origin or 'no'} plan"
        parts = [source, f"{state.confidence:.0%} sure", f"{count} subtask{'s' * (count != 1)}"]
        return f" {self.glyphs.dot} ".join(parts + ([state.delivery] if state.delivery else []))

    def footer(self, state: TaskState, width: int, now: datetime, frame: int = 0) -> list[Text]:
        """How far it is, for how long it has run, and its id."""
        status = str(state.status)
        sign, style = self._sign(status, frame), STYLES.get(status, "")
        told = word(status)
        if who := denied_by(state.error):
            told, style = f"denied by {plain(who)}", WARN
        text = Text()
        if state.verdict is not None and not state.degraded:
            text.append_text(verdict(state.verdict, self.glyphs))
        else:
            text.append(f"{sign} {told}{' (degraded)' if state.degraded else ''}", style=style)
            if state.verdict is not None:
                text.append(f" {self.glyphs.dot} {state.verdict.words}", style=STYLES["warn"])
        if state.nodes and not state.ended:
            full, empty = self.glyphs.bar(state.progress, BAR * 2 if width >= ROOMY else BAR)
            text.append("  ").append(full, style=INFO).append(empty, style=QUIET)
            text.append(f" {state.progress:.0%}")
        took, name = f"  {brief(state.seconds(now))}", f"  {state.task_id}"
        if text.cell_len + len(took) + len(name) <= width:
            text.append(took)
        text.truncate(max(width - len(name), 0), overflow="ellipsis")  # the id is whole: it is what one types next
        text.append(name, style=QUIET).truncate(width)
        lost = Text(fit("connection lost, retrying" + self.glyphs.more, width, self.glyphs.more), style=f"bold {WARN}")
        return [text, lost] if state.lost else [text]

    # -- rows --------------------------------------------------------------------------------------------------

    def _rows(self, state: TaskState, now: datetime, frame: int) -> Iterable[TreeRow]:
        top = {node.id: node for node in state.top()}
        children = state.children()
        for place in lay({name: node.needs for name, node in top.items()}):
            node, made = top[place.id], children.get(place.id, [])
            yield self._row(node, made, place, now, frame)
            shown = made if len(made) < MANY else [child for child in made if child.status == "failed"][:NAMED]
            guides = self.guides(place, below=True)
            for child in shown:
                last = child is shown[-1]
                yield self._row(
                    child,
                    [],
                    Place(child.id),
                    now,
                    frame,
                    guides=guides + (self.glyphs.last if last else self.glyphs.branch),
                    hang=guides + (" " * len(self.glyphs.pipe) if last else self.glyphs.pipe),
                )

    def _row(
        self,
        node: Node,
        made: Sequence[Node],
        place: Place,
        now: datetime,
        frame: int,
        *,
        guides: str | None = None,
        hang: str = "",
    ) -> TreeRow:
        status = str(node.status)
        if made and status == "pending":  # it fanned out and waits for its children
            status = "running"
        label = plain(node.label)
        if place.loose and node.needs:
            label += f"  after {', '.join(node.needs)}"
        signed, style = FOUND[node.found or "pass"] if status == "completed" else (status, STYLES.get(status, ""))
        return TreeRow(
            guides=self.guides(place) if guides is None else guides,
            sign=self._sign(signed, frame),
            label=label,
            middle=f"{node.specialist} {self.glyphs.dot} {node.tool}" if node.tool else node.specialist,
            detail=self._detail(node, made, now),
            style=style,
            hang=self.guides(place, below=True) if guides is None else hang,
            phase="done" if node.ended and status != "failed" else "ahead" if status in ("pending", "ready") else "now",
            below=tuple(
                plain(line) for line in (node.error or "").splitlines()[:1] if status in ("failed", "cancelled")
            ),
        )

    def _sign(self, status: str, frame: int) -> str:
        if self.animated and status in ("running", "planning"):
            return self.glyphs.spinner[frame % len(self.glyphs.spinner)]
        return self.glyphs.status.get(status, "?")

    def guides(self, place: Place, *, below: bool = False) -> str:
        """The guides of a line, or of a line that hangs below it."""
        drawn = ""
        for guide in place.guides:
            if guide == "gap" or (below and guide == "last"):
                drawn += " " * len(self.glyphs.pipe)
            elif guide == "pipe" or below:
                drawn += self.glyphs.pipe
            elif guide == "tee":
                drawn = drawn[:-1] + self.glyphs.tee[1] + self.glyphs.tee  # `├──┬─ `: no gap between the two
            else:
                drawn += self.glyphs.branch if guide == "branch" else self.glyphs.last
        return drawn

    def _detail(self, node: Node, made: Sequence[Node], now: datetime) -> Text:
        """What stands at the right: counts of a fan-out, a bar, a countdown, a duration."""
        if made:
            return self._counts(node, made, now)
        status = str(node.status)
        tries = f"{node.attempts}/{node.max_attempts}" if node.max_attempts > 1 else f"try {node.attempts}"
        if status == "retrying":
            left = max(0.0, (node.retry_at - now).total_seconds()) if node.retry_at else 0.0
            return Text(f"{tries} again in {brief(left, whole=True)}", style=WARN)
        if status == "waiting_user_input":
            return Text(word(status), style=STYLES[status])
        if status == "failed" and denied_by(node.error):
            return Text("denied", style=WARN)
        if status in ("skipped", "cancelled") or node.kept:
            return Text("taken over" if node.kept else status, style=QUIET)
        text = Text()
        if node.attempts > 1 and node.tool:  # a review is asked, and then answered: no second try
            text.append(f"{tries} ", style=WARN)
        if status == "running" and node.fraction is not None:
            text.append_text(self._bar(node.fraction)).append(" ")
        seconds = node.seconds(now)
        if seconds is not None and status in ("running", "completed", "failed"):
            text.append(brief(seconds), style="" if status == "running" else QUIET)
        return text

    def _counts(self, node: Node, made: Sequence[Node], now: datetime) -> Text:
        counts = Counter(str(child.status) for child in made)
        text = Text(f"{self.glyphs.times}{len(made)} ", style="bold")
        for status in ("completed", "failed", "running", "retrying", "waiting_user_input", "skipped", "cancelled"):
            if counts[status]:
                text.append(f"{self.glyphs.status[status]}{counts[status]} ", style=STYLES[status])
        if not node.ended:
            ended = sum(child.ended for child in made)
            return text.append_text(self._bar(ended / len(made)))
        seconds = node.seconds(now)
        return text.append(brief(seconds), style=QUIET) if seconds is not None else text

    def _bar(self, fraction: float) -> Text:
        full, empty = self.glyphs.bar(fraction, BAR)
        return Text(full, style=INFO).append(empty, style=QUIET)
