"""The page in a real browser: it moves while a task is busy, and what is pressed stays where it is."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_app import web_app
from tests.conftest import eventually
from tests.integration.agentserver.browser import Browser, browsing
from tests.integration.agentserver.host import running
from tests.integration.execution.lab import Lab

pytestmark = pytest.mark.timeout(180)

TOKEN = "a token of the tests"
#: Notes what the page shows, every 20 ms.
NOTE = """
  window.notes = [];
  setInterval(() => {
    const bar = document.querySelector("#main > progress");
    const drawn = document.querySelector("#picture"), done = drawn && drawn.textContent.match(/(\\d+) of 500/);
    if (bar) notes.push([bar.value, document.querySelector("#main .chip").textContent, done ? +done[1] : 0]);
  }, 20);
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(lab: Lab) -> Iterator[httpx.Client]:
    with (
        running(web_app(Service(lab.settings), TOKEN)) as port,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30
        ) as http,
    ):
        yield http


def asked(site: httpx.Client, **task: Any) -> str:
    answer = site.post("/api/tasks", json=task)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def show(browser: Browser, site: httpx.Client, task_id: str) -> None:
    """Open the page at a task, as somebody who has the address with the token."""
    browser.open("about:blank")  # else only the part behind # changes, and nothing is loaded
    browser.open(f"{site.base_url}#token={TOKEN.replace(' ', '%20')}&task={task_id}")
    eventually(lambda: browser.run("return document.querySelector('#main h1') !== null"), 30, "the task is shown")


def shot(browser: Browser, name: str) -> None:
    """Where somebody wants to look: AETHER_TEST_PICTURES names a folder."""
    if folder := os.environ.get("AETHER_TEST_PICTURES"):
        browser.picture(Path(folder) / f"{name}.png")


def test_the_page_moves_while_a_task_is_busy(browser: Browser, site: httpx.Client, lab: Lab) -> None:
    gate = lab.folder / "page.gate"
    task_id = asked(site, task="Say much", type="say_much", inputs={"gate": str(gate), "items": list(range(500))})
    show(browser, site, task_id)
    browser.run(NOTE)
    shot(browser, "before")
    gate.touch()
    eventually(lambda: browser.run("return notes.some(one => one[2] > 20)"), 60, "it moves")
    browser.run("window.held = [...document.querySelectorAll('#main button')]")
    shot(browser, "during")
    eventually(lambda: browser.run("return notes.some(one => one[2] > 200)"), 60, "it goes on")
    during = browser.run("return [held.length, held.every(one => one.isConnected), view && view.status]")
    eventually(lambda: browser.run("return notes[notes.length - 1][1].includes('completed')"), 90, "it has ended")
    if during[2] == "running":
        assert during[:2] == [2, True], "what somebody presses stays where it is"
    eventually(
        lambda: browser.run("return document.querySelector('#live table') !== null"), 30, "its results are there"
    )
    shot(browser, "after")

    notes = browser.run("return notes")
    assert len({round(value, 3) for value, *_ in notes if 0 < value < 1}) >= 2, "nothing moved until it was over"
    assert len({done for *_, done in notes if 0 < done < 500}) >= 2, "its items stood still until it was over"
    assert browser.run("return document.querySelector('.task.here .chip').textContent") == "✔ completed"
    shown = browser.run("return [...view.subtasks].filter(one => one.status !== 'completed').length")
    assert shown == 0, "what was drawn from the events is what there is"


def test_a_question_comes_and_goes_while_the_page_is_open(browser: Browser, site: httpx.Client) -> None:
    task_id = asked(site, task="Speak", type="say_with_consent")
    show(browser, site, task_id)
    question = "[...document.querySelectorAll('.card button')].map(one => one.textContent)"
    eventually(lambda: browser.run(f"return {question}") == ["approve", "deny"], 30, "it asks")
    shot(browser, "question")
    browser.run("document.querySelector('.card button.main').click()")
    eventually(lambda: browser.run("return view.status") == "completed", 30, "it goes on")
    eventually(lambda: browser.run(f"return {question}") == [], 30, "nothing is asked any more")
