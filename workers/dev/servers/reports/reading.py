"""Reads what other tools found into the blocks that a report is made of.

Known shapes (a scan, an assessment, git's log) get a block of their own; anything else becomes a table or a text.
All text is made safe to show here: no control characters, bounded length.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .blocks import Block, Row, Section, Table
from .written import SEVERITIES, Counts

MAX_ROWS = 500
MAX_COLUMNS = 8
MAX_TEXT = 100_000
MAX_CELL = 400
_COVERED = ("checks", "endpoints", "packages", "files", "lines", "commits", "repositories", "allowlisted")

#: Pages about rules that a report links to. Any other address stays text.
_HELP = re.compile(r"https://(docs\.astral\.sh|bandit\.readthedocs\.io|osv\.dev|docs\.zizmor\.sh)/[A-Za-z0-9_./#-]+")
_COMMIT = re.compile(
    r"^Commit: (?P<commit>[0-9a-f]{7,64})\nAuthor: (?P<author>[^\n]*)\nDate: (?P<date>[^\n]*)\n"
    r"Message: (?P<message>.*?)"
    r"(?=^Commit: [0-9a-f]{7,64}\nAuthor: |\Z)",
    re.MULTILINE | re.DOTALL,
)


def read_sections(sections: Sequence[Any]) -> list[Section]:
    """The sections of a report; each is an output of a tool, or `{title, content, tables}` around one.

    `tables` names lists of the output that are shown as tables beside its findings.
    """
    return [_section(section, number) for number, section in enumerate(sections, 1)]


def clean(value: Any, limit: int = MAX_CELL) -> str:
    """A value as one line of text: no control characters, bounded."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else ("yes" if value is True else "no" if value is False else str(value))
    text = "".join(char if char.isprintable() else " " for char in text[: limit + 1])
    return text.strip() if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_text(value: str) -> str:
    """A text of several lines without control characters, bounded."""
    kept = "".join(
        char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in value[:MAX_TEXT]
    )
    return kept + ("\n…" if len(value) > MAX_TEXT else "")


def _section(section: Any, number: int) -> Section:
    if isinstance(section, Mapping) and "title" in section and set(section) <= {"title", "content", "tables"}:
        names = [name for name in _list(section.get("tables")) if isinstance(name, str)]
        return Section(number, clean(section["title"], 200), list(_blocks(section.get("content"), names)))
    title = (
        clean(section["scanner"], 200) if isinstance(section, Mapping) and "scanner" in section else f"Part {number}"
    )
    return Section(number, title, list(_blocks(section)))


def _blocks(content: Any, names: Sequence[str] = ()) -> Iterator[Block]:
    if content is None:
        yield Block(missing=True, status="inconclusive", gaps=["nothing was delivered for this section"])
    elif isinstance(content, Mapping):
        yield _scan(content, names) if _is_scan(content) else _facts(content)
    elif isinstance(content, list) and any(isinstance(item, Mapping) and _is_scan(item) for item in content):
        for item in content:
            yield from _blocks(item, names)
    elif isinstance(content, list):
        yield Block(tables=[_table("", content)]) if content else Block(text="(nothing)")
    elif isinstance(content, str) and content.startswith("Commit history:"):
        yield _commits(content)
    else:
        yield Block(text=clean_text(content if isinstance(content, str) else str(content)))


def _is_scan(content: Mapping[str, Any]) -> bool:
    return isinstance(content.get("findings"), list) and content.get("status") in ("pass", "fail", "inconclusive")


def _scan(content: Mapping[str, Any], names: Sequence[str]) -> Block:
    rows = [_row(item) for item in content["findings"][:MAX_ROWS] if isinstance(item, Mapping)]
    rows.sort(key=lambda row: SEVERITIES.index(row.severity))
    given = _mapping(content.get("coverage"))
    block = Block(
        title=clean(content.get("path")),
        status=content["status"],
        summary=clean(content.get("summary")),
        counts=_counts(content, rows),
        findings=[row for row in rows if row.severity != "info"],
        remarks=[row for row in rows if row.severity == "info"],
        truncated=bool(content.get("truncated")) or len(content["findings"]) > MAX_ROWS,
        covered=_covered(given),
        gaps=[clean(gap) for gap in _list(given.get("gaps"))[:50]],
        skipped=[(clean(_mapping(item).get("path")), _why(_mapping(item))) for item in _list(given.get("skipped"))],
        skipped_total=_whole(given.get("skipped_total")),
    )
    if "score" in content:
        _add_quality(block, content)
    if suppressed := _list(given.get("suppressed")):
        block.tables.append(_table("Suppressed by the repository", suppressed))
    block.tables += [
        _table(name.replace("_", " ").capitalize(), content[name]) for name in names if _list(content.get(name))
    ]
    return block


def _row(item: Mapping[str, Any]) -> Row:
    severity = item.get("severity")
    line = f":{_whole(item.get('line'))}" if item.get("line") else ""
    page = str(item.get("help") or "")
    status = clean(item.get("status"))
    commit = clean(item.get("commit"), 12)
    return Row(
        severity=severity if severity in SEVERITIES else "low",
        where=clean(item.get("file")) + line,
        title=clean(item.get("title") or item.get("rule")),
        rule=clean(item.get("rule")),
        help=page if _HELP.fullmatch(page) else "",
        status=f"{status} ({commit})" if commit and status == "in history" else status,
        detail=clean(item.get("detail")),
        masked=clean(item.get("masked")),
    )


def _counts(content: Mapping[str, Any], rows: Sequence[Row]) -> Counts:
    """The counts a scan gives are of all its findings; the rows may be fewer, never more."""
    given = _mapping(content.get("counts"))
    tally = {s: max(_whole(given.get(s)), sum(row.severity == s for row in rows)) for s in SEVERITIES}
    return Counts(**tally, total=sum(tally.values()))


def _covered(given: Mapping[str, Any]) -> str:
    parts = [(_whole(given.get(key)), key) for key in _COVERED]
    return ", ".join(
        f"{number:,} {word if number != 1 else word.removesuffix('s')}"
        for number, word in parts
        if number > (word == "repositories")  # one is what everybody expects
    )


def _why(left: Mapping[str, Any]) -> str:
    who = clean(left.get("who"))
    return clean(left.get("why")) + (f" (left out by {who})" if who else "")


def _add_quality(block: Block, content: Mapping[str, Any]) -> None:
    block.score = _whole(content["score"]) if content["score"] is not None else None
    block.grade = clean(content.get("grade"), 2)
    block.reasons = [clean(reason) for reason in _list(content.get("explanation"))[:20]]
    block.figures = [
        (clean(name).replace("_", " "), clean(value))
        for name, value in _mapping(content.get("measures")).items()
        if value is not None
    ]
    titles = {"hot": "Files where work pays first", "problems": "Most frequent problems"}
    titles |= {"others": "Other languages", "languages": "Kinds of files"}
    titles = {"new": "New since the baseline", "fixed": "Fixed since the baseline", **titles}
    block.tables = [_table(title, content[key]) for key, title in titles.items() if _list(content.get(key))]


def _facts(content: Mapping[str, Any]) -> Block:
    rows = [[clean(name).replace("_", " "), _cell(value)] for name, value in list(content.items())[:MAX_ROWS]]
    return Block(tables=[Table("", ["what", "value"], rows, max(0, len(content) - MAX_ROWS))])


def _table(title: str, items: Sequence[Any]) -> Table:
    more = max(0, len(items) - MAX_ROWS)
    shown = items[:MAX_ROWS]
    if not all(isinstance(item, Mapping) for item in shown):
        return Table(title, ["value"], [[_cell(item)] for item in shown], more)
    names = list(dict.fromkeys(str(name) for item in shown for name in item))[:MAX_COLUMNS]
    headings = [clean(name).replace("_", " ") for name in names]
    return Table(title, headings, [[_cell(item.get(name)) for name in names] for item in shown], more)


def _commits(content: str) -> Block:
    rows = [
        [clean(m["commit"][:10]), clean(m["date"][:16]), clean(m["author"], 60), clean(m["message"].strip(), 200)]
        for m in _COMMIT.finditer(clean_text(content))
    ]
    if not rows:
        return Block(text=clean_text(content))
    return Block(
        tables=[Table("", ["commit", "date", "author", "message"], rows[:MAX_ROWS], max(0, len(rows) - MAX_ROWS))]
    )


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return clean(", ".join(f"{name}: {_cell(item)}" for name, item in list(value.items())[:20]))
    if isinstance(value, list):
        return clean(", ".join(_cell(item) for item in value[:20]) + (" …" if len(value) > 20 else ""))  # noqa: PLR2004
    return clean(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and value == value else 0  # noqa: PLR0124 - not NaN
