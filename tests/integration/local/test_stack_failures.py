"""What is killed is noticed, what can go on goes on, and nothing is left behind."""

import json
import shutil
import signal
from pathlib import Path

import psutil
import pytest
from redis import Redis

from aether_agents.celery_app.app import create_app
from aether_agents.contracts import HighLevelTask
from aether_agents.errors import StackError
from aether_agents.local.supervision.process_identity import ProcessIdentity
from aether_agents.local.valkey import ValkeyServer
from aether_agents.orchestrator.orchestrator import connect
from aether_agents.settings.model import DeliverySettings, SpecialistSettings
from aether_agents.specialists import load_specialists
from tests.conftest import eventually
from tests.integration.local.conftest import House


def test_a_killed_command_ends_its_stack(house: House) -> None:
    command = house.holder()
    house.ready()
    command.kill()
    house.deserted()


def test_a_killed_supervisor_leaves_nothing(house: House) -> None:
    house.stack.up()
    house.ready()
    house.kill("supervisor")
    house.deserted()


def test_a_supervisor_killed_while_the_worker_loads_leaves_nothing(house: House) -> None:
    house.stack.up()
    house.kill("supervisor")
    house.deserted()


def test_the_holder_of_a_killed_supervisor_is_told(house: House) -> None:
    with house.stack.join_or_start() as lease:
        house.kill("supervisor")
        with pytest.raises(StackError, match="ended"):
            eventually(lease.check)
    house.deserted()


def test_a_killed_worker_is_started_again(house: House) -> None:
    with house.stack.join_or_start() as lease:
        house.ready()
        killed = house.kill("worker")
        eventually(lambda: house.process("worker").pid not in {0, killed}, what="another worker")
        assert house.ready().pid != killed
        with pytest.raises(StackError, match="the worker ended by SIGKILL while it served"):
            lease.check()
        lease.check()  # said once
        assert any("starts again" in line for _, line in house.stack.logs(["supervisor"]))


def hang(url: str) -> None:
    """Make a server hang, which is not waited for."""
    with Redis.from_url(url) as admin:
        admin.config_set("busy-reply-threshold", 0)  # else it says that it is busy
        admin.connection_pool.get_connection().send_command("EVAL", "while true do end", 0)


def test_a_deaf_worker_is_started_again_and_a_store_that_refuses_is_waited_for(house: House) -> None:
    """Deafened by Celery's own word: its consumers are cancelled, as somebody could who takes it for another worker."""
    stack = house.stack_with(delivery=DeliverySettings(grace=2, deaf_after=5))
    with stack.join_or_start() as lease:
        deaf = house.ready().pid
        settings = stack.settings()
        queues = ("planner", *(one.queue for one in load_specialists(settings)))
        app = create_app(settings, load_specialists(settings))
        for queue in queues:  # asked again: a worker that does not listen to commands yet never hears the first
            eventually(lambda queue=queue: app.control.cancel_consumer(queue, reply=True, timeout=5, limit=1))
        with connect(settings) as door:
            task = door.submit(HighLevelTask(description="Health report of this machine", type="nothing_of_the_kind"))
            eventually(lambda: house.process("worker").pid not in {0, deaf}, within=60, what="another worker")
            eventually(lambda: door.view(task).finished_at, within=60, what="it takes the task")
        app.close()
        with pytest.raises(StackError, match=r"(?s)exit code 70 while it served.*deaf: "):
            lease.check()
        with Redis.from_url(ValkeyServer(stack.folder.valkey).url) as admin:
            admin.execute_command("CONFIG", "SET", "maxmemory", 1)
            eventually(lambda: house.process("worker").status == "waits for the store", what="ps says so")
            admin.execute_command("CONFIG", "SET", "maxmemory", 0)
            eventually(lambda: house.process("worker").status == "ready", what="ps says so")


def test_a_killed_server_is_started_again(house: House) -> None:
    with house.stack.join_or_start():
        server = ValkeyServer(house.stack.folder.valkey)
        killed = house.kill("valkey")
        eventually(lambda: house.process("valkey").pid != killed and server.alive(), what="another server")


def test_a_process_that_was_stopped_is_never_called_ready(house: House) -> None:
    with house.stack.join_or_start():
        house.ready()
        for name in ("worker", "valkey"):
            process = psutil.Process(house.process(name).pid)
            process.suspend()
            eventually(lambda name=name: house.process(name).status == "stopped", what="ps says so")
            process.resume()
            eventually(lambda name=name: house.process(name).status == "ready", what="ps says so")


def test_a_worker_that_is_stopped_for_good_is_started_again(house: House) -> None:
    """No signal but the kill is heard by a process that was stopped, or whose interpreter hangs."""
    with house.stack_with(delivery=DeliverySettings(grace=2, deaf_after=4)).join_or_start() as lease:
        stopped = house.ready().pid
        psutil.Process(stopped).suspend()
        eventually(lambda: house.process("worker").pid not in {0, stopped}, within=60, what="another worker")
        assert house.ready().pid != stopped
        with pytest.raises(StackError, match="ended by SIGKILL while it served"):
            lease.check()
        assert any("no sign of life" in line for _, line in house.stack.logs(["supervisor"]))


@pytest.mark.parametrize("how", ["stopped", "does not answer"])
def test_a_server_that_says_nothing_for_good_is_said_and_replaced(house: House, how: str) -> None:
    """Stopped by a signal, or its loop hangs: in both cases its process lives on."""
    stack = house.stack_with(delivery=DeliverySettings(grace=2, deaf_after=3))
    with stack.join_or_start():
        house.ready()
        silent = house.process("valkey").pid
        url = ValkeyServer(stack.folder.valkey).url
        if how == "stopped":
            psutil.Process(silent).suspend()
        else:
            hang(url)
        eventually(lambda: house.process("valkey").status == how, what="ps says so")
        eventually(lambda: house.process("valkey").pid != silent, within=60, what="another server")
        assert any("has not answered for" in line for _, line in stack.logs(["supervisor"]))
        eventually(lambda: {one.status for one in stack.ps()} == {"ready"}, within=60, what="all is well")
        with connect(stack.settings()) as door:
            task = door.submit(HighLevelTask(description="Health report of this machine", type="nothing_of_the_kind"))
            eventually(lambda: door.view(task).finished_at, within=60, what="the worker takes a task")


def test_a_supervisor_that_was_stopped_is_said(house: House) -> None:
    house.stack.up()
    house.ready()
    supervisor = psutil.Process(house.process("supervisor").pid)
    supervisor.suspend()
    try:
        statuses = {one.name: one.status for one in house.stack.ps()}
        assert statuses == {
            "supervisor": "stopped",
            "valkey": "without its supervisor",
            "worker": "without its supervisor",
        }
    finally:
        supervisor.resume()
    eventually(lambda: {one.status for one in house.stack.ps()} == {"ready"}, what="it goes on")


def test_after_a_killed_supervisor_the_next_stack_starts_at_once(house: House) -> None:
    house.stack.up()
    house.kill("supervisor")
    with house.stack.join_or_start() as lease:
        assert lease.started
        assert len(house.stack.ps()) == 3
    house.deserted()


def test_down_ends_what_a_killed_supervisor_left(house: House) -> None:
    house.stack.up()
    worker = house.ready()
    psutil.Process(worker.pid).send_signal(signal.SIGSTOP)  # it cannot end itself
    house.kill("supervisor")
    stopped = [("worker", "without its supervisor")]
    eventually(lambda: [(info.name, info.status) for info in house.stack.ps()] == stopped)
    assert house.stack.down()
    house.deserted(within=10)


def test_a_stale_state_file_harms_nobody(house: House) -> None:
    """Process ids are used again: only a process that was born when the file says so is ended."""
    bystander = house.holder()
    house.stack.down()
    row = {"name": "worker", "kind": "worker", "pid": bystander.pid, "queues": [], "status": "ready", "born": "once"}
    house.stack.folder.state.write_text(json.dumps([row]))
    with house.stack.join_or_start():
        assert ProcessIdentity.of(bystander.pid).alive()
    house.stack.folder.state.write_text("[{")  # cut short
    with house.stack.join_or_start():
        assert house.stack.running()


def test_a_worker_that_cannot_start_says_why(house: House) -> None:
    stack = house.stack_with(specialists={"nope": SpecialistSettings()})
    with stack.join_or_start() as lease, pytest.raises(StackError) as caught:
        eventually(lease.check, within=40)
    assert "before it could serve" in str(caught.value)
    assert "`nope` is not installed" in str(caught.value)
    house.deserted()


def test_a_stack_whose_worker_never_serves_gives_up_and_its_holders_hear_why(house: House) -> None:
    stack = house.stack_with(specialists={"nope": SpecialistSettings()})
    with stack.join_or_start(keep=True) as lease, Redis.from_url(str(stack.settings().broker.url)) as client:
        eventually(lambda: not stack.running(), within=30, what="it gives up")
        assert client.ping()  # who follows a task hears the reason, not that the connection is lost
        with pytest.raises(StackError, match="`nope` is not installed"):
            lease.check()
    house.deserted()
    lines = [line for _, line in stack.logs(["supervisor"], lines=500)]
    assert [line.rpartition(" in ")[2] for line in lines if "starts again in" in line] == ["0.2 s", "0.4 s", "0.8 s"]


def test_a_removed_home_ends_its_stack(house: House) -> None:
    house.stack.up()
    shutil.rmtree(house.home)
    eventually(lambda: not house.left(), within=40, what="all ended")


def test_a_server_that_does_not_start_is_an_error_with_its_last_lines(house: House) -> None:
    house.stack.folder.prepare()
    broken = house.stack.folder.valkey / "appendonlydir"
    broken.mkdir(parents=True)
    (broken / "appendonly.aof.manifest").write_text("garbage\n")
    with pytest.raises(StackError, match=r"(?s)ended at once.*(manifest|AOF)"):
        house.stack.join_or_start()
    house.deserted()


def test_a_terminal_that_closes_is_not_the_stacks_business(house: House) -> None:
    house.stack.up()
    supervisor = house.process("supervisor")
    psutil.Process(supervisor.pid).send_signal(signal.SIGHUP)
    assert house.process("supervisor") == supervisor
    psutil.Process(supervisor.pid).send_signal(signal.SIGTERM)
    house.deserted()


def test_the_folder_has_one_supervisor_even_if_its_socket_is_gone(house: House, tmp_path: Path) -> None:
    """Whoever removes the control socket by hand gets a clear error, and `down` still ends the stack."""
    house.stack.up()
    house.stack.folder.control.unlink()
    assert house.stack.down()
    house.deserted(within=10)
