"""The result for a notation: whether its value is a secret, and how bad it is there."""

from typing import NamedTuple

from workers.inspection.findings import Severity

from . import notations
from .forms import IN_ADDRESS, is_handmade
from .guesses import (
    is_about,
    is_dotted,
    is_login,
    is_mixed,
    is_no_secret,
    is_plain,
    is_sample,
    is_sample_login,
    is_typed,
    is_words,
    is_wordy,
    looks_random,
)
from .places import Place

#: Where nothing but a secret can stand: what is there counts if it is no sample.
_SURE = ("known", "column", "entry")
#: Where a secret stands only if it looks like one.
_UNSURE = ("mixed", "pair", "entry unnamed")
#: Values that end where the line or the command does.
_OPEN = ("bare", "inline", "option")


class Judged(NamedTuple):
    """A secret by its notation."""

    title: str
    severity: Severity
    value: str
    known: bool  #: whether its form alone tells what it is


def judged(noted: notations.Noted, place: Place) -> Judged | None:
    """The result for a notation; nothing if its value is none that one would keep secret."""
    value = noted.value.rstrip(",)]}") if noted.how in _OPEN else noted.value
    random = looks_random(value)
    if noted.how in ("address", "basic", "hash", "phrase"):
        return _by_form(noted, value, random, place)
    if is_no_secret(value) or (is_plain(value) and not _is_kept(noted, value, place)):
        return None
    promising = bool(noted.name) and not is_about(noted.rest) and not noted.how.startswith(("random", "token"))
    if not (_is_likely(noted, value, random, place) if promising else random and not is_wordy(value)):
        return None
    return Judged("Secret keyword" if noted.name else "Token", place.severity, value, False)


def _by_form(noted: notations.Noted, value: str, random: bool, place: Place) -> Judged | None:
    """The result for a notation whose form says by itself what its value is."""
    if noted.how == "address":
        sample = is_sample_login(noted.name, value, noted.host) or (place.trial and not random)
        return None if sample else Judged(IN_ADDRESS, place.severity, value, False)
    if noted.how == "basic":
        return Judged("Encoded login", place.severity, value, False) if is_login(value) else None
    title = "Password hash" if noted.how == "hash" else "Secret keyword"
    return None if is_handmade(value) else Judged(title, place.severity, value, False)


def _is_kept(noted: notations.Noted, value: str, place: Place) -> bool:
    """Whether a value that is made of words is a password all the same: people make theirs so."""
    if noted.rest and noted.how not in _SURE:
        return False
    named = noted.name.lower().startswith(("pass", "pwd"))
    if noted.how in _SURE or place.settings:
        return (
            is_typed(value) or any(char.isdigit() for char in value) or (place.settings and named and is_words(value))
        )
    return named and is_typed(value)


def _is_likely(noted: notations.Noted, value: str, random: bool, place: Place) -> bool:
    """Whether a value beside a promising name is one: names alone count for nothing in tests and examples."""
    open_end = noted.how in ("bare", "blank", "inline", "option")
    if open_end and not place.settings and is_dotted(value):
        return False
    if random or place.trial or place.labels or (is_sample(value) and not place.settings):
        return random
    if noted.how in _UNSURE:
        return is_mixed(value)
    if noted.how in _SURE or place.settings:
        return True
    if open_end or place.generated or noted.name.lower().endswith("key"):
        return is_mixed(value)
    return True
