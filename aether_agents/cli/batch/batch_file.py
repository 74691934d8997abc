"""The file of a batch, read and checked as a whole: every fault at once, each with its line."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import Field, ValidationError

from aether_agents.contracts import Contract, Expect, HighLevelTask, Json, Template
from aether_agents.documents.document import Document, read_document
from aether_agents.documents.model_check import faults
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings
from aether_agents.planning.files.plan_file import load


class Usual(Contract):
    """What an entry may say, and `defaults` says for those that do not."""

    context: str | None = Field(default=None, description="Context to run in.")
    specialist: str | None = Field(default=None, description="Prefer the templates of this specialist.")
    inputs: dict[str, Json] = Field(default_factory=dict, description="Inputs by name; an entry's win over defaults'.")
    folder: str | None = Field(default=None, description="Folder that relative paths and `this repository` mean.")
    priority: int | None = Field(default=None, ge=0, le=9, description="0 to 9, 9 the highest.")
    timeout_seconds: float | None = Field(default=None, gt=0, le=604_800, description="Time the task may take.")
    yes: bool | None = Field(default=None, description="Answer ahead what policy lets one answer ahead.")
    on_failure: Literal["fail", "continue"] | None = Field(
        default=None, description="`continue`: what needs it starts all the same, and the batch does not fail with it."
    )


class Entry(Usual):
    """One task of the batch: a goal in a sentence, or a plan file."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", description="Names it in this file.")
    task: str | None = Field(default=None, min_length=1, max_length=4_000, description="The goal, in a sentence.")
    plan: str | None = Field(default=None, description="Plan file to run exactly, relative to this file.")
    template: str | None = Field(default=None, description="Template to use instead of looking for one.")
    needs: tuple[str, ...] = Field(default=(), description="Entries that must have completed before it starts.")
    expect: Expect | None = Field(default=None, description="What its outputs must say, else it counts as failed.")


class BatchFile(Contract):
    """The whole file."""

    name: str = Field(default="", description="Name in the summary and in JUnit XML; the file's own without it.")
    parallel: int = Field(default=2, ge=1, le=64, description="Tasks under way at once.")
    defaults: Usual = Field(default_factory=Usual, description="What entries say that do not say it themselves.")
    tasks: tuple[Entry, ...] = Field(min_length=1, description="The tasks.")


class Job(NamedTuple):
    """One entry, ready to be handed in."""

    id: str
    needs: tuple[str, ...]
    tolerated: bool  #: its failure stops nothing
    expect: Expect | None
    task: HighLevelTask
    key: str  #: digest of the file's place, the entry and all it needs: the same as long as nothing of it changes


class Batch(NamedTuple):
    """What a file asks for."""

    name: str
    path: Path
    parallel: int
    jobs: tuple[Job, ...]


def read_batch(path: Path, folder: Path, contexts: Sequence[str], specialists: Sequence[str]) -> Batch:
    """Read the file of a batch. Relative folders in it mean `folder`, plan files are beside it.

    Raises:
        InvalidSettings: every fault, each with file and line.
    """
    document = read_document(path)
    try:
        content = BatchFile.model_validate(document.data)
    except ValidationError as error:
        wrong = [*faults(BatchFile, document, error), *_loose(document)]
        raise InvalidSettings("\n".join(wrong)) from None
    plans: dict[str, Template] = {}
    wrong = [*_loose(document), *_unfit(document, content, contexts, specialists), *_plans(path, content, plans)]
    if wrong:
        raise InvalidSettings("\n".join(wrong))
    keys: dict[str, str] = {}
    jobs = {}
    by_id = {entry.id: entry for entry in content.tasks}
    for name in TopologicalSorter({entry.id: entry.needs for entry in content.tasks}).static_order():
        jobs[name] = _job(path, folder, by_id[name], content.defaults, plans.get(name), keys)
    ordered = tuple(jobs[entry.id] for entry in content.tasks)
    return Batch(content.name or path.stem, path, content.parallel, ordered)


def _loose(document: Document) -> Iterator[str]:
    """What is wrong between entries, as far as they can be read: names given twice, needs that lead nowhere."""
    entries = document.data.get("tasks") if isinstance(document.data, Mapping) else None
    listed = enumerate(entries if isinstance(entries, list) else ())
    rows = [(n, one) for n, one in listed if isinstance(one, Mapping) and one.get("id")]
    graph: dict[str, list[str]] = {}
    for number, row in rows:
        if (name := str(row.get("id", ""))) in graph:
            yield document.fault(("tasks", number, "id"), f"`{name}` is the id of an entry above")
        graph[name] = [str(one) for one in needs] if isinstance(needs := row.get("needs"), list) else []
    for number, row in rows:
        for place, need in enumerate(graph[str(row.get("id", ""))]):
            if need not in graph:
                spot = ("tasks", number, "needs", place)
                yield document.fault(spot, f"there is no entry `{need}`{nearest(need, graph)}")
    try:
        TopologicalSorter({name: [need for need in needs if need in graph] for name, needs in graph.items()}).prepare()
    except CycleError as error:
        circle = error.args[1]
        number = next(number for number, row in rows if str(row.get("id", "")) == circle[0])
        yield document.fault(("tasks", number, "needs"), f"entries need each other: {' -> '.join(reversed(circle))}")


def _unfit(
    document: Document, content: BatchFile, contexts: Sequence[str], specialists: Sequence[str]
) -> Iterator[str]:
    """What names something that is not there, and entries that say nothing or two things to do."""
    parts: list[tuple[tuple[str | int, ...], Usual]] = [(("defaults",), content.defaults)]
    parts += [(("tasks", number), entry) for number, entry in enumerate(content.tasks)]
    for at, part in parts:
        for field, known in (("context", contexts), ("specialist", specialists)):
            chosen = getattr(part, field)
            if chosen is not None and chosen not in known:
                hint = f"{nearest(chosen, known)}; there are: {', '.join(known)}"
                yield document.fault((*at, field), f"there is no {field} `{chosen}`{hint}")
        if isinstance(part, Entry) and (part.task is None) is (part.plan is None):
            yield document.fault(at, f"`{part.id}` needs either `task` (a sentence) or `plan` (a file)")


def _plans(path: Path, content: BatchFile, plans: dict[str, Template]) -> Iterator[str]:
    """Read the plan files that entries name into `plans`; what is wrong in them, with their own lines."""
    for entry in content.tasks:
        if entry.plan is not None:
            try:
                plans[entry.id] = load(path.parent / entry.plan)
            except InvalidSettings as error:
                yield from str(error).splitlines()


def _job(path: Path, folder: Path, entry: Entry, usual: Usual, document: Template | None, keys: dict[str, str]) -> Job:
    """An entry with the defaults in it. The keys of all it needs are in `keys`; its own is added."""
    said = {**usual.model_dump(exclude_none=True), **entry.model_dump(exclude_none=True)}
    said["inputs"] = {**usual.inputs, **entry.inputs}
    wish = {
        "description": entry.task or (document and (document.description or document.name)),
        "type": entry.template,
        "agent_type": said.get("specialist"),
        "context": said.get("context"),
        "inputs": said["inputs"],
        "priority": said.get("priority"),
        "timeout_seconds": said.get("timeout_seconds"),
        "folder": str((folder / Path(said.get("folder", ".")).expanduser()).resolve()),
    }
    wished = HighLevelTask.from_dict(wish)
    wish["assume_yes"] = said.get("yes")  # it is the person's who runs the file; and an entry with it is another one
    task = wished.model_copy(update={"document": document, "assume_yes": bool(said.get("yes"))})
    same: dict[str, Any] = {"file": str(path.resolve()), "id": entry.id, "wish": wish}
    same["plan"] = document.model_dump(mode="json") if document else None
    same["expect"] = entry.expect.model_dump(mode="json") if entry.expect else None
    same["needs"] = sorted(keys[need] for need in entry.needs)
    keys[entry.id] = hashlib.sha256(json.dumps(same, sort_keys=True, default=str).encode()).hexdigest()[:12]
    return Job(entry.id, entry.needs, said.get("on_failure") == "continue", entry.expect, task, keys[entry.id])
