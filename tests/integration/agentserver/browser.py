"""A real browser: Chromium, driven over the WebDriver protocol by the driver that comes with it."""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import eventually

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1280,900")


class Browser:
    """One window."""

    def __init__(self, http: httpx.Client, session: str) -> None:
        self._http = http
        self._session = f"/session/{session}"

    def open(self, url: str) -> None:
        """Go to an address."""
        self._http.post(f"{self._session}/url", json={"url": url}).raise_for_status()

    def run(self, script: str) -> Any:
        """What a script returns in the page."""
        answer = self._http.post(f"{self._session}/execute/sync", json={"script": script, "args": []})
        answer.raise_for_status()
        return answer.json()["value"]

    def size(self, width: int, height: int = 900) -> None:
        """Make the window so large."""
        rect = {"width": width, "height": height}
        self._http.post(f"{self._session}/window/rect", json=rect).raise_for_status()

    def picture(self, path: Path) -> None:
        """Keep what is to be seen as a picture."""
        answer = self._http.get(f"{self._session}/screenshot")
        path.write_bytes(base64.b64decode(answer.json()["value"]))


@contextmanager
def browsing(folder: Path) -> Iterator[Browser]:
    """A browser of the test's own. Without one: a failure in CI, a skip at home."""
    driver, program = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or program is None:
        missing = "there is no browser: install the packages chromium and chromium-driver"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    log = folder / "driver.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [driver, "--port=0"], stdout=out, stderr=out, env={**os.environ, "HOME": str(folder)}
        )
    try:
        told = "started successfully on port "
        eventually(lambda: told in log.read_text(), 30, "the driver listens")
        port = int(log.read_text().split(told)[1].split(".")[0].split()[0])
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            wanted = {"goog:chromeOptions": {"binary": program, "args": [*ARGUMENTS, f"--user-data-dir={folder}/user"]}}
            answer = http.post("/session", json={"capabilities": {"alwaysMatch": wanted}})
            assert answer.status_code == 200, answer.text
            session = str(answer.json()["value"]["sessionId"])
            yield Browser(http, session)
            http.delete(f"/session/{session}")
    finally:
        process.terminate()
        process.wait(20)
