"""A command that is typed wrongly is answered with what to type."""

from pathlib import Path

import pytest

from aether_agents.cli.program import main


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("status", "Missing argument 'TASK_ID'; for example: aether-agent status 3fa9c1d2e0b7"),
        ("execute", "Missing argument 'TASK'; for example: aether-agent execute \"Security audit of this repository\""),
        ("batch", "Missing option '--file' / '-f'; for example: aether-agent batch --file tasks.yaml"),
        (
            "servers remove time",
            "No such command 'remove'; there are: add, import, install, list, lock, login",
        ),
        ("specialist nwe net", "No such command 'nwe'"),
        ("priority 3fa9c1d2e0b7 high", "Invalid value for 'PRIORITY': 'high' is not a whole number."),
        ("execute x --timeout never", "Invalid value for '--timeout': 'never' is not a number."),
        ("tasks --limit 0.5", "'0.5' is not a whole number."),
    ],
)
def test_what_is_missing_or_unknown_is_told_with_what_to_type(
    capsys: pytest.CaptureFixture[str], typed: str, told: str
) -> None:
    with pytest.raises(SystemExit) as left:
        main(typed.split())
    assert left.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            ["backup", "-o", "/nowhere/at/all"],
            "there is no folder /nowhere/at: make it, or name another with `--output`",
        ),
        (["config", "new-key", "/nowhere/key"], "/nowhere/key: no key can be kept there: No such file or directory\n"),
        (["apply", "."], "File '.' is a directory."),
        (["audit", "verify", "none.jsonl"], "File 'none.jsonl' does not exist."),
        (["execute", " "], 'say what is to be done, such as "Onboard this project"'),
    ],
)
def test_a_place_that_is_not_there_is_named_with_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: list[str], told: str
) -> None:
    monkeypatch.setenv("AETHER_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as left:
        main(typed)
    assert left.value.code == 2
    assert told in capsys.readouterr().err
