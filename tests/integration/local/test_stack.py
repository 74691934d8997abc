"""The life of the embedded stack: who starts it, who joins it, when it ends, what stays."""

import re
import stat
from pathlib import Path
from socket import socketpair

import psutil
import pytest
from redis import Redis

from aether_agents.errors import CannotOpen, StackError
from aether_agents.local import Stack
from aether_agents.local.supervisor_link import SupervisorLink
from aether_agents.process.installation import install_command
from aether_agents.settings.model import DeliverySettings, EncryptionSettings, Settings
from aether_agents.store import make_key_file, open_store
from tests.integration.local.conftest import StackLab


def test_up_ps_down(stack_lab: StackLab) -> None:
    stack_lab.stack.up()
    stack_lab.ready()
    processes = {info.name: info for info in stack_lab.stack.ps()}
    assert [(info.name, info.kind) for info in processes.values()] == [
        ("supervisor", "supervisor"),
        ("valkey", "server"),
        ("worker", "worker"),
    ]
    assert {info.status for info in processes.values()} == {"ready"}
    assert {"planner", "dev", "security"} <= set(processes["worker"].queues)
    assert {info.pid for info in processes.values()} <= {process.pid for process in stack_lab.left()}
    stack_lab.stack.up()  # it runs already: the same stack
    assert stack_lab.process("supervisor") == processes["supervisor"]
    assert stack_lab.stack.down()
    stack_lab.deserted(within=10)  # down returns when all have ended
    assert not stack_lab.stack.down()


def test_a_home_with_a_long_path_has_a_stack_too(tmp_path: Path) -> None:
    stack_lab = StackLab(tmp_path / ("deep" * 30))
    stack_lab.stack.up()
    stack_lab.ready()
    assert stack_lab.stack.down()
    stack_lab.deserted(within=10)


def test_a_stack_that_a_command_started_ends_with_it(stack_lab: StackLab) -> None:
    with stack_lab.stack.join_or_start() as lease:
        assert lease.started
        assert stack_lab.stack.running()
        lease.check()
    stack_lab.deserted(within=10)


def test_it_ends_with_the_last_of_those_who_joined(stack_lab: StackLab) -> None:
    first, second = stack_lab.holder(), stack_lab.holder()
    with stack_lab.stack.join_or_start() as lease:
        assert not lease.started
        assert lease.note == ""
        for command in (first, second):
            command.communicate("\n")
            assert stack_lab.stack.running()
    stack_lab.deserted(within=10)


def test_kept_by_whoever_asks_until_down(stack_lab: StackLab) -> None:
    with stack_lab.stack.join_or_start() as lease:
        lease.keep()
    assert stack_lab.stack.running()
    with stack_lab.stack.join_or_start() as lease:
        assert not lease.started
    assert stack_lab.stack.running()
    assert stack_lab.stack.down()
    stack_lab.deserted(within=10)


def test_kept_by_one_who_joined_when_the_one_who_started_it_leaves(stack_lab: StackLab) -> None:
    first = stack_lab.holder()
    with stack_lab.stack.join_or_start() as lease:
        assert not lease.started
        assert lease.keep()
        assert not lease.keep(), "it was kept already"
    first.communicate("\n")
    assert stack_lab.stack.running()
    assert stack_lab.stack.down()


def test_up_keeps_a_stack_that_another_command_started(stack_lab: StackLab) -> None:
    with stack_lab.stack.join_or_start():
        stack_lab.stack.up()
    assert stack_lab.stack.running()


def test_many_commands_at_once_make_one_stack(stack_lab: StackLab) -> None:
    commands = [stack_lab.command() for _ in range(4)]
    said = [command.stdout.readline() for command in commands if command.stdout]
    assert sorted(said) == ["joined\n", "joined\n", "joined\n", "started\n"]
    assert len([info for info in stack_lab.stack.ps() if info.kind == "server"]) == 1
    for command in commands:
        command.communicate("\n")
    stack_lab.deserted()


def test_commands_one_after_the_other_each_find_a_stack(stack_lab: StackLab) -> None:
    """The next stack waits until the one that is just ending has let go of the folder."""
    for _ in range(3):
        stack_lab.holder().kill()
    with stack_lab.stack.join_or_start():
        assert stack_lab.stack.running()


def test_data_and_key_survive(stack_lab: StackLab) -> None:
    with stack_lab.stack.join_or_start(), Redis.from_url(str(stack_lab.stack.settings().broker.url)) as client:
        client.set("kept", "yes")
    key = stack_lab.stack.folder.key.read_bytes()
    with stack_lab.stack.join_or_start(), Redis.from_url(str(stack_lab.stack.settings().broker.url)) as client:
        assert client.get("kept") == b"yes"
    assert stack_lab.stack.folder.key.read_bytes() == key


def test_only_the_owner_can_look_inside(stack_lab: StackLab) -> None:
    with stack_lab.stack.join_or_start():
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in stack_lab.stack.folder.root.iterdir()}
    assert modes["sealing.key"] == 0o600
    assert modes["valkey"] == modes["logs"] == 0o700
    assert stat.S_IMODE(stack_lab.stack.folder.root.stat().st_mode) == 0o700


def test_who_makes_the_key_says_so_in_the_store_and_no_other_key_is_let_in(stack_lab: StackLab, tmp_path: Path) -> None:
    stack_lab.stack.up()
    with open_store(stack_lab.stack.settings()) as store:
        assert store.key_marker.state() == "newest"
    make_key_file(tmp_path / "other.key")
    other = stack_lab.stack.settings().model_copy(
        update={"encryption": EncryptionSettings(key_file=tmp_path / "other.key")}
    )
    with pytest.raises(CannotOpen, match="another sealing key"):
        open_store(other)
    stack_lab.stack.down()
    stack_lab.stack.folder.key.unlink()
    with pytest.raises(CannotOpen, match="another sealing key"):
        stack_lab.stack.up()


def test_who_makes_the_key_says_so_also_where_another_command_holds_the_folder_at_first(
    stack_lab: StackLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socketpair()
    SupervisorLink(theirs).send({"busy": True})
    first, spawn = [SupervisorLink(ours)], stack_lab.stack._spawn
    monkeypatch.setattr(stack_lab.stack, "_spawn", lambda: first.pop() if first else spawn())
    stack_lab.stack.up()
    theirs.close()
    with open_store(stack_lab.stack.settings()) as store:
        assert store.key_marker.state() == "newest"


def test_settings_point_at_the_stack_and_respect_a_key_of_ones_own(stack_lab: StackLab, tmp_path: Path) -> None:
    settings = stack_lab.stack.settings()
    assert str(settings.broker.url).startswith("unix://")
    assert settings.encryption.key_file == stack_lab.stack.folder.key
    own = EncryptionSettings(key_file=tmp_path / "mine")
    assert stack_lab.stack_with(encryption=own).settings().encryption == own


def test_joining_with_other_settings_is_said(stack_lab: StackLab) -> None:
    other = stack_lab.stack_with(delivery=DeliverySettings(lease=5, grace=2))
    elsewhere = stack_lab.stack_with(project=Path("/"))
    with stack_lab.stack.join_or_start(), other.join_or_start() as lease, elsewhere.join_or_start() as same:
        assert "other settings" in lease.note
        assert "aether-agent down" in lease.note
        assert same.note == ""  # being in another folder is not another setting


def test_logs(stack_lab: StackLab) -> None:
    with stack_lab.stack.join_or_start():
        pass
    names = {name for name, _ in stack_lab.stack.logs()}
    assert {"supervisor", "valkey"} <= names
    lines = [line for _, line in stack_lab.stack.logs(["supervisor"], lines=100)]
    assert any("the stack is up" in line for line in lines)
    assert "the stack is down" in lines[-1]
    with pytest.raises(StackError, match="there are: supervisor, valkey, worker, beat, flower; did you mean `worker`"):
        stack_lab.stack.logs(["workers"])


def test_a_home_with_a_very_long_path(tmp_path: Path) -> None:
    stack_lab = StackLab(tmp_path / ("deep" * 40))
    with stack_lab.stack.join_or_start(), Redis.from_url(str(stack_lab.stack.settings().broker.url)) as client:
        assert client.ping()
        assert len(stack_lab.stack.ps()) == 3
    stack_lab.deserted(within=10)


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    stack = Stack(Settings(home=tmp_path / "file" / "home"))
    with pytest.raises(StackError, match=r"cannot be written .*set AETHER_HOME to a folder of your own"):
        stack.join_or_start()
    assert not stack.running()
    assert (stack.ps(), stack.down()) == ([], False)


def test_a_base_install_says_what_the_embedded_stack_needs(
    stack_lab: StackLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aether_agents.local.stack.NEEDED", ("json", "no_such_module"))
    missing = rf"needs no_such_module: .*{re.escape(install_command('local'))}.*AETHER_REDIS_URL"
    with pytest.raises(StackError, match=missing):
        stack_lab.stack.up()
    assert not stack_lab.home.exists()


def test_nothing_in_the_callers_folder_is_code(
    stack_lab: StackLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository that is audited may hold a `redis.py`; it is not the one that is imported."""
    for name in ("redis", "celery", "aether_agents"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    with stack_lab.stack.join_or_start():
        stack_lab.ready()
    assert not (tmp_path / "ran").exists()


def test_a_command_that_lives_long_collects_no_dead_children(stack_lab: StackLab) -> None:
    """The supervisor is nobody's child."""
    stack_lab.stack.up()
    assert stack_lab.process("supervisor").pid not in {child.pid for child in psutil.Process().children()}
    stack_lab.stack.down()
    assert [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE] == []
