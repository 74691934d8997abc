"""Opening the store: what is said when it cannot be, what is wrong with a server, and what is left behind."""

import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from aether_agents.contracts import HighLevelTask, Outcome
from aether_agents.errors import CannotOpen, StoreUnavailable
from aether_agents.settings.model import BrokerSettings, EncryptionSettings, Settings
from aether_agents.store import Store, Unopened, make_key_file, open_store
from aether_agents.store.system.health import failures
from tests.conftest import leaks
from tests.integration.store.plans import run, started, status


def broker(settings: Settings, url: str | None) -> Settings:
    return settings.model_copy(update={"broker": BrokerSettings(url=url, prefix=settings.broker.prefix)})


def test_no_address_and_no_server_name_the_fix(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="aether-agent up"):
        open_store(broker(settings, None))
    with pytest.raises(StoreUnavailable, match="aether-agent up"):
        open_store(broker(settings, f"unix://{tmp_path}/nothing.sock?db=0"))
    with pytest.raises(ValidationError, match="port"):
        broker(settings, "redis://host:port/0")


def test_an_address_is_shown_without_its_password(settings: Settings) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(broker(settings, "redis://user:hidden@127.0.0.1:1/0"))
    assert "127.0.0.1:1" in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_no_key_no_store(settings: Settings) -> None:
    with pytest.raises(CannotOpen, match="AETHER_SEALING_KEY"):
        open_store(settings.model_copy(update={"encryption": EncryptionSettings()}))


def test_a_worker_with_another_key_opens_nothing(store: Store, settings: Settings, tmp_path: Path) -> None:
    started(store, {"a": []})
    make_key_file(tmp_path / "other.key")
    stranger = settings.model_copy(update={"encryption": EncryptionSettings(key_file=tmp_path / "other.key")})
    with open_store(stranger) as other:
        claim = other.tasks.claim("t", "a", "dev")
    assert isinstance(claim, Unopened)
    assert "does not have" in claim.reason


def test_a_document_in_anothers_place_ends_its_subtask_at_once(store: Store) -> None:
    started(store, {"a": [], "b": []})
    key = store.keys.subtasks("t")
    store.connection.command("HSET", key, "d:a", store.connection.command("HGET", key, "d:b"))
    claim = store.tasks.claim("t", "a", "dev")
    assert isinstance(claim, Unopened)
    failed = Outcome(status="failed", error=claim.reason, error_kind="document", sent=False)
    assert store.tasks.complete("t", "a", claim.token, failed).kind == "ok"
    assert store.tasks.outcomes("t", ["a"])["a"].error_kind == "document"
    assert status(store, "a") == "failed"


def test_a_task_that_does_not_open_cannot_be_planned(store: Store) -> None:
    for name in ("t", "other"):
        store.tasks.create(HighLevelTask(task_id=name, description="x"))
    swapped = store.connection.command("HGET", store.keys.task("other"), "task")
    store.connection.command("HSET", store.keys.task("t"), "task", swapped)
    claim = store.tasks.claim_planning("t", limit=10)
    assert isinstance(claim, Unopened)
    assert store.tasks.fail_planning("t", claim.token, claim.reason, "document")
    assert store.connection.command("HGET", store.keys.task("t"), "status") == b"failed"


def test_the_embedded_server_is_as_it_should_be(store: Store) -> None:
    store.ping()
    assert store.diagnose() == []
    assert re.fullmatch(r"(Valkey|Redis) \d+\.\d+\.\d+", store.product())


def test_a_server_that_could_lose_tasks_is_named(store: Store) -> None:
    store.connection.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "appendonly", "no")
    try:
        assert [fault.partition(":")[0] for fault in store.diagnose()] == [
            "the append-only file is off",
            "maxmemory-policy is allkeys-lru",
        ]
    finally:
        store.connection.command("CONFIG", "SET", "maxmemory-policy", "noeviction", "appendonly", "yes")


def test_documents_and_their_keys_say_nothing_in_clear(store: Store) -> None:
    secret = "the blue elephant"
    started(store, {"a": []}, a={"args": {"text": secret}})
    store.tasks.create(HighLevelTask(task_id="u", description=secret, inputs={"x": secret}))
    for key in (store.keys.task("t"), store.keys.subtasks("t"), store.keys.task("u")):
        for value in store.connection.command("HGETALL", key).values():
            assert secret.encode() not in value


def test_a_fork_opens_connections_of_its_own(store: Store) -> None:
    started(store, {"a": []})
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run(store, "a")
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert status(store) == "completed"


def test_backlog_counts_the_messages_of_a_queue(store: Store) -> None:
    assert store.backlog(["dev", "security"]) == {"dev": 0, "security": 0}
    store.connection.command("RPUSH", store.keys.queue("dev"), "one")
    store.connection.command("RPUSH", store.keys.queue("dev", 3), "two", "three")
    assert store.backlog(["dev", "security"]) == {"dev": 3, "security": 0}
    assert store.backlog([]) == {}
    assert store.busy(["dev", "security"]) == {"dev"}
    assert store.busy([]) == set()


def test_leaks_are_found(store: Store) -> None:
    started(store, {"a": []})
    run(store, "a")
    store.connection.command("PERSIST", store.keys.events("t"))
    store.connection.command("SET", f"{store.keys.prefix}:odd", "1")
    assert leaks(store) == [f"{store.keys.prefix}:odd", store.keys.events("t")]
    store.connection.command("DEL", store.keys.events("t"), f"{store.keys.prefix}:odd")


def test_what_is_used_of_what_can_end_is_known(store: Store) -> None:
    strains = {one.what: one for one in store.health.strains()}
    assert set(strains) == {"memory", "connections", "disk"}  # the tests' server is on this machine
    assert all(0 < one.share <= 1 for one in strains.values())
    assert not any(one.near(100) for one in strains.values())
    assert strains["connections"].near(0)
    assert not strains["connections"]._replace(roomy=True).near(0)


def test_what_the_server_could_not_do_last_time_is_a_fault() -> None:
    assert failures({"aof_last_write_status": "ok", "rdb_last_bgsave_status": "ok"}) == []
    assert "append-only file" in failures({"aof_last_write_status": "err"})[0]


def test_a_probe_of_writing_leaves_nothing(store: Store) -> None:
    store.try_to_write()
    assert 0 < store.connection.command("PTTL", store.keys.probe) <= 1_000
