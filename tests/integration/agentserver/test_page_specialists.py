"""The page has its specialists from the API: one that somebody else's package brings is shown as ours are."""

import sys
from pathlib import Path

import httpx

from aether_agents.agentserver.service.service import Service
from aether_agents.agentserver.web.web_app import web_app
from aether_agents.contracts import HighLevelTask, Specialist, Template
from aether_agents.testing import one_process_stack
from tests.conftest import eventually
from tests.integration.agentserver.browser import browsing
from tests.integration.agentserver.host import running
from tests.servers import FOLDER

TOKEN = "a-token-of-the-tests"
NET = Specialist(name="net", description="Looks names up.")
ECHO = {
    "command": sys.executable,
    "args": [str(FOLDER / "echo.py")],
    "queue": "net",
    "table": {"echo": {"risk": "read"}},
}
PLAN = {
    "name": "say",
    "description": "Say",
    "subtasks": [{"id": "say", "tool": "echo/echo", "args": {"message": "hi"}}],
}


def test_a_fifth_specialist_is_named_and_has_a_colour_of_its_own(tmp_path: Path) -> None:
    with (
        one_process_stack(tmp_path / "home", specialists=[NET], servers={"echo": ECHO}) as stack,
        running(web_app(Service(stack.settings), TOKEN)) as port,
        browsing(tmp_path) as browser,
    ):
        said = stack.run(HighLevelTask(description="Say hi", document=Template.model_validate(PLAN)))
        assert (said.status, said.error) == ("completed", None)
        url, bearer = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {TOKEN}"}
        assert httpx.get(f"{url}/api/specialists", timeout=30).status_code == 401
        known = {one["name"]: one for one in httpx.get(f"{url}/api/specialists", headers=bearer, timeout=30).json()}
        assert known["net"] == {"name": "net", "description": "", "workers": 1}, "its package is with the workers only"
        assert known["dev"]["description"], "installed here, and served by nobody"
        assert known["dev"]["workers"] == 0

        browser.open(f"{url}#token={TOKEN}&task={said.task_id}")
        eventually(lambda: browser.run("return document.querySelector('.legend') !== null"), 30, "the plan is drawn")
        assert browser.run("return document.querySelector('#specialists').textContent") == " · ".join(sorted(known))
        assert browser.run("return document.querySelector('.legend').textContent") == "net"
        colours = "return [...document.querySelectorAll('.node rect')].map(one => getComputedStyle(one).fill)"
        eventually(lambda: "rgb(20, 184, 166)" in browser.run(colours), 10, "its bar has a colour of its own")
