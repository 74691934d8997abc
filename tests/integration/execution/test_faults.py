"""Bad luck and bad input: each gives a clear outcome, and loses nothing."""

import re

import pytest

from aether_agents.contracts import Expect, Verify
from aether_agents.errors import StoreUnavailable
from aether_agents.execution.delivery.sender import Sender
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import BrokerSettings, ContextSettings, EncryptionSettings, Settings
from aether_agents.store import Delivery, make_key_file, open_store
from tests.conftest import eventually
from tests.integration.execution.lab import Lab, step


def outcome(lab: Lab, task_id: str, name: str = "a"):
    return lab.store.tasks.outcomes(task_id, [name])[name]


def test_a_call_counts_only_if_it_did_what_is_expected(lab: Lab) -> None:
    expect = Expect(path="message", op="eq", value="done")
    lab.launch([step("expect", "a", expect=expect), step("expect", "z", ["a"])], "expect")
    assert lab.ended("expect") == "failed"
    assert outcome(lab, "expect").error_kind == "expectation"
    assert '`message` is "a", and should be eq "done"' in (outcome(lab, "expect").error or "")


@pytest.mark.parametrize(("wanted", "end"), [(1, "completed"), (7, "failed")])
def test_the_effect_of_a_call_is_read_back_through_another_tool(lab: Lab, wanted: int, end: str) -> None:
    task = f"verify-{wanted}"
    folder = lab.folder / task
    folder.mkdir()
    verify = Verify(
        tool="dev-echo/list_notes", args={"folder": str(folder)}, expect=Expect(path="count", op="eq", value=wanted)
    )
    args = {"folder": str(folder), "name": "n.txt", "text": "x"}
    lab.launch([step(task, "a", tool="write_note", args=args, verify=verify)], task)
    assert lab.ended(task) == end
    assert (folder / "n.txt").exists()
    if end == "failed":
        assert "does not show its effect: `count` is 1, and should be eq 7" in (outcome(lab, task).error or "")


def test_a_result_that_is_too_large_names_the_fix(lab: Lab) -> None:
    lab.launch([step("big", "a", args={"message": "x" * 1_100_000, "key": "big/a"})], "big")
    assert lab.ended("big") == "failed"
    assert "1.0 MiB, more than 1 MiB can be kept: ask it for less" in (outcome(lab, "big").error or "")


def test_a_tool_that_the_server_does_not_have_is_named(lab: Lab) -> None:
    plan = [step("none", "a").model_copy(update={"tool": "dev-echo/nothing"})]
    lab.launch(plan, "none")
    assert lab.ended("none") == "failed"
    assert "`dev-echo` has no tool `nothing` any more" in (outcome(lab, "none").error or "")


def test_a_specialist_calls_only_its_own_servers(lab: Lab) -> None:
    plan = [step("own", "a").model_copy(update={"tool": "security-echo/echo"})]
    lab.launch(plan, "own")
    assert lab.ended("own") == "failed"
    assert outcome(lab, "own").error_kind == "policy"
    assert "belongs to security, not to dev" in (outcome(lab, "own").error or "")


def test_a_message_on_the_wrong_queue_is_refused(lab: Lab) -> None:
    gate = lab.folder / "wrong.gate"
    plan = [
        step("wrong", "g", tool="gate", args={"path": str(gate), "key": "wrong/g"}),
        step("wrong", "a", ["g"], queue="security"),
    ]
    lab.launch(plan, "wrong")
    lab.sender.send([Delivery("wrong", "a", "dev"), Delivery("ghost", "a", "dev")])
    gate.touch()
    assert lab.ended("wrong") == "completed"
    started = [e for e in lab.store.events.read("wrong") if e.type.value == "subtask.started"]
    assert [(event.subtask_id, event.specialist) for event in started] == [("g", "dev"), ("a", "security")]


def test_a_tool_that_is_not_what_was_planned_is_not_called(lab: Lab) -> None:
    eventually(lambda: "dev-echo" in lab.store.catalogue.entries(), within=40, what="the server is listed")
    lab.launch([step("drift", "a", pin="sha256:other")], "drift")
    assert lab.ended("drift") == "failed"
    assert outcome(lab, "drift").error_kind == "policy"
    assert "was changed, and accepted, after this was planned: run the task again" in (
        outcome(lab, "drift").error or ""
    )
    assert lab.calls().started["drift/a"] == 0


def test_a_message_that_carries_something_else_than_ids_is_left_alone(lab: Lab) -> None:
    app = lab.sender._app
    for args in ((), ("t",), ("t", 1), ("t", "a", "b"), ({"t": "a"}, "b")):
        app.send_task("dev.run_subtask", args=args, queue="dev", ignore_result=True)
    app.send_task("planner.open_task", args=(), queue="planner", ignore_result=True)
    lab.launch([step("after", "a")], "after")
    assert lab.ended("after") == "completed"


def test_secrets_are_read_by_the_worker_and_seen_by_nobody_else(bare_lab: Lab) -> None:
    lab = bare_lab
    (lab.folder / "token").write_text("file-s3cret\n")
    context = ContextSettings(secrets={"one": "env:TEST_SECRET_ONE", "two": f"file:{lab.folder / 'token'}"})
    chosen = lab.settings.model_copy(update={"contexts": {"prod": context}})
    lab.worker(["dev"], settings=chosen, env={"TEST_SECRET_ONE": "env-s3cret"})
    args = {"message": "${secrets.one} and ${secrets.two}", "key": "secret/a"}
    plan = [
        step("secret", "a", args=args, context="prod"),
        step("secret", "b", ["a"], tool="fail", args={"message": "no ${secrets.one}"}, context="prod"),
    ]
    lab.launch(plan, "secret")
    assert lab.ended("secret") == "failed"
    assert outcome(lab, "secret").output["message"] == "••• and •••"
    assert "no •••" in (outcome(lab, "secret", "b").error or "")
    assert "s3cret" not in "".join(event.model_dump_json() for event in lab.store.events.read("secret"))
    assert "s3cret" not in lab.log_of(0)


def test_a_secret_that_is_not_there_is_named(lab: Lab) -> None:
    lab.launch([step("nosecret", "a", args={"message": "${secrets.ghost}"})], "nosecret")
    assert lab.ended("nosecret") == "failed"
    assert "context `local` has no secret `ghost`" in (outcome(lab, "nosecret").error or "")


def test_a_worker_without_the_sealing_key_does_not_start(bare_lab: Lab) -> None:
    bare = bare_lab.settings.model_copy(update={"encryption": EncryptionSettings()})
    process = bare_lab.worker(["dev"], settings=bare, ready=False)
    assert process.wait(30) != 0
    assert "AETHER_SEALING_KEY" in bare_lab.log_of(0)


def test_a_worker_with_another_sealing_key_does_not_start_either(bare_lab: Lab) -> None:
    lab = bare_lab
    lab.store.key_marker.make()
    other = lab.folder / "other.key"
    make_key_file(other)
    wrong = lab.settings.model_copy(update={"encryption": EncryptionSettings(key_file=other)})
    process = lab.worker(["dev"], settings=wrong, ready=False)
    assert process.wait(30) != 0
    assert "CannotOpen: this process has another sealing key" in lab.log_of(0)


def test_a_broker_that_restarts_loses_nothing(sealing_key, tmp_path) -> None:
    server = ValkeyServer(tmp_path / "valkey").start()
    settings = Settings(
        broker=BrokerSettings(url=server.url),
        encryption=EncryptionSettings(key_file=sealing_key),
        home=tmp_path / "home",
        delivery={"lease": 3, "stale": 0.5, "pump": 0.1, "concurrency": 4},
    )
    try:
        with open_store(settings) as store:
            lab = Lab(settings, store, tmp_path, ["dev"])
            try:
                lab.worker()
                gate = tmp_path / "gate"
                plan = [step("t", "a", tool="gate", args={"path": str(gate), "key": "t/a"}, repeatable=False)]
                plan += [step("t", f"b{at}", [f"b{at - 1}" if at else "a"]) for at in range(5)]
                lab.launch(plan, "t")
                eventually(lambda: lab.calls().started["t/a"], what="the first call runs")
                server.stop()
                gate.touch()
                eventually(lambda: "t/a" in lab.calls().ended, what="it ends while the broker is away")
                server.start()
                assert lab.ended("t", within=40) == "completed"
                assert lab.calls().started["t/a"] == 1
            finally:
                lab.close()
    finally:
        server.stop()


def test_without_a_broker_the_sender_says_so_and_names_the_fix() -> None:
    sender = Sender.to(Settings(broker=BrokerSettings(url="redis://127.0.0.1:1/0")))
    for many in (1, 20):
        with pytest.raises(StoreUnavailable, match="aether-agent up"):
            sender.send([Delivery("t", f"s{at}", "dev") for at in range(many)])


def test_a_worker_logs_ids_only(lab: Lab) -> None:
    lab.launch([step("log", "a", args={"message": "private words", "key": "log/a"})], "log")
    assert lab.ended("log") == "completed"
    line = eventually(
        lambda: re.search(r".*\[log/a\] .*completed in .*", lab.log_of(0)), what="the line of the subtask"
    )
    assert line is not None
    assert "private" not in lab.log_of(0)
