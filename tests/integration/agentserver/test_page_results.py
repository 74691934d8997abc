"""What a person reads on the page: a review before it, the verdict and the findings after it, at any width."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_app import web_app
from aether_agents.local import Stack
from aether_agents.settings.model import Settings, SpecialistSettings
from tests.conftest import eventually
from tests.integration.agentserver.browser import Browser, browsing
from tests.integration.agentserver.host import running
from tests.integration.workers.planted import RUN, Planted

pytestmark = pytest.mark.timeout(180)

TOKEN = "a-token-of-the-tests"

#: How many words of a list stand on two lines: each word has one box, unless it is broken.
BROKEN = """
  const broken = [];
  const walk = document.createTreeWalker(document.querySelector("#understood"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());)
    for (const word of node.data.matchAll(/[^ \\n]+/g)) {
      const range = document.createRange();
      range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
      if (word[0].length < 20 && range.getClientRects().length > 1) broken.push(word[0]);
    }
  return broken;
"""


class Site(NamedTuple):
    """The page in front of an embedded stack with the real specialists."""

    url: str
    http: httpx.Client
    browser: Browser
    work: Planted

    def show(self, task: str) -> str:
        """Ask for a task in the repository, and look at it."""
        payload = {"task": task, "context": {"path": str(self.work.folder.parent)}}
        answer = self.http.post("/api/tasks", json=payload)
        assert answer.status_code == 202, answer.text
        task_id = str(answer.json()["task_id"])
        self.browser.open("about:blank")
        self.browser.open(f"{self.url}#token={TOKEN}&task={task_id}")
        return task_id

    def until(self, script: str, what: str) -> None:
        eventually(lambda: self.browser.run(f"return Boolean({script})"), 60, what)

    def picture(self, name: str) -> None:
        if folder := os.environ.get("AETHER_TEST_PICTURES"):
            self.browser.picture(Path(folder) / f"{name}.png")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("page")
    fewer = {name: SpecialistSettings(enabled=False) for name in ("data", "infra")}
    settings = Settings(home=folder / "home", specialists=fewer)
    work = Planted(folder / "work" / "shop")
    work.write("run.py", RUN)
    work.write("README.md", "ask at old.example.org\nor at old.example.org:80\n")
    work.commit("first")
    try:
        with (
            running(web_app(Service(settings), TOKEN)) as port,
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
            ) as http,
            browsing(folder) as browser,
        ):
            yield Site(f"http://127.0.0.1:{port}", http, browser, work)
    finally:
        Stack(settings).down(now=True)


def words(site: Site, selector: str) -> Any:
    return site.browser.run(f"return document.querySelector({selector!r}).innerText")


def test_a_finished_audit_shows_what_it_found(site: Site) -> None:
    site.show("Security audit of ./shop")
    site.until("document.querySelector('#main .chip')?.textContent.includes('finished')", "it has ended")
    site.until(
        "document.querySelector('#live')?.innerText.toUpperCase().includes('UNDO')", "it says what can be undone"
    )
    site.picture("finished")
    chip = "document.querySelector('#main .chip')"
    assert "finding" in site.browser.run(f"return {chip}.textContent")
    assert site.browser.run(f"return {chip}.className") == "chip failed", "never green beside a failed verdict"
    assert site.browser.run("return document.querySelector('#main > progress').className") == "failed"
    shown = words(site, "#live")
    for heading in ("UNDERSTOOD", "PLAN", "FOUND", "FINDINGS", "RESULT", "UNDO"):
        assert heading in shown.upper(), heading
    assert "shell" in shown  # a finding says what is wrong
    assert "run.py" in shown
    assert "{" not in words(site, "#live table"), "no raw JSON"


def test_a_click_on_a_node_shows_its_call(site: Site) -> None:
    nodes = "[...document.querySelectorAll('.node')]"
    site.browser.run(f"{nodes}[0].dispatchEvent(new MouseEvent('click'))")
    site.until("document.querySelector('#live').innerText.toUpperCase().includes('ARGUMENTS')", "it is open")
    shown = words(site, "#live").upper()
    assert "RESULT" in shown
    assert str(site.work.folder).upper() in shown
    site.picture("node")
    site.browser.run(f"{nodes}[0].dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter'}}))")
    site.until("!document.querySelector('#live').innerText.toUpperCase().includes('ARGUMENTS')", "it is closed")


@pytest.mark.parametrize("width", [1280, 760, 500])
def test_what_was_understood_breaks_no_word(site: Site, width: int) -> None:
    site.browser.size(width)
    site.until("document.querySelector('#understood')", "it is shown")
    site.picture(f"understood-{width}")
    assert site.browser.run(BROKEN) == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert site.browser.run(f"return {wide}") <= 0, "nothing has to be scrolled sideways"


def test_a_review_is_a_summary_first_and_its_buttons_are_in_sight(site: Site) -> None:
    site.browser.size(1280)
    site.show('Replace "old.example.org" by "new.example.org" in ./shop')
    site.until("document.querySelector('.review .shown .completed')", "the review is shown with its changes")
    site.picture("review")
    card = words(site, ".review")
    assert "A yes runs" in card
    assert "risk:" in card
    assert "risk: read" not in card
    assert "1 repository · 1 file · 2 places" in card
    buttons = "[...document.querySelectorAll('.review button')]"
    below = site.browser.run(f"return {buttons}.map(one => one.getBoundingClientRect().bottom - innerHeight)")
    assert len(below) == 2
    assert max(below) < 0, "the buttons are beside the question"
    assert site.browser.run("return document.querySelectorAll('.review').length") == 1
    added = site.browser.run("return [...document.querySelectorAll('.lines .completed')].map(one => one.textContent)")
    assert any("new.example.org" in one for one in added)
    site.browser.run("[...document.querySelectorAll('.review button')].find(one => one.textContent === 'Deny').click()")
    site.until("document.querySelector('#main .chip')?.textContent.includes('denied by')", "a no names who said it")
    site.picture("denied")
    assert "old.example.org" in (site.work.folder / "README.md").read_text()


def test_after_a_no_nothing_is_offered_to_be_undone(site: Site) -> None:
    site.show('Replace "old.example.org" by "new.example.org" in ./shop')
    site.until("document.querySelector('.review button.danger')", "the review is shown")
    site.browser.run("document.querySelector('.review button.danger').click()")
    site.until(
        "document.querySelector('#live')?.innerText.includes('only written down')", "it says that nothing was done"
    )
    assert "puts back" not in words(site, "#live")
    assert "old.example.org" in (site.work.folder / "README.md").read_text()
