"""Proposals for a missing input, from the caller's folder: databases, folders that hold data, repositories, remotes.

A proposal is only shown, and is the answer of a person who agrees: nothing is bound by it.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from aether_agents.contracts import InputSpec
from aether_agents.planning.inputs.input_kind import concepts_of, format_of, is_target
from aether_agents.planning.inputs.path_nature import wanted
from aether_agents.planning.sentence.vocabulary import vocabulary
from aether_agents.process.regular_file import read_regular

#: Entries of a folder that are looked at, and proposals that are shown.
_LOOKED_AT, _SHOWN = 400, 4
_REMOTE = re.compile(r"^\s*url\s*=\s*(\S+)", re.MULTILINE)
_LARGEST = 1 << 20


def proposals(name: str, spec: InputSpec, folder: str) -> list[str]:
    """What of a folder could be meant by an input; a few, in order of their names."""
    root = Path(folder)
    if not folder or spec.secret or spec.enum or not root.is_dir():
        return []
    try:
        if format_of(spec) == "url":
            return list(dict.fromkeys(_remotes(root)))[:_SHOWN] if _says(name, spec, "remote", "git") else []
        if format_of(spec) != "path" or is_target(spec):
            return []
        return list(islice(_places(name, spec, root), _SHOWN))
    except OSError:
        return []


def with_proposals(name: str, spec: InputSpec, question: str, folder: str) -> tuple[InputSpec, str]:
    """An input as it is asked for, with what is there: the only thing there is becomes what an empty answer means."""
    found = proposals(name, spec, folder)
    if not found:
        return spec, question
    only = len(found) == 1 and spec.default is None
    value = [found[0]] if spec.type == "array" else found[0]
    shown = ", ".join(f"`{one}`" for one in found)
    return (spec.model_copy(update={"default": value}) if only else spec), f"{question} (here: {shown})"


def _says(name: str, spec: InputSpec, *words: str) -> bool:
    said = f"{name.replace('_', ' ')} {spec.prompt} {spec.description}".lower()
    return any(re.search(rf"\b{word}", said) for word in words)


def _places(name: str, spec: InputSpec, root: Path) -> Iterator[str]:
    """The entries of a folder that are of the kind an input is about."""
    about = concepts_of(f"{name.replace('_', ' ')} {spec.prompt}")
    nature = wanted(name, spec)
    kinds = {kind for kind in vocabulary().endings.values() if kind in about}
    for entry in sorted(islice(root.iterdir(), _LOOKED_AT)):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if (nature != "file" and kinds and _holds(entry, kinds)) or (
                not kinds and "=place" in about and (entry / ".git").exists()
            ):
                yield f"./{entry.name}"
        elif nature != "folder" and vocabulary().endings.get(entry.suffix.lower()) in kinds:
            yield f"./{entry.name}"


def _holds(folder: Path, kinds: set[str]) -> bool:
    """Whether a folder holds files of these kinds."""
    return any(vocabulary().endings.get(one.suffix.lower()) in kinds for one in islice(folder.iterdir(), _LOOKED_AT))


def _remotes(root: Path) -> Iterator[str]:
    """The remotes of the repository here, without what may be a password in them."""
    config = root / ".git" / "config"
    if config.is_file():
        try:
            text = read_regular(config, _LARGEST).decode("utf-8", errors="replace")
        except OSError:  # no configuration of git's is as large
            return
        yield from (one for one in _REMOTE.findall(text) if "@" not in one.split("://", 1)[-1] or "://" not in one)
