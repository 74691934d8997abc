"""How the program leaves: every ending has its exit code, and every error its message."""

import os
import sys
import tomllib

import click
import pytest

from aether_agents.cli.terminal.exit_codes import exit_code_of, leave_well
from aether_agents.cli.terminal.output import Output
from aether_agents.errors import (
    AetherError,
    CouldNotPlan,
    InvalidPlan,
    InvalidSettings,
    NoWorker,
    StackError,
    StoreUnavailable,
    TaskNotFound,
)
from aether_agents.process.installation import CHECKOUT, install_command


@pytest.mark.parametrize(
    ("status", "planned", "code"),
    [
        ("completed", True, 0),
        ("failed", True, 1),
        ("cancelled", True, 3),
        ("cancelled", False, 3),
        ("waiting_user_input", True, 4),
        ("waiting_user_input", False, 4),
        ("failed", False, 5),
    ],
)
def test_a_task_has_an_exit_code(status: str, planned: bool, code: int) -> None:
    assert exit_code_of(status, planned=planned) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AetherError("x"), 1),
        (InvalidSettings("x"), 2),
        (InvalidPlan(["a", "b"]), 2),
        (TaskNotFound("x"), 2),
        (CouldNotPlan("x"), 5),
        (StoreUnavailable("x"), 6),
        (NoWorker("x"), 6),
        (StackError("x"), 6),
    ],
)
def test_an_error_is_a_message_and_a_code(error: AetherError, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise error

    assert leave_well(fail, debug=False) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert "Traceback" not in told.err


def test_every_fault_of_an_error_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise InvalidPlan(["a.yaml:3: one", "a.yaml:7: two"])

    leave_well(fail, debug=False)
    assert capsys.readouterr().err == "error: a.yaml:3: one\n       a.yaml:7: two\n"


def test_a_fault_of_ours_says_so_and_shows_where_with_debug(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ZeroDivisionError("division by zero")

    assert leave_well(fail, debug=False) == 1
    told = capsys.readouterr().err
    assert "unexpected ZeroDivisionError: division by zero" in told
    assert "--debug" in told
    assert "Traceback" not in told


def test_an_interrupt_is_130() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    def aborted() -> None:
        raise click.Abort

    assert leave_well(interrupted, debug=False) == 130
    assert leave_well(aborted, debug=False) == 130


def test_a_usage_error_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    def wrong() -> None:
        raise click.UsageError("no such option")

    assert leave_well(wrong, debug=False) == 2
    assert "no such option" in capsys.readouterr().err


def test_the_code_of_the_command_is_the_code_of_the_program() -> None:
    assert leave_well(lambda: 4, debug=False) == 4
    assert leave_well(lambda: None, debug=False) == 0


def test_what_is_not_installed_is_named_with_the_fix(capsys: pytest.CaptureFixture[str]) -> None:
    def run() -> None:
        raise ModuleNotFoundError("No module named 'bm25s'", name="bm25s")

    assert leave_well(run, debug=False) == 2
    said = capsys.readouterr().err
    assert "`bm25s` is not installed" in said
    assert install_command("worker") in said


def test_the_exit_code_is_the_commands_own_when_nobody_reads_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as unheard:
        monkeypatch.setattr(sys, "stdout", unheard)

        def fail() -> int:
            output = Output(json_wanted=True)
            output.json({"status": "failed"})
            output.show("it failed")
            return 1

        assert leave_well(fail, debug=False) == 1


def test_whoever_follows_stops_when_nobody_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as unheard:
        monkeypatch.setattr(sys, "stdout", unheard)

        def follow() -> int:
            output = Output()
            while True:
                output.out.print("an event")

        assert leave_well(follow, debug=False) == 0


def test_what_is_done_goes_on_when_nobody_reads_its_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as unheard:
        monkeypatch.setattr(sys, "stderr", unheard)

        def work() -> int:
            output = Output()
            for _ in range(3):
                output.say("it goes on")
            return 1

        assert leave_well(work, debug=False) == 1


@pytest.mark.parametrize(
    ("package", "extra"),
    [("redbeat", "beat"), ("prometheus_client", "flower"), ("socketio", "serve"), ("apprise", "alerts")],
)
def test_one_install_is_enough_for_the_command(capsys: pytest.CaptureFixture[str], package: str, extra: str) -> None:
    def run() -> None:
        raise ModuleNotFoundError(f"No module named '{package}'", name=package)

    assert leave_well(run, debug=False) == 2
    assert f"`{install_command(extra)}`" in capsys.readouterr().err
    brought = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    of = brought["optional-dependencies"]
    assert package.replace("_", "-") in " ".join([*of[extra], *of["agentserver"]])  # `serve` stands on that one
