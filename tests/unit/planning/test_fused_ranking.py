"""A ranking by words, n-grams and the encoder, and how sure it says it is."""

from collections.abc import Sequence

import numpy as np

from aether_agents.planning.routing.encoder import Vectors
from aether_agents.planning.routing.fused_ranking import BY_WORDS, FusedRanking, Text, confidence

TEXTS = (
    Text("rotate credentials. Rotate the credentials of a service", ("change all passwords",)),
    Text("backup database. Back up a database"),
    Text("weather. Tell the weather of a city", ("will it rain tomorrow?",)),
)


def letters(texts: Sequence[str]) -> Vectors:
    """Vectors of letters: enough to tell that meaning is looked at."""
    rows = np.array([[text.lower().count(chr(97 + at)) for at in range(26)] for text in texts], dtype=np.float32)
    return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)


def test_the_nearest_comes_first_and_all_are_there() -> None:
    ranking = FusedRanking(TEXTS, letters)
    for request, first in (("change the passwords", 0), ("make a backup of my database", 1), ("will it rain?", 2)):
        found = ranking.rank(request)
        assert found.order[0] == first
        assert sorted(found.order) == [0, 1, 2]
        assert list(found.scores) == sorted(found.scores, reverse=True)


def test_what_is_about_nothing_is_not_accepted() -> None:
    found = FusedRanking(TEXTS, letters).rank("zzz")
    assert not found.accepted
    assert 0 <= found.confidence <= 1


def test_a_greater_lead_is_surer() -> None:
    assert confidence([4.0, 0.8, 0.6], BY_WORDS) > BY_WORDS.accept > confidence([0.5, 0.3, 0.01], BY_WORDS)
