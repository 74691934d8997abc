"""Contexts that a sentence names: "the production database" where the settings have a context `production`."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from aether_agents.contracts import HighLevelTask
from aether_agents.planning.sentence.parts import masked
from aether_agents.planning.sentence.vocabulary import vocabulary

_KIND = r"(?:environment|context|system|stage)"


class NamedContext(NamedTuple):
    """A context, and where a sentence names it."""

    name: str
    start: int
    end: int


def contexts_in(text: str, known: Collection[str]) -> list[NamedContext]:
    """Where a sentence names contexts that are known. A word that may mean two of them means none."""
    mask = masked(text)
    found: list[NamedContext] = []
    for name in known:
        for hit in _pattern(_words(name, known), plain=_says_more(name)).finditer(mask):
            start, end = hit.span("whole")
            if all(end <= one.start or start >= one.end for one in found):
                found.append(NamedContext(name, start, end))
    return sorted(found, key=lambda one: one.start)


def without_contexts(text: str, named: Collection[NamedContext]) -> str:
    """The sentence without the words that name a context."""
    for one in sorted(named, key=lambda context: -context.start):
        text = f"{text[: one.start]} {text[one.end :]}"
    return " ".join(text.split())


def without_context(task: HighLevelTask, named: Sequence[NamedContext]) -> tuple[HighLevelTask, tuple[str, ...]]:
    """The task without the words that name its context, and these words."""
    words = tuple(task.description[one.start : one.end].strip() for one in named)
    rest = without_contexts(task.description, named)
    return (task.model_copy(update={"description": rest}), words) if words and rest else (task, ())


def two_contexts(named: str, own: str) -> str:
    """What is wrong with a request that names a context which is not its own."""
    return (
        f"the request names the context `{named}`, and a task runs in one context, this one in `{own}`: give each its "
        f"own task, or leave the word out (`--context {named}` runs all of it there)"
    )


def _words(name: str, known: Collection[str]) -> list[str]:
    """The name, and the words that mean the same where no other context has one of them as its name."""
    words = {name.lower()}
    for listed in vocabulary().environments.values():
        if name.lower() in listed and sum(other.lower() in listed for other in known) == 1:
            words |= set(listed)
    return sorted(words, key=len, reverse=True)


def _says_more(name: str) -> bool:
    """Whether its name is a word of requests too, such as `test`: then it needs "the … environment"."""
    known = vocabulary()
    word = name.lower()
    return word in known.verbs or word in known.leading or word in known.nouns or word in known.fillers


def _pattern(words: Collection[str], *, plain: bool) -> re.Pattern[str]:
    """The ways to name one: where something is done, or of what it is. Never where something goes to."""
    english = "|".join(re.escape(word) for word in words if word.isascii())
    japanese = "|".join(re.escape(word) for word in words)
    start = r"(?<![\w/.@-])"
    ways = [rf"(?:(?:in|on|of|for|from|against) )?(?:the |our )?(?:{english}) {_KIND}\b"]
    if not plain:
        ways += [
            rf"(?:in|on|of|for|from|against) (?:{english})(?![\w/.-]|\s+(?:to|into)\b)",
            rf"(?:in|on|of|for|from|against) (?:the |our )(?:{english})(?=\s*(?:$|[,.;!?]|(?:and|then)\b))",
            rf"(?<=the )(?:{english})(?= [a-z])",
            rf"(?<=our )(?:{english})(?= [a-z])",
        ]
    ways.append(rf"(?:{japanese})(?:環境|コンテキスト)?(?:上)?の" if not plain else rf"(?:{japanese})環境の")
    ways.append(rf"(?:{japanese})環境(?:で|において|に対して|から)?")
    return re.compile(rf"{start}(?P<whole>{'|'.join(ways)})")
