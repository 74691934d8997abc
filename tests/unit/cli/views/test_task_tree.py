"""The tree as a person sees it, at two widths, in two character sets."""

import pytest

from aether_agents.cli.terminal.glyphs import ASCII, UNICODE, Glyphs, glyphs_for
from aether_agents.cli.terminal.text import width_of
from aether_agents.cli.views.task_state import TaskState
from aether_agents.cli.views.task_tree import TaskTree
from aether_agents.contracts import SubtaskView, Verdict
from tests.unit.cli.recorded import TASK, at, subtask, task


def state_of(*subtasks: SubtaskView, **more: object) -> TaskState:
    state = TaskState(TASK)
    state.look(task(*subtasks, **more))
    return state


def onboarding() -> TaskState:
    state = state_of(
        subtask(
            "secrets",
            name="secrets in files and history",
            status="completed",
            attempts=1,
            started_at=at(1),
            finished_at=at(3.2),
        ),
        subtask("code", name="unsafe code", tool="code/scan", status="running", attempts=2, started_at=at(1)),
        subtask(
            "permissions",
            name="ファイルの権限",
            tool="code/permissions",
            status="failed",
            error="permission denied: /root\nmore",
            started_at=at(1),
            finished_at=at(1.2),
        ),
        subtask("history", name="recent commits", tool="git/git_log", status="retrying", attempts=1),
        subtask("report", "secrets", "code", "permissions", "history", name="write the report", tool="reports/write"),
        progress=0.4,
    )
    state.nodes["code"].fraction = 0.5
    for name in ("code", "history"):
        state.nodes[name].max_attempts = 3
    state.nodes["history"].retry_at = at(15)
    return state


def lines(state: TaskState, width: int, glyphs: Glyphs = UNICODE, **more: int) -> list[str]:
    return [line.plain for line in TaskTree(glyphs).lines(state, width, at(12.4), **more)]


def test_at_a_hundred_columns() -> None:
    assert lines(onboarding(), 100) == [
        "Onboard this project",
        "template onboard_project · 92% sure · 5 subtasks · canvas",
        "├─ ✓ secrets in files and history  security · secrets/scan      2.2 s",
        "├─ ● unsafe code                   security · code/scan         2/3 ━━━━╌╌╌╌ 11 s",
        "├─ ✗ ファイルの権限                security · code/permissions  0.2 s",
        "│    permission denied: /root",
        "╰─ ↻ recent commits                security · git/git_log       1/3 again in 3 s",
        "○ write the report                 security · reports/write",
        "● running  ━━━━━━╌╌╌╌╌╌╌╌╌╌ 40%  12 s  3fa9c1d2e0b7",
    ]


def test_at_sixty_columns_in_ascii() -> None:
    assert lines(onboarding(), 60, ASCII) == [
        "Onboard this project",
        "template onboard_project - 92% sure - 5 subtasks - canvas",
        "|- + secrets in files and history  2.2 s",
        "|- * unsafe code                   2/3 ####---- 11 s",
        "|- x ファイルの権限                0.2 s",
        "|    permission denied: /root",
        "`- ~ recent commits                1/3 again in 3 s",
        ". write the report",
        "* running  ###----- 40%  12 s  3fa9c1d2e0b7",
    ]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 140])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    state = onboarding()
    state.lost = True
    assert all(width_of(line) <= width for line in lines(state, width))


def test_many_children_are_counted_and_the_failed_ones_named() -> None:
    children = [
        subtask(f"scan#{n}", status="completed" if n < 3 else "failed" if n == 3 else "running") for n in range(12)
    ]
    shown = lines(state_of(subtask("scan", started_at=at(0)), *children), 100)
    assert any("×12 ✓3 ✗1 ●8 ━━━╌╌╌╌╌" in line for line in shown)
    assert [line.split()[2] for line in shown if "#" in line] == ["scan#3"]


def test_few_children_stand_under_their_parent() -> None:
    shown = lines(state_of(subtask("scan"), subtask("scan#0", status="running"), subtask("scan#1")), 60)
    assert [line.split("  ")[0] for line in shown[2:5]] == ["● scan", "├─ ● scan#0", "╰─ ○ scan#1"]


def test_what_is_done_folds_first_when_there_is_no_room() -> None:
    done = [subtask(f"a{n}", *([f"a{n - 1}"] if n else []), status="completed") for n in range(10)]
    now = subtask("now", "a9", status="running", started_at=at(0))
    ahead = [subtask(f"z{n}", "now" if n == 0 else f"z{n - 1}") for n in range(10)]
    shown = lines(state_of(*done, now, *ahead), 60, height=16)
    assert shown[2] == "✓ 10 done"
    assert shown[3].startswith("● now")
    assert len(shown) <= 16
    assert [line.split("  ")[0] for line in lines(state_of(*done, now, *ahead), 60, height=8)[2:5]] == [
        "✓ 10 done",
        "● now",
        "○ 10 to come",
    ]


def test_a_lost_connection_is_said() -> None:
    state = onboarding()
    state.lost = True
    assert lines(state, 60)[-1] == "connection lost, retrying…"


def test_a_plan_without_a_shape_says_what_comes_first() -> None:
    shown = lines(state_of(subtask("a"), subtask("b"), subtask("c", "a"), subtask("d", "a", "b")), 60)
    assert any(line.startswith("○ d  after a, b") for line in shown)


def test_an_ended_task_shows_no_bar() -> None:
    shown = lines(state_of(subtask("a", status="completed"), status="completed", finished_at=at(7)), 60)
    assert shown[-1] == "✓ completed  7.0 s  3fa9c1d2e0b7"


def test_the_character_set_is_what_the_stream_can_write() -> None:
    assert glyphs_for("utf-8") is UNICODE
    assert glyphs_for("ascii") is ASCII
    assert glyphs_for("latin-1") is ASCII
    assert glyphs_for(None) is ASCII


def test_a_call_that_was_cancelled_says_whether_it_may_still_be_running() -> None:
    told = "cancelled while it ran; its server has not said that it stopped: it may still be running"
    state = state_of(subtask("a", name="count", status="cancelled", error=told), status="cancelled")
    assert told in [line.strip() for line in lines(state, 120)]


@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_id_of_a_task_is_whole_however_narrow_the_terminal(width: int) -> None:
    verdict = Verdict(status="fail", findings={"critical": 1, "medium": 128})
    ended = state_of(status="completed", verdict=verdict, created_at=at(0), finished_at=at(276))
    assert lines(ended, width)[-1].endswith(f"  {TASK}")
