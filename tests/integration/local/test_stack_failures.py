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
from tests.integration.local.conftest import StackLab


def test_a_killed_command_ends_its_stack(stack_lab: StackLab) -> None:
    command = stack_lab.holder()
    stack_lab.ready()
    command.kill()
    stack_lab.deserted()


def test_a_killed_supervisor_leaves_nothing(stack_lab: StackLab) -> None:
    stack_lab.stack.up()
    stack_lab.ready()
    stack_lab.kill("supervisor")
    stack_lab.deserted()


def test_a_supervisor_killed_while_the_worker_loads_leaves_nothing(stack_lab: StackLab) -> None:
    stack_lab.stack.up()
    stack_lab.kill("supervisor")
    stack_lab.deserted()


def test_the_holder_of_a_killed_supervisor_is_told(stack_lab: StackLab) -> None:
    with stack_lab.stack.join_or_start() as lease:
        stack_lab.kill("supervisor")
        with pytest.raises(StackError, match="ended"):
            eventually(lease.check)
    stack_lab.deserted()


def test_a_killed_worker_is_started_again(stack_lab: StackLab) -> None:
    with stack_lab.stack.join_or_start() as lease:
        stack_lab.ready()
        killed = stack_lab.kill("worker")
        eventually(lambda: stack_lab.process("worker").pid not in {0, killed}, what="another worker")
        assert stack_lab.ready().pid != killed
        with pytest.raises(StackError, match="the worker ended by SIGKILL while it served"):
            lease.check()
        lease.check()  # said once
        assert any("starts again" in line for _, line in stack_lab.stack.logs(["supervisor"]))


def hang(url: str) -> None:
    """Make a server hang, which is not waited for."""
    with Redis.from_url(url) as admin:
        admin.config_set("busy-reply-threshold", 0)  # else it says that it is busy
        admin.connection_pool.get_connection().send_command("EVAL", "while true do end", 0)


def test_a_deaf_worker_is_started_again_and_a_store_that_refuses_is_waited_for(stack_lab: StackLab) -> None:
    """Deafened by Celery's own word: its consumers are cancelled, as somebody could who takes it for another worker."""
    stack = stack_lab.stack_with(delivery=DeliverySettings(grace=2, deaf_after=5))
    with stack.join_or_start() as lease:
        deaf = stack_lab.ready().pid
        settings = stack.settings()
        queues = ("planner", *(one.queue for one in load_specialists(settings)))
        app = create_app(settings, load_specialists(settings))
        for queue in queues:  # asked again: a worker that does not listen to commands yet never hears the first
            eventually(lambda queue=queue: app.control.cancel_consumer(queue, reply=True, timeout=5, limit=1))
        with connect(settings) as orchestrator:
            task = orchestrator.submit(
                HighLevelTask(description="Health report of this machine", type="nothing_of_the_kind")
            )
            eventually(lambda: stack_lab.process("worker").pid not in {0, deaf}, within=60, what="another worker")
            eventually(lambda: orchestrator.view(task).finished_at, within=60, what="it takes the task")
        app.close()
        with pytest.raises(StackError, match=r"(?s)exit code 70 while it served.*deaf: "):
            lease.check()
        with Redis.from_url(ValkeyServer(stack.folder.valkey).url) as admin:
            admin.execute_command("CONFIG", "SET", "maxmemory", 1)
            eventually(lambda: stack_lab.process("worker").status == "waits for the store", what="ps says so")
            admin.execute_command("CONFIG", "SET", "maxmemory", 0)
            eventually(lambda: stack_lab.process("worker").status == "ready", what="ps says so")


def test_a_killed_server_is_started_again(stack_lab: StackLab) -> None:
    with stack_lab.stack.join_or_start():
        server = ValkeyServer(stack_lab.stack.folder.valkey)
        killed = stack_lab.kill("valkey")
        eventually(lambda: stack_lab.process("valkey").pid != killed and server.alive(), what="another server")


def test_a_process_that_was_stopped_is_never_called_ready(stack_lab: StackLab) -> None:
    with stack_lab.stack.join_or_start():
        stack_lab.ready()
        for name in ("worker", "valkey"):
            process = psutil.Process(stack_lab.process(name).pid)
            process.suspend()
            eventually(lambda name=name: stack_lab.process(name).status == "stopped", what="ps says so")
            process.resume()
            eventually(lambda name=name: stack_lab.process(name).status == "ready", what="ps says so")


def test_a_worker_that_is_stopped_for_good_is_started_again(stack_lab: StackLab) -> None:
    """No signal but the kill is heard by a process that was stopped, or whose interpreter hangs."""
    with stack_lab.stack_with(delivery=DeliverySettings(grace=2, deaf_after=4)).join_or_start() as lease:
        stopped = stack_lab.ready().pid
        psutil.Process(stopped).suspend()
        eventually(lambda: stack_lab.process("worker").pid not in {0, stopped}, within=60, what="another worker")
        assert stack_lab.ready().pid != stopped
        with pytest.raises(StackError, match="ended by SIGKILL while it served"):
            lease.check()
        assert any("no sign of life" in line for _, line in stack_lab.stack.logs(["supervisor"]))


@pytest.mark.parametrize("how", ["stopped", "does not answer"])
def test_a_server_that_says_nothing_for_good_is_said_and_replaced(stack_lab: StackLab, how: str) -> None:
    """Stopped by a signal, or its loop hangs: in both cases its process lives on."""
    stack = stack_lab.stack_with(delivery=DeliverySettings(grace=2, deaf_after=3))
    with stack.join_or_start():
        stack_lab.ready()
        silent = stack_lab.process("valkey").pid
        url = ValkeyServer(stack.folder.valkey).url
        if how == "stopped":
            psutil.Process(silent).suspend()
        else:
            hang(url)
        eventually(lambda: stack_lab.process("valkey").status == how, what="ps says so")
        eventually(lambda: stack_lab.process("valkey").pid != silent, within=60, what="another server")
        assert any("has not answered for" in line for _, line in stack.logs(["supervisor"]))
        eventually(lambda: {one.status for one in stack.ps()} == {"ready"}, within=60, what="all is well")
        with connect(stack.settings()) as orchestrator:
            task = orchestrator.submit(
                HighLevelTask(description="Health report of this machine", type="nothing_of_the_kind")
            )
            eventually(lambda: orchestrator.view(task).finished_at, within=60, what="the worker takes a task")


def test_a_supervisor_that_was_stopped_is_said(stack_lab: StackLab) -> None:
    stack_lab.stack.up()
    stack_lab.ready()
    supervisor = psutil.Process(stack_lab.process("supervisor").pid)
    supervisor.suspend()
    try:
        statuses = {one.name: one.status for one in stack_lab.stack.ps()}
        assert statuses == {
            "supervisor": "stopped",
            "valkey": "without its supervisor",
            "worker": "without its supervisor",
        }
    finally:
        supervisor.resume()
    eventually(lambda: {one.status for one in stack_lab.stack.ps()} == {"ready"}, what="it goes on")


def test_after_a_killed_supervisor_the_next_stack_starts_at_once(stack_lab: StackLab) -> None:
    stack_lab.stack.up()
    stack_lab.kill("supervisor")
    with stack_lab.stack.join_or_start() as lease:
        assert lease.started
        assert len(stack_lab.stack.ps()) == 3
    stack_lab.deserted()


def test_down_ends_what_a_killed_supervisor_left(stack_lab: StackLab) -> None:
    stack_lab.stack.up()
    worker = stack_lab.ready()
    psutil.Process(worker.pid).send_signal(signal.SIGSTOP)  # it cannot end itself
    stack_lab.kill("supervisor")
    stopped = [("worker", "without its supervisor")]
    eventually(lambda: [(info.name, info.status) for info in stack_lab.stack.ps()] == stopped)
    assert stack_lab.stack.down()
    stack_lab.deserted(within=10)


def test_a_stale_state_file_harms_nobody(stack_lab: StackLab) -> None:
    """Process ids are used again: only a process that was born when the file says so is ended."""
    bystander = stack_lab.holder()
    stack_lab.stack.down()
    row = {"name": "worker", "kind": "worker", "pid": bystander.pid, "queues": [], "status": "ready", "born": "once"}
    stack_lab.stack.folder.state.write_text(json.dumps([row]))
    with stack_lab.stack.join_or_start():
        assert ProcessIdentity.of(bystander.pid).alive()
    stack_lab.stack.folder.state.write_text("[{")  # cut short
    with stack_lab.stack.join_or_start():
        assert stack_lab.stack.running()


def test_a_worker_that_cannot_start_says_why(stack_lab: StackLab) -> None:
    stack = stack_lab.stack_with(specialists={"nope": SpecialistSettings()})
    with stack.join_or_start() as lease, pytest.raises(StackError) as caught:
        eventually(lease.check, within=40)
    assert "before it could serve" in str(caught.value)
    assert "`nope` is not installed" in str(caught.value)
    stack_lab.deserted()


def test_a_stack_whose_worker_never_serves_gives_up_and_its_holders_hear_why(stack_lab: StackLab) -> None:
    stack = stack_lab.stack_with(specialists={"nope": SpecialistSettings()})
    with stack.join_or_start(keep=True) as lease, Redis.from_url(str(stack.settings().broker.url)) as client:
        eventually(lambda: not stack.running(), within=30, what="it gives up")
        assert client.ping()  # who follows a task hears the reason, not that the connection is lost
        with pytest.raises(StackError, match="`nope` is not installed"):
            lease.check()
    stack_lab.deserted()
    lines = [line for _, line in stack.logs(["supervisor"], lines=500)]
    assert [line.rpartition(" in ")[2] for line in lines if "starts again in" in line] == ["0.2 s", "0.4 s", "0.8 s"]


def test_a_removed_home_ends_its_stack(stack_lab: StackLab) -> None:
    stack_lab.stack.up()
    shutil.rmtree(stack_lab.home)
    eventually(lambda: not stack_lab.left(), within=40, what="all ended")


def test_a_server_that_does_not_start_is_an_error_with_its_last_lines(stack_lab: StackLab) -> None:
    stack_lab.stack.folder.prepare()
    broken = stack_lab.stack.folder.valkey / "appendonlydir"
    broken.mkdir(parents=True)
    (broken / "appendonly.aof.manifest").write_text("garbage\n")
    with pytest.raises(StackError, match=r"(?s)ended at once.*(manifest|AOF)"):
        stack_lab.stack.join_or_start()
    stack_lab.deserted()


def test_a_terminal_that_closes_is_not_the_stacks_business(stack_lab: StackLab) -> None:
    stack_lab.stack.up()
    supervisor = stack_lab.process("supervisor")
    psutil.Process(supervisor.pid).send_signal(signal.SIGHUP)
    assert stack_lab.process("supervisor") == supervisor
    psutil.Process(supervisor.pid).send_signal(signal.SIGTERM)
    stack_lab.deserted()


def test_the_folder_has_one_supervisor_even_if_its_socket_is_gone(stack_lab: StackLab, tmp_path: Path) -> None:
    """Whoever removes the control socket by hand gets a clear error, and `down` still ends the stack."""
    stack_lab.stack.up()
    stack_lab.stack.folder.control.unlink()
    assert stack_lab.stack.down()
    stack_lab.deserted(within=10)
