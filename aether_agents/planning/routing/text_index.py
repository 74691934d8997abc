"""An index over the texts of templates: how near a request is to each, and what each can be said to know."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray

from aether_agents.contracts import Template
from aether_agents.planning.routing.template_knowledge import Knowledge, knowledge_of
from aether_agents.planning.sentence.terms import Reader, Term
from aether_agents.planning.sentence.vocabulary import CJK

Scores = NDArray[np.float64]

#: Weight of words against character n-grams; by the development set (MetaTool): 0.5 to 0.7 are alike.
WORDS_WEIGHT = 0.6
#: Weight of all texts of a template together against its nearest one; there, with one or two examples each, 0.5 finds
#: 2 to 6 in 100 more than the nearest text alone, and the best match leads as clearly.
WHOLE_WEIGHT = 0.5
_GRAMS = (3, 4, 5)
_GRAMS_CJK = (2, 3)
_CJK = re.compile(rf"[{CJK}]")


class Index:
    """The texts of a set of templates. Built once per set; only read afterwards."""

    def __init__(self, templates: Sequence[Template]) -> None:
        reader = Reader()
        self.names = tuple(template.name for template in templates)
        self.knowledge: list[Knowledge] = []
        texts: list[list[list[Term]]] = []
        self._examples: dict[str, set[int]] = {}
        for number, template in enumerate(templates):
            headline = reader.terms(f"{template.name}. {template.description}")
            examples = [reader.terms(example) for example in template.examples]
            for example in template.examples:
                self._examples.setdefault(_plain(example), set()).add(number)
            texts.append([headline, *examples])
            self.knowledge.append(knowledge_of(template, reader, list(chain(headline, *examples))))
        self.looking = Counter(word for one in self.knowledge for word in one.looking)  #: how many are called so
        self._near = GroupedNearness(texts)

    def said_so(self, text: str) -> int | None:
        """The one template that has a request, word for word, among its examples."""
        owners = self._examples.get(_plain(text), set())
        return next(iter(owners)) if len(owners) == 1 else None

    def scores(self, terms: Sequence[Term]) -> Scores:
        """By template, how near it is to a request, 0 to about 1."""
        return self._near.scores(terms)


class Nearness:
    """Words and character n-grams of some texts, mixed."""

    def __init__(self, texts: Sequence[Sequence[Term]]) -> None:
        self._words = _Bm25([_tokens(text) for text in texts])
        self._grams = _Bm25([_char_grams(text) for text in texts])

    def scores(self, terms: Sequence[Term]) -> Scores:
        """By text, how near it is to some terms, 0 to about 1."""
        words = self._words.scores(_tokens(terms))
        return WORDS_WEIGHT * words + (1 - WORDS_WEIGHT) * self._grams.scores(_char_grams(terms))


class GroupedNearness:
    """Groups of texts: how near each is by its nearest text, and by all its texts together."""

    def __init__(self, groups: Sequence[Sequence[Sequence[Term]]]) -> None:
        self._count = len(groups)
        self._owners = np.array([owner for owner, texts in enumerate(groups) for _ in texts], dtype=np.int64)
        self._texts = Nearness(list(chain(*groups)))
        self._wholes = Nearness([list(chain(*texts)) for texts in groups])

    def scores(self, terms: Sequence[Term]) -> Scores:
        """By group, how near it is to some terms, 0 to about 1."""
        nearest = np.zeros(self._count)
        np.maximum.at(nearest, self._owners, self._texts.scores(terms))
        return (1 - WHOLE_WEIGHT) * nearest + WHOLE_WEIGHT * self._wholes.scores(terms)


class _Bm25:
    """BM25 whose scores are a share of the best any text could have."""

    def __init__(self, documents: list[list[str]]) -> None:
        self._model = bm25s.BM25(k1=1.5, b=0.75)
        self._model.index([document or [""] for document in documents], show_progress=False)
        self._vocabulary: dict[str, Any] = self._model.vocab_dict
        count = len(documents)
        seen: dict[str, int] = {}
        for document in documents:
            for token in set(document):
                seen[token] = seen.get(token, 0) + 1
        self._weights = {token: _weight(count, times) for token, times in seen.items()}
        self._unknown = _weight(count, 0)
        self._count = count

    def scores(self, tokens: Sequence[str]) -> Scores:
        known = [token for token in tokens if token in self._vocabulary]
        if not known:
            return np.zeros(self._count)
        ideal = sum(self._weights.get(token, self._unknown) for token in tokens)  # the tf part is below 1 (Lucene form)
        found: Scores = np.asarray(self._model.get_scores(known), dtype=np.float64)
        return found / ideal


def _plain(text: str) -> str:
    """A sentence without case, blanks and marks."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _weight(count: int, times: int) -> float:
    return float(np.log(1 + (count - times + 0.5) / (times + 0.5)))


def _tokens(terms: Sequence[Term]) -> list[str]:
    """Stems and concepts; of words that nearly every template uses, only the concept, so that they choose none."""
    found: list[str] = []
    for term in terms:
        if not term.common and not (term.looks and not term.concept):
            found.append(term.token)
        if term.concept:
            found.append(term.concept)
    return found


def _char_grams(terms: Sequence[Term]) -> list[str]:
    found: list[str] = []
    for term in terms:
        if term.common:
            continue
        japanese = _CJK.search(term.word) is not None
        sizes = _GRAMS_CJK if japanese else _GRAMS
        padded = term.word if japanese else f" {term.word} "
        found += [padded[at : at + size] for size in sizes for at in range(len(padded) - size + 1)]
    return found


def index_of(templates: Sequence[Template]) -> Index:
    """The index of some templates. It is built once per set of texts."""
    return _index(tuple(_Texts(template) for template in templates))


class _Texts(tuple[object, ...]):
    """What of a template matters to the index, as a key of the cache that carries the template along."""

    template: Template

    def __new__(cls, template: Template) -> "_Texts":
        choices = tuple(str(spec.enum) for spec in template.inputs.values())
        said = (template.name, template.description, *template.examples, *template.inputs, *choices)
        made = super().__new__(cls, (*said, template.deed, template.direction))
        made.template = template
        return made


@lru_cache(maxsize=16)
def _index(texts: tuple[_Texts, ...]) -> Index:
    return Index([one.template for one in texts])
