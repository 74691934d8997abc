"""Screens: the ways a followed task is shown - live on a terminal, as lines elsewhere, as JSON for programs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import ClassVar, Protocol, Self

from rich.console import Group
from rich.live import Live
from rich.text import Text

from aether_agents.cli.terminal.duration import clock
from aether_agents.cli.terminal.glyphs import QUIET, STYLES, WARN
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.text import plain
from aether_agents.cli.views.task_state import Node, TaskState
from aether_agents.cli.views.task_tree import MANY, TaskTree
from aether_agents.cli.views.understood import show_understood
from aether_agents.contracts import Event, EventType, PlanView

#: Frames per second of the live tree: smooth enough for a spinner, cheap enough for a slow line.
FRAMES = 8

#: Cells a tree is given at most: further right nobody looks.
WIDEST = 110

#: Events that say nothing new in a list of lines.
_SILENT = frozenset({EventType.SUBTASK_READY, EventType.SUBTASK_PROGRESS, EventType.TASK_PENDING})


class Screen(Protocol):
    """Shows a picture as it changes."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Something happened; the picture knows it already."""

    def explain(self, plan: PlanView) -> None:
        """The plan is there: what each part of the sentence became."""

    def say(self, message: str) -> None:
        """Something about the following itself, such as a lost connection."""

    @contextmanager
    def changing(self) -> Iterator[None]:
        """The picture is being changed: do not draw it meanwhile."""

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A person is asked something: keep still meanwhile."""


class LiveScreen:
    """The tree, redrawn in place on standard error."""

    def __init__(self, output: Output, state: TaskState, hint: str, *, transient: bool = False) -> None:
        self._output = output
        self._state = state
        self._transient = transient
        self._tree = TaskTree(output.error_glyphs, animated=True)
        self._still = TaskTree(output.error_glyphs)
        self._hint = hint
        self._lock = threading.RLock()
        self._frame = 0
        self._live: Live | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def show(self, event: Event) -> None:
        """Nothing to do: the next frame shows it. A log line is kept above the tree."""
        if event.type is EventType.LOG:
            self.say(plain(event.message))

    def explain(self, plan: PlanView) -> None:
        """Lines above the tree; none where nothing is to stay."""
        if not self._transient:
            show_understood(self._output, plan)

    def say(self, message: str) -> None:
        """A line above the tree."""
        self._output.err.print(Text(message, style=QUIET))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """No frame is drawn from a half-changed picture."""
        with self._lock:
            yield

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the tree off the screen, and put it back below what was said."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        self._live = Live(
            console=self._output.err,
            get_renderable=self._render,
            refresh_per_second=FRAMES,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
            transient=self._transient,
        )
        self._live.start(refresh=True)

    def _stop(self) -> None:
        if self._live is not None:
            live, self._live = self._live, None
            live.stop()

    def _render(self) -> Group:
        """One frame; the last one stays: no spinner, no hint, and as long as it is."""
        console = self._output.err
        moving = self._live is not None
        with self._lock:
            self._frame += 1
            tree = self._tree if moving else self._still
            height = console.height - 1 if moving else 10_000
            lines = tree.lines(
                self._state, min(console.width, WIDEST), datetime.now(UTC), height=height - 1, frame=self._frame
            )
        if moving and not self._state.ended:
            lines.append(Text(self._hint, style=QUIET))
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(*lines)


class LineScreen:
    """A line on standard error for each thing that happened: for logs, pipes and screen readers."""

    explains: ClassVar[bool] = True

    def __init__(self, output: Output, state: TaskState) -> None:
        self._output = output
        self._state = state
        self._tree = TaskTree(output.error_glyphs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, event: Event) -> None:
        """One line; the plan when it is there, and the whole tree when the task has ended."""
        width, now = min(self._output.err.width, WIDEST), datetime.now(UTC)
        lines: list[Text] = []
        if event.type is EventType.TASK_PLANNED:
            lines = self._tree.plan(self._state, width, now)
        elif event.type not in _SILENT and not self._is_one_of_many(event):
            lines = [self._line(event, self._state.nodes.get(event.subtask_id or ""))]
        if event.ends_task:
            lines += self._tree.lines(self._state, width, now)
        for line in lines:
            self._output.err.print(line)

    def explain(self, plan: PlanView) -> None:
        """Lines below the plan."""
        if self.explains:
            show_understood(self._output, plan)

    def say(self, message: str) -> None:
        """A line of its own."""
        self._output.err.print(Text(message, style=WARN))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Nothing is drawn meanwhile anyway."""
        yield

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Nothing moves anyway."""
        yield

    def _line(self, event: Event, node: Node | None) -> Text:
        state = event.type.value.partition(".")[2] or "log"
        status = {"started": "running", "waiting": "waiting_user_input", "resumed": "running"}.get(state, state)
        sign = self._output.error_glyphs.status.get(status, self._output.error_glyphs.dot)
        # That a call was made says nothing of what it found, which is known at the end.
        style = QUIET if status == "completed" else STYLES.get(status, "")
        line = Text(f"{clock(event.at)} ", style=QUIET).append(f"{sign} ", style=style)
        subject = event.subtask_id or ("task" if event.type is not EventType.LOG else "")
        line.append(f"{subject} {state}".strip() if event.type is not EventType.LOG else subject)
        if node is not None and status == "running":
            does = (node.specialist, node.tool) if node.tool else (node.specialist,)  # a review calls nothing
            line.append(f"  {f' {self._output.error_glyphs.dot} '.join(does)}", style=QUIET)
        if message := plain(event.message):
            line.append(f"  {message}", style=STYLES.get(status, "") if status in ("failed", "retrying") else QUIET)
        return line

    def _is_one_of_many(self, event: Event) -> bool:
        """A child of a wide fan-out is told only when it fails or asks."""
        stem, mark, _ = (event.subtask_id or "").partition("#")
        if not mark or event.type in (EventType.SUBTASK_FAILED, EventType.SUBTASK_WAITING):
            return False
        return sum(node.parent == stem for node in self._state.nodes.values()) >= MANY


class JsonScreen(LineScreen):
    """Every event as one line of JSON on standard output; what is said goes to standard error."""

    explains = False

    def show(self, event: Event) -> None:
        """The event as it is."""
        self._output.json_line(event)


class StillScreen(LineScreen):
    """Says only what is about the following itself: for a plan that is shown in full afterwards."""

    explains = False

    def show(self, event: Event) -> None:
        """Nothing."""


def screen_for(
    output: Output, state: TaskState, *, events: bool = False, passing: bool = False, hint: str = ""
) -> Screen:
    """JSON lines where events were asked for, the live tree on a terminal, lines elsewhere.

    Of one that is `passing` nothing stays; `hint` is what the person can do meanwhile.
    """
    if events:
        return JsonScreen(output, state)
    if output.live:
        return LiveScreen(output, state, hint, transient=passing)
    return StillScreen(output, state) if passing else LineScreen(output, state)
