"""Places of the caller's folder that a sentence means: a word that names a file there, all that lies in a folder."""

import os
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from aether_agents.planning.sentence.parts import NAMED, Part, masked
from aether_agents.planning.sentence.sentence import quotes, read_sentence
from aether_agents.planning.sentence.vocabulary import vocabulary

#: Folders of one folder that are taken for "every repository in it", at most.
MOST = 50
_WORD = re.compile(r"[a-z0-9][\w.-]*", re.IGNORECASE)
#: A word with a star in it, such as `./data/*.csv`; nothing in quotes.
_STARRED = re.compile(r"(?<![^\s,;、。(（])[A-Za-z0-9_./*-]*\*[A-Za-z0-9_./*-]*(?<=[\w*])(?![\w*/\"'`”」』])")
#: What may stand behind a name of another script: the end, a blank, a sign, a particle.
_NEXT = re.compile(r"$|[\s,.;:、。，；：)）]|[\u3041-\u309f]")
_BEHIND_PLACE = re.compile(r"\b(?:in|of|under|from|into|for|on)\s+$", re.IGNORECASE)


def located(text: str, folder: str) -> str:
    """The sentence with each word that names an existing file or folder written as its path.

    A word that is known as a word of requests is only meant so behind a preposition: "the secrets in docs".
    """
    if not folder or not Path(folder).is_dir():
        return text
    there = {entry.name for entry in Path(folder).iterdir() if not entry.name.startswith(".")}
    text = _quoted(unfolded(text, folder), folder, there)
    mask = masked(text)
    found = text
    for hit in reversed(list(_WORD.finditer(mask))):
        word = text[hit.start() : hit.end()].rstrip(".")
        if word not in there or NAMED in hit.group():
            continue
        if _is_known(word.lower()) and not _BEHIND_PLACE.search(mask[: hit.start()]):
            continue
        found = found[: hit.start()] + "./" + found[hit.start() :]
    return _rooted(found, folder)


def _quoted(text: str, folder: str, there: Iterable[str]) -> str:
    """The sentence with each path that is there, and that only its being there tells from words, in quotes.

    That is one with letters of other scripts, which need no blank before the next word, or with a blank in it.
    """
    for name in sorted((one for one in there if not _WORD.fullmatch(one)), key=len, reverse=True):
        if '"' in name or name not in text:
            continue
        for hit in reversed(list(re.finditer(rf"(?<!\S)(?:\./)?{re.escape(name)}(?P<below>/[^\s\"'`]*)?", text))):
            below, start, end = hit["below"] or "", hit.start(), hit.end()
            while below and not (Path(folder) / f"{name}{below}").exists():
                below, end = below[:-1], end - 1
            path = text[start:end]
            certain = below or path.startswith("./")
            meant = not _is_known(name.lower()) or _BEHIND_PLACE.search(text[:start])
            if not certain and (" " in name or not meant or not _NEXT.match(text[end:])):
                continue  # the words of the sentence, or a longer one
            if all(end <= one or start >= other for one, other in quotes(text)):
                text = f'{text[:start]}"{path.rstrip("/")}"{text[end:]}'
    return text


def _rooted(text: str, folder: str) -> str:
    """The sentence with each file that is there, or that its ending names (`customers.csv`), written as a path."""
    mask = masked(text)
    for loose in dict.fromkeys(read_sentence(text).loose):
        is_file = Path(loose).suffix.lower() in vocabulary().endings  # a data file by its name, to be written perhaps
        if loose.startswith((".", "~")) or "/" in loose or not (is_file or os.path.exists(Path(folder) / loose)):  # noqa: PTH110
            continue
        for hit in reversed(list(re.finditer(rf"(?<![\w@./:~-]){re.escape(loose)}(?![\w@/:-])", text))):
            if NAMED not in mask[max(0, hit.start() - 1) : hit.start()] + mask[hit.end() : hit.end() + 1]:
                text = f"{text[: hit.start()]}./{text[hit.start() :]}"  # not within quotes, or a longer name
                mask = f"{mask[: hit.start()]}{NAMED * 2}{mask[hit.start() :]}"
    return text


def unfolded(text: str, folder: str) -> str:
    """The sentence with each pattern of paths (`./data/*.csv`) written as the paths of the folder that it stands for.

    A pattern of nothing, of too much, or that leaves the folder stays as it is: it is asked about.
    """
    if not folder or not Path(folder).is_dir():
        return text
    return _STARRED.sub(lambda hit: _paths_of(hit.group(), folder) or hit.group(), text)


def _paths_of(pattern: str, folder: str) -> str:
    plain = pattern.removeprefix("./")
    if "**" in plain or plain.startswith("/") or ".." in plain.split("/"):
        return ""
    try:
        found = [one for one in islice(Path(folder).glob(plain), MOST + 1) if not one.name.startswith(".")]
    except (OSError, ValueError):
        return ""
    return ", ".join(f"./{one.relative_to(folder)}" for one in sorted(found)) if len(found) <= MOST else ""


def inside(part: Part, folder: str) -> list[str]:
    """What "every repository under ./repos" means: its folders that are repositories, or all of them if none is."""
    named = read_sentence(part.text)
    places = [*named.paths, *named.loose]
    if len(places) != 1 or not folder:
        return []
    root = Path(folder) / Path(places[0]).expanduser()
    try:
        folders = sorted(one for one in root.iterdir() if one.is_dir() and not one.name.startswith("."))
    except OSError:
        return []
    repositories = [one for one in folders if (one / ".git").exists()]
    chosen = repositories or folders
    prefix = places[0].rstrip("/")
    return [f"{prefix}/{one.name}" for one in chosen] if len(chosen) <= MOST else []


def _is_known(word: str) -> bool:
    known = vocabulary()
    return word in known.fillers or word in known.verbs or word in known.leading or word in known.kinds
