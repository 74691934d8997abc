"""Metrics of who keeps things going: beats, slots of schedules, alerts and their channels, the linker of the record.

All of it lies in the store, so it is the same from whichever `serve`, and once however many beats there are.
"""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from aether_agents.monitoring.counted import Counted
from aether_agents.store import Store


def upkeep(store: Store, counts: Counted) -> Iterator[Metric]:
    """All of it.

    Raises:
        StoreUnavailable: the store cannot be reached.
        CannotOpen: a later version fired a schedule.
    """
    yield from _beats(store)
    yield from _slots(store, counts)
    yield counts.counter("alert", "aether_alerts", "Alerts that beat told, or tried to.", ("severity", "result"))
    yield counts.counter(
        "channel", "aether_alert_channel", "Alerts by where the channel's address is.", ("channel", "result")
    )
    record = store.audit.linked()
    yield CounterMetricFamily("aether_audit_entries", "Entries in the chain of the audit record.", record.entries)
    yield GaugeMetricFamily(
        "aether_audit_unlinked_seconds", "How long the oldest entry has waited to be linked.", record.waits
    )


def _beats(store: Store) -> Iterator[Metric]:
    """None at all where no beat ran for a week: then nobody is missing."""
    found = store.beats.all()
    if not found:
        return
    states = Counter(one.state for one in found)
    alive = GaugeMetricFamily("aether_beats", "Beats that are alive: one fires, others wait.", labels=["state"])
    for state in ("fires", "waits"):
        alive.add_metric([state], states[state])
    yield alive
    yield GaugeMetricFamily(
        "aether_beat_looked_timestamp_seconds",
        "When a beat last looked at what is due.",
        max(one.looked for one in found),
    )


def _slots(store: Store, counts: Counted) -> Iterator[Metric]:
    last = GaugeMetricFamily(
        "aether_schedule_slot_timestamp_seconds", "The last slot that was looked at.", labels=["schedule"]
    )
    for name, note in sorted(store.schedules.notes().items()):
        if note.fired is not None:
            last.add_metric([name], note.fired.slot.timestamp())
    yield last
    yield counts.counter(
        "slot",
        "aether_schedule_slots",
        "Slots: fired, paused, failed (no task came of it), missed.",
        ("schedule", "result"),
    )
