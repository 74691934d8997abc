"""Forms: how what is stored looks, version by version. Older forms are read, step by step; newer ones are refused.

One number counts for the whole store. It goes up when a stored contract (or the Lua library's own fields) would no
longer be read as it was meant: a field renamed, removed or of another type, or another default, as defaults are not
stored. A new field with a default needs no new number: who does not know it refuses a document that uses it. One that
is marked `ADDITIVE` is left out by who does not know it: the version before reads a document that uses it.

Every sealed document says its form and the version of the product that wrote it; one that does not is of form 1. What
is additive stands with the version (`by`), which was never read as anything but a name.
Every task says the highest form that a process which took on its work may have written, so that an older worker
leaves it to a newer one instead of failing what it cannot read (lua/planning.lua, lua/running.lua).

A new form takes: `FORM` one higher, a step in `STEPS` per contract that changed, and documents of it for the tests
(tests/integration/store/stored.py writes them).
"""

import copy
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import ValidationError

from aether_agents.contracts import Contract, HighLevelTask, Json, Outcome, Plan, PlannedSubtask
from aether_agents.contracts.server import CatalogueEntry
from aether_agents.documents import additions
from aether_agents.errors import Newer
from aether_agents.process.build import build

Document = TypeVar("Document", bound=Contract)
Fields = dict[str, Json]

#: The form that this version writes.
FORM = 2

#: The first form of which every task has a head (store/client/head.py), so that none can be taken from it.
WITH_HEAD = 2


def _retry(fields: Fields) -> Fields:
    """A subtask that says nothing of its attempts meant one, and knew no failure of the kind `lost`."""
    given = fields.get("retry")
    written = dict(given) if isinstance(given, dict) else {}
    return {**fields, "retry": {"max_attempts": 1, "on": ["timeout", "transport"], **written}}


def _retries(fields: Fields) -> Fields:
    """The same of all the subtasks of a plan."""
    subtasks = fields.get("subtasks")
    written = [_retry(one) if isinstance(one, dict) else one for one in subtasks] if isinstance(subtasks, list) else []
    return {**fields, "subtasks": written}


def _document(fields: Fields) -> Fields:
    """The same of the plan file that a task runs."""
    document = fields.get("document")
    return {**fields, "document": _retries(document)} if isinstance(document, dict) else fields


#: What makes form n of a contract's fields of form n - 1, by n. A contract that is not named did not change.
STEPS: Mapping[int, Mapping[type[Contract], Callable[[Fields], Fields]]] = {
    2: {PlannedSubtask: _retry, Plan: _retries, HighLevelTask: _document},
}

#: Forms of what is lower than ours: versions side by side each read what the other wrote.
SINCE: Mapping[type[Contract], int] = {CatalogueEntry: 1, Outcome: 1}

#: Kinds of failure that came with form 2.
_KINDS = ("lost", "denied", "drift")

#: Names that a document's own fields cannot have, and those of `by` where there are additions.
_FORM, _BY = "form", "by"
_VERSION, _ADDED = "version", "added"


def mark(document: Contract, fields: Json) -> Json:
    """A document's fields as they are stored, with the form and the version that write them. Changes `fields`.

    Raises:
        ValueError: a field of its own has one of these two names, and would be lost when it is read.
    """
    if not isinstance(fields, dict):
        return fields
    if taken := {_FORM, _BY} & fields.keys():
        raise ValueError(f"a stored contract cannot have a field `{min(taken)}`: give it another name")
    added = additions.take_out(document, fields)
    by: Json = {_VERSION: build(), _ADDED: added} if added else build()
    since = FORM if fields.get("error_kind") in _KINDS else SINCE.get(type(document), FORM)
    return {_FORM: since, _BY: by, **fields}


def form_of(value: Json) -> int:
    """The form that a stored document says it has."""
    form = value.get(_FORM, 1) if isinstance(value, dict) else 1
    return form if isinstance(form, int) else 1


def read(model: type[Document], place: str, value: Json) -> Document:
    """A stored document of any form up to ours.

    Raises:
        Newer: it is of a later form, or its fields do not fit; the error says which version reads it.
    """
    fields: Fields = dict(value) if isinstance(value, dict) else {}
    form, by = fields.pop(_FORM, 1), fields.pop(_BY, None)
    added = by.get(_ADDED) if isinstance(by, dict) else None
    version = by.get(_VERSION) if isinstance(by, dict) else by
    writer = f"version {version}" if isinstance(version, str) else "another version"
    if type(form) is not int or not 1 <= form <= FORM:
        raise Newer(
            f"{place} was written by {writer} of AetherTerm agents, in form {form}; this is version {build()}, "
            f"which reads up to form {FORM}: upgrade this process, or look at the task with {writer}"
        )
    steps = [step for number in range(form + 1, FORM + 1) if (step := STEPS.get(number, {}).get(model))]
    if steps or added:  # else nothing below the fields is changed, and a copy of each of ten thousand takes a second
        fields = copy.deepcopy(fields)
    for step in steps:
        fields = step(fields)
    additions.put_back(fields, added)
    try:
        return _validated(model, fields, added)
    except ValidationError as error:
        names = ", ".join(f"`{'.'.join(map(str, one['loc']))}`" for one in error.errors()[:5])
        raise Newer(
            f"{place} was written by {writer} of AetherTerm agents and does not fit this one, {build()} "
            f"({names}): use the newer of the two, or submit the task again"
        ) from None


def _validated(model: type[Document], fields: Fields, added: object) -> Document:
    """A document of its fields, without the additions that this version does not know."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        if not additions.take_away(fields, added, (one["loc"] for one in error.errors())):
            raise
    return model.model_validate(fields)
