"""The clauses of a sentence, each perhaps a goal of its own, and how they follow each other."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aether_agents.planning.sentence.clause_ends import Relation, cuts
from aether_agents.planning.sentence.parts import NAMED, NEXT, TAKEN, Part, find_parts, masked, patterns

#: Where a clause may hold two things side by side.
_SIDE_BY_SIDE = re.compile(
    r"\s+(?:and|as well as|plus|&)\s+(?:also\s+)?|,\s+(?:and\s+)?"
    r"|(?<=[\u3400-\u9fff\u30a0-\u30ff@])\s*(?:と|および|及び|ならびに|、)\s*(?!比|同|い[うっ]|し|は|が)"
)


_QUESTION = re.compile(
    r"^\W*(?:(?:when|how old|how long|where|which|what|who) (?:is|are|was|were|did|does|do|has|have)"
    r"|is|are|was|were|has|have|did)\b"
    r"|いつ|ましたか|どこ|誰"
)
_BEHIND = re.compile(r"\W*(?:after|following|once|as soon as)\b")


class Clause(NamedTuple):
    """A clause: its words without the parts that were taken out of it, and those parts."""

    text: str  #: its words; where a part stood there are blanks
    said: str  #: as it was written
    relation: Relation
    parts: tuple[Part, ...] = ()
    forbids: bool = False
    leaves_open: bool = False  #: which of two is meant


class Request(NamedTuple):
    """A sentence taken apart."""

    clauses: tuple[Clause, ...]  #: in the order they are to be done
    explains: bool  #: it wants to be told something


def read_request(text: str) -> Request:
    """Take a sentence apart."""
    mask = masked(text)
    rest, parts = find_parts(mask)
    clauses = _with_their_parts(_in_order(list(_clauses(text, mask, rest, parts))))
    return Request(tuple(clauses), patterns().explains.search(mask) is not None)


def opening_of(request: Request) -> str:
    """How a question begins: "when was"; in Japanese the word that asks. Empty where it is none."""
    said = request.clauses[0].said.lower() if request.clauses else ""
    hit = _QUESTION.search(said)
    return " ".join(hit.group().split()) if hit else ""


def side_by_side(clause: Clause) -> list[Clause]:
    """A clause cut wherever it may name another thing. Put together again, the pieces are the clause."""
    mask = masked(clause.text)
    starts = [0, *(hit.start() for hit in _SIDE_BY_SIDE.finditer(mask))]
    found: list[Clause] = []
    for start, end in zip(starts, [*starts[1:], len(mask)], strict=True):
        said = clause.text[start:end]
        words = re.sub(r"\b(?:and|as well as|plus|also)\b", "", mask[start:end])
        if found and re.search(r"[^\W_]", words) is None:  # a name alone belongs to what is before it
            found[-1] = found[-1]._replace(text=found[-1].text + said, said=found[-1].said + said)
        else:
            found.append(Clause(said, said, "and"))
    first = found[0]
    return [
        first._replace(
            relation=clause.relation, parts=clause.parts, forbids=clause.forbids, leaves_open=clause.leaves_open
        ),
        *(one._replace(forbids=clause.forbids, leaves_open=clause.leaves_open) for one in found[1:]),
    ]


class _Span(NamedTuple):
    start: int
    end: int
    relation: Relation
    before: bool = False  # it is said before what it follows: "before you load, back up"


def _clauses(text: str, mask: str, rest: str, parts: Sequence[Part]) -> Iterator[tuple[Clause, bool]]:
    spans = list(_spans(rest))
    behind = False  # what follows is to be done after it
    for number, span in enumerate(spans):
        own = tuple(part for part in parts if span.start <= part.start < span.end)
        later = any(part.kind == "order" and not _is_first(mask[part.start : part.end]) for part in own)
        words = "".join(
            " " if hidden in (TAKEN, NEXT) else shown
            for hidden, shown in zip(rest[span.start : span.end], text[span.start : span.end], strict=True)
        )
        relation: Relation = "then" if (number and (later or behind)) or span.relation == "then" else "and"
        behind = _BEHIND.match(rest[span.start :]) is not None
        if re.search(r"[^\W_]", words) is None and not own:
            continue
        told = tuple(part._replace(text=text[part.start : part.end].strip(" ,、")) for part in own)
        yield (
            Clause(
                words,
                text[span.start : span.end].strip(" ,、"),
                relation,
                told,
                patterns().forbids.search(rest[span.start : span.end]) is not None,
                patterns().alternatives.search(rest[span.start : span.end]) is not None,
            ),
            span.before,
        )


def _in_order(clauses: Sequence[tuple[Clause, bool]]) -> list[Clause]:
    """The clauses as they are to be done: one that is said before what precedes it in time goes behind it."""
    found: list[Clause] = []
    at = 0
    while at < len(clauses):
        clause, before = clauses[at]
        if before and at + 1 < len(clauses):
            first = clauses[at + 1][0]
            found += [first._replace(relation=clause.relation), clause._replace(relation="then")]
            at += 2
        else:
            found.append(clause)
            at += 1
    return found


def _with_their_parts(clauses: Sequence[Clause]) -> list[Clause]:
    """Parts that stand alone go to the clause they belong to: what leads to a goal to the next, the others back."""
    found: list[Clause] = []
    leading: tuple[Part, ...] = ()
    later = False
    for clause in clauses:
        if re.search(r"[^\W_]", masked(clause.text).replace("and", "")) or NAMED in masked(clause.text):
            relation: Relation = "then" if later else clause.relation
            found.append(clause._replace(parts=(*leading, *clause.parts), relation=relation if found else "and"))
            leading, later = (), False
            continue
        ahead = [part for part in clause.parts if part.kind in _LEADING or not found]
        leading, later = (*leading, *ahead), later or clause.relation == "then"
        back = tuple(part for part in clause.parts if part not in ahead)
        if found and back:
            found[-1] = found[-1]._replace(parts=(*found[-1].parts, *back))
    if found and leading:
        found[-1] = found[-1]._replace(parts=(*found[-1].parts, *leading))
    return found


_LEADING = frozenset({"order", "passed", "failed", "condition"})


def _is_first(said: str) -> bool:
    return re.match(r"first|to begin|まず|最初|はじめ", said) is not None


def _spans(rest: str) -> Iterator[_Span]:
    """Where the clauses of a text lie, of which the parts were taken out."""
    start = 0
    relation: Relation = "and"
    before = False
    for cut in sorted({*cuts(rest)}):
        if cut.at <= start or re.search(rf"[^\W_]|[{NAMED}{TAKEN}{NEXT}]", rest[start : cut.at]) is None:
            relation = cut.relation if cut.at <= start + 1 else relation
            before = before or cut.before
            continue
        if cut.turned:  # what has just been said comes after what follows it
            yield _Span(start, cut.at, relation, before=True)
            start, relation, before = cut.at, "and", False
            continue
        yield _Span(start, cut.at, relation, before)
        start, relation, before = cut.at, cut.relation, cut.before
    yield _Span(start, len(rest), relation, before)
