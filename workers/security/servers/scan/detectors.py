"""Finds secrets in lines of text: by their form, by the name beside them, by their randomness.

Nothing here ever tries a secret out, as that would use it and would need the network. Values are read from whole
matches, filtered, and given a severity.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from detect_secrets.filters.allowlist import is_line_allowlisted
from detect_secrets.plugins.high_entropy_strings import HexHighEntropyString
from detect_secrets.util.code_snippet import get_code_snippet

from workers.inspection.findings import SEVERITIES, Severity
from workers.inspection.text import is_no_text

from .cleaning import pieces, shortened
from .forms import Forms
from .guesses import is_checksum_line, is_identity, is_no_secret
from .joining import joined, lines_of_one, softly_broken
from .judging import Judged, judged
from .manifests import entries
from .notations import Notations
from .places import Place
from .readings import readings
from .tables import columns

#: Characters of a line that are looked at at once; a longer line is taken in parts that overlap by the second number.
MAX_LINE, OVERLAP = 4_000, 400
#: Lines, or parts of one, between two questions whether it is enough.
LOOK_EVERY = 100
#: Lines before one in which the name of its value may stand.
_BEFORE = 3

#: Cheap looks that most lines fail, so that the patterns behind them need not be tried.
_RUN = re.compile(r"[A-Za-z0-9_+/=-]{16,}")
_MIXED = re.compile(r"[A-Z0-9]")
_WITHOUT_RUN = ("cloudant", "softlayer", "sig=", "key=")
#: Many blanks in a row: detect-secrets' patterns try each way to share them out, and no secret has one in it.
_BLANKS = re.compile(r" {2,}")
_SETTING = re.compile(r"^\s*(?:-\s+|export\s+)?[\w.-]+\s*[:=]\s*(?P<value>[A-Za-z0-9+/=_-]{20,})\s*(?:#.*)?$")
_KEY_HEADER = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d")
_KEY_BODY = re.compile(r"[A-Za-z0-9+/=]{32,}")


class Hit(NamedTuple):
    """A secret as it was found. The value stays inside the program."""

    title: str
    severity: Severity
    value: str
    line: int
    allowed: bool  #: its line says `pragma: allowlist secret`
    known_form: bool  #: its form alone tells what it is, such as `AKIA…`


class Detectors:
    """All detectors, made once. Not for use by several threads at once."""

    def __init__(self) -> None:
        self._forms = Forms()

    def scan(
        self,
        path: str,
        lines: Sequence[tuple[int, str]],
        enough: Callable[[], bool] = lambda: False,
        fresh: Sequence[bool] | None = None,
    ) -> Iterator[Hit]:
        """The secrets in some lines of one file; the lines need not be all of them. It ends early when told so.

        `fresh`: which of the lines are to be looked at; the others are there for what they say of their neighbours.
        """
        place, looks = Place.of(path), 0
        texts = [text for _, text in lines]
        known = Notations(path, texts)
        beyond = self._beyond_lines(path, texts, place)
        for index, (number, whole) in enumerate(lines):
            taken: set[str] = set()
            found = list(beyond.get(index, ()))
            for text in _parts(whole) if fresh is None or fresh[index] else ():
                if looks % LOOK_EVERY == 0 and enough():
                    return
                looks += 1
                found += self._look(texts, index, text, place, known)
                found += (one for other in readings(text) for part in _parts(other) for one in self._read(part, place))
            for title, severity, value, by_form in sorted(found, key=lambda one: SEVERITIES.index(one.severity)):
                if not any(value in other or other in value for other in taken):
                    taken.add(value)
                    yield Hit(title, severity, value, number, _is_allowed(path, texts, index), by_form)

    def _beyond_lines(self, path: str, texts: Sequence[str], place: Place) -> dict[int, list[Judged]]:
        """What more than a line and those before it tells: tables, manifests, values put together of several lines."""
        found: dict[int, list[Judged]] = {}
        for index, noted in (*columns(path, texts), *entries(texts)):
            if noted.how == "text":
                found.setdefault(index, []).extend(self._read(noted.value, place))
            elif (one := judged(noted, place)) is not None:
                found.setdefault(index, []).append(one)
        for index in range(len(texts) - 1):
            if (whole := lines_of_one(texts, index)) is not None and (text := joined(whole[0])) is not None:
                found.setdefault(index + whole[1] - 1, []).extend(self._read(text, place))
            elif (text := softly_broken(texts, index)) is not None:
                found.setdefault(index + 1, []).extend(self._read(text, place))
        return found

    def _read(self, text: str, place: Place) -> Iterator[Judged]:
        """What is in a line that stands so in no file: another reading, or several in one."""
        if _is_dense(text):
            yield from self._forms_in(text, place)
        for noted in Notations("", [text]).find(text):
            if (one := judged(noted, place)) is not None:
                yield one

    def _forms_in(self, text: str, place: Place) -> Iterator[Judged]:
        for form in self._forms.find(_BLANKS.sub(" ", text)):
            yield Judged(form.title, form.severity if form.known else place.severity, form.value, form.known)

    def _look(self, texts: Sequence[str], index: int, text: str, place: Place, known: Notations) -> Iterator[Judged]:
        dense = _is_dense(text)
        lowered = "" if dense else text.lower()
        if dense or any(word in lowered for word in _WITHOUT_RUN):
            yield from self._forms_in(text, place)
        if "PRIVATE KEY" in text or "PuTTY" in text:
            yield from _private_keys(texts, index, text)
        if "\N{REPLACEMENT CHARACTER}" in text and is_no_text(text):
            for piece in pieces(text):  # of something that is no text
                yield from self._read(piece, place)
            return
        for noted in known.find(text, [line[:500] for line in texts[max(0, index - _BEFORE) : index]]):
            if (found := judged(noted, place)) is not None:
                yield found
        if dense and not place.generated:
            yield from self._by_randomness(texts, index, text, place)

    def _by_randomness(self, texts: Sequence[str], index: int, text: str, place: Place) -> Iterator[Judged]:
        if is_checksum_line(text) or (index and is_checksum_line(texts[index - 1])):
            return
        setting = _SETTING.match(text) if place.settings else None
        quoted = f'{text} "{setting["value"]}"' if setting else text
        for detector in self._forms.entropy:
            for value in detector.analyze_string(quoted):
                if self._is_random(detector, value) and not is_no_secret(value) and not is_identity(value, text):
                    yield Judged(str(detector.secret_type).replace(" String", " string"), "low", value, False)

    @staticmethod
    def _is_random(detector: Any, value: str) -> bool:
        least = 32 if isinstance(detector, HexHighEntropyString) else 20
        return len(value) >= least and detector.calculate_shannon_entropy(value) > detector.entropy_limit


def _is_dense(text: str) -> bool:
    """Whether there is a run of letters in it that may be a token."""
    return any(_MIXED.search(run.group()) for run in _RUN.finditer(text))


def _parts(text: str) -> Iterator[str]:
    """A line in parts of bounded length, each with the end of the one before it."""
    if len(text) > MAX_LINE:
        text = shortened(text)
    if len(text) <= MAX_LINE:
        yield text
        return
    for start in range(0, len(text) - OVERLAP, MAX_LINE - OVERLAP):
        yield text[start : start + MAX_LINE]


def _private_keys(texts: Sequence[str], index: int, text: str) -> Iterator[Judged]:
    """Private keys that begin in a line: the header alone, as in a pattern or a manual, is none."""
    for match in _KEY_HEADER.finditer(text):
        rest = text[match.end() :].replace("\\n", "\n").replace("\\r", "\n")
        body = "".join(_KEY_BODY.findall("\n".join([rest, *texts[index + 1 : index + 9]]))[:4])
        if body:
            yield Judged("Private key", "critical", body, False)


def _is_allowed(path: str, texts: Sequence[str], index: int) -> bool:
    near = [text[-MAX_LINE:] for text in texts[max(0, index - 1) : index + 1]]
    if not any("pragma" in text for text in near):
        return False
    return bool(is_line_allowlisted(path, near[-1], get_code_snippet(near, len(near))))
