"""A request as each template reads it: without the names that its inputs take, and whether it has their places."""

from collections.abc import Iterable, Sequence

from aether_agents.contracts import InputSpec, Template
from aether_agents.planning.inputs.bare_names import bare_names, without_bare_names
from aether_agents.planning.inputs.input_kind import file_kind, format_of
from aether_agents.planning.inputs.path_nature import wanted
from aether_agents.planning.routing.request_words import MACHINE, Words, words_of
from aether_agents.planning.routing.template_knowledge import Knowledge
from aether_agents.planning.sentence.clauses import Clause
from aether_agents.planning.sentence.parts import Part
from aether_agents.planning.sentence.terms import Reader


def takes(template: Template, places: Iterable[str], knowledge: Knowledge) -> bool:
    """Whether a template has an input for each kind of place that is named."""
    formats = {format_of(spec) for spec in template.inputs.values()}
    formats |= {"endpoint"} if "url" in formats else set()
    if "folder" in places and not any(_may_be_folder(name, spec) for name, spec in template.inputs.items()):
        return False
    known = set(places) - {"folder"}
    return all(knowledge.takes(place) if place.startswith("=") else place in formats for place in known)


def _may_be_folder(name: str, spec: InputSpec) -> bool:
    """Whether an input takes the path of a folder, by its own words."""
    return (
        format_of(spec) == "path"
        and not file_kind(spec)
        and wanted(name, spec) != "file"
        and (spec.required or spec.default is not None)
    )


class OwnWords:
    """The words of a request as each template reads them: without the names that it takes."""

    def __init__(self, clauses: Sequence[Clause], words: Words) -> None:
        self._clauses = clauses
        self._words = words
        self._known: dict[str, Words] = {}

    def of(self, template: Template) -> Words:
        """The words for a template."""
        if not any(spec.named for spec in template.inputs.values()):
            return self._words
        if template.name not in self._known:
            scoped = any(part.kind == "each" and _are_servers(part) for one in self._clauses for part in one.parts)
            text = "".join(clause.text for clause in self._clauses)
            names = bare_names(template, text, scoped=scoped)
            hidden = [one._replace(text=without_bare_names(one.text, names)) for one in self._clauses]
            found = words_of(hidden)._replace(names=tuple(names)) if names else self._words
            self._known[template.name] = found
        return self._known[template.name]


def _are_servers(part: Part) -> bool:
    return any(term.concept == MACHINE for term in Reader().terms(part.text)) or "everywhere" in part.text.lower()
