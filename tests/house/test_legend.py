"""Every hash field that Lua uses stands in the legend of `tasks.lua`: in backticks, or as `x:n` for one per subtask."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

LUA = Path(__file__).parents[2] / "aether_agents" / "store" / "lua"
CALL = re.compile(r"redis\.call\('(H(?:SET|SETNX|GET|MGET|DEL|INCRBY|EXISTS|STRLEN))',")
LITERAL = re.compile(r"'([^']*)'")
#: One field in so many arguments; the rest of them are values.
STEP = {"HSET": 2, "HSETNX": 2, "HINCRBY": 2}


def sources() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(LUA.glob("*.lua"))}


def arguments(text: str, at: int) -> list[str]:
    """The arguments of a call, from behind its first comma to its closing bracket."""
    found, depth, quoted, start = [], 1, False, at
    for place in range(at, len(text)):
        char = text[place]
        quoted ^= char == "'"
        depth += 0 if quoted else (char in "({[") - (char in ")}]")
        if not quoted and (depth == 0 or (char == "," and depth == 1)):
            found.append(text[start:place].strip())
            start = place + 1
        if depth == 0:
            return found
    raise AssertionError("a call without an end")


def fields(text: str) -> Iterator[str]:
    """The names of hash fields, as far as they are written out."""
    for call in CALL.finditer(text):
        _, *rest = arguments(text, call.end())
        for expression in rest[:: STEP.get(call[1], 1)]:
            yield from (name for name in LITERAL.findall(expression) if re.fullmatch(r"[a-z]\w*[:.]?\w*", name))


def declared(text: str) -> set[str]:
    """What the legend names: the comment at the top, and the fields that `export` writes back."""
    legend = text[: text.index("\nlocal ")]
    listed = re.findall(r"local (?:NUMBERS|TEXTS) = \{(.*?)\}", text, re.DOTALL)
    return {
        *re.findall(r"`([\w.:|]+)`", legend),
        *(f"{letter}:" for letter in re.findall(r"\b([a-z]):(?:n|<)", legend)),
        *(name for one in listed for name in LITERAL.findall(one)),
    }


def missing(files: dict[str, str]) -> list[str]:
    known = declared(files["tasks.lua"])
    return [f"{name}: {field}" for name, text in files.items() for field in fields(text) if field not in known]


def test_every_hash_field_stands_in_the_legend() -> None:
    assert missing(sources()) == [], "say what it is in the legend of tasks.lua"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("redis.call('HSET', task.key, 'novel', int(1))", "novel"),
        ("redis.call('HSET', task.subtasks, 's:' .. it.id, 'x', 'z:' .. it.id, f(a, 'b'))", "z:"),
        ("local a = unpack(redis.call('HMGET', key, 'task', 'novel'))", "novel"),
        ("if redis.call('HEXISTS', k, it and 'z:' .. it.id or 'task') == 1 then end", "z:"),
    ],
)
def test_a_field_that_is_not_there_is_found(line: str, field: str) -> None:
    assert missing({**sources(), "new.lua": line}) == [f"new.lua: {field}"]
