"""Slots: the inputs of a template while they are filled, each with what it came from or why a person is asked."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from aether_agents.contracts import HighLevelTask, InputSpec, Json, Template
from aether_agents.errors import InvalidTask
from aether_agents.planning.inputs.coercion import coerce
from aether_agents.planning.inputs.input_kind import goes_into
from aether_agents.planning.sentence.vocabulary import vocabulary


class Slots:
    """The inputs of one template for one task."""

    def __init__(self, template: Template, task: HighLevelTask, context: Mapping[str, Json]) -> None:
        self.template = template
        self.task = task
        self.context = context
        self.values: dict[str, Json] = {}
        self.asked: dict[str, str] = {}
        self.sources: dict[str, tuple[str, ...]] = {}
        self.taken: set[str] = set()  # words of the sentence that became a value, or that a question is about

    def open(self) -> list[str]:
        return [name for name in self.template.inputs if name not in self.values and name not in self.asked]

    def take(self, name: str, value: Json) -> None:
        try:
            self.values[name] = coerce(self.template.inputs[name], value, self.task.folder)
        except InvalidTask as error:
            self.ask(name, f"`{name}` {error}")

    def ask(self, name: str, why: str = "") -> None:
        spec = self.template.inputs[name]
        question = spec.prompt or spec.description or f"Which {name}?"
        self.asked[name] = f"{why}. {question}" if why else question

    def is_given(self, text: str) -> bool:
        """Whether it is a value already, by name or from the sentence."""
        known = [one for value in self.values.values() for one in (value if isinstance(value, list) else [value])]
        place = os.path.normpath(Path(self.task.folder or "/") / Path(text).expanduser())
        return any(str(one) in {text, place} for one in known)

    def is_carried_into(self, text: str) -> bool:
        """Whether the sentence puts something into a place, and the template takes things from one place to another."""
        known = vocabulary()
        carries = any(known.deeds[deed].carries for deed in self.template.deed[:1])
        return carries and goes_into(text, self.task.description)

    def is_there(self, text: str) -> bool:
        return bool(self.task.folder) and (Path(self.task.folder) / text).exists()

    def fill(self, names: Sequence[str], found: Sequence[str]) -> None:
        """Give what was found to the one input that can take it; ask when it could mean several things."""
        distinct = list(dict.fromkeys(found))
        if not names or not distinct:
            return
        self.taken.update(distinct)
        shown = ", ".join(f"`{text}`" for text in distinct)
        required = [name for name in names if self.spec(name).required]
        targets = required if len(required) == 1 else list(names)
        if len(targets) > 1:
            for name in targets:
                self.ask(name, f"{shown} in the request could be {' or '.join(targets)}")
        elif self.spec(targets[0]).type == "array":
            self.sources[targets[0]] = tuple(distinct)
            self.take(targets[0], list(distinct))
        elif len(distinct) == 1:
            self.sources[targets[0]] = tuple(distinct)
            self.take(targets[0], distinct[0])
        else:
            self.ask(targets[0], f"the request names {shown}, and one is wanted")

    def spec(self, name: str) -> InputSpec:
        return self.template.inputs[name]
