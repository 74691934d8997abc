"""`audit` and `report`: what the record says at the terminal, in a file, and as a page."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aether_agents.cli.program import program
from aether_agents.contracts import Outcome
from aether_agents.settings.model import Settings
from aether_agents.store import Store
from tests.integration.store.plans import granted, plan_of, planned

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'


@pytest.fixture
def run(settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The program, in a folder of its own, on the tests' server, where a task has ended."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AETHER_REDIS_URL", settings.broker.url or "")
    monkeypatch.setenv("AETHER_BROKER__PREFIX", settings.broker.prefix)
    monkeypatch.setenv("AETHER_SEALING_KEY_FILE", str(settings.encryption.key_file))
    monkeypatch.setenv("AETHER_HOME", str(settings.home))
    claim = planned(store, "t")
    plan = plan_of({"a": [], "b": ["a"]}, a={"args": {"text": HOSTILE}})
    assert store.tasks.save_plan("t", claim.token, plan)
    store.tasks.start("t", claim.token, plan, direct=True)
    for name in ("a", "b"):
        told = Outcome(status="completed", output={"said": HOSTILE, "status": "fail", "findings": [
            {"severity": "high", "rule": HOSTILE, "title": HOSTILE, "path": HOSTILE}]})  # fmt: skip
        store.audit.note("call", task="t", subtask=name, tool="echo/say")
        store.tasks.complete("t", name, granted(store, name).token, told)
    store.linker.turn()

    def ran(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(program, list(words), standalone_mode=False)
        assert (result.return_value or 0, result.exception) == (code, None), result.output
        return result

    return ran


def test_the_record_is_listed_checked_and_exported(run: Any, store: Store, tmp_path: Path) -> None:
    listed = json.loads(run("audit", "list", "--task", "t", "--json").stdout)
    assert [one["entry"]["kind"] for one in listed][:2] == ["task.asked", "task.planned"]
    assert json.loads(run("audit", "list", "--task", "@last", "--json").stdout) == listed
    assert run("audit", "list", "--kind", "call").stdout.count("echo/say") == 2
    head = tmp_path / "head.json"
    head.write_text(run("audit", "head").stdout)
    assert json.loads(run("audit", "verify", "--head", str(head), "--json").stdout)["faults"] == []
    file = tmp_path / "record.jsonl"
    run("audit", "export", "-o", str(file))
    assert "nothing was edited" in run("audit", "verify", str(file)).stdout
    key = json.loads(head.read_text())["key"]
    told = json.loads(run("audit", "verify", str(file), "--public-key", key, "--json").stdout)
    assert (told["faults"], told["unchecked_signatures"]) == (
        [],
        told["entries"],
    )  # by somebody without the sealing key
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:2], lines[2].replace("task.", "tusk."), *lines[3:]]))
    assert "edited: entry 2" in run("audit", "verify", str(file), code=1).stdout
    file.write_text("\n".join([*lines[:3], *lines[4:]]))
    assert "removed: entry 3" in run("audit", "verify", str(file), code=1).stdout
    file.write_text("\n".join(lines[:-3] + lines[-1:]))  # cut off at its end: its own head says so
    assert "rolled back" in run("audit", "verify", str(file), code=1).stdout
    file.write_text("\n".join(lines[:-3]))  # … or it has no head any more
    assert "removed: the file has no head" in run("audit", "verify", str(file), code=1).stdout
    store.audit.note("call", task="t")
    store.audit.flush()
    assert "1 entries are not linked yet" in run("audit", "verify").stdout


def test_the_record_as_events_of_ocsf(run: Any) -> None:
    events = [json.loads(line) for line in run("audit", "export", "--format", "ocsf").stdout.splitlines()]
    assert {one["class_uid"] for one in events} <= {6003, 6002, 2004}
    for one in events:
        assert one["type_uid"] == one["class_uid"] * 100 + one["activity_id"]
        assert one["category_uid"] == one["class_uid"] // 1000
        assert one["metadata"]["product"]["name"] == "AetherTerm agents"
        assert {"time", "severity_id", "status_id", "class_name", "category_name"} <= one.keys()


class Page(HTMLParser):
    """The elements of a page, and whatever in it leads elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.led: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.led += [f"{name}={value}" for name, value in attrs if name in ("src", "href") or name.startswith("on")]


def test_a_task_as_one_page_escapes_all_and_loads_nothing(run: Any, tmp_path: Path) -> None:
    run("report", "t", "--html", "-o", "page.html")
    assert (tmp_path / "page.html").stat().st_mode & 0o077 == 0
    text = (tmp_path / "page.html").read_text()
    page = Page(text)
    assert page.tags.count("script") == 1
    assert page.led == []
    assert "img" not in page.tags
    assert "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in text
    for part in ("Plan", "Timeline", "Calls", "Approvals", "Findings", "Events", "Verification"):
        assert f"<h2>{part}</h2>" in text
    assert "The audit record holds" in text
    assert "alert(1)" in text  # shown, and nothing but a text
