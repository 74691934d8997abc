"""The watch on a real store: what it tells, once; and apprise, over a real socket."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from aether_agents.contracts import HighLevelTask, Json, Outcome, Plan, PlannedSubtask, Risk
from aether_agents.errors import InvalidSettings, StoreRefuses
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import ScheduleSettings, Settings
from aether_agents.settings.upkeep import AlertSettings
from aether_agents.store import Granted, PlanningClaim, Store, open_store
from aether_agents.store.measures.counters import DAY
from beat.alerts import AlertSender
from beat.channels import Channel, Channels, channels_of
from beat.recipients import opened
from beat.watcher import Watcher
from tests.conftest import eventually

FINDING: dict[str, Json] = {"rule": "r", "file": "a.py", "line": 1, "severity": "high", "title": "bad"}


class Watched:
    """One who watches, and what he tells through one channel: its titles."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.told: list[str] = []
        self.channel = Channel("env:WHO", store, self._tell)
        store.alerts.begin()
        self._watch = Watcher(settings, store, AlertSender(settings.alerts, store, Channels([self.channel])))

    def turn(self) -> None:
        self._watch.turn()
        self._drain()

    def look(self) -> None:
        self._watch.look()
        with suppress(StoreRefuses):
            self._drain()

    def _drain(self) -> None:
        while self.channel.turn():
            pass

    def _tell(self, title: str, _text: str, severity: str) -> bool:
        self.told.append(title.removeprefix(f"[aether] {severity}: "))
        return True


def scanned(store: Store, task_id: str, *findings: dict[str, Json], owner: str = "local", error: str = "") -> None:
    """A task that ends with what a scan found, or with an error."""
    store.tasks.create(HighLevelTask(task_id=task_id, description="scan", owner=owner))
    claim = store.tasks.claim_planning(task_id, limit=10)
    assert isinstance(claim, PlanningClaim)
    scan = PlannedSubtask(id="s", tool="x/y", specialist="security", risk=Risk.READ, repeatable=True)
    plan = Plan(name="p", description="p", origin="template", template="audit", subtasks=(scan,))
    store.tasks.start(task_id, claim.token, plan, direct=True)
    granted = store.tasks.claim(task_id, "s", "security")
    assert isinstance(granted, Granted)
    output: Json = {"status": "fail" if findings else "pass", "path": "/repo", "findings": [*findings]}
    outcome = Outcome(status="completed", output=output)
    if error:
        outcome = Outcome(status="failed", error=error, error_kind="tool_error")
    store.tasks.complete(task_id, "s", granted.token, outcome)


def watching(settings: Settings, store: Store, **alerts: object) -> tuple[Watched, list[str]]:
    chosen = settings.model_copy(
        update={
            "alerts": AlertSettings.model_validate({"to": ("env:WHO",), **alerts}),
            "schedules": {"night": ScheduleSettings(every=60, task="scan")},
        }
    )
    watched = Watched(chosen, store)
    return watched, watched.told


def test_an_audit_tells_what_is_new_and_only_that(settings: Settings, store: Store) -> None:
    watch, told = watching(settings, store)
    scanned(store, "one", FINDING, owner="schedule:night")
    watch.turn()
    assert told == []
    other: dict[str, Json] = {**FINDING, "rule": "q", "line": 9}
    scanned(store, "two", {**FINDING, "line": 40}, other, owner="schedule:night")
    watch.turn()
    watch.turn()
    assert told == ["1 new findings in /repo: schedule night, task two"]
    note = store.schedules.notes()["night"]
    assert note.audit is not None
    assert (note.audit.task_id, note.audit.new) == ("two", 1)
    store.schedules.forget(["day"])
    assert store.schedules.notes() == {}


def test_what_is_no_accident_is_told_once_in_a_while(settings: Settings, store: Store) -> None:
    store.alerts.suspect("forged answer", "t/a", "nobody with the key gave it")  # before anybody watched
    watch, told = watching(settings, store)
    store.alerts.suspect("forged answer", "t/a", "nobody with the key gave it")
    store.alerts.suspect("drifted pin", "server git", "its tools have changed")
    scanned(store, "broken")
    key = store.keys.task("broken")
    store.connection.command("HSET", key, "task", b"{}")
    watch.turn()  # a task that does not open holds nothing up
    watch.turn()
    assert sorted(told) == [
        "security: broken document (broken)",
        "security: drifted pin (server git)",
        "security: forged answer (t/a)",
    ]
    assert store.alerts.suspicions() == []


def test_failed_tasks_and_findings_of_people_are_told_once_in_a_while(settings: Settings, store: Store) -> None:
    watch, told = watching(settings, store)
    scanned(store, "bad", error="it broke")
    scanned(store, "bad2", error="it broke")
    scanned(store, "seen", FINDING)
    scanned(store, "seen2", FINDING)
    scanned(store, "low", {**FINDING, "severity": "low"})
    watch.turn()
    assert told == ["task bad failed", "1 findings in /repo: task seen"]


def test_the_state_of_now_is_told(settings: Settings, store: Store) -> None:
    watch, told = watching(settings, store, queue_without_worker=0.001, waits_longer_than=0)
    scanned(store, "one")
    store.catalogue.failed("code", "security", "digest", "it does not start")
    store.connection.command("LPUSH", store.keys.queue("security"), "a message")
    watch.turn()
    eventually(lambda: watch.turn() or len(told) > 1, what="the message has lain there for a millisecond")
    watch.turn()
    assert sorted(told) == ["nobody serves the queue security", "the MCP server code is failed"]
    store.connection.command("DEL", store.keys.queue("security"))


def test_a_budget_that_is_spent_is_told_once_a_day_by_one_of_all_who_watch(settings: Settings, store: Store) -> None:
    budgets = {"git": 5, "code": 5, "all servers": 9}
    (early, told), (late, also) = (watching(settings, store, every=1, budgets=budgets) for _ in range(2))
    store.counts.add({"mcp.calls|git|ok": 3, "mcp.calls|git|timeout": 1, "mcp.seconds|git|1": 4, "mcp.starts|git": 9})
    early.turn()
    assert told == []
    store.counts.add({"mcp.calls|git|ok": 1, "mcp.calls|code|ok": 4})
    today = store.counts.today()
    assert today.calls == {"git": 5, "code": 4}
    assert 0 < store.connection.command("PTTL", store.keys.calls(today.day)) <= 2 * DAY * 1000
    late.turn()
    early.turn()
    store.counts.add({"mcp.calls|git|ok": 1})
    late.turn()
    assert sorted(told + also) == ["the budget of all servers is spent", "the budget of git is spent"]
    store.connection.command("RENAME", store.keys.calls(today.day), store.keys.calls(today.day - 1))
    assert store.counts.today().calls == {}


def test_without_anybody_to_tell_the_log_says_once_what_lasts(
    settings: Settings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.alerts.begin()
    watch = Watcher(settings, store, None)
    store.catalogue.failed("code", "security", "digest", "it does not start")
    for _ in range(3):
        watch.turn()
    assert caplog.messages == ["the MCP server code is failed: it does not start"]
    store.catalogue.forget("code")
    watch.turn()
    store.catalogue.failed("code", "security", "digest", "it does not start")
    watch.turn()
    assert len(caplog.messages) == 2


def test_of_two_who_watch_one_tells(settings: Settings, store: Store) -> None:
    (first, told), (second, also) = watching(settings, store), watching(settings, store)
    scanned(store, "bad", error="it broke")
    first.turn()
    second.turn()
    assert told + also == ["task bad failed"]


@pytest.fixture
def listener() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Somebody who can be told over HTTP."""
    heard: list[dict[str, str]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Ear) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"json://127.0.0.1:{server.server_port}/", heard
        server.shutdown()
        thread.join(5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the modules apprise imports
def test_apprise_tells_somebody(listener: tuple[str, list[dict[str, str]]], store: Store) -> None:
    address, heard = listener
    [(_, notify)] = opened(address, "env:WHO")
    assert notify("it is late", "go home", "critical")
    assert (heard[0]["title"], heard[0]["message"], heard[0]["type"]) == ("it is late", "go home", "failure")
    with pytest.raises(InvalidSettings, match="beat has no environment variable WHO"):
        channels_of(AlertSettings(to=("env:WHO",)), store, {})
    with pytest.raises(InvalidSettings, match="no address that apprise knows") as caught:
        channels_of(AlertSettings(routes={"notice": ("env:WHO",)}), store, {"WHO": "nonsense-with-a-password"})
    assert "password" not in str(caught.value)


def test_what_is_near_its_end_is_told_before_it_is_a_fault(settings: Settings, tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "near") as server:
        own = settings.model_copy(update={"broker": settings.broker.model_copy(update={"url": server.url})})
        with open_store(own) as store:
            watch, told = watching(own, store, store_fuller_than=50)
            watch.turn()
            assert told == []
            used = int(store.connection.command("INFO", "memory")["used_memory"])
            store.connection.command("CONFIG", "SET", "maxmemory", int(used * 1.5))
            store.presence.beat("dev@host", "worker", ("dev",), strain=0.9)
            store.presence.beat("data@host", "worker", ("data",), state="deaf")
            watch.turn()
            assert sorted(told) == [
                "data@host takes no messages",
                "dev@host is near its last descriptor",
                "the store's memory is near its end",
            ]


def test_a_store_that_refuses_is_told_once_though_it_can_remember_nothing(settings: Settings, tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "full") as server:
        own = settings.model_copy(update={"broker": settings.broker.model_copy(update={"url": server.url})})
        with open_store(own) as store:
            watch, told = watching(own, store)
            store.connection.command("REPLICAOF", "127.0.0.1", 1)
            for _ in range(3):
                watch.look()
            assert told == ["the store takes nothing that is written"]
            store.connection.command("REPLICAOF", "NO", "ONE")
            store.connection.command("CONFIG", "SET", "maxmemory", 1)
            for _ in range(3):
                watch.look()
            assert told[1:] == ["the store's memory is used up"]
