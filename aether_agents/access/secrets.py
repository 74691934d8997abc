"""Secrets: read in the worker just before the call, and redacted from everything that leaves it."""

import os
from collections.abc import Iterable, Mapping

from aether_agents.contracts import Elicited, Json
from aether_agents.errors import SecretMissing
from aether_agents.process.redaction import Redactor
from aether_agents.settings.model import Settings
from aether_agents.settings.secret_source import value_at
from aether_agents.telemetry.logs import hide

#: A shorter secret cannot be redacted without redacting half of what a tool says.
SHORTEST = 4


class Secrets:
    """The secrets of one context, as one call used them. Reads lazily; remembers what it must redact."""

    def __init__(self, settings: Settings, context: str, environ: Mapping[str, str] = os.environ) -> None:
        chosen = settings.contexts.get(context)
        self._places = chosen.secrets if chosen else {}
        self._context = context
        self._environ = environ
        self._known: dict[str, str] = {}

    def read(self, name: str) -> str:
        """The value of a secret.

        Raises:
            SecretMissing: the context has no such secret, or it cannot be read here; the error names the place.
        """
        if name not in self._known:
            value = self._look_up(name)
            if len(value) < SHORTEST:
                raise SecretMissing(
                    f"secret `{name}` is shorter than {SHORTEST} characters: it could not be kept hidden"
                )
            hide(value, passing=True)
            self._known[name] = value
        return self._known[name]

    def told(self, given: Iterable[Elicited]) -> None:
        """Redact, too, what a person told a server as a secret."""
        for one in given:
            for name in one.secret:
                value = str(one.values.get(name) or "")  # a code may be a number
                if len(value) >= SHORTEST:
                    hide(value, passing=True)
                    self._known[f"told {name} {one.question}"] = value

    @property
    def read_so_far(self) -> tuple[str, ...]:
        """The values that must not be seen any more."""
        return tuple(self._known.values())

    def redact(self, value: Json) -> Json:
        """The same value with every secret that was read redacted, wherever it stands in it."""
        return Redactor(self._known.values()).value(value)

    def redact_text(self, text: str) -> str:
        """The same text with every secret that was read redacted, also as JSON and URLs write it."""
        return Redactor(self._known.values()).text(text)

    def _look_up(self, name: str) -> str:
        place = self._places.get(name)
        if place is None:
            raise SecretMissing(
                f"context `{self._context}` has no secret `{name}`: add `contexts.{self._context}.secrets.{name}`"
            )
        return value_at(place, f"secret `{name}`: the worker", self._environ)
