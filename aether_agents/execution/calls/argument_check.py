"""Arguments: whether a call is made at all, and whether what it is given fits the tool's live schema."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from aether_agents.contracts import (
    MISSING,
    Condition,
    Json,
    Outcome,
    holds,
)
from aether_agents.contracts.shortening import shorten
from aether_agents.documents.schema_validator import check
from aether_agents.errors import ReferenceMissing
from aether_agents.execution.calls.references import resolve

log = logging.getLogger(__name__)

_FAULTS_SHOWN = 5
_SHOWN = 200


def applies(condition: Condition, outcomes: Mapping[str, Outcome]) -> bool:
    """Whether a condition holds. What it refers to may be missing: that is a value of its own.

    Raises:
        InvalidPlan: it is malformed.
    """
    try:
        actual = resolve(condition.ref, outcomes)
    except ReferenceMissing:
        return holds(condition.op, MISSING, condition.value)
    return holds(condition.op, actual, condition.value)


def faults(args: Json, schema: Mapping[str, Any], redact: Callable[[str], str] = str) -> list[str]:
    """What is wrong with arguments by a tool's input schema; empty when nothing is.

    What of the schema cannot be checked is left to the server, and logged. Complaints quote values: `redact` takes the
    secrets out of them before they are cut to a length.
    """
    checked = check(args, schema)
    for sentence in checked.unchecked:
        log.info("left to the server: %s", sentence)
    found = sorted(checked.errors, key=lambda error: list(map(str, error.path)))
    shown = [
        f"`{'.'.join(map(str, error.path)) or 'arguments'}`: {shorten(redact(error.message), _SHOWN)}"
        for error in found
    ]
    rest = len(shown) - _FAULTS_SHOWN
    return shown[:_FAULTS_SHOWN] + ([f"and {rest} more"] if rest > 0 else [])
