"""Verification: what is wrong with a chain of entries, entry by entry. Pure; it is given the lines and what is known.

What it can tell apart: an entry that was edited, removed, inserted, copied or put elsewhere, also where the links were
made anew (signatures of writers, their numbers, checkpoints); and a store that came back older than a head that was
exported. What was cut off the end since the last head that anybody kept cannot be told.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from aether_agents.contracts import Json
from aether_agents.store.audit.chain import End, Line, link_of
from aether_agents.store.audit.checkpoint import holds
from aether_agents.store.client.audit_writer import Fields

What = Literal[
    "edited",
    "unknown key",
    "removed",
    "inserted",
    "copied",
    "reordered",
    "relinked",
    "missing",
    "checkpoint",
    "rolled back",
    "anchor",
]

#: Lines that fit nowhere of which it is tried whether they were swapped.
_SWAPPED_MAX = 60


#: Missing entries of one writer that are told.
_TOLD_MAX = 20


class Fault(NamedTuple):
    """One thing that is wrong."""

    what: What
    number: int  #: of the entry, as near as it can be told
    text: str


class Known(NamedTuple):
    """What the chain is checked against."""

    genuine: Callable[[Line], bool | None] | None  #: whether its writer signed it; None where that key is not here
    keys: frozenset[str]  #: public keys whose checkpoints count
    begins: End = End()  #: what was retired up to
    heads: Sequence[Mapping[str, Json]] = ()  #: signed ends that were exported


class Verdict(NamedTuple):
    """What came out."""

    entries: int
    end: End
    faults: tuple[Fault, ...]
    checkpoints: int = 0
    unchecked: int = 0  #: entries whose signatures could not be checked


def verify(lines: Iterable[Line], known: Known) -> Verdict:
    """Look at every line of a chain, in the order in which they lie."""
    given = list(lines)
    faults = [*_order(given)]
    ordered, inserted = _chosen(sorted(given, key=lambda one: one.number), known.begins)
    judged = [(one, known.genuine(one) if known.genuine else None) for one in ordered]
    faults += [
        Fault(
            "inserted", one.number, f"entry {one.number} ({_named(one)}) stands there once too often: it was inserted"
        )
        for one in inserted
    ]
    faults += _links(judged, known.begins)
    faults += _numbers(judged, known.begins)
    marks, wrong = _checkpoints(ordered, known)
    faults += wrong + _heads(ordered, known)
    end = End(ordered[-1].number, ordered[-1].link) if ordered else known.begins
    strange = [one for one, genuine in judged if genuine is None]
    faults += [
        Fault("unknown key", one.number, f"entry {one.number} ({_named(one)}) is signed with a key that is not here")
        for one in (strange if known.genuine else ())
    ]
    return Verdict(len(given), end, tuple(sorted(set(faults), key=lambda one: one.number)), marks, len(strange))


def _order(given: Sequence[Line]) -> list[Fault]:
    """Lines that do not lie in the order of their numbers."""
    found, highest = [], 0
    for one in given:
        if one.number < highest:
            found.append(Fault("reordered", one.number, f"entry {one.number} lies behind entry {highest}"))
        highest = max(highest, one.number)
    return found


def _chosen(ordered: Sequence[Line], begins: End) -> tuple[list[Line], list[Line]]:
    """One line per number: where there are several, the one whose link is right; the others were inserted."""
    chosen: list[Line] = []
    inserted: list[Line] = []
    for one in ordered:
        if chosen and chosen[-1].number == one.number:
            before = chosen[-2].link if len(chosen) > 1 else begins.link
            better = one.link == link_of(before, one) and chosen[-1].link != link_of(before, chosen[-1])
            inserted.append(chosen.pop() if better else one)
            if not better:
                continue
        chosen.append(one)
    return chosen, inserted


def _links(judged: Sequence[tuple[Line, bool | None]], begins: End) -> list[Fault]:
    """What the links say; a line that does not fit is the beginning for the next, so that one fault is one fault."""
    faults: list[Fault] = []
    homeless: list[tuple[Line, str]] = []  # genuine lines that are not what their link was made of
    number, link = begins
    for at, (line, genuine) in enumerate(judged):
        if line.number > number + 1:
            faults.append(Fault("removed", number + 1, _gone(number + 1, line.number - 1)))
        fits = line.link == link_of(link, line)
        after = judged[at + 1][0] if at + 1 < len(judged) else None
        if genuine is False:
            passes = after is not None and after.link == link_of(link, after)
            word: What = "inserted" if passes else "edited"
            faults.append(
                Fault(word, line.number, f"entry {line.number} ({_named(line)}) is not what its writer signed")
            )
            if passes:
                continue
        elif not fits and line.number == number + 1:
            homeless.append((line, link))
        number, link = line.number, line.link
    return faults + _swapped(homeless)


def _swapped(homeless: Sequence[tuple[Line, str]]) -> list[Fault]:
    """Of lines that do not fit where they are: whether they fit in each other's place."""
    faults = []
    for place, before in homeless:
        others = [one for one, _ in homeless[:_SWAPPED_MAX] if one is not place]
        mine = next((one for one in others if place.link == link_of(before, _at(one, place))), None)
        if mine is not None:
            text = f"where entry {place.number} belongs stands what was entry {mine.number} ({_named(place)})"
            faults.append(Fault("reordered", place.number, text))
        else:
            text = (
                f"entry {place.number} ({_named(place)}) does not follow what stands before it: the chain was changed"
            )
            faults.append(Fault("relinked", place.number, text))
    return faults


def _at(line: Line, place: Line) -> Line:
    return line._replace(number=place.number)


def _numbers(judged: Sequence[tuple[Line, bool | None]], begins: End) -> list[Fault]:
    """What the writers' own numbers say: what is missing was taken out, also where the links were made anew."""
    faults: list[Fault] = []
    seen: dict[str, dict[int, int]] = {}
    excused: set[tuple[str, int]] = set()  # what stands there, but is not what its writer signed
    for one, genuine in judged:
        writer, count = str(one.entry.get("w")), one.entry.get("i")
        if not isinstance(count, int):
            continue
        if genuine is False:
            excused.add((writer, count))
            continue
        mine = seen.setdefault(writer, {})
        if count in mine:
            text = f"entry {one.number} ({_named(one)}) is a copy of entry {mine[count]}"
            faults.append(Fault("copied", one.number, text))
        elif mine and count < max(mine):
            text = f"entry {one.number} ({_named(one)}) was written before others that stand above it"
            faults.append(Fault("reordered", one.number, text))
        mine.setdefault(count, one.number)
    there = {one.number for one, _ in judged}
    for writer, mine in seen.items():
        first = min(mine) if begins.number else 1
        gone = (count for count in range(first, max(mine)) if count not in mine and (writer, count) not in excused)
        faults += _missing(writer, mine, islice(gone, _TOLD_MAX), there)
    return faults


def _missing(writer: str, mine: Mapping[int, int], gone: Iterable[int], there: Container[int]) -> Iterator[Fault]:
    """Entries that a writer wrote and that are not there, unless the numbers of the chain say so already."""
    for count in gone:
        before = max((number for other, number in mine.items() if other < count), default=0)
        after = min(number for other, number in mine.items() if other > count)
        if all(number in there for number in range(before + 1, after)):
            text = f"before entry {after} one is missing: number {count} of the writer {writer}"
            yield Fault("missing", after, text)


def _checkpoints(lines: Sequence[Line], known: Known) -> tuple[int, list[Fault]]:
    """Checkpoints, which sign the line before them."""
    count, faults, links = 0, [], {one.number: one.link for one in lines}
    for one in lines:
        if one.entry.get("kind") != "audit.checkpoint":
            continue
        signed = _signed(one.entry)
        number = signed.get("number")
        if not holds("reached", signed, known.keys):
            faults.append(
                Fault("checkpoint", one.number, f"the checkpoint {one.number} is not signed with a known key")
            )
        elif isinstance(number, int) and number in links and links[number] != signed.get("link"):
            text = f"the checkpoint {one.number} signs another entry {number}: the chain was made anew before it"
            faults.append(Fault("checkpoint", one.number, text))
        else:
            count += 1
    return count, faults


def _heads(lines: Sequence[Line], known: Known) -> list[Fault]:
    """Heads that were exported: the chain must hold each of them."""
    links = {one.number: one.link for one in lines} | {known.begins.number: known.begins.link}
    end = max(links)
    faults = []
    for head in known.heads:
        number = head.get("number")
        if not isinstance(number, int) or not holds("reached", head, known.keys):
            faults.append(Fault("checkpoint", 0, "a head that was given is not signed with a known key"))
        elif number > end:
            text = f"the chain ends at entry {end}; a head names entry {number}: the store came back older, or was cut"
            faults.append(Fault("rolled back", end, text))
        elif number in links and links[number] != head.get("link"):
            text = f"entry {number} is another one than a head names: the store came back older, and went on"
            faults.append(Fault("rolled back", number, text))
    return faults


def _signed(entry: Fields) -> Fields:
    found = entry.get("end")
    return found if isinstance(found, dict) else {}


def _gone(first: int, last: int) -> str:
    return f"entry {first} was removed" if first == last else f"entries {first} to {last} were removed"


def _named(line: Line) -> str:
    about = "/".join(str(line.entry[name]) for name in ("task", "subtask") if line.entry.get(name))
    return f"{line.entry.get('kind')}{' of ' + about if about else ''}"
