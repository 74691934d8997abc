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

from workers.inspection.findings import Severity
from workers.inspection.text import is_no_text

from . import notations
from .forms import IN_ADDRESS, Forms
from .guesses import (
    is_about,
    is_checksum_line,
    is_dotted,
    is_identity,
    is_login,
    is_mixed,
    is_no_secret,
    is_plain,
    is_sample,
    is_sample_login,
    is_words,
    is_wordy,
    looks_random,
)
from .places import Place
from .readings import readings

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


#: Title, severity, value, and whether its form alone tells what it is.
_Found = tuple[str, Severity, str, bool]


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
        for index, (number, whole) in enumerate(lines):
            if fresh is not None and not fresh[index]:
                continue
            taken: set[str] = set()
            for text in _parts(whole):
                if looks % LOOK_EVERY == 0 and enough():
                    return
                looks += 1
                for title, severity, value, known in self._seen(texts, index, text, place):
                    if not any(value in other or other in value for other in taken):
                        taken.add(value)
                        yield Hit(title, severity, value, number, _is_allowed(path, texts, index), known)

    def _seen(self, texts: Sequence[str], index: int, text: str, place: Place) -> Iterator[_Found]:
        yield from self._look(texts, index, text, place)
        for other in readings(text):
            for part in _parts(other):
                yield from self._forms_in(part, place)
                if notations.promising(part):
                    noted = (judged(one, place) for one in notations.find(part, ""))
                    yield from (found for found in noted if found is not None)

    def _forms_in(self, text: str, place: Place) -> Iterator[_Found]:
        for form in self._forms.find(_BLANKS.sub(" ", text)):
            yield form.title, form.severity if form.known else place.severity, form.value, form.known

    def _look(self, texts: Sequence[str], index: int, text: str, place: Place) -> Iterator[_Found]:
        dense = any(_MIXED.search(run.group()) for run in _RUN.finditer(text))
        lowered = text.lower()
        if dense or any(word in lowered for word in _WITHOUT_RUN):
            yield from self._forms_in(text, place)
        if "PRIVATE KEY" in text or "PuTTY" in text:
            yield from _private_keys(texts, index, text)
        if "\N{REPLACEMENT CHARACTER}" in text and is_no_text(text):
            return  # pieces of something that is no text: only a form tells there
        near = texts[max(0, index - _BEFORE) : index]
        if notations.promising(text) or any(notations.promising(line[:500]) for line in near):
            before = "\n".join(line[:500] for line in near)
            for noted in notations.find(text, before):
                if (found := judged(noted, place)) is not None:
                    yield found
        if dense and not place.generated:
            yield from self._by_randomness(texts, index, text, place)

    def _by_randomness(self, texts: Sequence[str], index: int, text: str, place: Place) -> Iterator[_Found]:
        if is_checksum_line(text) or (index and is_checksum_line(texts[index - 1])):
            return
        setting = _SETTING.match(text) if place.settings else None
        quoted = f'{text} "{setting["value"]}"' if setting else text
        for detector in self._forms.entropy:
            for value in detector.analyze_string(quoted):
                if self._is_random(detector, value) and not is_no_secret(value) and not is_identity(value, text):
                    yield str(detector.secret_type).replace(" String", " string"), "low", value, False

    @staticmethod
    def _is_random(detector: Any, value: str) -> bool:
        least = 32 if isinstance(detector, HexHighEntropyString) else 20
        return len(value) >= least and detector.calculate_shannon_entropy(value) > detector.entropy_limit


def judged(noted: notations.Noted, place: Place) -> _Found | None:
    """What a notation comes to; nothing if its value is none that one would keep secret."""
    value = noted.value.rstrip(",)]}") if noted.how in ("bare", "inline") else noted.value
    random = looks_random(value)
    if noted.how == "address":
        sample = is_sample_login(noted.name, value, noted.host) or (place.trial and not random)
        return None if sample else (IN_ADDRESS, place.severity, value, False)
    if noted.how == "basic":
        return ("Encoded login", place.severity, value, False) if is_login(value) else None
    words = place.settings and not noted.rest and noted.name.lower().startswith("pass") and is_words(value)
    if is_no_secret(value) or (is_plain(value) and not words):
        return None
    promising = bool(noted.name) and not is_about(noted.rest) and not noted.how.startswith(("random", "token"))
    if not (_is_likely(noted, random, place) if promising else random and not is_wordy(value)):
        return None
    return "Secret keyword" if noted.name else "Token", place.severity, value, False


def _is_likely(noted: notations.Noted, random: bool, place: Place) -> bool:
    """Whether a value beside a promising name is one: names alone count for nothing in tests and examples."""
    if noted.how in ("bare", "blank", "inline") and not place.settings and is_dotted(noted.value):
        return False
    if random:
        return True
    if place.trial or place.labels or (is_sample(noted.value) and not place.settings):
        return False
    if noted.how == "known" or place.settings:
        return True
    if noted.how in ("bare", "blank", "inline", "mixed") or place.generated or noted.name.lower().endswith("key"):
        return is_mixed(noted.value)
    return True


def _parts(text: str) -> Iterator[str]:
    """A line in parts of bounded length, each with the end of the one before it."""
    if len(text) <= MAX_LINE:
        yield text
        return
    for start in range(0, len(text) - OVERLAP, MAX_LINE - OVERLAP):
        yield text[start : start + MAX_LINE]


def _private_keys(texts: Sequence[str], index: int, text: str) -> Iterator[_Found]:
    """Private keys that begin in a line: the header alone, as in a pattern or a manual, is none."""
    for match in _KEY_HEADER.finditer(text):
        rest = text[match.end() :].replace("\\n", "\n").replace("\\r", "\n")
        body = "".join(_KEY_BODY.findall("\n".join([rest, *texts[index + 1 : index + 9]]))[:4])
        if body:
            yield "Private key", "critical", body, False


def _is_allowed(path: str, texts: Sequence[str], index: int) -> bool:
    near = [text[-MAX_LINE:] for text in texts[max(0, index - 1) : index + 1]]
    if not any("pragma" in text for text in near):
        return False
    return bool(is_line_allowlisted(path, near[-1], get_code_snippet(near, len(near))))
