"""TextReplacement: a sentence that names two texts, the second to stand in the place of the first.

Quoted texts are taken at their word. Bare ones only as single words of a sentence that also says in which repositories
("replace foo with bar in ./a"), and of other verbs only if they look like names ("change old@x.org to new@x.org").
"""

import re
from typing import NamedTuple

#: What a sentence says instead, once its two texts are taken out.
SAID = " replace this text "

_QUOTES = {'"': '"', "`": "`", "“": "”", "‘": "’", "「": "」", "『": "』", "＂": "＂"}
_QUOTED = "|".join(rf"{opening}[^{closing}\n]+{closing}" for opening, closing in _QUOTES.items())
_QUOTED += r"|(?<![\w'])'[^'\n]+'(?!\w)"
#: It has no capitals: to compile these ranges without regard to them would take a tenth of a second.
_BARE = r"(?![./~])(?-i:[^\s\"`'“”‘’「」『』＂,;:()<>/\u3040-\u30ff\u3400-\u9fff]+)(?<![.!?])"
_THING = "text|word|string|phrase|name|term"
_NOUN = rf"(?:(?:(?:the|this|every|each|all|any)\s+)?(?:old\s+)?(?:{_THING}|occurrences?\s+of)\s+)?"
_NOUN += r"(?:(?:the|this|every|each|all|any)\s+(?=[\"`'“‘「『]))?"
_NEW = rf"(?:(?:the\s+)?(?:new\s+)?(?:{_THING})\s+)?"
_DO_JA = r"(?:一括で?)?(?:置換|置き?換え|書き?換え|変更|更新|リネーム)"


def _form(text: str) -> re.Pattern[str]:
    """A form of such a sentence: in it `Q1` and `Q2` are quoted texts, `T1` and `T2` quoted or bare ones."""
    for number, name in (("1", "old"), ("2", "new")):
        text = text.replace(f"Q{number}", f"(?P<{name}>{_QUOTED})")
        text = text.replace(f"T{number}", f"(?P<{name}>{_QUOTED}|{_BARE})")
    return re.compile(text, re.IGNORECASE)


#: How people say it.
_FORMS = (
    _form(rf"\bfind\s+{_NOUN}T1\s+and\s+(?:replace|change)\s+(?:it|them)\s+(?:with|by|to)\s+{_NEW}T2"),
    _form(rf"\breplac(?:e|ing)\s+{_NOUN}T1\s+(?:with|by)\s+{_NEW}T2"),
    _form(rf"\b(?:chang|updat|renam)(?:e|ing)\s+{_NOUN}T1\s+(?:to|into)\s+{_NEW}T2"),
    _form(r"Q1\s*(?:->|→|=>|⇒)\s*Q2"),
    _form(rf"T1\s*(?:という\w*|の文字列)?\s*(?:を|から)\s*T2\s*(?:に|へ)\s*{_DO_JA}"),
)
#: Bare words that are no text to look for, but words of the sentence.
_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "it",
        "them",
        "one",
        "each",
        "every",
        "all",
        "any",
        "old",
        "new",
        "text",
        "word",
        "string",
    ]
)
_PLACE = re.compile(
    r"\b(?:in|across|over|throughout|of)\s+(?:the|this|these|all|every|each|our|my|several)?\s*(?:\w+\s+)?"
    r"(?:repos?|repository|repositories|projects?|codebases?)\b|(?<!\S)(?:\.{1,2}|~)?/\S*|リポジトリ|プロジェクト",
    re.IGNORECASE,
)
#: What a name has and a common word has not: a digit, a capital that is not its first letter, a mark between letters.
_NAME = re.compile(r"\d|\w[@._-]\w|[a-z][A-Z]|^[A-Z]+$")
_FILE = re.compile(r"\.\w{1,4}$")
#: A third text right behind the two: nobody knows which of them is meant.
_THIRD = re.compile(
    rf"\s*(?:(?:,|and\b|or\b|then\b)\s*)*(?:(?:with|by)\s+\S|(?:(?:to|into)\s+)?(?:{_QUOTED}))", re.IGNORECASE
)


class TextReplacement(NamedTuple):
    """Two texts of a sentence."""

    old: str
    new: str


def read_exchange(text: str) -> tuple[str, TextReplacement | None]:
    """The sentence with its two texts taken out, and the texts; as it is, and none, where it is not sure."""
    for form in _FORMS:
        found = form.search(text)
        if found is None or _THIRD.match(text, found.end()):
            continue
        if not _sure(found["old"], found["new"], found.group(), text):
            continue
        rest = f"{text[: found.start()]}{SAID}{text[found.end() :]}"
        return rest, TextReplacement(_bare(found["old"]), _bare(found["new"]))
    return text, None


def _sure(old: str, new: str, said: str, text: str) -> bool:
    bare = [one for one in (old, new) if _bare(one) == one]
    if not bare:
        return True
    if any(one.lower() in _WORDS for one in bare) or _bare(old) == _bare(new):
        return False
    if not _PLACE.search(text.replace(said, " ")):
        return False
    if re.match(r"(?:find|replac)", said, re.IGNORECASE) or not said.isascii():
        return True
    return all(_NAME.search(one) for one in bare) and not (
        said.lower().startswith("renam") and any(_FILE.search(one) for one in bare)
    )


def _bare(text: str) -> str:
    """A text without its quotes."""
    closing = _QUOTES.get(text[0], "'" if text[0] == "'" else "")
    return text[1:-1] if closing and len(text) > 1 and text.endswith(closing) else text
