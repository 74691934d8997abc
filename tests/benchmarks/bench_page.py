"""The page while a task of ten thousand subtasks is busy: ten fan-outs of a thousand, the most one list may have."""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_app import web_app
from aether_agents.contracts import Event, Template
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

#: Events and lines of the worker that are told of the longest pause.
LINES = 60

#: Notes when what is shown of the progress changes, and how long the page's own loop stood still at most.
NOTE = """
  window.notes = []; window.stood = 0; window.heard = []; window.looked = []; window.stood_at = [];
  let shown = -1, at = performance.now();
  const hears = hear, looks = look;
  hear = news => { heard.push([performance.now(), news.length, news[news.length - 1].seq]); hears(news); };
  look = async () => { const began = performance.now(); await looks(); looked.push([began, performance.now()]); };
  setInterval(() => {
    const now = performance.now(), bar = document.querySelector("#main > progress");
    if (now - at > 500) stood_at.push([at, now]);
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
        explained = _around(lab, browser, task_id, *max(pairwise(notes), key=lambda two: two[1][0] - two[0][0]))
    pauses = sorted((after[0] - before[0]) / 1000 for before, after in pairwise(notes))
    seconds = (notes[-1][0] - notes[0][0]) / 1000
    sys.stdout.write(
        f"\n  {len(notes)} pictures in {seconds:.0f} s, longest pauses {[round(p, 2) for p in pauses[-8:]]}\n"
    )
    sys.stdout.write(explained)
    told = f"{pauses[-1]:.1f} s; median {pauses[len(pauses) // 2]:.2f}; its loop {stood / 1000:.1f} s"
    measured(f"page, {FANS * ITEMS} subtasks: longest without a move", "≤ 1 s", told, pauses[-1] <= 1)


def _around(lab: Lab, browser: Browser, task_id: str, before: list[float], after: list[float]) -> str:
    """What happened around the longest pause: in the store, on the way to the page, in the page, in the worker."""
    began, ended = before[0], after[0]
    origin = float(browser.run("return performance.timeOrigin"))
    events = lab.store.events.read(task_id)

    def within(one: Event, early: float = 0) -> bool:
        return began - early <= one.at.timestamp() * 1000 - origin <= ended

    inside = [one for one in events if within(one)]
    kinds = Counter(one.type.value for one in inside)
    lines = [f"  longest pause: {began / 1000:.1f} to {ended / 1000:.1f} s; written in it: {dict(kinds)}"]
    lines += [f"    {(one.at.timestamp() * 1000 - origin) / 1000:8.2f} {one.type.value} {one.subtask_id} {one.message}"
              for one in [one for one in events if within(one, 2000)][-LINES:]]  # fmt: skip
    for name in ("heard", "looked", "stood_at"):
        found = [one for one in browser.run(f"return {name}") if one[-1 if name != "heard" else 0] >= began - 2000]
        shown = [[round(part / 1000, 2) for part in one[:2]] for one in found if one[0] <= ended + 2000]
        lines.append(f"  {name}: {shown[:LINES]}")
    lines += ["  worker:", *lab.log_of().splitlines()[-LINES:]]
    return "\n".join(lines) + "\n"
