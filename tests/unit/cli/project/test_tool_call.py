"""`tools call`: one call, as a person types it, becomes a plan of one subtask."""

from pathlib import Path

import pytest

from aether_agents.cli.project.tool_call import plan_of_call
from aether_agents.contracts import Tool, ToolRow, find
from aether_agents.errors import InvalidTask

SCHEMA = {"properties": {"repo_path": {"type": "string"}, "max_count": {"type": "integer"}, "note": {}}}
LOG = Tool(
    server="git",
    name="git_log",
    specialist="dev",
    pin="sha256:1",
    input_schema=SCHEMA,
    row=ToolRow(tool="git/git_log", path_args=("repo_path",)),
)


TOOLS = {LOG.ref: LOG}


def test_values_are_read_as_the_tools_own_schema_wants_them() -> None:
    plan = plan_of_call(TOOLS, "git/git_log", ("repo_path=sub", "max_count=3"), '{"note": ["x"]}')
    (call,) = plan.subtasks
    assert call.tool == "git/git_log"
    assert call.args == {"repo_path": str(Path.cwd() / "sub"), "max_count": 3, "note": ["x"]}


def test_what_a_person_types_is_no_reference() -> None:
    (call,) = plan_of_call(TOOLS, "git/git_log", ("note=${secrets.key} $${x}",), None).subtasks
    assert find(dict(call.args)) == []


@pytest.mark.parametrize(
    ("ref", "pairs", "args", "told"),
    [
        ("git/git_lgo", (), None, "did you mean `git/git_log`"),
        ("git/git_log", ("repo_pth=.",), None, "did you mean `repo_path`"),
        ("git/git_log", ("max_count=many",), None, "must be a whole number"),
        ("git/git_log", (), "[1]", "must be an object"),
        ("git/git_log", (), "{", "is not JSON"),
    ],
)
def test_a_mistake_is_answered_with_the_fix(ref: str, pairs: tuple[str, ...], args: str | None, told: str) -> None:
    with pytest.raises(InvalidTask, match=told):
        plan_of_call(TOOLS, ref, pairs, args)
