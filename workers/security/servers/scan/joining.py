"""Values that are put together of several: `"a" + "b"`, `'a' . 'b'`, `"a" "b"`, `join(["a", "b"])`.

The operators are those of the common languages. A value in several lines is put together of up to so many lines.
"""

import re
from collections.abc import Sequence

#: Lines of one value.
MOST = 12
_PREFIX = r"(?:(?<![\"'`])[bBrRuUfFNL@$]{1,2}(?=[\"'`]))?"
_OPERATOR = r"(?:\+{1,2}|\.{1,2}|&|\|\||<>|<<|\^|~|\\)"
_GAP = rf"(?:[ \t]{{0,20}}{_OPERATOR}[ \t]{{0,20}}|[ \t]{{1,20}})"
#: Where one piece ends and the next begins: the same quotes, with an operator or blanks between, or within a word.
_CHAINED = re.compile(r"(?P<quote>[\"'`])\)?\.(?:concat|append|plus)\([ \t]{0,4}(?P=quote)")
_SEAM = re.compile(rf"(?P<quote>[\"'`])(?:{_GAP}{_PREFIX}(?P=quote)(?!(?P=quote))|(?<=\w.)(?P=quote)(?=\w))")
#: A seam of the shell's: a quoted piece and one without quotes beside it.
_BESIDE = re.compile(r"=(?P<quote>[\"'])(?P<one>[\w!@#%^*.+-]{2,60})(?P=quote)(?P<two>[\w!@#%^*.+-]{2,60})(?=\s|;|$)")
_LIST = (
    r"[ \t]{0,4}(?P<list>[\"'`][^\"'`]{0,200}[\"'`](?:[ \t]{0,4},[ \t]{0,4}[\"'`][^\"'`]{0,200}[\"'`]){1,40}),?"
    r"[ \t]{0,4}"
)
#: `''.join(["a", "b"])`, `["a", "b"].join("")`, `CONCAT('a', 'b')`, `concat!("a", "b")`, `implode('', ['a', 'b'])`
_CALL = re.compile(
    rf"(?:(?P<empty>[\"']{{2}})\.join\([ \t]{{0,4}}[\[(]?{_LIST}[\])]{{1,2}}"
    rf"|\[{_LIST.replace('list', 'list2')}\]\.join\([ \t]{{0,4}}(?:[\"'`]{{2}})?[ \t]{{0,4}}\)"
    rf"|(?i:\bconcat(?:_ws)?|\bimplode|\bstrcat|\bjoin|\bpaste0|\bfmt\.Sprint|Join-String)!?[ \t]{{0,4}}\([ \t]{{0,4}}"
    rf"(?:[\"']{{2}},[ \t]{{0,4}})?[\[(]?{_LIST.replace('list', 'list3')}[\])]{{1,2}})"
)
#: Quotes, and behind them another, an operator, or a letter: without blanks, what each line with pieces has.
_QUOTE = re.compile(r"""["'`](?:[+.&|<^~\\"'`]|[bBrRuUfFNL@$]["'`]|\w)""")
_CALLS = ("oncat", "ONCAT", "oin(", "mplode", "aste0", "Sprint", "trcat", "oin-", "oin (", ".append", ".plus")
_COMMA = re.compile(r"[\"'`][ \t]{0,4},[ \t]{0,4}[\"'`]")
_ENDS = re.compile(rf"[\"'`][ \t]{{0,20}}(?:{_OPERATOR}[ \t]{{0,20}})?$")
_BEGINS = re.compile(rf"[ \t]{{0,99}}(?:{_OPERATOR}[ \t]{{0,20}})?{_PREFIX}[\"'`]")
_NAMES_IT = re.compile(r"[ \t]{0,40}[\"']?(?:name|key|description|id)[\"']?[ \t]{0,8}[:=]", re.IGNORECASE)
_LAST = frozenset("\"'`+.&|<>^~\\=:([n")
_OPENS = re.compile(r"(?:=|:|=>|\(|\[|concat\w*!?\(|return)[ \t]{0,20}(?:\(|\[)?[ \t]{0,20}$")


def joined(text: str) -> str | None:
    """A line with its pieces put together; none if there are no pieces in it."""
    found = None
    if ('"' in text or "'" in text or "`" in text) and (
        _QUOTE.search(text.replace(" ", "").replace("\t", "")) or any(call in text for call in _CALLS)
    ):
        if _CALL.search(text):
            found = text = _CALL.sub(_listed, text)
        if _CHAINED.search(text):
            found = text = _CHAINED.sub("", text)
        if _SEAM.search(text):
            found = text = _SEAM.sub("", text)
        if _BESIDE.search(text):
            found = _BESIDE.sub(r"=\g<quote>\g<one>\g<two>\g<quote>", text)
    return found


def lines_of_one(texts: Sequence[str], index: int) -> tuple[str, int] | None:
    """The lines from one on that are one value in pieces, as one line, and how many; none if it is not in several."""
    first = texts[index]
    end = first[-60:].rstrip()
    if not end or end[-1] not in _LAST or not (_OPENS.search(end) or _ENDS.search(end)):
        return None
    parts = [first.rstrip()]
    for text in texts[index + 1 : index + MOST]:
        stripped = text.strip()
        if not stripped or not (_BEGINS.match(text) or (stripped[0] in ")];," and len(parts) > 1)):
            break
        parts.append(stripped)
        if not (_ENDS.search(text) or stripped.endswith(",")):
            break
    return (" ".join(parts)[:4_000], len(parts)) if len(parts) > 1 else None


def softly_broken(texts: Sequence[str], index: int) -> str | None:
    """Two lines that are one: of quoted-printable, and a value whose name or description stands below it."""
    text, after = texts[index], texts[index + 1]
    if text.endswith("=") and not text.endswith("==") and after and not after[0].isspace():
        return f"{text[:-1]}{after}"
    if ("default" in text or "value" in text) and _NAMES_IT.match(after):
        return f"{text.rstrip()}, {after.strip()}"
    return None


def _listed(match: "re.Match[str]") -> str:
    pieces = match["list"] or match["list2"] or match["list3"]
    return str(_COMMA.sub("", pieces))
