"""What only looks at a stack starts none, and says how one is started."""

from pathlib import Path

import pytest

from aether_agents.cli.program import main
from aether_agents.cli.terminal.exit_codes import NOBODY_THERE


@pytest.mark.parametrize("command", ["metrics", "flower"])
def test_where_no_stack_runs_the_command_that_starts_one_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.setenv("AETHER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main([command])
    assert left.value.code == NOBODY_THERE
    assert (
        "no embedded stack runs here, so there is nothing to show; start one with `aether-agent up`"
        in capsys.readouterr().err
    )
