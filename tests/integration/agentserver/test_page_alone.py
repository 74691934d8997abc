"""The page by itself, in a real browser: after a loss of the store, and without a token."""

from pathlib import Path

import httpx

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_app import web_app
from tests.conftest import eventually
from tests.integration.agentserver.away import Away
from tests.integration.agentserver.browser import browsing
from tests.integration.agentserver.host import running

TOKEN = "a-token-of-the-tests"

#: What the page shows of the task.
SHOWN = "return (document.querySelector('#main .chip') || document.body).textContent"

#: Give a token.
ENTER = "document.querySelector('#token').value = '{}'; document.querySelector('.token button').click()"


def test_the_page_loads_again_by_itself(away: Away, tmp_path: Path) -> None:
    with running(web_app(Service(away.settings), TOKEN)) as port, browsing(tmp_path) as browser:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as http:
            task_id = http.post("/api/tasks", json={"task": "Say hello", "type": "say_hello"}).json()["task_id"]
            browser.open(f"{url}#token={TOKEN}&task={task_id}")
            eventually(lambda: "pending" in browser.run(SHOWN), 30, "the task is shown")
            away.server.stop()
            eventually(lambda: "lost" in browser.run("return document.body.innerText"), 30, "it says so")
            browser.run("location.reload()")  # and somebody opens it anew meanwhile
            eventually(lambda: "lost" in browser.run("return document.body.innerText"), 30, "it says so again")
            away.end(task_id)
            eventually(lambda: "cancelled" in browser.run(SHOWN), 30, "the end is shown without a touch")
            state = "return document.querySelector('#state').textContent"
            eventually(lambda: "lost" not in browser.run(state), 30, "nothing is lost any more")


def test_the_page_asks_for_the_token(away: Away, tmp_path: Path) -> None:
    with running(web_app(Service(away.settings), TOKEN)) as port, browsing(tmp_path) as browser:
        browser.open(f"http://127.0.0.1:{port}")
        eventually(lambda: browser.run("return document.querySelector('#token') !== null"), 30, "it asks")
        browser.run(ENTER.format("not-the-token-of-anybody"))
        eventually(lambda: "not the token" in browser.run("return document.body.innerText"), 30, "it says no")
        assert browser.run("return sessionStorage.getItem('token')") is None
        browser.run(ENTER.format(TOKEN))
        eventually(lambda: browser.run("return document.querySelector('#token') === null"), 30, "it is taken")
        assert browser.run("return sessionStorage.getItem('token')") == TOKEN
        browser.run("location.reload()")
        assert browser.run("return document.querySelector('#token') === null")
