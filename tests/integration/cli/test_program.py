"""The list of commands: loaded lazily, complete, and helpful about mistakes."""

import json
import subprocess
import sys
from importlib import import_module
from typing import Any

import click
import pytest
from click.testing import CliRunner

from aether_agents.cli.command_index import COMMANDS
from aether_agents.cli.program import program

SECTIONS = ["Ask", "Look", "Act", "Parts", "Processes", "Rest"]
PROBE = """
import json, sys
from aether_agents.cli import main
try:
    main(["--help"])
except SystemExit as leaving:
    AFTER
    print("\\n" + json.dumps({"code": leaving.code, "modules": sorted(sys.modules)}))
"""


def loaded(name: str) -> click.Command:
    module, attribute = COMMANDS[name].place
    command: click.Command = getattr(import_module(module), attribute)
    return command


def every_command() -> list[tuple[str, click.Command]]:
    found = [(name, loaded(name)) for name in COMMANDS]
    nested = [
        (f"{name} {child}", command)
        for name, group in found
        if isinstance(group, click.Group)
        for child, command in group.commands.items()
    ]
    return found + nested


def probed(after: str = "pass") -> dict[str, Any]:
    """How the help left, and what was imported then and after a statement more."""
    ran = subprocess.run(
        [sys.executable, "-c", PROBE.replace("AFTER", after)], capture_output=True, text=True, check=True
    )
    told: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return told


def test_help_imports_nothing_that_takes_time() -> None:
    told = probed()
    heavy = {"celery", "kombu", "mcp", "redis", "pydantic", "rich", "yaml", "cryptography", "aether_agents.contracts"}
    assert told["code"] == 0
    assert heavy.isdisjoint(told["modules"])


def test_a_command_that_speaks_with_the_store_does_not_load_what_the_client_would_measure_itself_with() -> None:
    told = probed("import aether_agents.store")
    assert "redis" in told["modules"]
    assert {"opentelemetry.sdk", "psutil"}.isdisjoint(told["modules"])


def test_help_lists_every_command_in_its_section() -> None:
    text = CliRunner().invoke(program, ["--help"]).output
    places = [text.index(f"\n{section}:") for section in SECTIONS]
    assert places == sorted(places)
    for entry in COMMANDS.values():
        assert f"  {entry.name}" in text
        assert entry.summary in text
    assert 'aether-agent execute "Onboard this project"' in text


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_agrees_with_the_command(name: str) -> None:
    command = loaded(name)
    assert command.name == name
    assert COMMANDS[name].section in SECTIONS


@pytest.mark.parametrize(("name", "command"), every_command())
def test_every_command_has_a_help_with_examples(name: str, command: click.Command) -> None:
    for flag in ("-h", "--help"):
        ran = CliRunner().invoke(program, [*name.split(), flag])
        assert ran.exit_code == 0
        assert f"aether-agent {name.split(maxsplit=1)[0]}" in ran.output.partition("Examples:")[2]


def test_an_unknown_command_names_the_nearest() -> None:
    ran = CliRunner().invoke(program, ["exceute", "x"])
    assert ran.exit_code == 2
    assert "did you mean `execute`?" in ran.output


def test_debug_may_stand_before_and_after_the_command() -> None:
    for words in (["--debug", "completion", "bash"], ["completion", "bash", "--debug"]):
        assert CliRunner().invoke(program, words).exit_code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    ran = CliRunner().invoke(program, ["completion", shell], prog_name="aether-agent")
    assert ran.exit_code == 0
    assert "_AETHER_AGENT_COMPLETE" in ran.output
