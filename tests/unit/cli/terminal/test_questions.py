"""Questions: what is shown before the answer, and what counts as one."""

import io
import sys

import pytest

from aether_agents.cli.terminal.output import Output
from aether_agents.cli.terminal.questions import Questioner, answer_to, choose, describe, read_secret
from aether_agents.cli.views.outcome import how_to_answer
from aether_agents.contracts import InputSpec, Intervention, PlannedSubtask, Risk
from aether_agents.errors import InvalidTask

APPROVAL = Intervention(id="rm.1", kind="approval", subtask_id="rm", prompt="Remove it?", choices=("approve", "deny"))
CHOICE = Intervention(
    id="rm.2", kind="choice", subtask_id="rm", prompt="It may have run.", choices=("retry", "skip", "fail")
)
INPUT = Intervention(
    id="task.1", kind="input", prompt="What is missing?", fields={"days": InputSpec(type="integer", prompt="How many?")}
)
REMOVE = PlannedSubtask(
    id="rm", tool="files/remove", args={"name": "a\x1b[31m.txt"}, specialist="dev", risk=Risk.DESTRUCTIVE
)


def ask(monkeypatch: pytest.MonkeyPatch, asked: Intervention, typed: str) -> object:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    return Questioner(Output(), "somebody").ask(asked, None)


def test_tool_risk_and_arguments_are_shown_and_cannot_steer_the_terminal() -> None:
    lines = [line.plain for line in describe(APPROVAL, REMOVE)]
    assert lines == [
        "? Remove it?",
        "  tool  files/remove  (dev)",
        "  risk  destructive, cannot be repeated",
        '  name  "a\\u001b[31m.txt"',
    ]


def test_no_name_or_choice_steers_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "\x1b[2Jyes\r"
    asked = CHOICE.model_copy(update={"choices": (hostile, "b", "c")})
    ask(monkeypatch, asked, "1\n")
    ask(monkeypatch, APPROVAL.model_copy(update={"choices": (hostile, "deny")}), "n\n")
    ask(monkeypatch, INPUT.model_copy(update={"fields": {"d": InputSpec(type="string", prompt=hostile)}}), "x\n")
    shown = capsys.readouterr().err + "".join(
        line.plain for line in describe(APPROVAL, REMOVE.model_copy(update={"tool": hostile, "args": {hostile: 1}}))
    )
    assert "\x1b" not in shown
    assert "\r" not in shown


@pytest.mark.parametrize(
    ("typed", "response"), [("y\n", "approve"), ("はい\n", "approve"), ("n\n", "deny"), ("\n", "deny")]
)
def test_anything_but_yes_is_no(monkeypatch: pytest.MonkeyPatch, typed: str, response: str) -> None:
    answer = ask(monkeypatch, APPROVAL, typed)
    assert (answer.response, answer.by) == (response, "somebody")  # type: ignore[attr-defined]


def test_a_choice_is_made_by_number_or_name_and_asked_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, CHOICE, "2\n").response == "skip"  # type: ignore[attr-defined]
    assert ask(monkeypatch, CHOICE, "perhaps\nfa\n").response == "fail"  # type: ignore[attr-defined]
    assert "`perhaps` is none of the choices: retry, skip, fail" in capsys.readouterr().err


def test_an_input_is_asked_until_it_fits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answer = ask(monkeypatch, INPUT, "many\n3\n")
    assert answer.response == "provide"  # type: ignore[attr-defined]
    assert answer.values == {"days": 3}  # type: ignore[attr-defined]
    assert "must be a whole number" in capsys.readouterr().err


def test_the_end_of_input_leaves_the_question_open(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, APPROVAL, "") is None


def test_options_amount_to_an_answer() -> None:
    assert answer_to(APPROVAL, deny=False, choice=None, pairs=(), by="x").response == "approve"
    assert answer_to(APPROVAL, deny=True, choice=None, pairs=(), by="x").response == "deny"
    assert answer_to(CHOICE, deny=False, choice="ret", pairs=(), by="x").response == "retry"
    assert answer_to(CHOICE, deny=True, choice=None, pairs=(), by="x").response == "fail"
    assert answer_to(INPUT, deny=False, choice=None, pairs=("days=2",), by="x").values == {"days": 2}
    with pytest.raises(InvalidTask, match="--choose retry\\|skip\\|fail"):
        answer_to(CHOICE, deny=False, choice=None, pairs=(), by="x")


def test_a_name_that_begins_another_is_still_a_name() -> None:
    assert choose("code", ("code", "code_quality")) == "code"
    with pytest.raises(InvalidTask):
        choose("co", ("code", "code_quality"))


def test_the_command_that_answers_can_be_copied() -> None:
    assert how_to_answer("t1", APPROVAL).startswith("aether-agent approve t1 rm.1")
    assert how_to_answer("t1", CHOICE) == "aether-agent approve t1 rm.2 --choose retry   (or: skip, fail)"
    assert how_to_answer("t1", INPUT) == "aether-agent approve t1 task.1 --input days=…"


SECRET = Intervention(
    id="a.2", kind="input", prompt="The server asks", choices=("deny",),
    fields={"region": InputSpec(type="string"), "api_key": InputSpec(type="string", secret=True)},
)  # fmt: skip


def test_a_password_is_never_taken_from_a_commands_arguments() -> None:
    said = {"deny": False, "choice": None, "by": "x"}
    with pytest.raises(InvalidTask, match=r"`api_key` is a password or a key.*standard input"):
        answer_to(SECRET, pairs=("region=eu", "api_key=hunter2hunter2"), **said)  # type: ignore[arg-type]
    with pytest.raises(InvalidTask, match="nothing was given"):
        answer_to(SECRET, pairs=("region=eu",), **said)  # type: ignore[arg-type]
    given = answer_to(SECRET, pairs=("region=eu",), **said, secret=lambda name: f"typed {name}")  # type: ignore[arg-type]
    assert given.values == {"region": "eu", "api_key": "typed api_key"}
    assert "api_key=" not in how_to_answer("t", SECRET)
    assert answer_to(SECRET, deny=True, choice=None, pairs=(), by="x").response == "deny"


def test_a_password_is_read_without_echo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("eu\n"))
    monkeypatch.setattr(
        "aether_agents.cli.terminal.questions.getpass", lambda prompt, stream: f"unseen, for {prompt.strip()}"
    )
    answer = Questioner(Output(), "somebody").ask(SECRET, None)
    assert answer is not None
    assert answer.values == {"region": "eu", "api_key": "unseen, for api_key:"}
    assert "unseen" not in "".join(capsys.readouterr())


def test_a_terminal_that_would_show_it_is_not_typed_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """`getpass` reads with an echo, and a warning, where it cannot turn that off."""
    typed = io.StringIO("hunter2\n")
    typed.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.setattr("os.open", _refused)  # there is no /dev/tty, and this is no terminal that knows of echo
    with pytest.raises(InvalidTask, match="show nothing of what is typed"):
        read_secret("the password: ")
    assert typed.read() == "hunter2\n"


def _refused(*_: object, **__: object) -> int:
    raise OSError
