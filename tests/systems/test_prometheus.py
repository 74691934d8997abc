"""The distribution's Prometheus: the shipped rules, and two `serve` on one store that are scraped and counted once."""

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aether_agents.local import Stack
from aether_agents.settings import load_settings
from tests.conftest import eventually
from tests.systems.conftest import free_port, program

RULES = Path(__file__).parents[2] / "deploy" / "prometheus"

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    "words", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts.test.yml")], ids=["check", "test"]
)
def test_the_shipped_rules_are_right(words: tuple[str, ...]) -> None:
    done = subprocess.run([program("promtool"), *words], cwd=RULES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


@pytest.fixture
def scraped(tmp_path: Path) -> Iterator[str]:
    """A Prometheus that scrapes two `serve` of one embedded stack, with the shipped rules; its address."""
    home, ports, own = tmp_path / "home", (free_port(), free_port()), free_port()
    environ = {**os.environ, "AETHER_HOME": str(home)}
    with ExitStack() as stack:
        stack.enter_context(Stack(load_settings(tmp_path, environ={"AETHER_HOME": str(home)})).join_or_start())
        for port in ports:
            command = [str(Path(sys.executable).with_name("aether-agent")), "serve", "--port", str(port)]
            stack.callback(_ended, _begun(command, environ, tmp_path, f"serve-{port}"))
        token = eventually(lambda: next(home.rglob("serve.token"), None), 40, "the token is there")
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES / "alerts.yml")],
            "scrape_configs": [
                {
                    "job_name": "aether",
                    "authorization": {"credentials_file": str(token)},
                    "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}],
                }
            ],
        }
        (tmp_path / "prometheus.yml").write_text(json.dumps(config))
        command = [
            program("prometheus"),
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{own}",
        ]
        stack.callback(_ended, _begun(command, environ, tmp_path, "prometheus"))
        yield f"http://127.0.0.1:{own}"


def _begun(command: list[str], environ: dict[str, str], folder: Path, name: str) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, env=environ, cwd=folder, stdout=log, stderr=log)


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def asked(address: str, query: str) -> list[float]:
    """The values of a query, now; none while Prometheus is not up."""
    try:
        with urllib.request.urlopen(f"{address}/api/v1/query?{urllib.parse.urlencode({'query': query})}") as reply:
            return [float(one["value"][1]) for one in json.load(reply)["data"]["result"]]
    except OSError:
        return []


def test_two_serve_that_say_the_same_are_counted_once(scraped: str) -> None:
    eventually(lambda: asked(scraped, "count(up == 1)") == [2.0], 60, "both are scraped")
    workers = 'aether_workers{queue="dev"}'
    eventually(lambda: asked(scraped, f"sum({workers})") == [2.0], 30, "both say that one worker serves dev")
    assert asked(scraped, f"max by (queue) ({workers})") == [1.0]
    eventually(
        lambda: asked(scraped, 'count(ALERTS{alertstate="firing"}) or vector(0)') == [0.0],
        30,
        "no rule fires on a healthy stack",
    )
