"""A plan that waits to be run, on the page: what it would call and take; it is changed, and run exactly so."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_app import web_app
from tests.conftest import eventually
from tests.integration.agentserver.browser import Browser, browsing
from tests.integration.agentserver.host import running
from tests.integration.execution.lab import Lab

pytestmark = pytest.mark.timeout(180)

TOKEN = "a-token-of-the-tests"
SIDEWAYS = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Site(NamedTuple):
    """The page, and somebody in front of it."""

    url: str
    http: httpx.Client
    browser: Browser

    def begin(self, **task: object) -> str:
        answer = self.http.post("/api/tasks", json=task)
        assert answer.status_code == 202, answer.text
        task_id = str(answer.json()["task_id"])
        self.browser.open("about:blank")
        self.browser.open(f"{self.url}#token={TOKEN}&task={task_id}")
        return task_id

    def until(self, script: str, what: str) -> None:
        eventually(lambda: self.browser.run(f"return Boolean({script})"), 60, what)

    def change(self, line: str) -> None:
        """Type a change, and send it."""
        self.browser.run(
            f"const edit = document.querySelector('#edit'); edit.value = {line!r};edit.form.requestSubmit()"
        )

    def at(self) -> str:
        """The task that is shown."""
        return str(self.browser.run("return location.hash")).removeprefix("#task=")


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with (
        running(web_app(Service(lab.settings), TOKEN)) as port,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
        ) as http,
        browsing(tmp_path_factory.mktemp("page")) as browser,
    ):
        yield Site(f"http://127.0.0.1:{port}", http, browser)


def test_a_plan_is_looked_at_changed_and_run_exactly_so(site: Site) -> None:
    first = site.begin(task="Say hello", type="say_hello", plan_only=True)
    site.until("document.querySelector('#steps')?.innerText.includes('message = hello')", "its calls are shown")
    assert "say" in site.browser.run("return document.querySelector('#steps').innerText")
    assert "it takes" in site.browser.run("return document.querySelector('#takes').innerText")
    site.change("drop nothing")
    site.until("document.querySelector('#state').textContent.includes('nothing')", "it says what is wrong")
    assert site.at() == first
    site.change("set say message=moin")
    site.until("document.querySelector('#changed')?.innerText.includes('hello → moin')", "the difference is shown")
    second = site.at()
    assert second != first
    site.change("add dev-echo/echo message=after")
    site.until("document.querySelector('#changed')?.innerText.includes('added')", "what came is shown")
    for width in (1280, 500):
        site.browser.size(width)
        site.until("document.querySelector('#accept')", "the buttons are there")
        assert site.browser.run(SIDEWAYS) <= 0, "nothing has to be scrolled sideways"
        if folder := os.environ.get("AETHER_TEST_PICTURES"):
            site.browser.picture(Path(folder) / f"plan-{width}.png")
    site.browser.size(1280)
    third = site.at()
    site.browser.run("document.querySelector('#accept').click()")
    eventually(lambda: site.at() != third, 30, "the task that runs it is shown")
    site.until("document.querySelectorAll('.node.completed').length === 2", "both have run")
    view = site.http.get(f"/api/tasks/{site.at()}?outputs=1").json()
    assert [one["output"]["message"] for one in view["subtasks"]] == ["moin", "after"]
    assert site.http.get(f"/api/tasks/{first}").json()["subtasks"] == [], "the plan before stays as it was"


def test_a_button_takes_a_step_out_and_the_last_one_stays(site: Site) -> None:
    site.begin(task="Say hello", type="say_hello", plan_only=True)
    site.until("document.querySelector('#steps .drop')", "its steps are shown")
    site.browser.run("document.querySelector('#steps .drop').click()")
    site.until("document.querySelector('#state').className === 'bad'", "a plan of nothing is no plan")


def test_a_dry_run_shows_what_it_would_call(site: Site) -> None:
    site.begin(task="Speak", type="say_with_consent", dry_run=True)
    site.until("document.querySelector('#steps')?.innerText.includes('message = yes')", "its calls are shown")
    assert "would" in site.browser.run("return document.querySelector('#steps').innerText")
    assert site.browser.run("return document.querySelector('#edit')") is None, "a dry run is no plan to change"


def test_a_sentence_is_only_planned_by_its_own_button(site: Site) -> None:
    site.browser.run("document.querySelector('#goal').value = 'Say hello to the world'")
    before = site.at()
    site.browser.run("document.querySelector('#plan').click()")
    eventually(lambda: site.at() != before, 30, "there is a task")
    site.until("document.querySelector('#accept')", "its plan waits")
