"""A name and its value with more between them: a choice, a decoder, quotes of a language, lists side by side, lines."""

import re
from collections.abc import Iterator, Sequence

from .names import NAME
from .noted import Noted


def _name(number: int) -> str:
    """The name once more in one expression, where each group needs a name of its own."""
    return NAME.replace("promising", f"promising{number}").replace("rest", f"rest{number}")


_B = r"[ \t]{0,8}"
_SIGN = rf"[\"'\]]{{0,2}}{_B}(?:<\w{{1,10}}>{_B})?(?::=|=>|={{1,3}}|:|\bby\b){_B}"
_QUOTED = r"[\"'](?P<value>[^\s\"']{6,300})[\"']"
#: `key = production ? "…" : ""`, `password = bytes.fromhex("…")`, `secret = decode(wrap("…"))`
_WITHIN = (
    rf"{NAME}{_SIGN}(?:[\w.:$!&|?()\[\] =<>{{-]{{1,80}}?[\"'`]{{1,2}}|[\"'`]{{2}})"
    r"(?P<value>[^\"'`\s]{6,300})[\"'`]"
)
#: What languages have beside quotes: two quotes, `[[…]]`, `r#"…"#`, `%q(…)`, `q{…}`, `$$…$$`
_OPENS = r"(?:''|\[=?\[|b?r#{1,3}\"|%?[qQ][({\[|<!]|\$\w{0,8}\$|~[sS][({\[|])"
_CLOSES = r"(?:''|\]=?\]|\"#|[)}\]|>!$])"
_OTHERWISE = rf"{NAME}{_SIGN}{_OPENS}(?P<value>[^\s\"'`<>(){{}}\[\]$|]{{6,300}}){_CLOSES}"
#: `storePassword '…'`, `password "…"`: a call without brackets.
_METHOD = rf"(?<![\w\"'-])[A-Za-z]\w{{0,40}}?{NAME}[ \t]{{1,8}}{_QUOTED}"
_HERE = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (_WITHIN, _OTHERWISE, _METHOD))
#: `put(PASSWORD, "…")`, `\newcommand{\password}{…}`, `PASSWORD PIC X VALUE "…"`, `--name password --value …`,
#: `password -> …`
_CALL = r"\b(?:put|set|add|append|insert|define|store|register)\w{0,12}\([ \t]{0,4}[\w.]{0,40}?"
_ARROW = "(?:~>|-{1,3}>|\u2192|\u21d2)"
_BESIDE = re.compile(
    rf"(?:{_CALL}{NAME}[ \t]{{0,4}},[ \t]{{0,4}}[\"'](?P<one>[^\s\"']{{6,200}})[\"']"
    rf"|\\\w{{0,40}}?{_name(2)}\}}?\{{(?P<two>[^\s{{}}]{{6,200}})\}}"
    rf"|{_name(3)}\b.{{0,40}}?(?:\bVALUE[ \t]{{1,8}}|--value[ =]{{1,4}})[\"']?(?P<three>[^\s\"']{{6,200}})"
    rf"|{_name(4)}[ \t]{{1,8}}{_ARROW}[ \t]{{1,8}}(?P<four>[^\s\"'`(){{}}<>]{{6,200}}){_B}$)",
    re.IGNORECASE,
)
#: Of which a line has one that can match.
_HAS = re.compile(
    "(?:put|set|add|append|insert|define|store|register)\\w{0,12}\\(|\\}\\{|value|->|~>|\u2192|\u21d2", re.I
)
#: With what two lines have that can match at all, the same in the line below: a mapping, what a function gives, a here
#: document, a text of several lines, a translation, a dialogue with a program.
_BELOW = tuple(
    (re.compile(glance), re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for glance, pattern in (
        (
            r"\?.*\n[ \t]*:",
            rf"^[ \t]{{0,40}}\?[ \t][\"']?[\w.-]{{0,40}}?{NAME}[\"']?{_B}\n[ \t]{{0,40}}:[ \t]{{1,4}}[\"']?"
            r"(?P<value>[^\s\"']{6,300})",
        ),
        (
            r"\n[ \t]*(?:return|yield|=>|then)\b",
            rf"{NAME}[\"']?(?:\([^()\n]{{0,60}}\))?[^\n=]{{0,40}}\n[ \t]{{0,60}}(?:return|yield|=>|then)[ \t(]{{1,4}}"
            rf"{_QUOTED}",
        ),
        (
            r"-[ \t]+[\"']?-.*\n[ \t]*-[ \t]",
            rf"^[ \t]{{0,40}}-[ \t]{{1,8}}[\"']?-{{1,2}}[\w-]{{0,40}}?{NAME}[\"']?{_B}\n[ \t]{{0,40}}-[ \t]{{1,8}}"
            rf"[\"']?(?P<value>[^\s\"'-][^\s\"']{{5,200}})[\"']?{_B}$",
        ),
        ("<<", rf"{NAME}{_SIGN}<<[-~]?[\"']?\w{{1,20}}[\"']?{_B}\n[ \t]{{0,60}}(?P<value>\S{{6,300}}){_B}$"),
        (
            r"[\"'`|]\\?[ \t]*\n",
            rf"{NAME}{_SIGN}[rbfRBF]{{0,2}}(?:\"\"\"|'''|`|\|)\\?{_B}\n[ \t]{{0,60}}"
            rf"(?P<value>[^\s\"'`]{{6,300}})[\"'`]{{0,3}}[,;)]{{0,3}}{_B}$",
        ),
        (
            "msgid",
            rf"^msgid[ \t]\"[^\"\n]{{0,60}}?{NAME}\"[ \t]{{0,4}}\nmsgstr[ \t]\"(?P<value>[^\s\"]{{6,200}})\"",
        ),
        (
            r"\b(?:send|write)",
            r"(?P<promising>p?assw)(?P<rest>)\w{0,4}[^\n]{0,40}\n[^\n]{0,40}?\b(?:send|sendline|send_user|write)"
            r"[( \t]{1,4}(?:--[ \t]{1,4})?[bru]?[\"'](?P<value>[^\s\"'\\$]{4,100})(?:\\[rn]|[\"'])",
        ),
    )
)
#: Names side by side, and texts side by side.
_ONE = r"[\w.\"':@$-]{1,60}"
_LIST = re.compile(rf"(?<![\w.\"':@$-]){_ONE}(?:[ \t]{{0,4}},[ \t]{{0,4}}{_ONE}){{1,11}}")
_SHOWN = r"[\"'`][^\"'`]{0,200}[\"'`]"
_TEXTS = re.compile(rf"{_SHOWN}(?:[ \t]{{0,4}},[ \t]{{0,4}}(?:{_SHOWN}|[\w.]{{1,40}})){{1,11}}")
_TEXT = re.compile(r"[\"'`](?P<text>[^\"'`]{0,200})[\"'`]|[\w.]{1,40}")
_BETWEEN = re.compile(r"[ \t)\]}]{0,4}(?::=|=|,|=>|\bin\b)[ \t(\[{]{0,6}")
_NAMED = re.compile(rf"\W?[\w.-]{{0,40}}?{NAME}\W?", re.IGNORECASE)
_SHORTEST = 6


def deeper(text: str) -> Iterator[Noted]:
    """Such names and values in one line that has a name."""
    if '"' in text or "'" in text or "`" in text or "[" in text or "$" in text or "%" in text:
        for pattern in _HERE:
            yield from map(_noted, pattern.finditer(text))
        if "," in text:
            yield from _parallel(text)
    if _HAS.search(text):
        for match in _BESIDE.finditer(text):
            value = match["one"] or match["two"] or match["three"] or match["four"]
            names = (match["promising"], match["promising2"], match["promising3"], match["promising4"])
            yield Noted(value, next(filter(None, names), ""), "", "mixed")


def further_below(lines: Sequence[str], text: str) -> Iterator[Noted]:
    """Values in a line whose name is in the one before it; of a login of OpenVPN, in the one before that."""
    if len(lines) > 1 and lines[-2].strip().lower() == "<auth-user-pass>":
        yield Noted(text.strip(), "password", "", "known")
    before = lines[-1]
    joined = f"{before}\n{text}"
    for pattern in (pattern for glance, pattern in _BELOW if glance.search(joined)):
        for match in pattern.finditer(joined, max(0, len(before) - 400)):
            if match.end() > len(before) + 1:
                yield _noted(match)


def _noted(match: "re.Match[str]") -> Noted:
    return Noted(match["value"], match["promising"] or "", match["rest"], "mixed")


def _parallel(text: str) -> Iterator[Noted]:
    """`user, password = "…", "…"`, `zip(("user", "password"), ("…", "…"))`: the value stands where its name does."""
    for names in _LIST.finditer(text):
        between = _BETWEEN.match(text, names.end())
        values = _TEXTS.match(text, between.end()) if between else None
        if values is None:
            continue
        texts = [one["text"] or "" for one in _TEXT.finditer(values.group())]
        for at, name in enumerate(names.group().split(",")):
            match = _NAMED.fullmatch(name.strip())
            if match and at < len(texts) and " " not in texts[at] and len(texts[at]) >= _SHORTEST:
                yield Noted(texts[at], match["promising"] or "", match["rest"], "mixed")
