"""The page while a task of ten thousand subtasks is busy: ten fan-outs of a thousand, the most one list may have."""

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_app import web_app
from aether_agents.contracts import Template
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import DeliverySettings
from tests.benchmarks.conftest import Measured
from tests.conftest import eventually
from tests.integration.agentserver.browser import Browser, browsing
from tests.integration.agentserver.conftest import with_process
from tests.integration.agentserver.host import running
from tests.integration.agentserver.test_page import TOKEN, asked, show
from tests.integration.execution.conftest import laboratory, quick
from tests.integration.execution.lab import Lab

FANS, ITEMS = 10, 1_000

#: Notes when what is shown of the progress changes, and how long the page's own loop stood still at most.
NOTE = """
  window.notes = []; window.stood = 0; let shown = -1, at = performance.now();
  setInterval(() => {
    const now = performance.now(), bar = document.querySelector("#main > progress");
    stood = Math.max(stood, now - at - 20); at = now;
    const done = [...document.querySelectorAll("#picture text.sub")].map(one => one.textContent).join();
    const drawn = (bar ? bar.value : 0) + done;
    if (drawn !== shown) { shown = drawn; notes.push([now, bar ? bar.value : 0]); }
  }, 20);
"""


@pytest.fixture
def lab(valkey: ValkeyServer, sealing_key: Path, tmp_path: Path) -> Iterator[Lab]:
    """A worker with all its threads, and a template of ten fan-outs."""
    stand = {"id": "stand", "tool": "dev-echo/gate", "args": {"path": "${inputs.gate}"}}
    says = [
        {
            "id": f"say{at}",
            "tool": "dev-echo/echo",
            "for_each": "${inputs.items}",
            "args": {"message": "word ${item}"},
            "needs": ["stand"],
        }
        for at in range(FANS)
    ]
    inputs = {"gate": {"required": True}, "items": {"type": "array", "required": True}}
    template = Template.model_validate(
        {"name": "say_all", "specialist": "dev", "description": "Say all", "inputs": inputs, "subtasks": [*says, stand]}
    )
    settings = quick(valkey, sealing_key, tmp_path).model_copy(
        update={"task_templates": {"development": (template,)}, "delivery": DeliverySettings()}
    )
    yield from laboratory(with_process(settings, max_background_tasks=100), tmp_path, with_worker=True)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path) as opened:
        yield opened


def test_ten_thousand(lab: Lab, browser: Browser, measured: Measured) -> None:
    gate = lab.folder / "page.gate"
    with (
        running(web_app(Service(lab.settings), TOKEN)) as port,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
        ) as site,
    ):
        task_id = asked(site, task="Say all", type="say_all", inputs={"gate": str(gate), "items": list(range(ITEMS))})
        show(browser, site, task_id)
        browser.run(NOTE)
        gate.touch()
        eventually(lambda: browser.run("return view && view.status") == "completed", 900, "it has ended", pause=1.0)
        notes, stood = browser.run("return notes"), browser.run("return stood")
    pauses = sorted((after[0] - before[0]) / 1000 for before, after in pairwise(notes))
    seconds = (notes[-1][0] - notes[0][0]) / 1000
    sys.stdout.write(
        f"\n  {len(notes)} pictures in {seconds:.0f} s, longest pauses {[round(p, 2) for p in pauses[-8:]]}\n"
    )
    told = f"{pauses[-1]:.1f} s; median {pauses[len(pauses) // 2]:.2f}; its loop {stood / 1000:.1f} s"
    measured(f"page, {FANS * ITEMS} subtasks: longest without a move", "≤ 1 s", told, pauses[-1] <= 1)
