"""The completed plan that is most like a request."""

from typing import Any

from aether_agents.contracts import PlanView, TaskStatus, TaskView
from aether_agents.planning.editing.cases import nearest_case, offered


def view(task_id: str, said: str, **more: Any) -> TaskView:
    told = {"task_id": task_id, "description": said, "owner": "ann", "status": TaskStatus.COMPLETED}
    return TaskView(**{**told, "plan": PlanView(origin="file"), **more})


def test_the_request_that_shares_most_words_is_found() -> None:
    views = [view("a", "count the notes of ./app"), view("b", "count the notes of ./web now"), view("c", "boil an egg")]
    found = nearest_case("count the notes of ./web", "ann", views)
    assert found is not None
    assert found.task_id == "b"
    assert "learn b" in offered("nothing does this", found)
    assert nearest_case("restart the server", "ann", views) is None
    assert offered("nothing does this", None) == "nothing does this"


def test_japanese_is_compared_by_pairs_of_signs() -> None:
    found = nearest_case("アプリのメモを数えて", "ann", [view("a", "アプリのメモを数えてください")])
    assert found is not None


def test_what_failed_or_was_anothers_or_was_only_rehearsed_is_no_case() -> None:
    said = "count the notes"
    for more in ({"status": TaskStatus.FAILED}, {"owner": "bob"}, {"dry_run": True}, {"undoes": "x"}, {"plan": None}):
        assert nearest_case(said, "ann", [view("a", said, **more)]) is None
