"""A ranking by words, character n-grams and, where there is one, the encoder; with how sure the first is."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from aether_agents.planning.routing.encoder import Encodes, encoder
from aether_agents.planning.routing.text_index import GroupedNearness, Scores
from aether_agents.planning.sentence.terms import Reader, Term


class Text(NamedTuple):
    """What is ranked: its headline, and examples of how people ask for it."""

    headline: str
    examples: tuple[str, ...] = ()


class Ranked(NamedTuple):
    """An order, the best first, and how sure the first is."""

    order: tuple[int, ...]
    scores: tuple[float, ...]  #: in the order
    confidence: float  #: 0 to 1
    accepted: bool  #: the first is sure enough to be taken


class Fit(NamedTuple):
    """A logistic fit of what tells a right first from a wrong one."""

    weights: tuple[float, ...]  #: of the signals, in their order
    bias: float
    accept: float  #: from this confidence on the first is taken


#: Fitted on the development half of MetaTool with 0, 1 and 2 examples a tool, cross-validated: of what is taken there
#: 96 % is right (with the encoder 23 % is taken, by words alone 16 %). `tests/evaluation` measures it again.
WITH_ENCODER = Fit((0.3, -0.256, -0.715, 4.012, 0.298, 0.154), -2.561, 0.88)
BY_WORDS = Fit((0.456, 2.327, 1.497), -1.501, 0.9)


class FusedRanking:
    """Ranks texts for requests. Built once; only read afterwards."""

    def __init__(self, texts: Sequence[Text], encodes: Encodes | None = None) -> None:
        reader = Reader()
        said = [(number, one) for number, text in enumerate(texts) for one in (text.headline, *text.examples)]
        self._near = GroupedNearness(
            [[ranked_terms(reader, one) for one in (text.headline, *text.examples)] for text in texts]
        )
        self._count = len(texts)
        self._encodes = encodes or encoder()
        if self._encodes is not None:
            self._owners = np.array([number for number, _ in said], dtype=np.int64)
            self._vectors = self._encodes([one for _, one in said])
            self._centres = np.zeros((self._count, self._vectors.shape[1]), dtype=np.float32)
            np.add.at(self._centres, self._owners, self._vectors)
            self._centres /= np.linalg.norm(self._centres, axis=1, keepdims=True) + 1e-9

    def rank(self, request: str) -> Ranked:
        """The order of the texts for a request."""
        words, meaning = self._near.scores(ranked_terms(Reader(), request)), self._meaning(request)
        fused = _standard(words) + (_standard(meaning) if meaning is not None else 0.0)
        order = [int(at) for at in np.argsort(-fused, kind="stable")]
        fit = BY_WORDS if meaning is None else WITH_ENCODER
        sure = confidence(signals(words, meaning, fused, order), fit)
        return Ranked(tuple(order), tuple(round(float(fused[at]), 4) for at in order), sure, sure >= fit.accept)

    def _meaning(self, request: str) -> Scores | None:
        if self._encodes is None:
            return None
        vector = self._encodes([request])[0]
        nearest = np.full(self._count, -1.0)
        np.maximum.at(nearest, self._owners, (self._vectors @ vector).astype(np.float64))
        found: Scores = 0.5 * nearest + 0.5 * (self._centres @ vector).astype(np.float64)
        return found


def signals(words: Scores, meaning: Scores | None, fused: Scores, order: Sequence[int]) -> list[float]:
    """What tells how sure a ranking is: the lead of the first, and how near it is, in each way of looking."""
    first = order[0]
    second = order[1] if len(order) > 1 else None
    found = [_lead(fused, first, second), float(words[first]), _lead(words, first, second)]
    if meaning is not None:
        agree = float(np.argmax(words) == np.argmax(meaning))
        found += [float(meaning[first]), _lead(meaning, first, second), agree]
    return found


def confidence(found: Sequence[float], fit: Fit) -> float:
    """How sure a ranking is, 0 to 1."""
    total = fit.bias + sum(weight * value for weight, value in zip(fit.weights, found, strict=True))
    return round(1 / (1 + math.exp(-total)), 4)


def _lead(scores: Scores, first: int, second: int | None) -> float:
    return float(scores[first] - (scores[second] if second is not None else 0.0))


def _standard(scores: Scores) -> Scores:
    found: Scores = (scores - scores.mean()) / (scores.std() + 1e-9)
    return found


def ranked_terms(reader: Reader, text: str) -> list[Term]:
    """The words of a text. Here, unlike among templates in a plan, what looks and what is common tells them apart."""
    return [term._replace(looks=False, concept="" if term.common else term.concept) for term in reader.terms(text)]
