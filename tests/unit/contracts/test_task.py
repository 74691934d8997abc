"""HighLevelTask from a plain payload."""

from typing import Any

import pytest

from aether_agents.agentserver.service.payload import task_from
from aether_agents.contracts import HighLevelTask
from aether_agents.errors import InvalidTask


def test_a_payload_becomes_a_task() -> None:
    task = HighLevelTask.from_dict(
        {"task": "Audit it", "type": "audit", "inputs": {"path": "/x"}, "priority": 7, "timeout_seconds": None}
    )
    assert (task.description, task.type, task.inputs, task.priority) == ("Audit it", "audit", {"path": "/x"}, 7)
    assert task.timeout_seconds is None


def test_a_terminals_context_gives_folder_and_session() -> None:
    task = HighLevelTask.from_dict({"description": "x", "context": {"path": "/here", "session": "s1", "name": "prod"}})
    assert (task.folder, task.session, task.context) == ("/here", "s1", "prod")


@pytest.mark.parametrize("private", ["owner", "role", "assume_yes", "document", "version", "created_at", "undoes"])
def test_who_asks_is_never_taken_from_a_payload(private: str) -> None:
    with pytest.raises(InvalidTask, match=f"`{private}` is not taken from a payload"):
        HighLevelTask.from_dict({"description": "x", private: "root"})


SPELLED = (
    *("assumeYes", "AssumeYes", "ASSUME_YES", "assume-yes", " assume_yes", "assume_yes ", "assume_yes\u200b"),
    *("\uff41ssume_yes", "yes", "Owner", "OWNER", "owner ", "Role", "ROLE", "\uff52ole", "approved", "agreed", "rerun"),
)


@pytest.mark.parametrize("name", SPELLED)
@pytest.mark.parametrize("value", [True, "Owner", {"name": "Owner"}])
def test_nor_in_any_other_spelling_or_place(name: str, value: object) -> None:
    for payload in ({"description": "x", name: value}, {"description": "x", "context": {name: value}}):
        for read in (HighLevelTask.from_dict, task_from):
            with pytest.raises(InvalidTask):
                read(payload)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ({}, "`description`"),
        ({"description": ""}, "`description`"),
        ({"description": "x", "priority": 12}, "`priority`"),
        ({"description": "x", "descripton": "y"}, "`descripton`"),
        ({"description": "x", "task_id": "../x"}, "`task_id`"),
        ({"description": "x", "timeout_seconds": -1}, "`timeout_seconds`"),
        ({"description": "x", "context": {"folder": "/x"}}, "`context.folder` is unknown; known: name, path, session"),
        ({"description": "x", "context": {"path": 3}}, "`context.path`: a text is wanted, not int"),
        ({"description": "x", "context": ["prod"]}, "`context`"),
        ({"description": "x", "task": "y"}, "`task` and `description` say different things"),
    ],
)
def test_a_wrong_field_is_named(payload: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidTask, match=says):
        HighLevelTask.from_dict(payload)


def test_what_is_no_mapping_is_no_task() -> None:
    with pytest.raises(InvalidTask, match="a mapping with at least `description`"):
        HighLevelTask.from_dict(["x"])  # type: ignore[arg-type]


def test_a_context_may_leave_things_out() -> None:
    task = HighLevelTask.from_dict({"description": "x", "task": "x", "context": {"path": None}})
    assert (task.description, task.folder, task.session, task.context) == ("x", "", None, "")


def test_a_refined_task_has_more_words() -> None:
    task = HighLevelTask(description="List the notes")
    assert task.refined(" of /tmp ").description == "List the notes. of /tmp"
    assert HighLevelTask(description="一覧。").refined("次").description == "一覧。 次"
    for wrong in ("  ", "x" * 4_000):
        with pytest.raises(InvalidTask, match="`instruction`"):
            task.refined(wrong)
