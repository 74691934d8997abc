"""Commands that need nothing running, in this process: what they print, and how they answer mistakes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aether_agents.cli.session.session import Session
from aether_agents.cli.tasks.submission import task_from
from aether_agents.errors import InvalidTask
from tests.unit.cli.conftest import RecordedStack, Run
from tests.unit.cli.fake import RecordedOrchestrator
from tests.unit.cli.recorded import TASK, task


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["templates", "show", "security_audi"], 2, "did you mean `security_audit`?"),
        (["servers", "install", "gti"], 2, "did you mean `git`?"),
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
def test_a_mistake_is_answered_with_the_fix(run: Run, words: list[str], code: int, told: str) -> None:
    ran = run(*words)
    assert ran.code == code
    assert told in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    "words",
    [
        *(["status", "x"], ["result", "x", "--json"], ["events", "x"], ["watch", "x"], ["cancel", "x"]),
        *(["approve", "x"], ["approve", "x", "--list"], ["undo", "x", "--dry-run"]),
    ],
)
def test_a_question_about_the_past_starts_nothing_where_nothing_ever_ran(
    run: Run, words: list[str], tmp_path: Path
) -> None:
    ran = run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert "Nothing has run here yet" in ran.err
    assert not (tmp_path / "home" / "stack").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["tasks"], "no tasks yet"), (["approve"], "nothing waits")],
)
def test_where_nothing_ever_ran_a_list_is_empty_and_no_fault(
    run: Run, words: list[str], said: str, tmp_path: Path
) -> None:
    ran = run(*words)
    assert ran.code == 0
    assert said in ran.err
    assert json.loads(run(*words, "--json").out) == []
    assert not (tmp_path / "home" / "stack").exists()


def test_a_store_that_is_there_is_asked(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home" / "stack" / "valkey").mkdir(parents=True)
    asked = []

    @contextmanager
    def opened(self: Session, *, keep: bool = False) -> Iterator[RecordedOrchestrator]:
        asked.append(self)
        yield RecordedOrchestrator([], task(status="completed"))

    monkeypatch.setattr(Session, "orchestrator", opened)
    assert run("result", TASK).code == 0
    assert len(asked) == 1


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
    # The context stays open: the orchestrator takes the one that the sentence names, else the settings'.
    task = task_from(Session(), "x", {"inputs": ("a=1", "a=2"), "priority": 7, "yes": True})
    assert (task.context, task.inputs, task.priority, task.assume_yes) == ("", {"a": ["1", "2"]}, 7, True)
    assert task.folder == str(Path.cwd())
    with pytest.raises(InvalidTask):
        task_from(Session(), "", {"priority": 5})


def test_nobody_is_asked_where_interaction_is_switched_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aether_agents.cli.terminal.output.Output.interactive", True)
    assert Session().questioner() is not None
    monkeypatch.setenv("AETHER_AGENT_SYSTEM__CLI_INTERFACE__INTERACTIVE_MODE", "false")
    assert Session().questioner() is None


def test_trust_shows_what_would_start_and_changes_nothing_without_consent(run: Run) -> None:
    command = {"command": "/bin/sh", "args": ["-c", "touch pwned"], "queue": "dev"}
    file = Path(".mcp.json")
    file.write_text(json.dumps({"mcpServers": {"nice": command}}))
    shown = run("trust")
    assert shown.code == 0
    assert "touch pwned" in shown.out
    assert "nothing was trusted" in shown.err
    assert json.loads(run("trust", "--json").out)[0]["trusted"] is False
    assert "trusted: " in run("trust", "--yes").err
    assert "nothing here waits for trust; 1 trusted" in run("trust").err
    file.write_text(json.dumps({"mcpServers": {"nice": {**command, "args": ["-c", "rm -rf ~"]}}}))
    changed = run("trust")
    assert "changed since you trusted it" in changed.out
    assert "rm -rf" in changed.out
    assert run("trust", "--forget", ".mcp.json").err.startswith("✓ no longer trusted")
    assert "was not trusted" in run("trust", "--forget", ".mcp.json").err
    assert not Path("pwned").exists()


def test_the_name_of_a_file_steers_no_terminal(run: Run) -> None:
    Path("templates").mkdir()
    Path("templates/\x1b[2Jevil\r.yaml").write_text("name: evil\n")
    shown = run("trust")
    assert "\\x1b[2Jevil" in shown.out
    trusted = run("trust", "--yes")
    assert "\x1b" not in shown.out + shown.err + trusted.out + trusted.err
    assert "\r" not in shown.out + trusted.err


def completed(monkeypatch: pytest.MonkeyPatch, run: Run, *words: str) -> list[str]:
    """What the shell would offer for the last word."""
    monkeypatch.setenv("_AETHER_AGENT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(("aether-agent", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    offered = [line.partition(",")[2] for line in run().out.splitlines() if line]
    monkeypatch.delenv("_AETHER_AGENT_COMPLETE")
    return offered


def test_the_shell_completes_commands_templates_servers_and_tasks(
    run: Run, stack: RecordedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack(RecordedOrchestrator([], task()))
    assert completed(monkeypatch, run, "te") == ["templates"]
    assert completed(monkeypatch, run, "templates", "show", "sec") == ["security_audit"]
    assert completed(monkeypatch, run, "servers", "test", "g") == ["git"]
    assert completed(monkeypatch, run, "watch", "3f") == [TASK]


def test_a_completion_has_nowhere_to_say_what_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("aether_agent.yaml").write_text("nonsense: true\n")
    assert completed(monkeypatch, run, "templates", "show", "sec") == []
    assert completed(monkeypatch, run, "watch", "3f") == []


@pytest.mark.parametrize(
    ("words", "said"), [(["logs"], "logged yet"), (["logs", "--task", "x"], "logged on behalf of x")]
)
def test_empty_logs_are_said_to_be(run: Run, words: list[str], said: str) -> None:
    ran = run(*words)
    assert (ran.code, ran.out) == (0, "")
    assert f"nothing is {said}" in ran.err


def test_the_name_alone_says_what_can_be_asked_for_here(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "shop"
    (project / ".git").mkdir(parents=True)
    (project / "templates").mkdir()
    (project / "templates" / "own.yaml").write_text("name: own\n")
    for name in ("a.csv", "b.csv", "shop.db"):
        (project / name).touch()
    monkeypatch.chdir(project)

    ran = run()

    assert ran.code == 0
    assert "shop  a git repository, 2 CSV files, 1 database file" in ran.out
    assert "Security audit of this repository" in ran.out
    assert "own.yaml: not trusted, so not used" in ran.err
    assert "aether-agent --help" in ran.err


def test_why_a_sentence_means_a_template_is_explained_without_a_stack(run: Run) -> None:
    ran = run("explain", "Security audit of this repository")
    assert ran.code == 0
    assert [word for word in ("security_audit", "share", "margin", "repository") if word not in ran.out] == []
    told = json.loads(run("explain", "audit the moon", "--json").out)
    assert (told["goals"][0]["template"], run("explain", "audit the moon").code) == (None, 5)


@pytest.mark.parametrize("command", [["tasks"], ["ps"], ["down"], ["up"], ["execute", "do it"]])
def test_a_home_that_is_a_file_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "file").touch()
    for home, why in ((tmp_path / "file", "is a file"), (tmp_path / "file" / "below", "lies below a file")):
        monkeypatch.setenv("AETHER_HOME", str(home))
        ran = run(*command)
        assert ran.code != 0
        assert f"{home} {why}: set AETHER_HOME to a folder of your own" in ran.err
