"""Values as people type them, `name=value`, read as the types that are asked for."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from aether_agents.contracts import InputSpec, Json
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidTask
from aether_agents.planning.inputs.coercion import coerce


def read_pairs(pairs: Iterable[str]) -> dict[str, Json]:
    """Inputs as `--input name=value` gives them; a name given again makes a list.

    Raises:
        InvalidTask: one is not `name=value`.
    """
    values: dict[str, Json] = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or not name.strip():
            raise InvalidTask(f"`--input {pair}`: write it as name=value")
        known = values.get(name)
        if name not in values:
            values[name] = value
        else:
            values[name] = [*known, value] if isinstance(known, list) else [known, value]
    return values


def read_changes(pairs: Iterable[str]) -> dict[str, Json]:
    """Arguments as `--set name=value` gives them: what is JSON is that (`3`, `true`, `["a"]`), anything else a text.

    Raises:
        InvalidTask: one is not `name=value`.
    """
    changes: dict[str, Json] = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or not name.strip():
            raise InvalidTask(f"`--set {pair}`: write it as name=value")
        try:
            changes[name] = json.loads(value)
        except ValueError:
            changes[name] = value
    return changes


def read_values(pairs: Iterable[str], fields: Mapping[str, InputSpec]) -> dict[str, Json]:
    """Inputs for the fields of a question, typed and checked. Relative paths mean the current folder.

    Raises:
        InvalidTask: one is missing, unknown or wrong.
    """
    given = read_pairs(pairs)
    if unknown := sorted(set(given) - set(fields)):
        hint = nearest(unknown[0], fields)
        raise InvalidTask(f"`{unknown[0]}` is not asked for{hint}; asked: {', '.join(fields)}")
    if missing := [name for name in fields if name not in given]:
        raise InvalidTask("missing: " + " ".join(f"--input {name}=…" for name in missing))
    return {name: parse_value(name, value, fields[name]) for name, value in given.items()}


def parse_value(name: str, given: Json, spec: InputSpec) -> Json:
    """A value as a person typed it, as the type that is asked for. Lists are separated by commas, or are JSON.

    Raises:
        InvalidTask: it does not fit; the error says what would.
    """
    if given == "":
        if spec.default is None:
            raise InvalidTask(f"`{name}` needs a value")
        given = spec.default
    try:
        return coerce(spec, given, str(Path.cwd()))
    except InvalidTask as error:
        raise InvalidTask(f"`{name}` {error}") from None


def hints(spec: InputSpec) -> Iterable[str]:
    """What a person should know before typing a value."""
    if spec.enum:
        yield "/".join(map(str, spec.enum))
    elif spec.type == "array":
        yield "separated by commas"
    elif spec.type != "string":
        yield spec.type
    if spec.default is not None:
        yield f"default {json.dumps(spec.default, ensure_ascii=False)}"
