"""Open questions: what the subtasks of a task ask, as people see it."""

from collections.abc import Mapping

from aether_agents.contracts import Intervention
from aether_agents.store.client.store_client import StoreClient
from aether_agents.store.interventions import questions
from aether_agents.store.interventions.older_store import FIELDS, older_store


def open_questions(access: StoreClient, task_id: str, created: int, since: Mapping[str, int]) -> list[Intervention]:
    """The questions of the subtasks that wait, in the order they were asked.

    Args:
        access: the store.
        task_id: the task.
        created: when it came, in ms by the server's clock.
        since: by subtask that waits, since how many ms after that.
    """
    if not since:
        return []
    keys, command = access.keys, access.connection.command
    names = [f"{kind}:{one}" for one in since for kind in "isw"]
    values, epoch = access.connection.commands(
        [("HMGET", keys.subtasks(task_id), *names), ("HMGET", f"{keys.prefix}:epoch", *FIELDS)]
    )
    rows = list(zip(since, values[::3], values[1::3], values[2::3], strict=True))
    ids = {one: questions.id_of(text) for one, text, _, _ in rows if text is not None}
    texts = command("HMGET", keys.subtasks(task_id), *(f"q:{name}" for name in ids.values())) if ids else []
    older, blobs = older_store(epoch), dict(zip(ids, texts, strict=True))
    asked = [
        questions.shown(
            access,
            task_id,
            ids[one],
            one,
            blobs[one],
            created + since[one],
            may_have_run=older.may_have_run(created, state, wiring),
        )
        for one, _, state, wiring in rows
        if one in ids
    ]
    return sorted(asked, key=lambda question: int(question.id.rpartition(".")[2]))
