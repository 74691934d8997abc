"""Who may do what at each interface: every role, every act, on a task of one's own and on another's, over sockets of a
host, over sockets and HTTP behind a proxy. What is refused has changed nothing of the task, byte by byte.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_app import web_app
from aether_agents.contracts import Answer, HighLevelTask, Intervention, Plan, Role
from aether_agents.errors import NotAllowed
from aether_agents.local.valkey import ValkeyServer
from aether_agents.orchestrator.approvals import require_approver
from aether_agents.orchestrator.orchestrator import Orchestrator
from aether_agents.settings.model import PolicySettings
from aether_agents.store import PlanningClaim
from tests.integration.agentserver.host import client, hosted, running
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab, step

SECRET = "a secret that only the proxy has"
NUMBERS = count()

LOOKS = {"subscribe", "dry_calls", "review"}
STEERS = {"cancel", "pause", "resume", "prioritize", "refine", "retry", "accept"}
#: What a role may do: on a task of its own, on another's that it sees.
MAY: dict[Role, tuple[set[str], set[str]]] = {
    "Anonymous": (set(), set()),
    "Viewer": (LOOKS, LOOKS),
    "Auditor": (LOOKS, LOOKS),
    "User": (LOOKS | STEERS, LOOKS),
    "Supervisor": (LOOKS | STEERS | {"approve"}, LOOKS | STEERS | {"approve"}),
}
ACTS: dict[str, dict[str, Any]] = {
    "subscribe": {},
    "cancel": {"reason": "because"},
    "pause": {},
    "resume": {},
    "prioritize": {"priority": 9},
    "refine": {"instruction": "more"},
    "retry": {},
    "accept": {},
    "dry_calls": {},
    "review": {"intervention_id": "task.1"},
    "approve": {"intervention_id": "task.1", "response": "approve"},
}
#: Acts whose event has another name, and what is read over HTTP, by its address.
EVENTS = {"accept": "agent_accept_plan", "dry_calls": "agent_dry_calls"}
READ = {"subscribe": "", "dry_calls": "/calls", "review": "/reviews/task.1"}
#: What nobody says in a payload, at any interface.
SMUGGLED = (
    {"by": "sue"},
    {"role": "Owner"},
    {"owner": "ann"},
    {"assume_yes": True},
    {"added_by": "ann"},
    {"asked_by": []},
    {"drafted": False},
    {"user": "sue"},
)


@pytest.fixture(scope="module")
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A store that nobody works on: what is asked stays as it is."""
    folder = tmp_path_factory.mktemp("faces")
    yield from laboratory(quick(valkey, sealing_key, folder), folder, names=("dev",))


@pytest.fixture(scope="module")
def address(lab: Lab) -> Iterator[str]:
    """The address of `serve` behind a proxy on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AETHER_TEST_FACES_SECRET", SECRET)
        place = {"proxies": ("127.0.0.1",), "proxy_secret": "env:AETHER_TEST_FACES_SECRET"}
        behind = lab.settings.agentserver.model_copy(update=place)
        settings = lab.settings.model_copy(update={"agentserver": behind})
        with running(web_app(Service(settings), "the token of the owner of this machine")) as port:
            yield f"http://127.0.0.1:{port}"


def asks_for_a_yes(lab: Lab, owner: str) -> str:
    """A task whose plan waits for a yes."""
    tasks, task_id = lab.store.tasks, f"face-{next(NUMBERS)}"
    tasks.create(HighLevelTask(task_id=task_id, description="x", owner=owner, role="User"))
    claim = tasks.claim_planning(task_id, limit=10_000)
    assert isinstance(claim, PlanningClaim)
    plan = Plan(name="t", description="x", origin="draft", subtasks=(step(task_id, "a"),), digest="sha256:1")
    tasks.save_plan(task_id, claim.token, plan)
    asked = Intervention(id="x", kind="review", prompt="Run it?", choices=("approve", "deny"), binds=plan.digest)
    tasks.ask(task_id, claim.token, asked)
    return task_id


def held(lab: Lab, task_id: str) -> list[bytes | None]:
    """All of a task, byte by byte."""
    keys = lab.store.keys
    names = (keys.task(task_id), keys.subtasks(task_id), keys.events(task_id), keys.waiting(task_id))
    return [lab.store.connection.command("DUMP", name) for name in names]


Say = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]


async def tried(lab: Lab, role: Role, say: Say, *, confined: bool) -> list[str]:
    """Every act of a role, by `eve`; what came out otherwise than the table says."""
    wrong = []
    unseen = confined and role in ("Viewer", "User")  # another's task is not there for them
    for own in (True, False):
        for act, more in ACTS.items():
            allowed = act in MAY[role][not own] and (own or not unseen)
            task_id = asks_for_a_yes(lab, "eve" if own else "ann")
            before = held(lab, task_id)
            if not allowed:
                for extra in SMUGGLED:
                    told = await say(act, task_id, {**more, **extra})
                    if told.get("code") is None:
                        wrong.append(f"{role} {act} own={own} with {extra}: {told}")
            told = await say(act, task_id, more)
            refused = told.get("code") in ("not_allowed", "task_not_found", "unauthorized")
            if refused == allowed or (not allowed and held(lab, task_id) != before):
                wrong.append(f"{role} {act} own={own}: {told}")
            if unseen and not own and told.get("code") != "task_not_found":
                wrong.append(f"{role} {act}: learns that it is there: {told}")
            if not lab.store.tasks.view(task_id).finished_at:
                lab.store.tasks.cancel(task_id, "ann")
    return wrong


@pytest.mark.parametrize("role", MAY)
def test_sockets_of_a_host(lab: Lab, role: Role) -> None:
    async def scenario() -> list[str]:
        with hosted(lab.settings) as host:
            async with client(host, "" if role == "Anonymous" else "eve", role) as eve:

                async def say(act: str, task_id: str, more: dict[str, Any]) -> dict[str, Any]:
                    return await eve.call(EVENTS.get(act, f"agent_{act}_task"), {"task_id": task_id, **more})

                return await tried(lab, role, say, confined=False)

    assert asyncio.run(asyncio.wait_for(scenario(), 60)) == []


@pytest.mark.parametrize("role", [one for one in MAY if one != "Anonymous"])
def test_sockets_behind_a_proxy(lab: Lab, address: str, role: Role) -> None:
    async def scenario() -> list[str]:
        sio = socketio.AsyncClient(reconnection=False)
        headers = {"X-Remote-User": "eve", "X-Auth-Roles": role, "X-Aether-Proxy-Secret": SECRET}
        await sio.connect(address, headers=headers, transports=["websocket"])

        async def say(act: str, task_id: str, more: dict[str, Any]) -> dict[str, Any]:
            event = EVENTS.get(act, f"agent_{act}_task")
            return dict(await sio.call(event, {"task_id": task_id, **more}, timeout=20))

        try:
            return await tried(lab, role, say, confined=True)
        finally:
            await sio.disconnect()

    assert asyncio.run(asyncio.wait_for(scenario(), 60)) == []


@pytest.mark.parametrize("role", MAY)
def test_http_behind_a_proxy(lab: Lab, address: str, role: Role) -> None:
    headers = {"X-Remote-User": "eve", "X-Auth-Roles": role, "X-Aether-Proxy-Secret": SECRET}

    async def scenario() -> list[str]:
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as http:

            async def say(act: str, task_id: str, more: dict[str, Any]) -> dict[str, Any]:
                if act in READ:
                    told = await http.get(f"/api/tasks/{task_id}{READ[act]}")
                elif act in ("pause", "resume", "accept"):
                    told = await http.post(f"/api/tasks/{task_id}/{act}")
                else:
                    told = await http.post(f"/api/tasks/{task_id}/{act}", json=more)
                return dict(told.json())

            return await tried(lab, role, say, confined=True)

    assert asyncio.run(asyncio.wait_for(scenario(), 60)) == []


PROVEN = ("X-Aether-Proxy-Secret", SECRET)
OWNER = [("X-Remote-User", "sue"), ("X-Auth-Roles", "Owner")]


@pytest.mark.parametrize(
    "headers",
    [
        OWNER,
        [*OWNER, ("X-Aether-Proxy-Secret", "")],
        [*OWNER, ("X-Aether-Proxy-Secret", SECRET[:-1])],
        [*OWNER, ("X-Aether-Proxy-Secret", f"{SECRET}x")],
        [*OWNER, ("X-Aether-Proxy-Secret", SECRET.upper())],
        [*OWNER, ("X-Aether-Proxy-Secret", "guess"), PROVEN],
        [*OWNER, ("X_Aether_Proxy_Secret", SECRET)],
        [*OWNER, ("Forwarded", "for=127.0.0.1"), ("X-Forwarded-For", "127.0.0.1")],
        [("X-Auth-Roles", "Owner"), PROVEN],
        [("X-Remote-User", ""), ("X-Auth-Roles", "Owner"), PROVEN],
        [("X-Remote-User", "eve"), *OWNER, PROVEN],
        [*OWNER, ("X-Auth-Roles", "Viewer"), PROVEN],
        [("X-Remote-User", "eve"), ("X-Auth-Roles", "God"), PROVEN],
        [("X-Remote-User", "local"), ("X-Auth-Roles", "User"), PROVEN],
        [("X-Remote-User", "mcp"), ("X-Auth-Roles", "User"), PROVEN],
        [("X-Remote-User", "schedule:night"), ("X-Auth-Roles", "User"), PROVEN],
        [*OWNER, PROVEN, ("Authorization", "Bearer guessed")],
        [("Authorization", "Bearer")],
        [("Authorization", "Basic b3duZXI6b3duZXI=")],
    ],
)
def test_what_a_proxy_does_not_say_or_does_not_prove_is_nobody(lab: Lab, address: str, headers: list[Any]) -> None:
    """Over HTTP, at each kind of address, and on connecting a socket."""
    task_id = asks_for_a_yes(lab, "ann")
    before = held(lab, task_id)
    said = {"intervention_id": "task.1", "response": "approve"}
    with httpx.Client(base_url=address, headers=headers, timeout=20) as http:
        told = [
            http.get(path)
            for path in ("/api/tasks", f"/api/tasks/{task_id}", f"/api/tasks/{task_id}/events", "/metrics")
        ]
        told.append(http.post(f"/api/tasks/{task_id}/approve", json=said))
        told.append(http.post(f"/api/tasks/{task_id}/cancel"))
        told.append(http.post("/api/tasks", json={"task": "x"}))
    assert {one.status_code for one in told} == {401}

    async def connected() -> None:
        sio = socketio.AsyncClient(reconnection=False)
        try:
            await sio.connect(address, headers=dict(headers), transports=["websocket"])
        finally:
            await sio.disconnect()

    alone = len({name for name, _ in headers}) == len(headers)  # this client cannot send a header twice
    if alone and ("Authorization", "Bearer guessed") not in headers:  # sockets take a token in their own way
        with pytest.raises(socketio.exceptions.ConnectionError):
            asyncio.run(asyncio.wait_for(connected(), 20))
    assert held(lab, task_id) == before
    lab.store.tasks.cancel(task_id, "ann")


def test_who_had_a_part_in_asking_is_none_of_four_eyes(lab: Lab) -> None:
    """Somebody may steer another's task for him: what he made of it, he does not approve as well."""
    four = lab.settings.model_copy(update={"policy": PolicySettings(four_eyes=True)})
    orchestrator = Orchestrator(four, lab.store)
    task_id = asks_for_a_yes(lab, "ann")
    orchestrator.refine(task_id, "and all the others", by="sue", role="Supervisor")
    assert lab.store.tasks.task(task_id).asked_by == ("sue",)
    lab.store.tasks.cancel(task_id, "ann")
    again = orchestrator.retry(task_id, by="bob", role="Supervisor")
    made = lab.store.tasks.task(again)
    assert (made.owner, made.asked_by) == ("ann", ("sue", "bob"))
    asked = Intervention(id="x", kind="approval", prompt="Run it?", choices=("approve", "deny"), subtask_id="a")
    for name, may in (("ann", False), ("sue", False), ("bob", False), ("zoe", True)):
        answer = Answer(intervention_id="x", response="approve", by=name)
        with nullcontext() if may else pytest.raises(NotAllowed, match="asked for this"):
            require_approver(four.policy, made, asked, answer, "Supervisor")
    lab.store.tasks.cancel(again, "ann")
