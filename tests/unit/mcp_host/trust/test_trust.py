"""Trust: recorded for what was shown, void with any change, kept where only the user writes."""

import hashlib
import json
import stat
from pathlib import Path

import pytest

from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.settings.loader import NEVER
from aether_agents.settings.model import Settings


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "templates").mkdir(parents=True)
    servers = {"x": {"command": "python", "args": ["-c", "print('a  b')"], "env": {"T": "${TOKEN}"}}}
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    (folder / "templates" / "t.yaml").write_text("name: t\ndescription: does it\n", encoding="utf-8")
    (folder / "aether_agent.yaml").write_text("policy: {deny: ['git/*']}\nretention: {days: 1}\n", encoding="utf-8")
    return folder


def test_review_shows_every_file_exactly_and_trusts_none(tmp_path: Path, project: Path) -> None:
    servers, template, settings = Trust(tmp_path / "home").review(project)

    assert servers.what[:2] == ("server x", "  runs      python -c 'print('\"'\"'a  b'\"'\"')'")
    assert servers.what[2:4] == (f"  in folder {project}", "  env       T=${TOKEN}")
    assert servers.what[4] == "  network   none, unless you give it: aether-agent trust --network x"
    assert servers.what[5].startswith("can run any of 3 files in ")
    assert template.what == ("name: t", "description: does it", "")
    assert "".join(settings.what) == "policy:  deny:  - git/*retention:  days: 1"
    assert [item.trusted or item.changed for item in (servers, template, settings)] == [False] * 3
    assert not (tmp_path / "home").exists(), "looking leaves no trace"


def test_accepting_trusts_those_very_contents(tmp_path: Path, project: Path) -> None:
    trust = Trust(tmp_path / "home")

    trust.accept(trust.review(project))

    assert all(item.trusted for item in trust.review(project))
    path = project / ".mcp.json"
    assert trust.is_trusted(path, path.read_bytes())
    assert not trust.is_trusted(path, path.read_bytes() + b" ")
    assert not trust.is_trusted(tmp_path / ".mcp.json", path.read_bytes()), "the same content elsewhere is another file"


def test_any_change_asks_again(tmp_path: Path, project: Path) -> None:
    trust = Trust(tmp_path / "home")
    trust.accept(trust.review(project))

    for item in trust.review(project):
        item.path.write_bytes(item.path.read_bytes() + b"\n")

    assert [(item.trusted, item.changed) for item in trust.review(project)] == [(False, True)] * 3


def test_a_file_that_changes_between_showing_and_consent_stays_inert(tmp_path: Path, project: Path) -> None:
    trust = Trust(tmp_path / "home")
    shown = trust.review(project)
    path = project / "templates" / "t.yaml"
    path.write_text("name: t\ndescription: does harm\n", encoding="utf-8")

    trust.accept(shown)

    assert not trust.is_trusted(path, path.read_bytes())


def test_trust_can_be_taken_back(tmp_path: Path, project: Path) -> None:
    trust = Trust(tmp_path / "home")
    trust.accept(trust.review(project))

    assert trust.forget(project / ".mcp.json")
    assert not trust.forget(project / ".mcp.json")
    assert [item.trusted for item in trust.review(project)] == [False, True, True]


def test_the_record_is_the_users_alone(tmp_path: Path, project: Path) -> None:
    trust = Trust(tmp_path / "home")

    trust.accept(trust.review(project))

    assert stat.S_IMODE(trust.file.stat().st_mode) == 0o600
    assert [path.name for path in trust.file.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("damaged", ["{", "[]", '{"files": {"/x": "y"}}'])
def test_a_damaged_record_trusts_nothing_and_says_so(tmp_path: Path, project: Path, damaged: str) -> None:
    trust = Trust(tmp_path / "home")
    trust.accept(trust.review(project))
    trust.file.write_text(damaged, encoding="utf-8")

    with pytest.raises(InvalidSettings, match="is damaged"):
        trust.is_trusted(project / ".mcp.json", b"")


def test_what_a_terminal_would_obey_is_written_out(tmp_path: Path, project: Path) -> None:
    args = ["\x1b[2Krm -rf ~\r", "\u202eevil", "two\nlines"]
    (project / ".mcp.json").write_text(
        json.dumps({"mcpServers": {"x": {"command": "sh", "args": args}}}), encoding="utf-8"
    )

    what = "\n".join(Trust(tmp_path / "home").review(project)[0].what)

    assert "\\x1b[2Krm -rf ~\\r" in what
    assert "\\u202eevil" in what
    assert "two\\nlines" in what


def test_whatever_of_a_server_is_heeded_is_shown(tmp_path: Path, project: Path) -> None:
    server = {
        "url": "https://x.example/mcp",
        "headers": {"Authorization": "${T}"},
        "queue": "infra",
        "timeout": 5,
        "table": {"drop": {"risk": "read"}},
        "install": {"pypi": "x==1"},
        "autoApprove": ["*"],
    }
    (project / ".mcp.json").write_text(json.dumps({"mcpServers": {"x": server}}), encoding="utf-8")

    assert Trust(tmp_path / "home").review(project)[0].what == (
        "server x",
        "  reaches   https://x.example/mcp",
        '  installs  {"pypi": "x==1"}',
        "  header    Authorization=${T}",
        '  claims    drop={"risk": "read"}',
        "  queue     infra",
        "  timeout   5",
    )


@pytest.mark.parametrize("key", sorted(set(Settings.model_fields) - {"home", "project"}))
def test_every_part_of_a_settings_file_that_takes_effect_is_shown(tmp_path: Path, project: Path, key: str) -> None:
    (project / "aether_agent.yaml").write_text(f"{key}: {{part: of it}}\nextra: 1\n", encoding="utf-8")

    (shown,) = (item.what for item in Trust(tmp_path / "home").review(project) if item.kind == "settings")

    left_out = (f"({key} is left out: a project never says that)",) if key in NEVER else ()
    assert shown == (*(() if key in NEVER else (f"{key}:", "  part: of it")), "extra: 1", *left_out)


def test_a_settings_file_that_changes_no_run_needs_no_trust(tmp_path: Path, project: Path) -> None:
    told = "agent_system: {cli_interface: {logging_level: DEBUG}}\nbroker: {prefix: x}\n"
    (project / "aether_agent.yaml").write_text(told, encoding="utf-8")

    assert [item.kind for item in Trust(tmp_path / "home").review(project)] == ["servers", "template"]


def test_a_monstrous_file_is_refused(tmp_path: Path, project: Path) -> None:
    with (project / ".mcp.json").open("wb") as file:
        file.truncate(6 << 20)

    with pytest.raises(InvalidSettings, match="larger than 5 MiB"):
        Trust(tmp_path / "home").review(project)


def test_a_record_of_an_older_form_is_read_and_written_anew(tmp_path: Path, project: Path) -> None:
    """Form 1, of before 0.1.0: what was trusted by its own content stays trusted, the rest is looked at again."""
    template = project / "templates" / "look.yaml"
    template.parent.mkdir(exist_ok=True)
    template.write_text("name: look\n", encoding="utf-8")
    digest = "sha256:" + hashlib.sha256(template.read_bytes()).hexdigest()
    older = {
        str(template.resolve()): {"digest": digest, "kind": "template", "at": "2026-11-20T10:00:00+00:00"},
        str(project / "mcp.json"): {"digest": "sha256:0", "kind": "servers", "at": "", "beside": "/a/server.py"},
    }
    trust = Trust(tmp_path / "home")
    trust.file.parent.mkdir(exist_ok=True)
    trust.file.write_text(json.dumps({"version": 1, "files": older}), encoding="utf-8")
    assert trust.is_trusted(template, template.read_bytes())
    assert trust.forget(project / "nothing") is False
    written = json.loads(trust.file.read_text(encoding="utf-8"))
    assert (written["version"], set(written["files"])) == (2, set(older))


def test_an_entry_of_a_later_version_is_trusted_by_nobody_and_stays(tmp_path: Path) -> None:
    later = {"digest": "sha256:0", "kind": "template", "needs": "two people"}
    trust = Trust(tmp_path / "home")
    trust.file.parent.mkdir(exist_ok=True)
    trust.file.write_text(json.dumps({"version": 2, "files": {"/x/look.yaml": later}}), encoding="utf-8")
    assert trust.watched() == []
    trust.forget(Path("/y"))
    assert json.loads(trust.file.read_text(encoding="utf-8"))["files"] == {"/x/look.yaml": later}
