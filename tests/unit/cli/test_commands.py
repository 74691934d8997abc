"""Commands that need nothing running, in this process: what they print, and how they answer mistakes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from aether_agents.cli import main
from aether_agents.cli.errand import task_from
from aether_agents.cli.session import Session
from aether_agents.errors import InvalidTask


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in an empty project, with an AETHER_HOME of its own."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AETHER_HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "AETHER_REDIS_URL", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def command(*words: str) -> Ran:
        with pytest.raises(SystemExit) as leaving:
            main(words)
        told = capfd.readouterr()
        assert "Traceback" not in told.err
        return Ran(int(leaving.value.code or 0), told.out, told.err)

    return command


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["templates", "show", "security_audi"], 2, "did you mean `security_audit`?"),
        (["servers", "test", "gti"], 2, "did you mean `git`?"),
        (["execute", "x", "--input", "paths"], 2, "write it as name=value"),
        (["execute", "x", "--priority", "12"], 2, "--priority"),
        (["apply", "missing.yaml"], 2, "missing.yaml"),
        (["worker"], 2, "name the queues to serve"),
        (["worker", "scurity"], 2, "did you mean `security`?"),
        (["logs", "wroker"], 6, "did you mean `worker`?"),
        (["config", "show", "nothing"], 2, "no setting begins with `nothing`"),
        (["frobnicate"], 2, "No such command `frobnicate`"),
        (["trust", "--forget"], 2, "--forget needs the file"),
    ],
)
def test_a_mistake_is_answered_with_the_mend(run: Run, words: list[str], code: int, told: str) -> None:
    ran = run(*words)
    assert ran.code == code
    assert told in ran.err
    assert ran.out == ""


def test_a_wrong_setting_is_named_with_file_line_and_nearest_name(run: Run) -> None:
    path = Path.cwd() / "aether_agent.yaml"
    path.write_text("agent_system:\n  cli_interface:\n    default_contxt: local\n")
    ran = run("config", "validate")
    assert ran.code == 2
    assert f"{path}:3" in ran.err
    assert "did you mean `default_context`?" in ran.err


def test_broken_yaml_is_named_with_file_and_line(run: Run) -> None:
    Path("plan.yaml").write_text("name: x\ndescription: y\nsubtasks:\n  - id: a\n   tool: b/c\n")
    ran = run("apply", "plan.yaml")
    assert ran.code == 2
    assert "plan.yaml:5: not valid YAML" in ran.err


def test_every_fault_of_every_file_is_named(run: Run) -> None:
    Path("good.yaml").write_text("name: x\ndescription: y\nsubtasks:\n  - {id: a, tool: b/c}\n")
    Path("bad.yaml").write_text("name: x\ndescription: y\nsubtasks:\n  - {id: a, tool: b/c, tmeout: 3}\n")
    ran = run("templates", "validate", "good.yaml", "bad.yaml")
    assert ran.code == 2
    assert "good.yaml: x, 1 subtasks" in ran.err
    assert "bad.yaml:4" in ran.err
    assert "did you mean `timeout`?" in ran.err


def test_templates_are_listed_shown_and_printed(run: Run) -> None:
    assert "security_audit" in run("templates", "list").out
    shown = run("templates", "show", "security_audit")
    assert "path  string, default '.'" in shown.out
    assert "secrets/scan" in shown.out
    assert 'aether-agent execute "security audit of this repository"' in shown.err
    assert run("templates", "show", "security_audit", "--yaml").out.startswith("name: security_audit\n")
    assert json.loads(run("templates", "show", "security_audit", "--json").out)["name"] == "security_audit"


def test_the_schema_is_a_schema(run: Run) -> None:
    assert "subtasks" in json.loads(run("templates", "schema").out)["properties"]


def test_a_servers_list_starts_nothing(run: Run) -> None:
    Path(".mcp.json").write_text(json.dumps({"mcpServers": {"nice": {"command": "/bin/false"}}}))
    ran = run("servers", "list")
    assert ran.code == 0
    assert "untrusted" in ran.out
    assert "not installed" in ran.out
    assert "aether-agent trust" in ran.err
    assert run("ps").err.startswith("nothing runs")


def test_config_shows_where_a_value_comes_from(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AETHER_DELIVERY__LEASE", "7")
    told = json.loads(run("config", "show", "delivery.lease", "--json").out)
    assert told == {"delivery.lease": {"value": 7.0, "source": "AETHER_DELIVERY__LEASE"}}
    assert run("config", "validate").code == 0


def test_contexts_name_secrets_and_never_show_them(run: Run, tmp_path: Path) -> None:
    user = tmp_path / ".config" / "aether-agents" / "aether_agent.yaml"
    user.parent.mkdir(parents=True)
    user.write_text("contexts:\n  aws:\n    inputs: {region: eu}\n    secrets: {key: 'env:AWS_KEY'}\n")
    ran = run("contexts", "list")
    assert "local (default)" in ran.out
    assert "region" in ran.out
    assert "AWS_KEY" not in ran.out
    assert [row["name"] for row in json.loads(run("contexts", "list", "--json").out)] == ["local", "aws"]


def test_a_task_takes_what_the_settings_say_where_it_says_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AETHER_CONTEXTS", '{"aws": {}}')
    monkeypatch.setenv("AETHER_AGENT_SYSTEM__CLI_INTERFACE__DEFAULT_CONTEXT", "aws")
    task = task_from(Session(), "x", {"inputs": ("a=1", "a=2"), "priority": 7, "yes": True})
    assert (task.context, task.inputs, task.priority, task.assume_yes) == ("aws", {"a": ["1", "2"]}, 7, True)
    assert task.folder == str(Path.cwd())
    with pytest.raises(InvalidTask):
        task_from(Session(), "", {"priority": 5})


def test_nobody_is_asked_where_interaction_is_switched_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aether_agents.cli.output.Output.interactive", True)
    assert Session().questioner() is not None
    monkeypatch.setenv("AETHER_AGENT_SYSTEM__CLI_INTERFACE__INTERACTIVE_MODE", "false")
    assert Session().questioner() is None
