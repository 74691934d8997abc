"""`aether-agent serve`'s application under uvicorn: page, JSON API, events, Socket.IO, and who is let in."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import socketio
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.token import read_token
from aether_agents.agentserver.web.web_app import web_app
from tests.conftest import eventually
from tests.integration.agentserver.host import running
from tests.integration.execution.lab import Lab

TOKEN = "a token of the tests"


class Site(NamedTuple):
    """A running server, and somebody who has its token."""

    url: str
    http: httpx.Client


#: What the proxy of the tests proves itself with.
PROVEN = {"X-Aether-Proxy-Secret": "one that the proxy has too"}


@pytest.fixture(scope="module", autouse=True)
def _secret() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AETHER_TEST_PROXY_SECRET", PROVEN["X-Aether-Proxy-Secret"])
        yield


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[Site]:
    """One whose proxy is this machine itself, and which has a route more."""
    place = lab.settings.agentserver.model_copy(
        update={
            "proxies": ("127.0.0.1",),
            "proxy_secret": "env:AETHER_TEST_PROXY_SECRET",
            "origins": ("https://terminal.example",),
        }
    )
    settings = lab.settings.model_copy(update={"agentserver": place})

    async def more(_: object) -> PlainTextResponse:
        return PlainTextResponse("more")

    with running(web_app(Service(settings), TOKEN, routes=[Route("/more", more)])) as port:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as http:
            yield Site(url, http)


def submit(site: Site, **payload: Any) -> str:
    answer = site.http.post("/api/tasks", json=payload)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def events(site: Site, task_id: str, **headers: str) -> list[dict[str, Any]]:
    """The updates of a task until it has ended."""
    with site.http.stream("GET", f"/api/tasks/{task_id}/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]


def test_submit_and_follow(site: Site) -> None:
    task_id = submit(site, task="Say hello", type="say_hello", inputs={"word": "<b>hi</b>"})
    seen = events(site, task_id)
    assert [one["seq"] for one in seen] == list(range(1, len(seen) + 1))
    assert seen[-1]["result"] == {"said": "<b>hi</b>"}
    assert [one["seq"] for one in events(site, task_id, **{"Last-Event-ID": "3"})] == [one["seq"] for one in seen[3:]]
    view = site.http.get(f"/api/tasks/{task_id}", params={"outputs": 1}).json()
    assert (view["status"], view["owner"], view["outputs"]) == ("completed", "local", {"said": "<b>hi</b>"})
    assert task_id in [one["task_id"] for one in site.http.get("/api/tasks").json()]


def test_the_numbers_are_for_those_who_say_who_they_are(site: Site) -> None:
    told = site.http.get("/metrics")
    assert told.status_code == 200
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'aether_tasks{status="running"}' in told.text
    assert 'aether_workers{queue="planner"} 1.0' in told.text
    assert httpx.get(f"{site.url}/metrics").status_code == 401


def test_approve_pause_resume_cancel(site: Site, tmp_path: Path) -> None:
    task_id = submit(site, task="Speak", type="say_with_consent")
    assert site.http.post(f"/api/tasks/{task_id}/pause", json={}).status_code in (200, 409)
    site.http.post(f"/api/tasks/{task_id}/resume")
    assert site.http.post(f"/api/tasks/{task_id}/prioritize", json={"priority": 9}).json() == {"status": "ok"}
    assert site.http.post(f"/api/tasks/{task_id}/prioritize", json={"priority": True}).json()["code"] == "invalid_task"
    with site.http.stream("GET", f"/api/tasks/{task_id}/events") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: ") and (asked := json.loads(line[6:]).get("intervention")):
                break
    yes = site.http.post(f"/api/tasks/{task_id}/approve", json={"intervention_id": asked["id"], "response": True})
    assert yes.json() == {"status": "ok"}
    assert events(site, task_id)[-1]["status"] == "completed"
    late = site.http.post(f"/api/tasks/{task_id}/cancel", json={"reason": "late"})
    assert (late.status_code, late.json()["code"], late.json()["task_id"]) == (409, "wrong_status", task_id)


def test_a_dry_run_asks_nobody_and_tells_its_calls(site: Site) -> None:
    task_id = submit(site, task="Speak", type="say_with_consent", dry_run=True)
    assert events(site, task_id)[-1]["status"] == "completed"
    [call] = site.http.get(f"/api/tasks/{task_id}/calls").json()
    assert (call["subtask"], call["state"], bool(call["asks"])) == ("say", "would", True)
    real = submit(site, task="List", type="list_the_notes", inputs={"folder": "/"})
    events(site, real)
    refused = site.http.get(f"/api/tasks/{real}/calls")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_status")


def test_a_plan_is_changed_step_by_step_and_run_exactly_so(site: Site, tmp_path: Path) -> None:
    first = submit(site, task="List", type="list_the_notes", inputs={"folder": str(tmp_path)}, plan_only=True)
    assert events(site, first)[-1]["status"] == "completed"

    def refine(task_id: str, line: str) -> httpx.Response:
        return site.http.post(f"/api/tasks/{task_id}/refine", json={"instruction": line}, timeout=90)

    name = site.http.get(f"/api/tasks/{first}").json()["subtasks"] or None
    assert name is None  # nothing of a plan has run
    (tmp_path / "a").touch()
    (tmp_path / "in").mkdir()
    refused = refine(first, "drop nothing")
    assert (refused.status_code, "there are: " in refused.json()["error"]) == (400, True)
    [only] = re.findall(r"there are: (\S+)", refused.json()["error"])
    told = refine(first, f"set {only} folder={tmp_path / 'in'}").json()["plan"]
    assert (told["refines"], told["status"]) == (first, "completed")
    assert [(one["kind"], one["field"]) for one in told["difference"]] == [("changed", "args.folder")]
    assert str(tmp_path / "in") in told["document"]
    more = refine(told["task_id"], "add dev-echo/echo message=after").json()["plan"]
    assert [one["kind"] for one in more["difference"]] == ["added"]
    wrong = refine(told["task_id"], "add dev-echo/echo message=x colour=red").json()["plan"]
    assert (wrong["status"], "colour" in wrong["error"]) == ("failed", True)
    accepted = site.http.post(f"/api/tasks/{more['task_id']}/accept")
    assert accepted.status_code == 202
    assert events(site, accepted.json()["task_id"])[-1]["result"] == {"count": 0}
    late = site.http.post(f"/api/tasks/{accepted.json()['task_id']}/accept")
    assert (late.status_code, late.json()["code"]) == (409, "wrong_status")


def test_retry(site: Site, tmp_path: Path) -> None:
    task_id = submit(site, task="Say and list", type="say_and_list", inputs={"folder": str(tmp_path / "late")})
    assert events(site, task_id)[-1]["status"] == "failed"
    (tmp_path / "late").mkdir()
    answer = site.http.post(f"/api/tasks/{task_id}/retry", json={"from": "list"})
    assert answer.status_code == 202, answer.text
    again = answer.json()["task_id"]
    asked = eventually(lambda: site.http.get(f"/api/tasks/{again}").json()["interventions"], 30, "it asks")[0]
    yes = {"intervention_id": asked["id"], "response": True}
    assert site.http.post(f"/api/tasks/{again}/approve", json=yes).status_code == 200
    assert events(site, again)[-1]["result"] == {"count": 0}
    view = site.http.get(f"/api/tasks/{again}").json()
    assert (view["retries"], [one["kept_from"] for one in view["subtasks"]]) == (task_id, [task_id, None])
    assert site.http.post(f"/api/tasks/{task_id}/retry", json={}).status_code == 409


def test_refine(site: Site, tmp_path: Path) -> None:
    task_id = submit(site, task="List the notes", type="list_the_notes")
    with site.http.stream("GET", f"/api/tasks/{task_id}/events") as answer:
        assert any('"waiting_user_input"' in line for line in answer.iter_lines() if line.startswith("data: "))
    refined = site.http.post(f"/api/tasks/{task_id}/refine", json={"instruction": f"of {tmp_path}"})
    assert refined.json() == {"status": "ok"}
    assert events(site, task_id)[-1]["result"] == {"count": 0}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/tasks", b"{", 400, "invalid_task"),
        ("POST", "/api/tasks", b"[]", 400, "invalid_task"),
        ("POST", "/api/tasks", b'{"task": "x", "owner": "root"}', 400, "invalid_task"),
        ("POST", "/api/tasks", b'{"task": "' + b"x" * 1_000_001 + b'"}', 400, "invalid_task"),
        ("POST", "/api/tasks", b"[" * 200_000, 400, "invalid_task"),
        ("POST", "/api/tasks", b'{"a":' * 100_000, 400, "invalid_task"),
        ("POST", "/api/tasks", b"\xff\xfe", 400, "invalid_task"),
        ("GET", "/api/tasks?limit=" + "9" * 5_000, None, 400, "invalid_task"),
        ("GET", "/api/tasks/nobody", None, 404, "task_not_found"),
        ("GET", "/api/tasks/nobody/events", None, 404, "task_not_found"),
        ("GET", "/api/tasks/nobody/events?after=-1", None, 400, "invalid_task"),
        ("POST", "/api/tasks/nobody/cancel", b"", 404, "task_not_found"),
        ("POST", "/api/tasks/nobody/approve", b'{"intervention_id": "x"}', 404, "task_not_found"),
    ],
)
def test_what_is_wrong_is_said(site: Site, method: str, path: str, body: bytes, status: int, code: str) -> None:
    answer = site.http.request(method, path, content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_who_is_let_in(site: Site) -> None:
    def ask(path: str = "/api/tasks", **headers: str) -> int:
        return httpx.get(site.url + path, headers=headers).status_code

    right = {"Authorization": f"Bearer {TOKEN}"}
    assert ask() == 401
    assert ask(**right) == 200
    assert ask(Authorization="Bearer wrong") == 401
    assert ask(**right, Origin="http://evil.example") == 403
    assert ask(**right, Origin="https://terminal.example") == 200
    assert ask(**right, Origin=site.url) == 200
    for malformed in ("http://[", "http://[::1", "[", "null", "http://", "//", "http://a]b"):
        assert ask(**right, Origin=malformed) == 403, malformed
    assert ask(**right, Host="[", Origin="http://[") == 403
    assert ask(**right, Host="evil.example") == 403
    assert ask("/", Host="evil.example") == 403
    viewer = {"X-Remote-User": "ann", "X-Auth-Roles": "Viewer", **PROVEN}
    assert ask(**viewer) == 200
    assert ask(**{**viewer, "Authorization": "Bearer wrong"}) == 401
    assert ask(**{**viewer, "X-Aether-Proxy-Secret": "another"}) == 401
    assert ask(**{"X-Remote-User": "ann", "X-Auth-Roles": "Owner"}) == 401
    seen = httpx.post(f"{site.url}/api/tasks", json={"task": "x"}, headers=viewer)
    assert (seen.status_code, seen.json()["code"]) == (403, "not_allowed")


def test_the_page_loads_nothing_and_says_nothing_of_the_token(site: Site) -> None:
    answer = httpx.get(site.url + "/")
    policy = answer.headers["content-security-policy"]
    (nonce,) = set(re.findall(r"'nonce-([\w-]+)'", policy))
    assert answer.text.count(f'nonce="{nonce}"') == 2
    assert "{nonce}" not in answer.text
    assert TOKEN not in answer.text
    assert not re.search(r"""(?:src|href)=["'](?!data:)|innerHTML|insertAdjacent|@import|url\(""", answer.text)
    assert (answer.headers["x-frame-options"], answer.headers["cache-control"]) == ("DENY", "no-store")
    assert nonce not in httpx.get(site.url + "/").text


def test_health_and_further_routes(site: Site) -> None:
    assert httpx.get(site.url + "/health").json()["status"] == "ok"
    assert httpx.get(site.url + "/more").text == "more"


def test_agentserver_is_there_too(site: Site) -> None:
    async def scenario() -> None:
        stranger = socketio.AsyncClient(reconnection=False)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect(site.url, auth={"token": "wrong"}, transports=["websocket"])
        await stranger.disconnect()
        owner = socketio.AsyncClient(reconnection=False)
        await owner.connect(site.url, auth={"token": TOKEN}, transports=["websocket"])
        answer = await owner.call("agent_execute_task", {"task": "Say hello", "type": "say_hello"}, timeout=20)
        assert answer["status"] == "accepted"
        await owner.disconnect()
        for roles, code in (("User", "task_not_found"), ("Auditor", None)):  # on sockets as over HTTP
            bob = socketio.AsyncClient(reconnection=False)
            headers = {"X-Remote-User": "bob", "X-Auth-Roles": roles, **PROVEN}
            await bob.connect(site.url, headers=headers, transports=["websocket"])
            seen = await bob.call("agent_subscribe_task", {"task_id": answer["task_id"]}, timeout=20)
            assert seen.get("code") == code, seen
            await bob.disconnect()

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_the_token_is_made_once_for_its_owner_alone(lab: Lab, tmp_path: Path) -> None:
    settings = lab.settings.model_copy(update={"home": tmp_path / "home"})
    token = read_token(settings)
    assert len(token) > 30
    assert read_token(settings) == token
    assert (tmp_path / "home" / "serve.token").stat().st_mode & 0o777 == 0o600


def test_behind_a_proxy_one_sees_what_is_ones_own(site: Site, lab: Lab) -> None:
    """A User's task: another User or Viewer does not even learn that it is there; who oversees sees all."""

    def http(name: str, roles: str) -> httpx.Client:
        return httpx.Client(base_url=site.url, headers={"X-Remote-User": name, "X-Auth-Roles": roles, **PROVEN})

    with http("ann", "User") as ann, http("bob", "User") as bob, http("eve", "Viewer") as eve:
        task_id = ann.post("/api/tasks", json={"task": "Speak", "type": "say_with_consent"}).json()["task_id"]
        asked = eventually(lambda: ann.get(f"/api/tasks/{task_id}").json()["interventions"], what="it asks")[0]["id"]
        said = {"intervention_id": asked, "response": True}
        for other in (bob, eve):
            for path in (f"/api/tasks/{task_id}", f"/api/tasks/{task_id}?outputs=1", f"/api/tasks/{task_id}/events"):
                assert (other.get(path).status_code, other.get(path).json()["code"]) == (404, "task_not_found")
            for act in ("cancel", "pause", "resume"):
                assert other.post(f"/api/tasks/{task_id}/{act}").status_code == 404
            assert other.post(f"/api/tasks/{task_id}/approve", json=said).status_code == 404
            assert task_id not in {one["task_id"] for one in other.get("/api/tasks").json()}
        assert ann.post(f"/api/tasks/{task_id}/approve", json=said).status_code == 403, "he may not approve"
        assert task_id in {one["task_id"] for one in ann.get("/api/tasks").json()}
        for roles in ("User,Auditor", "Auditor", "Supervisor"):
            with http("sue", roles) as sue:
                assert sue.get(f"/api/tasks/{task_id}").status_code == 200
                assert task_id in {one["task_id"] for one in sue.get("/api/tasks").json()}
        with http("sue", "Supervisor") as sue:
            assert sue.post(f"/api/tasks/{task_id}/approve", json=said).status_code == 200
    assert lab.ended(task_id) == "completed"


def test_a_token_that_is_not_ours_is_told(site: Site, lab: Lab) -> None:
    lab.store.alerts.begin()
    httpx.get(f"{site.url}/api/tasks", headers={"Authorization": "Bearer guessed"})
    told = [one for _, one in eventually(lab.store.alerts.suspicions, what="it is told")]
    assert ("refused token", "127.0.0.1") in [(one.what, one.about) for one in told]
    assert all("guessed" not in one.text for one in told)


def test_each_request_is_logged_with_who_asked(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Over HTTP and on sockets, known and unknown; refused hosts too."""

    async def joined() -> None:
        owner = socketio.AsyncClient(reconnection=False)
        await owner.connect(f"{site.url}/?token={TOKEN}", auth={"token": TOKEN}, transports=["websocket"])
        await owner.disconnect()

    with caplog.at_level("INFO", logger="aether_agents.agentserver.web.access_log"):
        site.http.get("/api/tasks", params={"limit": "1", "note": TOKEN})
        httpx.get(f"{site.url}/api/tasks/none")
        httpx.get(site.url, headers={"Host": "evil.example"})
        httpx.get(f"{site.url}/live")
        asyncio.run(asyncio.wait_for(joined(), 30))
        eventually(lambda: "/socket.io/" in caplog.text, what="the socket's line, when it closes")
    said = [re.sub(r"\d+ ms \d+ bytes", "…", message) for message in caplog.messages]
    assert said == [
        "local (Owner) GET /api/tasks 200 …, from 127.0.0.1",
        "- (Anonymous) GET /api/tasks/none 401 …, from 127.0.0.1",
        "- (-) GET / 403 …, from 127.0.0.1",
        "local (Owner) WEBSOCKET /socket.io/ 101 …, from 127.0.0.1",
    ]
