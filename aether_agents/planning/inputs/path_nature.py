"""Whether a path input takes a folder or a file by its own words, and which of the two a path is."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from aether_agents.contracts import InputSpec
from aether_agents.planning.inputs.input_kind import file_kind, is_target
from aether_agents.planning.sentence.vocabulary import vocabulary

Nature = Literal["file", "folder", ""]
_FOLDER = re.compile(r"\b(?:folders?|director(?:y|ies)|repositor(?:y|ies)|projects?)\b")
_FILE = re.compile(r"\b(?:files?|databases?)\b")


def wanted(name: str, spec: InputSpec) -> Nature:
    """What an input is for, by its name and its question; empty where it says both or neither."""
    said = f"{name.replace('_', ' ')} {spec.prompt or spec.description}".lower()
    folder, file = _FOLDER.search(said) is not None, _FILE.search(said) is not None
    if folder == file:
        return ""
    return "folder" if folder else "file"


def nature_of(text: str, folder: str) -> Nature:
    """What a path is: by what is there, else by how it is written."""
    place = Path(folder or "/") / Path(text)
    if text.endswith("/") or place.is_dir():
        return "folder"
    return "file" if place.is_file() or Path(text).suffix.lower() in vocabulary().endings else ""


def unusable(place: str) -> str:
    """Why nothing can be read at an absolute path; empty if it can be."""
    if not os.path.exists(place):  # noqa: PTH110 - where a folder above may not be entered, this says no
        return "is no file or folder here"
    needed = os.R_OK | os.X_OK if Path(place).is_dir() else os.R_OK
    return "" if os.access(place, needed) else "cannot be read by the worker: `chmod` or `chown` it, or name another"


def apart(specs: Mapping[str, InputSpec], texts: Iterable[str], folder: str) -> dict[str, list[str]]:
    """Paths by the input that takes them, where one takes files and one takes folders; nothing where that is not so."""
    inputs = {name: wanted(name, spec) for name, spec in specs.items() if not is_target(spec) and not file_kind(spec)}
    owners = {nature: [name for name, one in inputs.items() if one == nature] for nature in ("file", "folder")}
    if len(inputs) != len(owners["file"] + owners["folder"]) or any(len(names) != 1 for names in owners.values()):
        return {}
    found: dict[str, list[str]] = {}
    for text in texts:
        nature = nature_of(text, folder)
        if not nature:
            return {}
        found.setdefault(owners[nature][0], []).append(text)
    return found
