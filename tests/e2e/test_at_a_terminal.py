"""What a person at a terminal sees and may do: the live tree, questions asked in place, Ctrl-C, a lost server."""

import os
import signal
from pathlib import Path

import pytest

from aether_agents.cli.terminal.text import width_of
from tests.conftest import eventually
from tests.e2e.terminal import TASK_ID, Person, Terminal
from tests.e2e.test_walk import CONSENT, PERMISSIONS, WAIT

#: The stack of all these tests comes up in the first one, on a machine that does other things too.
pytestmark = pytest.mark.timeout(300)


def the_task(terminal: Terminal) -> str:
    """The id of the task on the screen."""
    return eventually(lambda: TASK_ID.findall(terminal.text), 60, terminal.text)[0]


def test_a_missing_input_is_asked_for_checked_and_used(person: Person) -> None:
    with person.terminal("execute", *PERMISSIONS, columns=60, rows=24) as terminal:
        terminal.sees("Which folder?")
        terminal.types("")
        terminal.sees("`folder` needs a value")
        terminal.types(".")
        terminal.sees("✓ finished · pass")
        assert terminal.leaves_with() == 0
        assert "look at permissions" in terminal.text
        too_long = [line for line in terminal.text.splitlines() if width_of(line) > 60]
        assert all(line.startswith("→ ") for line in too_long)  # a command to copy is never broken


def test_consent_is_asked_with_tool_arguments_and_risk(person: Person) -> None:
    with person.terminal("execute", *CONSENT) as terminal:
        terminal.sees("[y/N]")
        for what in ("reports/write", "risk  write", "title", "Small"):
            assert what in terminal.text
        terminal.types("y")
        assert terminal.leaves_with() == 0
        assert "report.html" in terminal.text


def test_the_first_ctrl_c_cancels_and_the_command_follows_to_the_end(person: Person) -> None:
    with person.terminal("execute", *WAIT) as terminal:
        terminal.sees("[y/N]")
        terminal.types("y")
        terminal.sees("echo/wait  ━")
        terminal.ctrl_c()
        terminal.sees("cancelling; once more to leave at once")
        assert terminal.leaves_with() == 3
        assert "⊘ cancelled" in terminal.text
        assert person.json("status", the_task(terminal))["status"] == "cancelled"


def test_ctrl_c_at_a_question_cancels_too(person: Person) -> None:
    with person.terminal("execute", *CONSENT) as terminal:
        terminal.sees("[y/N]")
        terminal.ctrl_c()
        assert terminal.leaves_with() == 3


def test_ctrl_c_in_watch_only_leaves(person: Person) -> None:
    task_id = person.run("execute", *CONSENT, "--detach").stdout.strip()
    with person.terminal("watch", task_id) as terminal:
        terminal.sees("[y/N]")
        terminal.ctrl_c()
        assert terminal.leaves_with() == 130
    assert person.json("status", task_id)["status"] == "waiting_user_input"
    assert person.run("cancel", task_id).returncode == 0


def test_a_plan_is_shown_and_runs_only_when_it_is_accepted(person: Person) -> None:
    words = ("plan", *PERMISSIONS, "--input", "folder=.")
    with person.terminal(*words) as terminal:
        text = terminal.sees("run it? [y/N]")
        for what in ("look at permissions", "code/permissions", str(person.project), "1 read"):
            assert what in text
        terminal.types("n")
        assert terminal.leaves_with() == 0
        assert "✓ finished" not in text.partition("run it?")[2]
    with person.terminal(*words) as terminal:
        terminal.sees("run it? [y/N]")
        terminal.types("y")
        assert terminal.leaves_with() == 0
        assert "status  " in terminal.text.partition("run it?")[2]


def test_a_plan_is_changed_in_the_editor_and_what_is_other_is_shown(person: Person, tmp_path: Path) -> None:
    other = person.project / "other"
    other.mkdir(exist_ok=True)
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\nsed -i 's|path: .*|path: {other}|' \"$1\"\n")
    editor.chmod(0o755)
    with person.terminal(
        "plan", *PERMISSIONS, "--input", "folder=.", EDITOR=str(editor), VISUAL=str(editor)
    ) as terminal:
        terminal.sees("run it? [y/N]")
        terminal.types("e")
        terminal.sees("args.path: ")
        terminal.sees("/other")
        eventually(lambda: terminal.text.count("run it? [y/N]") == 2, 60, terminal.text)
        terminal.types("y")
        assert terminal.leaves_with() == 0


def test_a_plan_is_changed_line_by_line_and_nothing_typed_is_lost(person: Person) -> None:
    (person.project / "inner").mkdir(exist_ok=True)
    with person.terminal("plan", *PERMISSIONS, "--input", "folder=.") as terminal:
        for count, (typed, seen) in enumerate(
            [
                ("?", "move SUBTASK before|after OTHER"),
                ("drop nothing", "you typed: drop nothing"),
                ("add code/permissions path=inner", "added    permissions"),
                ("back", "removed  permissions"),
                ("set nothing path=inner", "there is no subtask"),
                ("add code/permissions path=inner", "2 read"),
            ],
            start=1,
        ):
            eventually(lambda count=count: terminal.text.count("run it? [y/N]") == count, 60, terminal.text)
            terminal.types(typed)
            terminal.sees(seen)
        eventually(lambda: terminal.text.count("run it? [y/N]") == 7, 60, terminal.text)
        terminal.types("n")
        terminal.sees("it is kept: aether-agent plan --from")
        assert terminal.leaves_with() == 0
        kept = terminal.text.rpartition("plan --from ")[2].split()[0]
    assert len(person.json("plan", "--from", kept)["subtasks"]) == 2
    assert "plan --from" in person.run("plan", "--from", kept).stderr


def test_two_plans_are_compared(person: Person) -> None:
    saved = person.run("plan", *PERMISSIONS, "--input", "folder=.", "-o", "one.yaml")
    assert saved.returncode == 0, saved.stderr
    text = (person.project / "one.yaml").read_text()
    (person.project / "two.yaml").write_text(text.replace(f"path: {person.project}", "path: /elsewhere"))
    [change] = person.json("plan", "--diff", "one.yaml", "two.yaml")
    assert (change["kind"], change["field"], change["after"]) == ("changed", "args.path", "/elsewhere")
    same = person.run("plan", "--diff", "one.yaml", "one.yaml")
    assert "the plans do the same" in same.stderr
    assert person.run("plan", "--diff", "one.yaml", "gone.yaml").returncode != 0


def test_a_plan_is_saved_and_applied_exactly(person: Person) -> None:
    saved = person.run("plan", *PERMISSIONS, "--input", "folder=.", "-o", "saved.yaml")
    assert saved.returncode == 0, saved.stderr
    text = (person.project / "saved.yaml").read_text()
    assert f"path: {person.project}" in text
    told = person.json("apply", "saved.yaml")
    assert told["status"] == "completed"
    assert told["plan"]["origin"] == "file"
    assert person.run("execute", *PERMISSIONS, "-i", "folder=.", "--dry-run").returncode == 0


def test_a_server_that_dies_is_waited_for(person: Person) -> None:
    with person.terminal("execute", *WAIT, "--input", "seconds=20") as terminal:
        terminal.sees("[y/N]")
        terminal.types("y")
        terminal.sees("echo/wait  ━")
        [server] = [row["pid"] for row in person.json("ps") if row["kind"] == "server"]
        os.kill(server, signal.SIGKILL)
        terminal.sees("connection lost, retrying")
        terminal.sees("connected again")
        terminal.ctrl_c()
        assert terminal.leaves_with() in (0, 3)


def test_without_colour_and_without_unicode(person: Person) -> None:
    plain = {"NO_COLOR": "1", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    with person.terminal("execute", *PERMISSIONS, "--input", "folder=.", columns=60, **plain) as terminal:
        assert terminal.leaves_with() == 0
        assert "\x1b[3" not in terminal.raw.replace("\x1b[3J", "")
        assert "+ finished - pass" in terminal.text
        assert "✓" not in terminal.text
