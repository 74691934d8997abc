"""Edit words: the line that a person types about a plan, as an edit. The same words at a terminal and on the page."""

import json
import re
from collections.abc import Callable, Mapping
from typing import get_args

from aether_agents.contracts import Json
from aether_agents.contracts.tool import Approval
from aether_agents.planning.editing.plan_edit import Add, Approve, Drop, Edit, Move, Refused, Reword, SetArgument

#: What can be typed, and what it does.
USAGE = (
    ("drop SUBTASK", "take it out"),
    ("add WORDS", "add what a sentence, a template or a tool does; it runs last"),
    ("set SUBTASK ARGUMENT=VALUE", "another value for an argument"),
    ("move SUBTASK before|after OTHER", "another order"),
    ("ask SUBTASK required|auto|never", "whether a person is asked before it"),
    ("reword SENTENCE", "plan another sentence"),
)
_ANSWERS = get_args(Approval)
_SET = re.compile(r"^(?P<subtask>\S+)\s+(?P<argument>[^\s=]+)\s*=\s*(?P<value>.*)$", re.DOTALL)
_MOVE = re.compile(r"^(?P<subtask>\S+)\s+(?P<where>before|after)\s+(?P<other>\S+)$", re.IGNORECASE)


def read_edit(line: str) -> Edit | Refused | None:
    """The edit that a line asks for, or how it is written; none of a line that is no edit."""
    verb, _, rest = line.strip().partition(" ")
    reader = _READERS.get(verb.lower().rstrip(":"))
    return None if reader is None else reader(rest.strip())


def _drop(rest: str) -> Edit | Refused:
    return Drop(rest) if re.fullmatch(r"\S+", rest) else _wanted("drop")


def _add(rest: str) -> Edit | Refused:
    return Add(rest) if rest else _wanted("add")


def _reword(rest: str) -> Edit | Refused:
    return Reword(rest) if rest else _wanted("reword")


def _move(rest: str) -> Edit | Refused:
    found = _MOVE.match(rest)
    if found is None:
        return _wanted("move")
    return Move(found["subtask"], "before" if found["where"].lower() == "before" else "after", found["other"])


def _set(rest: str) -> Edit | Refused:
    found = _SET.match(rest)
    if found is None:
        return _wanted("set")
    return SetArgument(found["subtask"], found["argument"], typed(found["value"]))


def typed(text: str) -> Json:
    """What a person types for a value: JSON, or else the text itself."""
    try:
        value: Json = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
    return value


def _ask(rest: str) -> Edit | Refused:
    name, _, answer = rest.partition(" ")
    answer = answer.strip().lower() or "required"
    for known in _ANSWERS:
        if name and answer == known:
            return Approve(name, known)
    return _wanted("ask")


def _wanted(verb: str) -> Refused:
    return Refused(f"write it so: {_line(verb)}")


def _line(verb: str) -> str:
    return next(f"`{usage}` ({does})" for usage, does in USAGE if usage.startswith(verb))


_READERS: Mapping[str, Callable[[str], Edit | Refused]] = {
    "drop": _drop,
    "add": _add,
    "set": _set,
    "move": _move,
    "ask": _ask,
    "reword": _reword,
}
