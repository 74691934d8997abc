"""Following a task: its events come in, the screen shows them, its questions are put to the person."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.reconnect import patiently
from aether_agents.cli.terminal.interrupts import Interrupts
from aether_agents.cli.terminal.questions import Questioner
from aether_agents.cli.views.screen import Screen
from aether_agents.cli.views.task_state import TaskState
from aether_agents.contracts import (
    TERMINAL_TASK,
    Answer,
    Event,
    EventType,
    Intervention,
    Plan,
    Shown,
    TaskStatus,
    TaskView,
)
from aether_agents.errors import AetherError, StoreUnavailable, WrongStatus

_ASKING = frozenset({EventType.TASK_WAITING, EventType.SUBTASK_WAITING})
Found = TypeVar("Found")


class Follower:
    """Follows one task until it has ended, or waits for a person who is not there."""

    def __init__(
        self,
        orchestrator: OrchestratorFace,
        state: TaskState,
        screen: Screen,
        questioner: Questioner | None,
        *,
        cancels: bool,
        idle: Callable[[], str | None] | None = None,
    ) -> None:
        self._orchestrator = orchestrator
        self._state = state
        self._screen = screen
        self._questioner = questioner
        self._interrupts = Interrupts(self._cancel if cancels else None)
        self._idle = idle
        self._left_open = False
        self._refusal: str | None = None
        self._ending: TaskView | None = None  #: the task, as it was looked at when its end was told

    def follow(self) -> TaskView:
        """Show all that happens from what the picture knows on; the task as it stands at the end.

        Raises:
            KeyboardInterrupt: the person leaves.
        """
        with self._interrupts, self._screen:
            waits = self._state.status is TaskStatus.WAITING
            if not self._state.ended and (not waits or self._attend()):
                for event in self._events():
                    self._take(event)
                    if event.type in _ASKING and not self._attend():
                        break
            if self._ending is not None:  # of ten thousand subtasks, to read it a second time takes seconds
                return self._ending
            view = self._view(outputs=True)
            with self._screen.changing():
                self._state.look(view)
            return view

    def _events(self) -> Iterator[Event]:
        """The events after the last one the picture knows, across lost connections, however long they last."""
        task_id = self._state.task_id
        while True:
            try:
                yield from self._orchestrator.follow(
                    task_id, self._state.seq, idle=self._quiet, on_reconnect=lambda why: self._lost(True, why)
                )
            except StoreUnavailable as error:
                self._lost(True, str(error))
                self._view()
            else:
                return

    def _quiet(self) -> None:
        """Nothing happens, and the connection stands."""
        self._lost(False)
        trouble = self._idle() if self._idle is not None else None
        if trouble:
            self._screen.say(trouble)
        with suppress(StoreUnavailable):  # lost just now: the next read says so
            self._look_for_refusal()

    def _look_for_refusal(self) -> None:
        """Say once why nothing happens, when the store can be read and takes nothing that is written."""
        refusal = self._orchestrator.refusal()
        if refusal is not None and self._refusal is None:
            self._screen.say(f"all work waits: {refusal}")
        self._refusal = refusal

    def _take(self, event: Event) -> None:
        self._lost(False)
        known = self._state.knows(event)
        view = None if known else self._view(outputs=event.ends_task)
        plan = None if known else self._plan()
        with self._screen.changing():
            self._state.apply(event)
            if view is not None:
                self._state.look(view, plan)
        self._screen.show(event)
        self._ending = view if view is not None and view.status in TERMINAL_TASK else None
        if event.type is EventType.TASK_PLANNED and view is not None and view.plan is not None:
            self._screen.explain(view.plan)

    # -- questions ---------------------------------------------------------------------------------------------

    def _attend(self) -> bool:
        """Put every open question to the person. False when nothing can go on without one who is not there."""
        view = self._view()
        if self._questioner is None:
            return view.status is not TaskStatus.WAITING
        plan = self._plan()
        for asked in view.interventions:
            if self._left_open or not self._ask(self._questioner, asked, plan):
                break
        return not self._left_open or view.status is not TaskStatus.WAITING

    def _ask(self, questioner: Questioner, asked: Intervention, plan: Plan | None) -> bool:
        """Put one question. False when the person left it open, or ended the task instead."""
        stem = (asked.subtask_id or "").partition("#")[0]
        subtask = next((step for step in plan.subtasks if step.id == stem), None) if plan else None
        with self._screen.aside(), self._interrupts.raising():
            try:
                answer = questioner.ask(asked, subtask, self._shown(asked))
            except KeyboardInterrupt:
                self._interrupts.first()
                return False
        if answer is None:
            self._left_open = True
            return False
        self._answer(answer)
        return True

    def _shown(self, asked: Intervention) -> Shown | None:
        """What a review shows; none of any other question, and of one that was answered elsewhere meanwhile."""
        if asked.review is None:
            return None
        with suppress(WrongStatus):
            return self._patiently(lambda: self._orchestrator.review(self._state.task_id, asked))
        return None

    def _answer(self, answer: Answer) -> None:
        try:
            self._patiently(lambda: self._orchestrator.answer(self._state.task_id, answer))
        except WrongStatus as error:
            self._screen.say(str(error))  # answered elsewhere meanwhile, or ended

    # -- the connection ----------------------------------------------------------------------------------------

    def _cancel(self) -> None:
        self._screen.say("cancelling; once more to leave at once")
        try:
            self._orchestrator.cancel(self._state.task_id, reason="interrupted at the terminal")
        except WrongStatus:
            pass  # it has ended meanwhile
        except AetherError as error:
            self._screen.say(f"could not cancel: {error}")

    def _view(self, *, outputs: bool = False) -> TaskView:
        return self._patiently(lambda: self._orchestrator.view(self._state.task_id, outputs=outputs))

    def _plan(self) -> Plan | None:
        return self._patiently(lambda: self._orchestrator.plan_of(self._state.task_id))

    def _patiently(self, call: Callable[[], Found]) -> Found:
        return patiently(call, self._lost)

    def _lost(self, lost: bool, why: str = "") -> None:
        """Say once that the connection is lost (or why the store cannot even be read), and once that it is back."""
        if lost is not self._state.lost:
            with self._screen.changing():
                self._state.lost = lost
            told = f"all work waits: {why}" if " refuses " in why else "connection lost, retrying"
            self._screen.say(told if lost else "connected again")


def attach(orchestrator: OrchestratorFace, task_id: str) -> TaskState:
    """A picture of a task that is already there.

    Raises:
        TaskNotFound: there is no such task.
    """
    state = TaskState(task_id)
    state.look(orchestrator.view(task_id), orchestrator.plan_of(task_id))
    return state
