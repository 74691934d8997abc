"""Alerts arrive: under a flood, through a channel beside a dead one, when they are over, where they are routed to."""

from collections.abc import Callable

import pytest

from aether_agents.settings.upkeep import AlertSettings
from aether_agents.store import Store
from beat import channels as paces
from beat.alerts import MOST, WINDOW, Alert, AlertSender
from beat.channels import Channel, Channels

Message = tuple[str, str, str]


class Somebody:
    """Who can be told, and may be away."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.away = False
        self.tried = 0

    def tell(self, title: str, text: str, severity: str) -> bool:
        self.tried += 1
        if not self.away:
            self.heard.append((title, text, severity))
        return not self.away

    @property
    def titles(self) -> list[str]:
        return [title for title, _, _ in self.heard]


def sending(store: Store, link: str = "", **settings: object) -> tuple[AlertSender, Callable[[], None], list[Somebody]]:
    """A sender, what has its channels tell all they may now, and who hears it: `env:A` and `env:B`."""
    chosen = AlertSettings.model_validate({"to": ("env:A",), **settings})
    people = [Somebody(), Somebody()]
    both = [
        Channel(place, store, one.tell, chosen.installation)
        for place, one in zip(("env:A", "env:B"), people, strict=True)
    ]

    def drain() -> None:
        for one in both:
            while one.turn():
                pass

    return AlertSender(chosen, store, Channels(both), link), drain, people


def expired(store: Store, severity: str) -> None:
    """The time over which alerts of a severity are counted is past."""
    key = store.keys.alerts(f"count:{severity}")
    assert 0 < store.connection.command("PTTL", key) <= WINDOW * 1000
    store.connection.command("DEL", key)


def test_a_flood_of_trivial_alerts_delays_no_critical_one_and_is_told_as_one(store: Store) -> None:
    sender, drain, (somebody, _) = sending(store)
    for number in range(25):
        alert = Alert(f"failed {number}", f"task {number} failed", "typo", "notice", "tasks that failed (user)")
        assert sender.raise_(alert) is (number < MOST["notice"])
    assert sender.raise_(Alert("queue data", "nobody serves the queue data", "aether-agent worker data", "critical"))
    drain()
    assert somebody.titles == ["[aether] critical: nobody serves the queue data", "[aether] notice: 10 alerts"]
    sender.settle([])
    drain()
    assert len(somebody.heard) == 2  # what was held back waits until the flood is over
    expired(store, "notice")
    sender.settle([])
    sender.settle([])
    drain()
    assert somebody.heard[2:] == [
        ("[aether] notice: 15 more of this severity were held back", "15 × tasks that failed (user)", "notice")
    ]


def test_a_dead_channel_holds_up_no_other_repeats_nothing_and_loses_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paces, "PAUSE", 0.0)
    sender, drain, (dead, healthy) = sending(store, to=("env:A", "env:B"))
    dead.away = True
    for number in range(3):
        assert sender.raise_(Alert(f"k{number}", f"it broke {number}", "so"))
        assert not sender.raise_(Alert(f"k{number}", f"it broke {number}", "so"))
        drain()
    assert healthy.titles == [f"[aether] warning: it broke {number}" for number in range(3)]
    assert (dead.heard, dead.tried) == ([], 3)
    dead.away = False
    _, drain_another, (back, again) = sending(store, to=("env:A", "env:B"))  # another beat takes over
    drain_another()
    drain()
    assert (back.titles, again.heard, dead.heard) == (healthy.titles, [], [])
    assert {field: count for field, count in store.counts.read().items() if field.startswith("alert|")} == {
        "alert|warning|told": 6,
        "alert|warning|failed": 3,
    }
    assert {field: count for field, count in store.counts.read().items() if field.startswith("channel|")} == {
        "channel|env:A|told": 3,
        "channel|env:A|failed": 3,
        "channel|env:B|told": 3,
    }


def test_a_channel_that_fails_is_tried_again_after_a_pause(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(paces.time, "monotonic", lambda: now[0])
    sender, drain, (somebody, _) = sending(store)
    somebody.away = True
    sender.raise_(Alert("x", "x", ""))
    for moment, tried in ((100.0, 1), (104.9, 1), (105.0, 2), (114.9, 2), (115.0, 3), (10_000.0, 4), (10_299.0, 5)):
        now[0] = moment
        drain()
        assert somebody.tried == tried, moment


def test_what_is_over_is_told_once_and_may_be_told_anew(store: Store) -> None:
    (first, drain, (somebody, _)), (second, _, _) = sending(store), sending(store)
    alert = Alert("queue data", "nobody serves the queue data", "aether-agent worker data", "critical", lasting=True)
    assert first.raise_(alert)
    first.settle(["queue data"])
    first.raise_(Alert("once", "something happened", ""))
    first.settle([])
    second.settle([])
    drain()
    assert somebody.titles == [
        "[aether] critical: nobody serves the queue data",
        "[aether] critical: resolved: nobody serves the queue data",
        "[aether] warning: something happened",
    ]
    assert not first.raise_(alert)  # it comes and goes: at most once in five minutes
    (own,) = [
        key
        for key in store.connection.command("KEYS", f"{store.keys.prefix}:alert:*")
        if store.connection.command("PTTL", key) <= 300_000
    ]
    store.connection.command("DEL", own)
    assert first.raise_(alert)


def test_each_severity_goes_where_it_is_routed_to_with_the_installation_and_a_link(store: Store) -> None:
    sender, drain, (a, b) = sending(
        store, "https://aether.example/", routes={"critical": ("env:B",), "notice": ()}, installation="production"
    )
    sender.raise_(Alert("c", "it is bad", "do this", "critical"))
    sender.raise_(Alert("w", "a task failed", "tool_error", task_id="t1"))
    sender.raise_(Alert("n", "good to know", "", "notice"))
    drain()
    assert a.heard == [
        ("[aether production] warning: a task failed", "tool_error\nhttps://aether.example/#task=t1", "warning")
    ]
    assert b.heard == [("[aether production] critical: it is bad", "do this\nhttps://aether.example/", "critical")]


def test_every_key_of_alerts_expires_and_nothing_of_them_stands_in_clear(store: Store) -> None:
    sender, _, _ = sending(store)
    for number in range(MOST["warning"] + 1):
        sender.raise_(Alert(f"k{number}", "title", "planted-text", kind="kind", lasting=True))
    assert store.outbox.send_for("c", "me", 10)
    keys = store.connection.command("KEYS", f"{store.keys.prefix}:alert*")
    assert {key.decode().removeprefix(f"{store.keys.prefix}:").rpartition(":")[0] for key in keys} == {
        "alert",
        "alerts",
        "alerts:count",
        "alerts:held",
        "alerts:out",
        "alerts:sender",
    }
    assert all(store.connection.command("PTTL", key) > 0 for key in keys)
    out = [key for key in keys if b":out:" in key]
    assert b"planted-text" not in b"".join(store.connection.command("DUMP", key) for key in out)


def test_one_process_at_a_time_tells_what_waits_for_a_channel(store: Store) -> None:
    sender, drain, (somebody, _) = sending(store)
    sender.raise_(Alert("x", "x", ""))
    name = Channel("env:A", store, somebody.tell).name
    assert store.outbox.send_for(name, "another", 60)
    drain()
    assert somebody.tried == 0
    store.outbox.sent(name, "another", [])
    drain()
    assert somebody.titles == ["[aether] warning: x"]
