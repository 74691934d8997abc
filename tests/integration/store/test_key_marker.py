"""Whoever makes the key says so in the store: a process with another one does not start, and stops nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aether_agents.contracts import HighLevelTask
from aether_agents.errors import CannotOpen
from aether_agents.settings.model import EncryptionSettings, Settings
from aether_agents.store import Store, add_key, make_key_file, open_store
from tests.integration.store.plans import refused, started


@pytest.fixture
def other(settings: Settings, tmp_path: Path) -> Settings:
    """The same store, with another key."""
    make_key_file(tmp_path / "other.key")
    return with_key(settings, tmp_path / "other.key")


def with_key(settings: Settings, path: Path) -> Settings:
    return settings.model_copy(update={"encryption": EncryptionSettings(key_file=path)})


@contextmanager
def any_key(settings: Settings) -> Iterator[Store]:
    with open_store(settings, any_key=True) as opened:
        yield opened


def test_without_a_marker_every_key_is_let_in(store: Store, other: Settings) -> None:
    assert store.key_marker.state() == "none"
    with open_store(other) as opened:
        assert opened.key_marker.state() == "none"


def test_a_process_whose_key_does_not_open_the_marker_does_not_start(store: Store, other: Settings) -> None:
    assert store.key_marker.make()
    assert not store.key_marker.make()
    with pytest.raises(CannotOpen, match=r"another sealing key .*\n.*config mark-key --replace"):
        open_store(other)
    with any_key(other) as opened, pytest.raises(CannotOpen):
        opened.key_marker.make()
    assert store.key_marker.state() == "newest"


def test_who_lost_the_key_may_say_so(store: Store, other: Settings, settings: Settings) -> None:
    store.key_marker.make()
    with any_key(other) as opened:
        assert opened.key_marker.make(replace=True)
    with open_store(other):
        pass
    with pytest.raises(CannotOpen):
        open_store(settings)


def test_a_new_key_before_the_old_one_opens_it_and_then_takes_its_place(
    store: Store, settings: Settings, sealing_key: Path, tmp_path: Path
) -> None:
    store.key_marker.make()
    path = tmp_path / "turned.key"
    path.write_text(sealing_key.read_text())
    add_key(path)
    with open_store(with_key(settings, path)) as turned:
        assert turned.key_marker.state() == "older"
        assert turned.key_marker.make()
        assert turned.key_marker.state() == "newest"
    with pytest.raises(CannotOpen):
        open_store(settings)


def test_a_marker_that_was_damaged_lets_nobody_in(store: Store, settings: Settings) -> None:
    store.key_marker.make()
    store.connection.command("APPEND", store.keys.key, "x")
    with pytest.raises(CannotOpen):
        open_store(settings)


class TestForeignEntries:
    """What another key sealed is as if it were not there."""

    @pytest.fixture
    def foreign(self, store: Store, other: Settings) -> Store:
        with open_store(other) as opened:
            opened.catalogue.publish("d", "git", "dev", [])
            opened.catalogue.publish("d", "lost", "dev", [])
        store.catalogue.publish("d", "own", "dev", [])
        return store

    def test_they_are_passed_by_and_said_once(self, foreign: Store, caplog: pytest.LogCaptureFixture) -> None:
        for _ in range(3):
            assert list(foreign.catalogue.entries()) == ["own"]
        said = [record.getMessage() for record in caplog.records if "is passed by" in record.getMessage()]
        assert [line.partition("`")[2].partition("`")[0] for line in said] == ["git", "lost"]

    def test_whoever_lists_the_server_writes_over_it(self, foreign: Store) -> None:
        foreign.catalogue.publish("d", "git", "dev", [])
        assert list(foreign.catalogue.entries()) == ["git", "own"]
        assert list(foreign.catalogue.foreign()) == ["lost"]

    def test_they_are_named_with_their_key_and_removed(self, foreign: Store, other: Settings) -> None:
        with any_key(other) as opened:
            name = opened.tasks._access.sealer.newest
        assert foreign.catalogue.foreign() == {"git": name, "lost": name}
        assert foreign.catalogue.remove_foreign() == ["git", "lost"]
        assert foreign.catalogue.foreign() == {}
        assert list(foreign.catalogue.entries()) == ["own"]

    def test_a_task_of_another_key_hides_no_other_in_a_list(self, store: Store, other: Settings) -> None:
        with open_store(other) as opened:
            opened.tasks.create(HighLevelTask(task_id="theirs", description="secret", owner="eve"))
        started(store, {"a": []}, task_id="ours")
        found = {view.task_id: view for view in store.tasks.recent()}
        assert set(found) == {"theirs", "ours"}
        assert "sealed with the key" in found["theirs"].description
        assert found["theirs"].owner == "eve"
        assert refused(store, "x", "theirs") == "gone"
