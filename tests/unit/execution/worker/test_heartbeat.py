"""The heartbeat of a process, and the listing beside it."""

import logging
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aether_agents.contracts import Outcome
from aether_agents.errors import StoreUnavailable
from aether_agents.execution.calls.call_counts import CallCounts
from aether_agents.execution.calls.pinned_tools import PinnedTools
from aether_agents.execution.delivery.leases import Lease, Leases
from aether_agents.execution.delivery.run_memory import RunMemory
from aether_agents.execution.worker import tool_listing as listing_module
from aether_agents.execution.worker.heartbeat import Heartbeat
from aether_agents.execution.worker.known_servers import KnownServers
from aether_agents.execution.worker.known_specialists import KnownSpecialists
from aether_agents.execution.worker.tool_listing import ToolListing
from aether_agents.mcp_host.registry.spec_digest import listing_digest
from aether_agents.process.boot_clock import now
from aether_agents.settings.model import Settings
from aether_agents.store import CatalogueEntry, Completed, Delivery, Renewal, RunKey
from tests.unit.execution.fakes import DEV, SPEC, FakeHost, FakeSender, store


class Kept:
    """A store that remembers what the heartbeat asked, and can be away."""

    def __init__(self) -> None:
        self.away = False
        self.lost: list[RunKey] = []
        self.in_doubt: list[RunKey] = []
        self.asked: list[tuple[Any, ...]] = []
        self.waiting = {"dev": 3, "planner": 0}
        tasks = {"renew": self.renew, "reap": self.reap, "complete": self.note("complete")}
        self.tasks = SimpleNamespace(**tasks, epoch=0, links_record=False, expire=list)
        self.audit = SimpleNamespace(flush=lambda: None)
        self.next_epoch = 0
        self.durability = SimpleNamespace(sure=False)
        self.counts = SimpleNamespace(add=lambda _counts: None)
        self.durations = SimpleNamespace(add=lambda _lasted: None)
        self.presence = SimpleNamespace(beat=self.note("beat"), leave=self.note("leave"), heard=self.note("heard"))

    def note(self, word: str) -> Any:
        def noted(*args: Any, **_: Any) -> Completed:
            self.reach()
            self.asked.append((word, *args))
            return Completed("ok", [])

        return noted

    def reach(self) -> None:
        if self.away:
            raise StoreUnavailable("away")

    def renew(self, leases: list[Lease]) -> Renewal:
        self.note("renew")(*leases)
        return Renewal(self.lost, self.in_doubt)

    def reap(self, limit: int, busy: set[str]) -> list[Delivery]:
        self.note("reap")(busy)
        self.tasks.epoch = self.next_epoch
        return [Delivery("t", "late", "dev")]

    def busy(self, queues: tuple[str, ...]) -> set[str]:
        self.reach()
        return {queue for queue in queues if self.waiting[queue]}


def heartbeat(
    kept: Kept, held: Leases, cancelled: list[Lease], memory: RunMemory | None = None
) -> tuple[Heartbeat, FakeSender]:
    sender = FakeSender()
    made = Heartbeat(
        Settings(),
        kept,
        sender,
        held,
        cancelled.append,
        name="w",
        kind="worker",
        queues=["dev"],
        watched=["planner", "dev"],
        pid=1,
        call_counts=CallCounts(),
        memory=memory or RunMemory(kept),
    )
    return made, sender


def test_a_round_renews_says_it_is_alive_and_sends_what_lies_unclaimed():
    kept, held, cancelled = Kept(), Leases(30.0), []
    made, sender = heartbeat(kept, held, cancelled)
    with held.holding(Lease("t", "a", 1), now()):
        made.turn()
    assert kept.asked == [("renew", Lease("t", "a", 1)), ("beat", "w", "worker", ("dev",), 1), ("reap", {"dev"})]
    assert sender.sent == [Delivery("t", "late", "dev")]
    made.turn()
    assert [word for word, *_ in kept.asked[3:]] == ["reap"]  # nothing is held, and a sign of life is not due


def test_a_lease_that_is_lost_cancels_its_call_and_no_other():
    kept, held, cancelled = Kept(), Leases(30.0), []
    kept.lost = [("t", "a", 1)]
    made, _ = heartbeat(kept, held, cancelled)
    with held.holding(Lease("t", "a", 1), now()), held.holding(Lease("t", "b", 1), now()):
        made.turn()
    assert cancelled == [Lease("t", "a", 1)]


def test_a_lost_run_leaves_the_next_run_of_the_same_step_alone():
    kept, held, cancelled = Kept(), Leases(30.0), []
    kept.lost, kept.in_doubt = [("t", "a", 1), ("t", "", 3)], [("t", "b", 1)]
    made, _ = heartbeat(kept, held, cancelled)
    leases = [Lease("t", step, token) for step, token in (("a", 1), ("a", 2), ("", 3), ("", 4), ("b", 1), ("b", 2))]
    with ExitStack() as stack:
        for lease in leases:
            stack.enter_context(held.holding(lease, now() - 31))
        made.turn()
        assert sorted(cancelled) == [Lease("t", "", 3), Lease("t", "a", 1)]
        assert [lease for lease in leases if held.good(lease)] == [leases[1], leases[3], leases[5]]


def test_only_a_lease_that_was_renewed_is_good_for_longer():
    kept, held = Kept(), Leases(30.0)
    kept.lost, kept.in_doubt = [("t", "lost", 1)], [("t", "asked", 1)]
    made, _ = heartbeat(kept, held, [])
    leases = [Lease("t", name, 1) for name in ("mine", "lost", "asked")]
    with ExitStack() as stack:
        for lease in leases:
            stack.enter_context(held.holding(lease, now() - 31))  # this process was stopped for that long
            assert not held.good(lease)
        made.turn()
        assert [lease.subtask_id for lease in leases if held.good(lease)] == ["mine"]
    assert not held.good(leases[0])


def test_a_new_epoch_of_the_store_is_told_what_is_held_and_what_was_done():
    kept, held = Kept(), Leases(30.0)
    memory = RunMemory(kept)
    made, _ = heartbeat(kept, held, [], memory)
    of = {name: (epoch << 20) + 1 for name, epoch in (("before", 3), ("now", 4))}
    done = Outcome(status="completed", output=1)
    for name, token in of.items():
        memory.completed(Lease("t", name, token), done)
    kept.next_epoch = 4
    with held.holding(Lease("t", "runs", of["before"]), now()):
        made.turn()
    assert [entry[:3] for entry in kept.asked[3:]] == [
        ("renew", Lease("t", "runs", of["before"])),
        ("complete", "t", "before"),
        ("heard", memory.name),
    ]
    made.turn()
    assert [entry[0] for entry in kept.asked[6:]] == ["reap"]  # once


def test_a_store_that_goes_away_while_it_is_told_is_told_again():
    kept, memory = Kept(), RunMemory(Kept())
    made, _ = heartbeat(kept, Leases(30.0), [], memory)
    kept.next_epoch = 4
    kept.presence.heard = lambda _: (_ for _ in ()).throw(StoreUnavailable("away"))
    made.turn()
    kept.presence.heard = kept.note("heard")
    made.turn()
    assert kept.asked[-1] == ("heard", memory.name)


def test_it_outlives_a_store_that_is_away(said: list[logging.LogRecord]):
    kept, held = Kept(), Leases(30.0)
    made, _ = heartbeat(kept, held, [])
    kept.away = True
    with held.holding(Lease("t", "a", 1), now()):
        made.turn()
        made.turn()
        kept.away = False
        made.turn()
    assert [record.getMessage() for record in said] == [
        "the store or the broker is away: away",
        "the store and the broker are back",
    ]
    assert [word for word, *_ in kept.asked] == ["renew", "beat", "reap"]


def test_every_part_is_done_whichever_of_them_fails(monkeypatch: pytest.MonkeyPatch):
    kept, held = Kept(), Leases(30.0)
    made, sender = heartbeat(kept, held, [])

    def broken(_: Any) -> list[Any]:
        raise ZeroDivisionError

    kept.tasks.renew = broken
    with held.holding(Lease("t", "a", 1), now()):
        made.turn()
    assert sender.sent


def test_it_says_goodbye_once():
    kept = Kept()
    made, _ = heartbeat(kept, Leases(30.0), [])
    made.start()
    made.stop()
    made.stop()
    assert [entry for entry in kept.asked if entry[0] == "leave"] == [("leave", "w", 1)]


#: What is known of the server of these tests: what it is, and the rows that its specialist has of its tools.
LISTED = listing_digest(SPEC, DEV.tools)


class TestListing:
    """A worker says which tools its servers have, once, beside its work."""

    @pytest.fixture
    def settings_of(self, tmp_path: Path) -> Settings:
        return Settings(home=tmp_path, project=tmp_path)

    def listing(self, settings: Settings, host: FakeHost, **entries: CatalogueEntry) -> tuple[ToolListing, Any]:
        kept = store(**entries)
        servers = KnownServers(settings, KnownSpecialists([DEV]))
        return ToolListing(
            kept, PinnedTools(host, kept, servers.specialists, servers), servers, ["planner", "dev"]
        ), kept

    def entry(self, status: str, digest: str) -> CatalogueEntry:
        return CatalogueEntry(server=SPEC.name, specialist="dev", spec_digest="d", listing_digest=digest, status=status)

    def test_a_server_without_an_entry_is_listed(self, settings_of: Settings):
        listing, kept = self.listing(settings_of, FakeHost())
        listing.turn()
        assert kept.catalogue.said == [("live", "dev-echo")]

    def test_a_server_that_was_installed_meanwhile_is_tried_at_once(
        self, settings_of: Settings, monkeypatch: pytest.MonkeyPatch
    ):
        there = False
        monkeypatch.setattr(KnownServers, "installed", lambda *_: there)
        host = FakeHost()
        host.down = "not installed"
        listing, kept = self.listing(settings_of, host)
        listing.turn()
        kept.catalogue.all = {"one": self.entry("failed", LISTED)}
        listing.turn()
        assert kept.catalogue.said == [("failed", "not installed")]
        there, host.down = True, None
        listing.turn()
        assert kept.catalogue.said[-1] == ("live", "dev-echo")

    def test_what_a_task_waits_for_is_listed_first(self, settings_of: Settings, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(listing_module, "LANES", 1)
        specs = tuple(SPEC.model_copy(update={"name": name}) for name in ("a", "b", "c"))
        kept, dev = store(), DEV.model_copy(update={"servers": specs})
        servers = KnownServers(settings_of, KnownSpecialists([dev]))
        listing = ToolListing(kept, PinnedTools(FakeHost(), kept, servers.specialists, servers), servers, ["dev"])
        listing.first(["c", "elsewhere"])
        listing.turn()
        assert [name for _, name in kept.catalogue.said] == ["c", "a", "b"]

    def test_what_nobody_waits_for_makes_way_while_something_runs(
        self, settings_of: Settings, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(listing_module, "LANES", 1)
        looks: list[str] = []

        def busy() -> bool:
            looks.append(",".join(name for _, name in kept.catalogue.said))
            return len(looks) < 3

        specs = tuple(SPEC.model_copy(update={"name": name}) for name in ("a", "b"))
        kept, dev = store(), DEV.model_copy(update={"servers": specs})
        servers = KnownServers(settings_of, KnownSpecialists([dev]))
        listing = ToolListing(kept, PinnedTools(FakeHost(), kept, servers.specialists, servers), servers, ["dev"], busy)
        listing.first(["b"])
        listing.turn()
        assert looks == ["", "b", "b"]
        assert [name for _, name in kept.catalogue.said] == ["b", "a"]

    @pytest.mark.parametrize(
        ("status", "same", "listed"),
        [("live", True, 0), ("live", False, 1), ("failed", True, 1), ("quarantined", True, 0)],
    )
    def test_an_entry_is_believed_unless_it_is_of_another_specification_or_a_failure(
        self, settings_of: Settings, status: str, same: bool, listed: int
    ):
        digest = LISTED if same else "sha256:other"
        listing, kept = self.listing(settings_of, FakeHost(), one=self.entry(status, digest))
        listing.turn()
        assert len(kept.catalogue.said) == listed

    @pytest.mark.parametrize(("digest", "outdated"), [("sha256:other", [SPEC.name]), (LISTED, [])])
    def test_what_is_of_before_is_said_before_anything_is_served(
        self, settings_of: Settings, monkeypatch: pytest.MonkeyPatch, digest: str, outdated: list[str]
    ):
        monkeypatch.setattr(ToolListing, "_run", lambda _: None)  # it is said before the thread has done anything
        listing, kept = self.listing(settings_of, FakeHost(), one=self.entry("live", digest))
        listing.start()
        listing.stop()
        assert (kept.catalogue.outdated, kept.catalogue.said) == (outdated, [])

    def test_a_worker_starts_while_the_store_is_away(
        self, settings_of: Settings, monkeypatch: pytest.MonkeyPatch, said: list[logging.LogRecord]
    ):
        monkeypatch.setattr(ToolListing, "_run", lambda _: None)
        listing, kept = self.listing(settings_of, FakeHost())

        def away() -> dict[str, CatalogueEntry]:
            raise StoreUnavailable("away")

        kept.catalogue.entries = away
        listing.start()
        listing.stop()
        assert "listed anew: away" in said[-1].getMessage()

    def test_what_another_worker_left_outdated_is_listed(self, settings_of: Settings):
        left = self.entry("live", LISTED).model_copy(update={"outdated": True})
        listing, kept = self.listing(settings_of, FakeHost(), one=left)
        listing.turn()
        assert (kept.catalogue.outdated, kept.catalogue.said) == ([], [("live", SPEC.name)])

    def test_two_hosts_do_not_list_in_turns_for_ever(self, settings_of: Settings):
        listing, kept = self.listing(settings_of, FakeHost(), one=self.entry("live", "sha256:their-path"))
        listing.turn()
        listing.turn()  # the entry is still, or again, the other host's
        assert (kept.catalogue.outdated, kept.catalogue.said) == ([SPEC.name], [("live", SPEC.name)])

    def test_a_server_that_does_not_start_is_said_to_have_failed_and_tried_again_later(
        self, settings_of: Settings, monkeypatch: pytest.MonkeyPatch
    ):
        host = FakeHost()
        host.down = "its last words"
        listing, kept = self.listing(settings_of, host)
        listing.turn()
        kept.catalogue.all = {"one": self.entry("failed", LISTED)}
        listing.turn()
        assert kept.catalogue.said == [("failed", "its last words")]
        monkeypatch.setattr(listing_module, "TRY_AGAIN", 0.0)
        host.down = None
        listing.turn()
        assert kept.catalogue.said[-1] == ("live", "dev-echo")

    def test_a_server_that_was_forgotten_is_listed_at_once(self, settings_of: Settings):
        host = FakeHost()
        host.down = "its last words"
        listing, kept = self.listing(settings_of, host)
        listing.turn()
        host.down = None
        listing.turn()
        assert kept.catalogue.said == [("failed", "its last words"), ("live", "dev-echo")]

    @pytest.mark.parametrize(
        ("host", "home", "withdrawn"),
        [
            ("here", "own", "no trusted file declares it any more"),
            ("here", "another", ""),  # another stack's word on this host
            ("alive", "own", ""),
            ("dead", "own", "no worker that is alive knows it"),
        ],
    )
    def test_a_server_that_may_not_be_started_any_more_is_not_live(
        self, settings_of: Settings, monkeypatch: pytest.MonkeyPatch, host: str, home: str, withdrawn: str
    ):
        monkeypatch.setattr("socket.gethostname", lambda: "here")
        gone = CatalogueEntry(
            server="gone", specialist="dev", spec_digest="d", status="live", host=host,
            home=str(settings_of.home) if home == "own" else home,
        )  # fmt: skip
        others = gone.model_copy(update={"server": "others", "specialist": "data"})
        held = gone.model_copy(update={"server": "held", "status": "quarantined"})
        listing, kept = self.listing(settings_of, FakeHost(), gone=gone, others=others, held=held)
        kept.presence = SimpleNamespace(alive=lambda: [SimpleNamespace(host=name) for name in ("here", "alive")])
        listing.turn()
        assert [name for name, _ in kept.catalogue.withdrawn] == (["gone"] if withdrawn else [])
        assert all(withdrawn in reason for _, reason in kept.catalogue.withdrawn)
