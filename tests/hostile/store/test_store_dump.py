"""All that the store holds after tasks with secrets in everything they have: not one of them stands there in clear.

Looked through are every key (names, fields and values) and the append-only file, for each text as it is, in base64 at
its three offsets and in hexadecimal.
"""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from aether_agents.cli.batch.batch_file import read_batch
from aether_agents.contracts import Answer, Call, HighLevelTask, Retry, Risk, Template
from aether_agents.local.valkey import ValkeyServer
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.settings.model import ContextSettings, ScheduleSettings
from aether_agents.store import Store
from beat.firing import task_of
from tests.conftest import eventually
from tests.hostile.store.test_store_writer import alerts, forged
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

PLACES = (
    "description input label argument result error retried-error item question value secret reason refined folder "
    "session asked progress unplannable elicited password called undone batch schedule forged"
)
PLANTED = {where: f"Zq{number}canary7Kx{number}w" for number, where in enumerate(PLACES.split())}

TEMPLATES = (
    {
        "name": "say_with_consent",
        "description": "Speak after somebody has agreed",
        "inputs": {"word": {"required": True, "prompt": "Which word?"}},
        "subtasks": [
            {"id": "say", "tool": "dev-echo/echo", "args": {"message": "${inputs.word}"}, "approval": "required"},
            {"id": "each", "tool": "dev-echo/echo", "for_each": [PLANTED["item"]], "args": {"message": "${item}"}},
        ],
        "outputs": {"said": "${subtasks.say.output.message}"},
    },
)


@pytest.fixture
def lab(sealing_key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A worker on a server of its own, so that its append-only file is its own too."""
    monkeypatch.setenv("AETHER_TEST_CANARY", PLANTED["secret"])
    (tmp_path / "valkey").mkdir()
    with ValkeyServer(tmp_path / "valkey") as server:
        settings = quick(server, sealing_key, tmp_path).model_copy(
            update={
                "task_templates": {
                    "development": tuple(Template.model_validate({"specialist": "dev", **one}) for one in TEMPLATES)
                },
                "contexts": {"prod": ContextSettings(secrets={"token": "env:AETHER_TEST_CANARY"})},
            }
        )
        for opened in laboratory(settings, tmp_path, names=("dev",)):
            opened.worker(env={"AETHER_TEST_ASKING": "1"})
            opened.store.alerts.begin()
            yield opened


def answer(lab: Lab, orchestrator: Orchestrator, task_id: str, response: str, **values: str) -> None:
    def asked() -> list[str]:
        return [one.id for one in orchestrator.view(task_id).interventions if response in (*one.choices, "provide")]

    question = eventually(asked, what=f"{task_id} asks")[0]
    orchestrator.answer(task_id, Answer(intervention_id=question, response=response, values=dict(values)))


def test_nothing_that_was_planted_stands_in_the_store(lab: Lab) -> None:
    orchestrator = Orchestrator(lab.settings, lab.store)
    planned = HighLevelTask(
        description=f"Speak of {PLANTED['description']}",
        type="say_with_consent",
        session=PLANTED["session"],
        folder=f"/{PLANTED['folder']}",
    )
    task_id = orchestrator.submit(planned)
    eventually(lambda: orchestrator.view(task_id).interventions, what="it asks for its input")
    orchestrator.refine(task_id, PLANTED["refined"])
    answer(lab, orchestrator, task_id, "provide", word=PLANTED["value"])
    answer(lab, orchestrator, task_id, "approve")
    assert lab.ended(task_id) == "completed"
    assert orchestrator.view(task_id, outputs=True).outputs == {"said": PLANTED["value"]}
    lost = orchestrator.submit(
        HighLevelTask(description=PLANTED["unplannable"], type="say_with_consent", inputs={"wrod": "x"})
    )
    eventually(lambda: orchestrator.view(lost).finished_at, what="it fails")
    _run_by_hand(lab)
    _asked_by_servers(lab, orchestrator)
    _undone(lab, orchestrator)
    _by_file_and_schedule(lab, orchestrator)
    _forged(lab)
    orchestrator.cancel(_waiting(lab), reason=PLANTED["reason"])
    events = [event.model_dump_json() for one in ("hand", "wait", task_id) for event in orchestrator.events(one)]
    for where in ("error", "retried-error", "question", "value", "reason"):
        assert any(PLANTED[where] in event for event in events), f"who has the key reads the {where}"
    held = everything(lab.store) + b"".join(path.read_bytes() for path in lab_files(lab))
    assert b"say_with_consent" in held, "what is looked for would be found"
    found = [where for where, text in PLANTED.items() if any(form in held for form in forms(text))]
    assert found == []


def _run_by_hand(lab: Lab) -> None:
    steps = [
        step("hand", "a", args={"message": PLANTED["argument"]}),
        step("hand", "b", args={"message": "${secrets.token}"}, context="prod"),
        step("hand", "c", tool="fail", args={"message": PLANTED["error"]}, on_failure="continue"),
        step("hand", "d", ["a"], args={"message": f"{PLANTED['result']} ${{subtasks.a.output.message}}"}),
        step("hand", "e", tool="wait", args={"seconds": 0.1, "key": PLANTED["progress"]}),
        step(
            "hand",
            "f",
            ["c"],
            tool="fail",
            args={"message": PLANTED["retried-error"]},
            retry=Retry(max_attempts=2, delay=0.1, on=("tool_error",)),
        ).model_copy(update={"name": PLANTED["label"]}),
    ]
    lab.launch(steps, "hand", inputs={"x": PLANTED["input"]})
    assert lab.ended("hand") == "failed"
    assert PLANTED["retried-error"] in (lab.store.tasks.view("hand").error or "")


def _asked_by_servers(lab: Lab, orchestrator: Orchestrator) -> None:
    """Servers of both eras ask during their calls: for a place, and for a password."""
    for task_id, tool, values in (
        ("place", "newer/create", {"region": PLANTED["elicited"]}),
        ("login", "older/enter", {"apiKey": PLANTED["password"]}),
    ):
        call = step(task_id, "a", args={"name": PLANTED["called"]}, risk=Risk.DESTRUCTIVE, repeatable=False)
        lab.launch([call.model_copy(update={"tool": tool, "needs_approval": True})], task_id)
        answer(lab, orchestrator, task_id, "approve")
        eventually(
            lambda task_id=task_id: [one for one in orchestrator.view(task_id).interventions if one.fields],
            what=f"{tool} asks",
        )
        answer(lab, orchestrator, task_id, "provide", **values)
        assert lab.ended(task_id) == "completed"


def _undone(lab: Lab, orchestrator: Orchestrator) -> None:
    note = {"folder": str(lab.folder), "name": PLANTED["undone"]}
    put_back = Call(tool="dev-echo/remove", args=note)
    written = step("written", "a", tool="write_note", args={**note, "text": PLANTED["undone"]}, compensate=put_back)
    lab.launch([written], "written")
    assert lab.ended("written") == "completed"
    undo = orchestrator.undo("written", by="local")
    answer(lab, orchestrator, undo, "approve")
    assert lab.ended(undo) == "completed"


def _by_file_and_schedule(lab: Lab, orchestrator: Orchestrator) -> None:
    """What a batch and a schedule hand in waits for a yes, and is given up."""
    file = lab.folder / "tasks.yaml"
    word = PLANTED["batch"]
    file.write_text(f"tasks: [{{id: one, task: Speak, template: say_with_consent, inputs: {{word: {word}}}}}]")
    (job,) = read_batch(file, lab.folder, ["local"], ["dev"]).jobs
    night = ScheduleSettings(
        every=60, task="Speak", template="say_with_consent", inputs={"word": PLANTED["schedule"]}, folder=lab.folder
    )
    for task in (job.task, task_of("night", night)):
        task_id = orchestrator.submit(task)
        eventually(lambda task_id=task_id: orchestrator.view(task_id).interventions, what="it asks for a yes")
        orchestrator.cancel(task_id)


def _forged(lab: Lab) -> None:
    """An answer that nobody gave: the call is asked about again, and an alert is left."""
    args = {"folder": "/", "name": PLANTED["forged"]}
    lab.launch([step("forged", "a", tool="remove", args=args, needs_approval=True)], "forged")
    forged(lab, "forged")
    eventually(lambda: "forged answer: forged/a" in alerts(lab), what="an alert")
    lab.store.tasks.cancel("forged", "ann")


def _waiting(lab: Lab) -> str:
    """A task with a question ahead, and one that its worker asks."""
    asks = {"tool": "remove", "needs_approval": True, "risk": Risk.DESTRUCTIVE}
    first = step("wait", "a", args={"folder": "/", "name": PLANTED["question"]}, **asks)
    first_result = step("wait", "b", args={"message": PLANTED["asked"]})
    second = step("wait", "c", ["b"], args={"folder": "/", "name": "${subtasks.b.output.message}"}, **asks)
    lab.launch([first, first_result, second], "wait")
    asked = eventually(lambda: len(lab.store.tasks.view("wait").interventions) > 1, what="both are asked")
    assert asked
    return "wait"


def everything(store: Store) -> bytes:
    """Every key with all that is in it."""
    command = store.connection.command
    parts: list[bytes] = []
    for key in command("KEYS", "*"):
        kind = command("TYPE", key).decode()
        found = {
            "hash": lambda key=key: [part for pair in command("HGETALL", key).items() for part in pair],
            "list": lambda key=key: command("LRANGE", key, 0, -1),
            "set": lambda key=key: list(command("SMEMBERS", key)),
            "zset": lambda key=key: command("ZRANGE", key, 0, -1),
            "stream": lambda key=key: [
                part for _, fields in command("XRANGE", key, "-", "+") for pair in fields.items() for part in pair
            ],
            "string": lambda key=key: [command("GET", key)],
            "none": lambda: [],  # it has just expired
        }[kind]()
        parts += [key, *(part for part in found if isinstance(part, bytes))]
    return b"\n".join(parts)


def lab_files(lab: Lab) -> list[Path]:
    """The append-only file, all parts of it, and a snapshot if there is one."""
    found = [path for path in (lab.folder / "valkey").rglob("*") if path.is_file() and path.suffix in (".aof", ".rdb")]
    assert found, "there is an append-only file"
    return found


def forms(text: str) -> Iterator[bytes]:
    """A text as it may be written."""
    raw = text.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for offset in range(3):
        coded = base64.b64encode(b"x" * offset + raw)
        yield coded[(0, 2, 3)[offset] : len(coded) - 4]
