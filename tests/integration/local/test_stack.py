"""The life of the embedded stack: who starts it, who joins it, when it ends, what stays."""

import stat
from pathlib import Path
from socket import socketpair

import psutil
import pytest
from redis import Redis

from aether_agents.errors import CannotOpen, StackError
from aether_agents.local import Stack
from aether_agents.local.supervisor_link import SupervisorLink
from aether_agents.settings.model import DeliverySettings, EncryptionSettings, Settings
from aether_agents.store import make_key_file, open_store
from tests.integration.local.conftest import House


def test_up_ps_down(house: House) -> None:
    house.stack.up()
    house.ready()
    processes = {info.name: info for info in house.stack.ps()}
    assert [(info.name, info.kind) for info in processes.values()] == [
        ("supervisor", "supervisor"),
        ("valkey", "server"),
        ("worker", "worker"),
    ]
    assert {info.status for info in processes.values()} == {"ready"}
    assert {"planner", "dev", "security"} <= set(processes["worker"].queues)
    assert {info.pid for info in processes.values()} <= {process.pid for process in house.left()}
    house.stack.up()  # it runs already: the same stack
    assert house.process("supervisor") == processes["supervisor"]
    assert house.stack.down()
    house.deserted(within=10)  # down returns when all have ended
    assert not house.stack.down()


def test_a_home_with_a_long_path_has_a_stack_too(tmp_path: Path) -> None:
    house = House(tmp_path / ("deep" * 30))
    house.stack.up()
    house.ready()
    assert house.stack.down()
    house.deserted(within=10)


def test_a_stack_that_a_command_started_ends_with_it(house: House) -> None:
    with house.stack.join_or_start() as lease:
        assert lease.started
        assert house.stack.running()
        lease.check()
    house.deserted(within=10)


def test_it_ends_with_the_last_of_those_who_joined(house: House) -> None:
    first, second = house.holder(), house.holder()
    with house.stack.join_or_start() as lease:
        assert not lease.started
        assert lease.note == ""
        for command in (first, second):
            command.communicate("\n")
            assert house.stack.running()
    house.deserted(within=10)


def test_kept_by_whoever_asks_until_down(house: House) -> None:
    with house.stack.join_or_start() as lease:
        lease.keep()
    assert house.stack.running()
    with house.stack.join_or_start() as lease:
        assert not lease.started
    assert house.stack.running()
    assert house.stack.down()
    house.deserted(within=10)


def test_kept_by_one_who_joined_when_the_one_who_started_it_leaves(house: House) -> None:
    first = house.holder()
    with house.stack.join_or_start() as lease:
        assert not lease.started
        assert lease.keep()
        assert not lease.keep(), "it was kept already"
    first.communicate("\n")
    assert house.stack.running()
    assert house.stack.down()


def test_up_keeps_a_stack_that_another_command_started(house: House) -> None:
    with house.stack.join_or_start():
        house.stack.up()
    assert house.stack.running()


def test_many_commands_at_once_make_one_stack(house: House) -> None:
    commands = [house.command() for _ in range(4)]
    said = [command.stdout.readline() for command in commands if command.stdout]
    assert sorted(said) == ["joined\n", "joined\n", "joined\n", "started\n"]
    assert len([info for info in house.stack.ps() if info.kind == "server"]) == 1
    for command in commands:
        command.communicate("\n")
    house.deserted()


def test_commands_one_after_the_other_each_find_a_stack(house: House) -> None:
    """The next stack waits until the one that is just ending has let go of the folder."""
    for _ in range(3):
        house.holder().kill()
    with house.stack.join_or_start():
        assert house.stack.running()


def test_data_and_key_survive(house: House) -> None:
    with house.stack.join_or_start(), Redis.from_url(str(house.stack.settings().broker.url)) as client:
        client.set("kept", "yes")
    key = house.stack.folder.key.read_bytes()
    with house.stack.join_or_start(), Redis.from_url(str(house.stack.settings().broker.url)) as client:
        assert client.get("kept") == b"yes"
    assert house.stack.folder.key.read_bytes() == key


def test_only_the_owner_can_look_inside(house: House) -> None:
    with house.stack.join_or_start():
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in house.stack.folder.root.iterdir()}
    assert modes["sealing.key"] == 0o600
    assert modes["valkey"] == modes["logs"] == 0o700
    assert stat.S_IMODE(house.stack.folder.root.stat().st_mode) == 0o700


def test_who_makes_the_key_says_so_in_the_store_and_no_other_key_is_let_in(house: House, tmp_path: Path) -> None:
    house.stack.up()
    with open_store(house.stack.settings()) as store:
        assert store.key_marker.state() == "newest"
    make_key_file(tmp_path / "other.key")
    other = house.stack.settings().model_copy(
        update={"encryption": EncryptionSettings(key_file=tmp_path / "other.key")}
    )
    with pytest.raises(CannotOpen, match="another sealing key"):
        open_store(other)
    house.stack.down()
    house.stack.folder.key.unlink()
    with pytest.raises(CannotOpen, match="another sealing key"):
        house.stack.up()


def test_who_makes_the_key_says_so_also_where_another_command_holds_the_folder_at_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socketpair()
    SupervisorLink(theirs).send({"busy": True})
    first, spawn = [SupervisorLink(ours)], house.stack._spawn
    monkeypatch.setattr(house.stack, "_spawn", lambda: first.pop() if first else spawn())
    house.stack.up()
    theirs.close()
    with open_store(house.stack.settings()) as store:
        assert store.key_marker.state() == "newest"


def test_settings_point_at_the_stack_and_respect_a_key_of_ones_own(house: House, tmp_path: Path) -> None:
    settings = house.stack.settings()
    assert str(settings.broker.url).startswith("unix://")
    assert settings.encryption.key_file == house.stack.folder.key
    own = EncryptionSettings(key_file=tmp_path / "mine")
    assert house.stack_with(encryption=own).settings().encryption == own


def test_joining_with_other_settings_is_said(house: House) -> None:
    other = house.stack_with(delivery=DeliverySettings(lease=5, grace=2))
    elsewhere = house.stack_with(project=Path("/"))
    with house.stack.join_or_start(), other.join_or_start() as lease, elsewhere.join_or_start() as same:
        assert "other settings" in lease.note
        assert "aether-agent down" in lease.note
        assert same.note == ""  # being in another folder is not another setting


def test_logs(house: House) -> None:
    with house.stack.join_or_start():
        pass
    names = {name for name, _ in house.stack.logs()}
    assert {"supervisor", "valkey"} <= names
    lines = [line for _, line in house.stack.logs(["supervisor"], lines=100)]
    assert any("the stack is up" in line for line in lines)
    assert "the stack is down" in lines[-1]
    with pytest.raises(StackError, match="there are: supervisor, valkey, worker, beat, flower; did you mean `worker`"):
        house.stack.logs(["workers"])


def test_a_home_with_a_very_long_path(tmp_path: Path) -> None:
    house = House(tmp_path / ("deep" * 40))
    with house.stack.join_or_start(), Redis.from_url(str(house.stack.settings().broker.url)) as client:
        assert client.ping()
        assert len(house.stack.ps()) == 3
    house.deserted(within=10)


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    stack = Stack(Settings(home=tmp_path / "file" / "home"))
    with pytest.raises(StackError, match=r"cannot be written .*set AETHER_HOME to a folder of your own"):
        stack.join_or_start()
    assert not stack.running()
    assert (stack.ps(), stack.down()) == ([], False)


def test_a_base_install_says_what_the_embedded_stack_needs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aether_agents.local.stack.NEEDED", ("json", "no_such_module"))
    with pytest.raises(StackError, match=r"needs no_such_module, .*aether-agents\[local\].*AETHER_REDIS_URL"):
        house.stack.up()
    assert not house.home.exists()


def test_nothing_in_the_callers_folder_is_code(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository that is audited may hold a `redis.py`; it is not the one that is imported."""
    for name in ("redis", "celery", "aether_agents"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    with house.stack.join_or_start():
        house.ready()
    assert not (tmp_path / "ran").exists()


def test_a_command_that_lives_long_collects_no_dead_children(house: House) -> None:
    """The supervisor is nobody's child."""
    house.stack.up()
    assert house.process("supervisor").pid not in {child.pid for child in psutil.Process().children()}
    house.stack.down()
    assert [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE] == []
