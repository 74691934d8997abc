"""Hidden: what may not be seen, struck out of what is said. Always before a text is cut: half a secret is not known."""

import json
from collections.abc import Iterable
from typing import Any, TypeVar, cast
from urllib.parse import quote, quote_plus

MASK = "•••"

#: A JSON value. This module is at the bottom: the contracts, which name that type, would cost its readers their import.
Value = TypeVar("Value")


class Hidden:
    """Values to strike out, as they are, and as JSON and addresses write them."""

    def __init__(self, values: Iterable[str]) -> None:
        forms = {
            form
            for value in values
            for form in (
                value,
                value.strip(),
                json.dumps(value)[1:-1],
                quote(value),
                quote(value, safe=""),
                quote_plus(value),
            )
            if form
        }
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without them."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def tail(self, text: str) -> str:
        """The text without them, and without its first characters: the rest of one may stand there."""
        return self.text(text)[len(self._forms[0]) if self._forms else 0 :]

    def value(self, value: Value) -> Value:
        """The JSON value without them, wherever they stand in it."""
        return cast("Value", self._without(value)) if self._forms else value

    def _without(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._without(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self._without(item) for key, item in value.items()}
        return value
