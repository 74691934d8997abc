"""A file that a command is given may be a pipe, a device or gigabytes: an error that names it, and nobody waits."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click import ClickException
from click.testing import CliRunner

from aether_agents.cli.program import program
from aether_agents.errors import AetherError
from tests.unit.workers.test_paths_from_outside import device, itself, pipe, sparse

#: Words of a command; `FILE` is what it is given, `GOOD` a file that is as it should be.
COMMANDS = {
    "a plan": ("apply", "FILE"),
    "tasks": ("batch", "--file", "FILE"),
    "a template": ("templates", "validate", "FILE"),
    "a catalogue of tools": ("tools", "rank", "--catalogue", "FILE", "--queries", "GOOD"),
    "requests": ("tools", "rank", "--catalogue", "GOOD", "--queries", "FILE"),
    "requests of templates": ("templates", "rank", "--queries", "FILE"),
    "templates to rank": ("templates", "rank", "--queries", "GOOD", "--from", "FILE"),
    "a record": ("audit", "verify", "FILE"),
    "a head of the record": ("audit", "verify", "--head", "FILE"),
    "a backup": ("restore", "FILE"),
    "a key": ("restore", "GOOD", "--key", "FILE"),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("plant", [pipe, device, sparse, itself])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_file_of_another_kind_is_refused(
    name: str, plant: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AETHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AETHER_REDIS_URL", f"unix://{tmp_path}/nobody")
    planted, good = tmp_path / "planted.yaml", tmp_path / "good.jsonl"
    good.write_text('{"id": "a/b", "server": "a", "tool": "b", "query": "x", "text": "x"}\n')
    plant(planted)
    words = [{"FILE": str(planted), "GOOD": str(good)}.get(word, word) for word in COMMANDS[name]]
    result = CliRunner().invoke(program, words, standalone_mode=False)
    assert result.exception or result.return_value, result.output
    assert result.exception is None or isinstance(result.exception, ClickException | AetherError), result.exception
    assert "a fault of ours" not in result.output
    assert os.fspath(planted.name) in result.output + str(result.exception) or name == "a key"
