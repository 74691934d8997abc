"""Output: results go to standard output; progress, messages and questions go to standard error."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from aether_agents.cli.terminal.exit_codes import forget_output
from aether_agents.cli.terminal.glyphs import BAD, GOOD, QUIET, UNICODE, WARN, Glyphs, glyphs_for
from aether_agents.cli.terminal.text import printable
from aether_agents.contracts import Contract

#: What counts as yes.
YES = frozenset({"y", "yes", "はい"})
#: What counts as no.
NO = frozenset({"n", "no", "いいえ"})

#: Cells a line may take where no terminal limits it.
WIDE = 200


class _Results(Console):
    """Standard output. Whoever follows something stops when nobody reads on."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _Messages(Console):
    """Standard error. That nobody reads it is no reason to end what is being done."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        forget_output()


class Output:
    """The two streams of a command. Colour and a live display only where there is a terminal."""

    def __init__(self, *, json_wanted: bool = False) -> None:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a name in another alphabet must not end the program
                stream.reconfigure(errors="replace")
        self.json_wanted = json_wanted
        self.out = _Results(highlight=False, width=_width(sys.stdout))
        self.err = _Messages(stderr=True, highlight=False, width=_width(sys.stderr))
        self.glyphs: Glyphs = glyphs_for(sys.stdout.encoding)
        self.error_glyphs: Glyphs = glyphs_for(sys.stderr.encoding)

    @property
    def live(self) -> bool:
        """Whether something that moves may be shown."""
        return self.err.is_terminal and not self.err.is_dumb_terminal

    @property
    def interactive(self) -> bool:
        """Whether a person is there to be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    # -- results -----------------------------------------------------------------------------------------------

    def json(self, value: Any) -> None:
        """One JSON value: indented for a person at a terminal, one line for a program."""
        body = value.model_dump(mode="json") if isinstance(value, Contract) else value
        indent = 2 if sys.stdout.isatty() else None
        self._result(json.dumps(body, ensure_ascii=False, indent=indent, default=str))

    def json_line(self, value: Any) -> None:
        """One JSON value on one line, at once: for what is being followed.

        Raises:
            BrokenPipeError: nobody reads on.
        """
        body = value.model_dump(mode="json") if isinstance(value, Contract) else value
        sys.stdout.write(json.dumps(body, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()

    def show(self, *renderables: RenderableType) -> None:
        """Something for people, as the result of the command."""
        for renderable in renderables:
            if self.out.is_terminal:
                self.out.print(renderable, markup=False)
                continue
            with self.out.capture() as captured:
                self.out.print(renderable, markup=False)
            self._result("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))

    def sections(self, *sections: Iterable[RenderableType]) -> None:
        """Several parts of a result, with an empty line between those that are not empty."""
        begun = False
        for section in sections:
            for number, renderable in enumerate(section):
                if begun and number == 0:
                    self.show("")
                self.show(renderable)
                begun = True

    def text(self, text: str) -> None:
        """Text exactly as it is, as the result of the command.

        Raises:
            BrokenPipeError: nobody reads on.
        """
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()

    def _result(self, text: str) -> None:
        """Text that is the end of what a command does: its exit code counts, whether or not somebody reads."""
        try:
            self.text(text)
        except BrokenPipeError:
            forget_output()

    # -- messages ----------------------------------------------------------------------------------------------

    def say(self, message: str, style: str = "") -> None:
        """A message beside the result."""
        self.err.print(Text(printable(message), style=style), soft_wrap=True)

    def good(self, message: str) -> None:
        """A message that something was done."""
        self._signed("ok", message, GOOD)

    def warn(self, message: str) -> None:
        """A message that something deserves a look."""
        self._signed("warn", message, WARN)

    def bad(self, message: str) -> None:
        """A message that something went wrong."""
        self._signed("fail", message, BAD)

    def hint(self, message: str) -> None:
        """What can be done next."""
        self.err.print(Text(f"{self.error_glyphs.arrow} {printable(message)}", style=QUIET), soft_wrap=True)

    def confirm(self, question: str) -> bool:
        """Ask yes or no; anything but yes is no.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        self.err.print(Text(f"{printable(question)} [y/N] ", style="bold"), end="")
        self.err.file.flush()
        return sys.stdin.readline().strip().lower() in YES

    def ask(self, question: str) -> str:
        """A line that a person types; empty where he types nothing.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        self.err.print(Text(f"{printable(question)} ", style="bold"), end="")
        self.err.file.flush()
        return sys.stdin.readline().strip()

    @contextmanager
    def spinning(self, message: str) -> Iterator[None]:
        """A message beside a sign that something is going on; on a terminal only."""
        if not self.live:
            yield
            return
        spinner = "dots" if self.error_glyphs is UNICODE else "line"
        with self.err.status(Text(message, style=QUIET), spinner=spinner):
            yield

    def _signed(self, sign: str, message: str, style: str) -> None:
        line = Text(f"{self.error_glyphs.status[sign]} ", style=style).append(printable(message), style="default")
        self.err.print(line, soft_wrap=True)  # a path or a command is never broken


def _width(stream: TextIO) -> int | None:
    """The terminal's own width; for a file or a pipe one at which nothing has to be cut."""
    return None if stream.isatty() or "COLUMNS" in os.environ else WIDE
