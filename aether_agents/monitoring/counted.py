"""Counted: what the store has counted, by kind and labels, as families of metrics."""

from collections.abc import Mapping

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from aether_agents.store.client.encoding import BUCKETS


class Counted:
    """The fields of the counts by their kind."""

    def __init__(self, found: Mapping[str, int]) -> None:
        self.kinds: dict[str, dict[tuple[str, ...], int]] = {}
        for field, value in found.items():
            kind, *labels = field.split("|")
            self.kinds.setdefault(kind, {})[tuple(labels)] = value

    def of(self, kind: str) -> dict[tuple[str, ...], int]:
        """Every count of a kind by its labels."""
        return self.kinds.get(kind, {})

    def open(self, kind: str, *labels: str) -> int:
        """How many came in and did not leave."""
        return max(0, self.of(f"{kind}.in").get(labels, 0) - self.of(f"{kind}.out").get(labels, 0))

    def counter(self, kind: str, name: str, text: str, labels: tuple[str, ...]) -> Metric:
        """All counts of a kind as one counter."""
        family = CounterMetricFamily(name, text, labels=labels)
        for values, count in sorted(self.of(kind).items()):
            family.add_metric(values, count)
        return family

    def histogram(self, kind: str, name: str, text: str, label: str) -> Metric:
        """The durations of a kind as one histogram."""
        family = HistogramMetricFamily(name, text, labels=[label])
        seconds = self.of(f"{kind}.seconds")
        for (value,), millis in sorted(self.of(f"{kind}.millis").items()):
            running, buckets = 0, []
            for bound in [f"{one:g}" for one in BUCKETS]:
                running += seconds.get((value, bound), 0)
                buckets.append((bound, running))
            buckets.append(("+Inf", running + seconds.get((value, "inf"), 0)))
            family.add_metric([value], buckets, millis / 1000)
        return family
