"""Questions: an intervention put to the person at the terminal, and the answer read and checked."""

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from getpass import GetPassWarning, getpass
from warnings import catch_warnings, simplefilter

from rich.text import Text

from aether_agents.cli.terminal.glyphs import QUIET, RISK_STYLES, WARN
from aether_agents.cli.terminal.output import NO, YES, Output
from aether_agents.cli.terminal.review_screen import ReviewScreen
from aether_agents.cli.terminal.text import plain, printable
from aether_agents.cli.terminal.typed_values import hints, parse_value, read_values
from aether_agents.contracts import Answer, InputSpec, Intervention, Json, PlannedSubtask, Shown
from aether_agents.errors import InvalidTask


class Questioner:
    """Asks interventions on standard error and reads the answers from the terminal."""

    def __init__(self, output: Output, by: str) -> None:
        self._output = output
        self._by = by

    def ask(self, asked: Intervention, subtask: PlannedSubtask | None, shown: Shown | None = None) -> Answer | None:
        """Put one question; of a review, with what is `shown`. None: the person leaves it open (end of input).

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        try:
            if shown is not None:
                return self._review(asked, shown)
            for line in describe(asked, subtask):
                self._output.err.print(line)
            if asked.kind == "input":
                values = {name: self._value(name, spec) for name, spec in asked.fields.items()}
                return Answer(intervention_id=asked.id, response="provide", values=values, by=self._by)
            return Answer(intervention_id=asked.id, response=self._choice(asked), by=self._by)
        except EOFError:
            return None

    def _review(self, asked: Intervention, shown: Shown) -> Answer:
        """A review: the screen, and one question beside it, asked until it is answered."""
        console, comment = self._output.err, ""
        screen = ReviewScreen(self._output.error_glyphs, console.width, console.height)
        for line in screen.lines(shown):
            console.print(line, soft_wrap=True)
        while True:
            given = self._read("approve? y yes, n no, w show all, c add a comment: ").strip().lower()
            if given in YES or given in NO:
                return Answer(
                    intervention_id=asked.id,
                    response=asked.choices[0 if given in YES else -1],
                    by=self._by,
                    comment=comment,
                )
            if given in ("w", "whole", "all"):
                for line in screen.lines(shown, whole=True):
                    console.print(line, soft_wrap=True)
            elif given in ("c", "comment"):
                comment = self._read("comment: ").strip()[:2_000]
            else:
                told = f"`{plain(given)}` is no answer" if given else "nothing was typed"
                self._output.bad(f"{told}: type y, n, w or c")

    def _yes_or_no(self, choices: tuple[str, ...]) -> str:
        """Yes is the first choice; no, or nothing at all, the last. Anything else is asked again."""
        while True:
            given = self._read(f"{plain(choices[0])}? [y/N] ").strip().lower()
            if given in YES or given == choices[0]:
                return choices[0]
            if not given or given in NO or given == choices[-1]:
                return choices[-1]
            self._output.bad(f"`{plain(given)}` is no answer: type y or n")

    def _choice(self, asked: Intervention) -> str:
        choices = asked.choices or ("approve", "deny")
        if asked.kind != "choice" and len(choices) == 2:  # noqa: PLR2004 - yes and no
            return self._yes_or_no(choices)
        for number, choice in enumerate(choices, start=1):
            self._output.err.print(Text(f"  {number}  ", style=WARN).append(plain(choice)))
        while True:
            given = self._read(f"which? [1-{len(choices)}] ").strip()
            try:
                return choose(given, choices)
            except InvalidTask as error:
                self._output.bad(str(error))

    def _value(self, name: str, spec: InputSpec) -> Json:
        self._output.err.print(Text(f"  {plain(spec.prompt or spec.description or name)}"))
        hint = f" ({told})" if (told := ", ".join(hints(spec))) else ""
        while True:
            asks = plain(f"{name}{hint}:").join(("  ", " "))
            given = read_secret(asks) if spec.secret else self._read(asks).strip()
            try:
                return parse_value(name, given, spec)
            except InvalidTask as error:
                self._output.bad(str(error))

    def _read(self, prompt: str) -> str:
        self._output.err.print(Text(prompt, style="bold"), end="")
        self._output.err.file.flush()
        line = sys.stdin.readline()
        if not line:
            self._output.err.print()
            raise EOFError
        return line


def read_secret(prompt: str) -> str:
    """A password or a key, without echo; where there is no terminal, a line of standard input.

    Raises:
        EOFError: nothing more comes.
        InvalidTask: the terminal would show it.
    """
    if sys.stdin.isatty():
        with catch_warnings():
            simplefilter("error", GetPassWarning)  # it would be read, and shown
            try:
                return getpass(prompt, stream=sys.stderr).strip()
            except GetPassWarning:
                raise InvalidTask(
                    "this terminal cannot be told to show nothing of what is typed: answer on the page of "
                    "`aether-agent serve`, or give it as a line of standard input"
                ) from None
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()


def secrets_of(asked: Intervention) -> dict[str, InputSpec]:
    """The fields of a question that want a password or a key."""
    return {name: spec for name, spec in asked.fields.items() if spec.secret}


def describe(asked: Intervention, subtask: PlannedSubtask | None) -> Iterable[Text]:
    """The question, and what would be called with what."""
    yield Text("? ", style=f"bold {WARN}").append(printable(asked.prompt), style="bold")
    if subtask is None:
        return
    yield (
        Text("  tool  ", style=QUIET)
        .append(plain(subtask.tool or ""))
        .append(f"  ({plain(subtask.specialist)})", style=QUIET)
    )
    yield (
        Text("  risk  ", style=QUIET)
        .append(str(subtask.risk), style=RISK_STYLES[subtask.risk])
        .append("" if subtask.repeatable else ", cannot be repeated", style=QUIET)
    )
    for name, value in subtask.args.items():
        yield Text(f"  {plain(name)}  ", style=QUIET).append(plain(json.dumps(value, ensure_ascii=False)))


def answer_to(
    asked: Intervention,
    *,
    deny: bool,
    choice: str | None,
    pairs: Iterable[str],
    by: str,
    secret: Callable[[str], str] | None = None,
    comment: str = "",
) -> Answer:
    """The answer that the options of `approve` amount to. `secret` reads a field that is not taken from them.

    Raises:
        InvalidTask: they are no answer to this question; the error says what would be.
    """
    if asked.kind == "input" and not deny and choice is None:
        pairs = tuple(pairs)
        if named := [name for name in secrets_of(asked) if any(pair.partition("=")[0] == name for pair in pairs)]:
            raise InvalidTask(
                f"`{named[0]}` is a password or a key: it is not taken from a command's arguments, which others on "
                "this machine see and the shell remembers. Leave it out: it is asked for without echo, or read as a "
                "line of standard input. Change the one you just typed"
            )
        open_fields = {name: spec for name, spec in asked.fields.items() if not spec.secret}
        values = read_values(pairs, open_fields)
        for name, spec in secrets_of(asked).items():
            values[name] = parse_value(name, _told(name, secret), spec)
        return Answer(intervention_id=asked.id, response="provide", values=values, by=by, comment=comment)
    choices = asked.choices or ("approve", "deny")
    if deny:
        return Answer(intervention_id=asked.id, response=choices[-1], by=by, comment=comment)
    if choice is not None:
        return Answer(intervention_id=asked.id, response=choose(choice, choices), by=by, comment=comment)
    if asked.kind == "choice":
        raise InvalidTask(f"`{asked.id}` asks for a choice: --choose {'|'.join(choices)}")
    return Answer(intervention_id=asked.id, response=choices[0], by=by, comment=comment)


def _told(name: str, secret: Callable[[str], str] | None) -> str:
    with suppress(EOFError):
        if secret is not None:
            return secret(name)
    raise InvalidTask(f"`{name}`: nothing was given: type it at a terminal, or give it on standard input")


def choose(given: str, choices: tuple[str, ...]) -> str:
    """The choice a person means: its number, or its name, or the beginning of one name.

    Raises:
        InvalidTask: it is none of them.
    """
    if given.isdigit() and 1 <= int(given) <= len(choices):
        return choices[int(given) - 1]
    near = [choice for choice in choices if given and choice.lower().startswith(given.lower())]
    exact = [choice for choice in near if choice.lower() == given.lower()]
    if len(exact or near) == 1:
        return (exact or near)[0]
    raise InvalidTask(f"`{given}` is none of the choices: {', '.join(choices)}")
