"""What lies unsealed in a store and may not: texts of arguments, items and results, wherever a test has them.

Each text that a task was given or that a tool gave back is a canary: it stands in no key and in no value, as it is, in
JSON or in base64. A store whose client wrote one in clear is found after the test that did it.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

from aether_agents.errors import AetherError
from aether_agents.store import Store

#: Arguments of the laboratories have it.
CANARY = "canary-that-sings-in-no-store"
#: A shorter text may stand anywhere by chance.
LEAST = 12
#: Tasks whose texts are looked for, and keys that are looked through; hundreds say no more than these.
TASKS, KEYS = 20, 2_000


def unsealed(store: Store) -> list[str]:
    """Each key that holds a canary, with the canary."""
    canaries = {CANARY, *_texts(store)}
    forms = {form: text for text in canaries for form in _forms(text)}
    return sorted(
        f"{key}: {text}" for key, content in _contents(store) for form, text in forms.items() if form in content
    )


def _forms(text: str) -> Iterator[bytes]:
    yield text.encode()
    yield json.dumps(text)[1:-1].encode()
    yield base64.b64encode(text.encode())


def _texts(store: Store) -> Iterator[str]:
    """The texts of the latest tasks."""
    try:
        views = store.tasks.recent(TASKS)
    except AetherError:  # sealed with a key that is not here, or made unreadable by the test
        return
    for view in views:
        try:
            task, plan = store.tasks.task(view.task_id), store.tasks.plan(view.task_id)
            outcomes = store.tasks.as_far_as_they_open(view.task_id, _ended(store, view.task_id))
        except AetherError:
            continue
        given: list[Any] = [task.inputs, view.outputs]
        given += [[dict(one.args), one.for_each] for one in (plan.subtasks if plan else ())]
        given += [getattr(one, "output", None) for one in outcomes.values()]
        ids = [one.id for one in (plan.subtasks if plan else ())]
        known = {view.task_id, task.folder, task.description, *ids, *(f"{view.task_id}/{one}" for one in ids)}
        yield from (text for text in _leaves(given) if not any(text in one for one in known))


def _ended(store: Store, task_id: str) -> list[str]:
    """The subtasks that came to something, children of fan-outs too: lists of tasks do not have them."""
    fields = store.connection.command("HKEYS", store.keys.subtasks(task_id))
    return [field.decode()[2:] for field in fields if field.startswith(b"o:")]


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str) and len(value) >= LEAST:
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)


def _contents(store: Store) -> Iterator[tuple[str, bytes]]:
    """Every key of a store with all that it holds, its own name too."""
    command, cursor, seen = store.connection.command, 0, 0
    while True:
        cursor, page = command("SCAN", cursor, "MATCH", f"{store.keys.prefix}:*", "COUNT", 10_000)
        for key in page:
            yield key.decode(), key + b"\n" + _content(command, key)
        seen += len(page)
        if not int(cursor) or seen > KEYS:
            return


def _content(command: Any, key: bytes) -> bytes:
    kind = command("TYPE", key)
    read = {
        b"string": ("GET", key),
        b"hash": ("HGETALL", key),
        b"list": ("LRANGE", key, 0, -1),
        b"set": ("SMEMBERS", key),
        b"zset": ("ZRANGE", key, 0, -1),
        b"stream": ("XRANGE", key, "-", "+"),
    }.get(kind if isinstance(kind, bytes) else str(kind).encode())
    return b"\n".join(_parts(command(*read))) if read else b""


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _parts(name)
            yield from _parts(inner)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from _parts(inner)
