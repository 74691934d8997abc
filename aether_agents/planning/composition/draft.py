"""Drafts: a sentence that no template does, as calls of live tools. One is made only when a person asks for it.

Each clause takes the nearest live tool that does what is asked and destroys nothing; what the clause names becomes
arguments by the tool's schema; what is missing is asked for. A draft is reviewed before it runs, like a model's plan.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from aether_agents.contracts import HighLevelTask, InputSpec, Json, Risk, Subtask, Template, Tool, Understood, escape
from aether_agents.planning.composition.goal_step import Step
from aether_agents.planning.composition.step_inputs import Told
from aether_agents.planning.composition.steps import own_id
from aether_agents.planning.routing.fused_ranking import FusedRanking, Ranked
from aether_agents.planning.routing.request_words import words_of
from aether_agents.planning.routing.template_knowledge import Knowledge
from aether_agents.planning.routing.tool_ranking import text_of_tool
from aether_agents.planning.sentence.clauses import Clause, read_request
from aether_agents.planning.sentence.folder_places import located
from aether_agents.planning.sentence.terms import Reader, Term

#: The answer that makes a draft. It is no template's name: those have no blanks.
DRAFT = "make a draft"
#: Clauses of a draft, at most, and candidates that are named for each.
_CLAUSES, _CANDIDATES = 6, 3
_PATH = re.compile(r"(?:^|_)(?:path|paths|file|files|folder|directory|dir|repo|repository|database)(?:_|$)|_path$")
_ADDRESS = re.compile(r"(?:^|_)(?:url|urls|uri|address|endpoint)(?:_|$)")


class Drafted(NamedTuple):
    """One call of a draft."""

    tool: Tool
    step: Step
    confidence: float
    others: tuple[str, ...]  #: the next nearest tools

    @property
    def shown(self) -> str:
        """The tool, how sure it is, and what else it could be."""
        others = f"; or {', '.join(f'`{one}`' for one in self.others)}" if self.others else ""
        return f"`{self.tool.ref}` ({self.confidence:.0%} sure{others})"


def draft_of(task: HighLevelTask, tools: Sequence[Tool]) -> tuple[Drafted, ...]:
    """The calls that a sentence may mean; none if a clause of it has none, or wants to be told something."""
    request = read_request(located(task.description, task.folder))
    if request.explains or not tools or not 0 < len(request.clauses) <= _CLAUSES:
        return ()
    if any(clause.forbids or clause.leaves_open for clause in request.clauses):
        return ()
    found = list(_calls(request.clauses, tools))
    return tuple(found) if len(found) == len(request.clauses) else ()


def nearest_live(task: HighLevelTask, tools: Sequence[Tool]) -> list[Tool]:
    """The live tools nearest to a sentence, whatever they do; those only that know a word of it."""
    if not tools:
        return []
    terms = words_of(read_request(task.description).clauses).terms
    order = _ranking(tuple(tools)).rank(task.description).order
    return [tools[at] for at in order[: 2 * _CANDIDATES] if _knows(tools[at], terms)][:_CANDIDATES]


def document_of(drafted: Sequence[Drafted], told: Told, task: HighLevelTask) -> Template:
    """A draft as a plan file would have it, with its arguments written out."""
    return Template(
        name="draft",
        description=task.description[:200],
        subtasks=tuple(
            Subtask(
                id=one.step.id,
                tool=one.tool.ref,
                args={name: escape(value) for name, value in binding.values.items() if value is not None},
                needs=one.step.needs,
            )
            for one, binding in zip(drafted, told.bindings, strict=True)
        ),
        outputs={one.step.id: f"${{subtasks.{one.step.id}.output}}" for one in drafted},
    )


def understood_as(drafted: Sequence[Drafted]) -> tuple[Understood, ...]:
    """Which clause became which call."""
    return tuple(Understood(text=one.step.said, as_=one.shown) for one in drafted)


def _calls(clauses: Sequence[Clause], tools: Sequence[Tool]) -> Iterator[Drafted]:
    ids: list[str] = []
    for clause in clauses:
        found = _ranking(tuple(tools)).rank(clause.text)
        terms = words_of([clause]).terms
        fitting = [at for at in found.order[:12] if _does(tools[at], terms)]
        if not fitting:
            return
        tool = tools[fitting[0]]
        name = re.sub(r"[^a-z0-9_]", "_", tool.name.lower()).strip("_")[:30] or "call"
        own = own_id(name, ids)
        own = own if own[0].isalpha() else f"call_{own}"
        needs = tuple(ids) if clause.relation == "then" else ()
        ids.append(own)
        step = Step(
            own, _as_template(tool, own), clause.text, clause.said.strip(" ,、.。"), needs=needs, open=clause.parts
        )
        others = tuple(tools[at].ref for at in fitting[1:_CANDIDATES])
        yield Drafted(tool, step, _sure(found, fitting[0]), others)


def _sure(found: Ranked, at: int) -> float:
    return round(found.confidence if found.order[0] == at else found.confidence / 2, 2)


def _does(tool: Tool, terms: Sequence[Term]) -> bool:
    """Whether a tool knows a word of a clause, does what it asks for, and destroys nothing."""
    return tool.risk is not Risk.DESTRUCTIVE and _knows(tool, terms) and not _knowledge(tool).foreign(terms)


def _knows(tool: Tool, terms: Sequence[Term]) -> bool:
    known = _knowledge(tool)
    return any(not term.looks and not term.changes and known.knows(term) >= 1 for term in terms)


def _knowledge(tool: Tool) -> Knowledge:
    return _known(tool.name, tool.description[:400])


@lru_cache(maxsize=2_000)
def _known(name: str, description: str) -> Knowledge:
    reader = Reader()
    terms = reader.terms(f"{name.replace('_', ' ')}. {description}")
    return Knowledge(terms, terms)


@lru_cache(maxsize=4)
def _ranking_of(texts: tuple[tuple[str, str, str, tuple[str, ...]], ...]) -> FusedRanking:
    rows = [dict(zip(("name", "description", "server", "params"), text, strict=True)) for text in texts]
    return FusedRanking([text_of_tool(row) for row in rows])


def _ranking(tools: tuple[Tool, ...]) -> FusedRanking:
    return _ranking_of(tuple((one.name, one.description, one.server, tuple(_properties(one))) for one in tools))


# -- arguments ---------------------------------------------------------------------------------------------------


def _properties(tool: Tool) -> Mapping[str, Json]:
    found = tool.input_schema.get("properties")
    return found if isinstance(found, dict) else {}


def _as_template(tool: Tool, name: str) -> Template:
    """A tool as a template of one call: its arguments are inputs, asked for where they are required."""
    listed = tool.input_schema.get("required")
    required = listed if isinstance(listed, list) else []
    inputs = {
        argument: spec
        for argument, schema in _properties(tool).items()
        if isinstance(schema, dict) and (spec := _spec(tool, argument, schema, needed=argument in required)) is not None
    }
    return Template(
        name="draft", description=tool.description[:200], inputs=inputs, subtasks=(Subtask(id=name, tool=tool.ref),)
    )


def _spec(tool: Tool, name: str, schema: Mapping[str, Json], *, needed: bool) -> InputSpec | None:
    """An argument as an input; none for an optional one of no plain type."""
    kind = schema.get("type", "string")
    if kind not in ("string", "integer", "number", "boolean", "array", "object"):
        return InputSpec(required=True, prompt=f"`{name}` of `{tool.ref}`?") if needed else None
    inner = schema.get("items")
    enum = schema.get("enum")
    is_path = name in tool.row.path_args or _PATH.search(name) is not None
    form = "path" if is_path else "url" if _ADDRESS.search(name) else None
    text = InputSpec(type="string", format=form)
    items = (
        text if kind == "array" and (not isinstance(inner, dict) or inner.get("type", "string") == "string") else None
    )
    return InputSpec.model_validate(
        {
            "type": kind,
            "format": form if kind == "string" else None,
            "items": items,
            "enum": tuple(enum) if isinstance(enum, list) else None,
            "required": needed,
            "prompt": f"`{name}` of `{tool.ref}`? {schema.get('description') or ''}".strip(),
            "description": str(schema.get("description") or ""),
        }
    )
