"""Session: what one command works with - its output, the settings, the orchestrator, and the stack behind it."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from aether_agents.cli.session.protocols import EmbeddedStack, OrchestratorFace, StackHold
from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.questions import Questioner
from aether_agents.contracts import TERMINAL_TASK, GitIdentity, Specialist, TaskView
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidTask, NothingYet, StackError
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.process.git_identity import git_identity
from aether_agents.process.local_journal import login
from aether_agents.process.private_folder import why_not_yours, written_as_root
from aether_agents.process.startup import loading
from aether_agents.settings.loader import Configuration, default_home, load_configuration
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists


class Session:
    """Everything a command needs, each part made when it is first asked for."""

    def __init__(self, *, json_wanted: bool = False) -> None:
        self.output = Output(json_wanted=json_wanted)
        self.folder = Path.cwd()
        self._lease: StackHold | None = None

    @cached_property
    def trust(self) -> Trust:
        """What this person has trusted on this machine."""
        return Trust(default_home())

    @cached_property
    def configuration(self) -> Configuration:
        """The settings that hold here, and where each came from.

        Raises:
            InvalidSettings: every fault, each with its place.
        """
        configuration = load_configuration(self.folder, trusts=self.trust.is_trusted)
        for warning in configuration.warnings:
            self.output.warn(warning)
        return configuration

    @property
    def settings(self) -> Settings:
        """The settings that hold here."""
        return self.configuration.settings

    @cached_property
    def specialists(self) -> tuple[Specialist, ...]:
        """The installed specialists."""
        return load_specialists(self.settings)

    def check_specialist(self, wanted: str) -> None:
        """Refuse the name of a specialist that there is not.

        Raises:
            InvalidTask: there is none of that name; the error names those there are.
        """
        known = [one.name for one in self.specialists]
        if wanted not in known:
            told = f"there is no specialist `{wanted}`{nearest(wanted, known)}; there are: {', '.join(known)}"
            raise InvalidTask(told)

    @property
    def person(self) -> str:
        """Who is at the terminal, for the record of answers."""
        return login()

    @cached_property
    def git(self) -> GitIdentity:
        """As whom this person commits, by his own git configuration as it is now."""
        return GitIdentity(**git_identity(os.environ)._asdict())

    @property
    def may_ask(self) -> bool:
        """Whether questions may be put: a terminal, and a person who wants them."""
        return self.settings.agent_system.cli_interface.interactive_mode and self.output.interactive

    @cached_property
    def stack(self) -> EmbeddedStack | None:
        """The embedded stack, unless a broker is configured.

        Raises:
            StackError: its home is no folder of this person's.
        """
        if self.settings.broker.url:
            return None
        if why := why_not_yours(self.settings.home):
            raise StackError(why)
        if warning := written_as_root(self.settings.home):
            self.output.warn(warning)
        return _embedded(self.settings)

    @contextmanager
    def orchestrator(self, *, keep: bool = False) -> Iterator[OrchestratorFace]:
        """The orchestrator to the tasks; behind it the configured broker, or the embedded stack, started if need be.

        A stack that was started here ends here, unless `keep` or `keep_for` says that work goes on.

        Raises:
            StoreUnavailable, StackError: there is nothing behind it.
        """
        with ExitStack() as stack_hold:
            with self.output.spinning("connecting" + self.output.error_glyphs.more):
                orchestrator = stack_hold.enter_context(_connected(self._store_settings(stack_hold, keep=keep)))
            yield orchestrator

    @contextmanager
    def past(self) -> Iterator[OrchestratorFace]:
        """The orchestrator to what was asked before. Where nothing ever ran, nothing is started only to say so.

        Raises:
            NothingYet: no stack ever ran here, and no broker is configured.
            StoreUnavailable, StackError: see `orchestrator`.
        """
        if self.stack is not None and not self.stack.used():
            raise NothingYet
        with self.orchestrator() as orchestrator:
            yield orchestrator

    @contextmanager
    def reaching(self) -> Iterator[Settings]:
        """The settings that lead to the tasks; the embedded stack behind them, if there is one, is held meanwhile.

        Raises:
            StackError: it cannot be started.
        """
        with ExitStack() as stack_hold:
            yield self._store_settings(stack_hold, keep=False)

    def _store_settings(self, stack_hold: ExitStack, *, keep: bool) -> Settings:
        """The settings that lead to the store; the stack, if there is one, is held until `held` ends."""
        if self.stack is None:
            return self.settings
        if not self.stack.running():
            self.output.say("starting the embedded stack" + self.output.error_glyphs.more, "bright_black")
        self._lease = stack_hold.enter_context(self.stack.join_or_start(keep=keep))
        if self._lease.note:
            self.output.warn(self._lease.note)
        return self.stack.settings()

    @contextmanager
    def running_orchestrator(self) -> Iterator[OrchestratorFace | None]:
        """The orchestrator if its stack runs already; nothing is started to look."""
        if self.stack is not None and not self.stack.running():
            yield None
            return
        with self.orchestrator() as orchestrator:
            yield orchestrator

    def require_worker(self, orchestrator: OrchestratorFace) -> None:
        """Make sure that somebody plans tasks. The stack's own worker may still be loading; `check` watches it.

        Raises:
            NoWorker: nobody does.
        """
        if self.stack is None:
            orchestrator.require_worker()

    def check(self) -> str | None:
        """What went wrong with the stack behind it, if it goes on all the same: its worker starts again.

        Raises:
            StackError: it has ended; the error has the last words of its worker.
        """
        if self._lease is None or self.stack is None:
            return None
        try:
            self._lease.check()
        except StackError as error:
            if not self.stack.running():
                raise
            return str(error)
        return None

    def keep_for(self, view: TaskView, *, moved: bool = False) -> None:
        """Keep the stack while the task goes on: one that was started here, and any if the task was `moved` by us.

        Whoever only looks leaves a stack to those who hold it for their tasks.
        """
        if view.status not in TERMINAL_TASK and (moved or (self._lease is not None and self._lease.started)):
            self.keep()

    def keep(self) -> None:
        """Keep the stack, if there is one."""
        if self._lease is not None and self._lease.keep():
            self.output.hint("the embedded stack goes on; `aether-agent down` ends it")

    def questioner(self) -> Questioner | None:
        """Who puts questions to the person; none when nobody may be asked."""
        return Questioner(self.output, self.person) if self.may_ask else None


def _embedded(settings: Settings) -> EmbeddedStack:
    with loading():
        from aether_agents.local import Stack  # noqa: PLC0415 - half a second of imports, after something is on the screen

    return Stack(settings)


def _connected(settings: Settings) -> AbstractContextManager[OrchestratorFace]:
    """The orchestrator. Redis and Celery are loaded here and no earlier: meanwhile a stack may start."""
    with loading():
        from aether_agents.orchestrator.orchestrator import connect  # noqa: PLC0415 - a second of imports, see above

    return connect(settings)
