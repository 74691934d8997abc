"""Names that a sentence says without quotes, for inputs that declare it: `restart nginx`, `the user bob`, `on web1`."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache

from aether_agents.contracts import InputSpec, Template
from aether_agents.planning.sentence.function_words import ARTICLES, JOINERS, PREPOSITIONS, PRONOUNS
from aether_agents.planning.sentence.parts import NAMED
from aether_agents.planning.sentence.terms import Reader
from aether_agents.planning.sentence.vocabulary import vocabulary

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_.+@-]*[A-Za-z0-9_+])?"
_LIST = rf"{_NAME}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*[と、]\s*){_NAME})*"
#: What may follow a name that a verb is about: the end, a mark, or where and how.
_ENDS = r"(?=\s*(?:$|[.,;!?。、]|\s(?:on|at|from|to|in|everywhere|with|using|and|please|now)\b))"
#: A name of a host has a figure, a dot or a hyphen, is said to be one, or is the name of a group of them.
_HOST = re.compile(r".*[\d.-].*|.*(?:servers|hosts|nodes|boxes)", re.IGNORECASE)
_NOTHING = frozenset({"nothing", "none", "anything", "something", "everything", "all", "version", "versions"})
#: Servers, several of them, or without a word that says which one.
_SERVERS = re.compile(
    r"\b(?:machines|servers|hosts|computers|boxes|nodes|vms)\b|(?<!この)(?<!その)(?:サーバー?|ホスト)"
)
_ONE = re.compile(
    r"\b(?:this|that|the|an?|one|my|our)\s+(?:\w+\s+)?(?:machine|server|host|computer|box|laptop|workstation|vm|node)\b"
    r"|(?:この|その)(?:マシン|サーバー?|ホスト|端末)",
    re.IGNORECASE,
)
#: Kinds of things that a name is never taken for, though a verb is called so: "a user account".
_NO_NAMES = frozenset({"=machine", "=account", "=user", "=service", "=package"})
_HOSTS = re.compile(
    rf"\b(?:on|at|from|to|against)\s+(?:the\s+)?(?P<kind>(?:hosts?|servers?|machines?|nodes?|groups?)\s+)?"
    rf"(?P<names>{_LIST})(?=\s*(?:$|[.,;!?])|\s+(?:only|alone|with|using|and|as|by|please|now)\b)"
    rf"|(?<![\w/.:-])(?P<names_ja>{_LIST})\s*(?:だけ|のみ|上)?\s*(?:で|に|から|へ)(?![\u3041-\u3093]*[っん]て)",
    re.IGNORECASE,
)


def bare_names(template: Template, text: str, *, scoped: bool = False) -> dict[str, list[str]]:
    """By input, the names that a text says. `scoped`: that it is about servers is said elsewhere."""
    found: dict[str, list[str]] = {}
    for name, spec in template.inputs.items():
        if spec.named == "hosts" and (hosts := list(dict.fromkeys(_hosts(text)))):
            found[name] = hosts
    scope = scoped or bool(found) or not _has_hosts(template) or _SERVERS.search(text.lower()) is not None
    for name, spec in template.inputs.items():
        if spec.named == "thing":
            things = [one for one in _things(name, spec, text, scoped=scope) if one.lower() not in template.inputs]
            found |= {name: list(dict.fromkeys(things))} if things else {}
    return found


def needs_more(template: Template, text: str, names: Collection[str], said: Collection[str]) -> str:
    """Why a text does not name what a template for servers is about; `said` are the words and kinds of things in it."""
    if not _has_hosts(template):
        return ""
    for name, spec in template.inputs.items():
        if spec.named == "hosts" and name not in names and _ONE.search(text):
            return f"`{template.name}` is for the servers of an inventory, not for one without a name"
        if spec.named == "thing" and spec.required and name not in names and not {name, f"={name}"} & {*said}:
            return f"it names no {name}"
    return ""


def _has_hosts(template: Template) -> bool:
    """Whether a template is about servers: else its things are of no host, and are asked for where none is named."""
    return any(spec.named == "hosts" for spec in template.inputs.values())


def without_bare_names(text: str, names: Mapping[str, list[str]]) -> str:
    """A text with one sign for each of these names."""
    for name in sorted({one for listed in names.values() for one in listed}, key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z0-9_.-]){re.escape(name)}(?![A-Za-z0-9_-])", f" {NAMED} ", text)
    return text


def said_by_verb(spec: InputSpec, text: str) -> tuple[list[str], bool]:
    """The verbs of a text that give an input its value, and whether there are others that change something."""
    asked = [term for term in Reader().terms(text) if term.changes]
    return [term.word for term in asked if term.word in spec.by_verb], any(
        term.word not in spec.by_verb for term in asked
    )


def _hosts(text: str) -> Iterator[str]:
    for hit in _HOSTS.finditer(text):
        names = _names(hit.group("names") or hit.group("names_ja"))
        environments = {word for words in vocabulary().environments.values() for word in words}
        if all(_is_free(one) or one.lower() in environments for one in names) and all(
            hit.group("kind") or _HOST.fullmatch(one) or one.lower() in environments for one in names
        ):
            yield from names


def _things(name: str, spec: InputSpec, text: str, *, scoped: bool) -> Iterator[str]:
    called, behind, about = _patterns(name, spec.object_of)
    if not scoped:  # "delete the user table", "restart web1": no servers, so perhaps no name
        return
    for hit in called.finditer(text):
        yield from (one for one in hit.groups() if one and _is_free(one, called=True))
    for hit in behind.finditer(text):
        yield from (one for one in hit.groups() if one and _is_free(one))
    if about is not None:
        for hit in about.finditer(text):
            names = _names(next(one for one in hit.groups() if one))
            yield from names if all(_is_free(one) for one in names) else ()


@cache
def _patterns(name: str, verbs: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str] | None]:
    """Patterns of a kind of thing: `service nginx`, `the nginx service`, and `restart nginx`."""
    known = vocabulary()
    kinds = {f"={word}" for word in name.split("_")}
    words = [*name.split("_"), *(word for word, kind in known.kinds.items() if kind in kinds)]
    kind = "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))
    joined = "|".join(re.escape(word) for word in words if not word.isascii())  # 「ユーザーdeploy」 needs no blank
    called = (
        rf"(?<![A-Za-z0-9_/.-])(?:{kind})(?:\s+accounts?)?\s+(?:called\s+|named\s+)?({_NAME})(?![A-Za-z0-9_/-]){_ENDS}"
        rf"|(?:{joined or '(?!)'})\s*「?\s*({_NAME})(?![A-Za-z0-9_/-])"
        rf"|(?<![A-Za-z0-9_])({_NAME})\s*という(?:{kind})"
    )
    behind = rf"\bthe\s+({_NAME})\s+(?:{kind})(?![A-Za-z])|(?<![A-Za-z0-9_])({_NAME})\s*(?:{kind})(?=[をの])"
    english = "|".join(one for one in verbs if one.isascii())
    japanese = "|".join(one for one in verbs if not one.isascii())
    options = [rf"\b(?:{english})\s+(?:the\s+)?({_LIST}){_ENDS}"] if english else []
    options += [rf"\b(?:sure|ensure)\s+(?:that\s+)?({_NAME})\s+is\s"] if english else []
    options += [rf"(?<![A-Za-z0-9_])({_LIST})\s*を\s*(?:{japanese})"] if japanese else []
    flags = re.IGNORECASE
    about = re.compile("|".join(options), flags) if options else None
    return re.compile(called, flags), re.compile(behind, flags), about


def _names(listed: str) -> list[str]:
    return [one for one in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s*[と、]\s*", listed) if one]


def _is_free(word: str, *, called: bool = False) -> bool:
    """Whether a word may be a name: one that says nothing else. Where it is called so, it may be a verb's name, too."""
    known = vocabulary()
    low = word.lower()
    if low in _NOTHING:
        return False
    if low in known.verbs or low in known.leading:
        return called and known.kinds.get(low) not in _NO_NAMES and low not in known.fillers
    if low in known.fillers or low in known.kinds or low in ARTICLES | JOINERS | PREPOSITIONS | PRONOUNS:
        return False
    return called or not (low in known.verbs or low in known.nouns)
