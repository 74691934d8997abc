"""Cases: the completed plan whose request is most like another request, offered before a draft is made. Pure."""

import re
from collections.abc import Iterable
from itertools import pairwise

from aether_agents.contracts import TaskView
from aether_agents.contracts.shortening import shorten

#: Share of their words that two requests have in common at least; how much of a request is shown.
_ALIKE, _SHOWN = 0.5, 120
_WORD = re.compile(r"[a-z0-9_./-]+|[^\x00-\x7f]")


def nearest_case(said: str, owner: str, views: Iterable[TaskView]) -> TaskView | None:
    """The task of the same owner that completed from a plan and was asked most alike; none if none is."""
    words = _words(said)
    best: tuple[float, TaskView | None] = (0.0, None)
    for view in views:
        if view.owner != owner or view.status != "completed" or view.plan is None or view.dry_run or view.undoes:
            continue
        other = _words(view.description)
        share = len(words & other) / max(1, len(words | other))
        if share >= _ALIKE and share > best[0]:
            best = share, view
    return best[1]


def offered(text: str, case: TaskView | None) -> str:
    """What is said of a request that no template does, with the case that is near it."""
    if case is None:
        return text
    told = f"Done before: `{shorten(case.description, _SHOWN)}`"
    return f"{text}\n{told}: `aether-agent learn {case.task_id}` makes a template of it"


def _words(said: str) -> set[str]:
    found = _WORD.findall(said.lower())
    letters = [one for one in found if not one.isascii()]
    pairs = {f"{one}{other}" for one, other in pairwise(letters)}
    return {one for one in found if one.isascii()} | pairs
