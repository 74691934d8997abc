"""What is missing is installed by the tool that installed the rest."""

from pathlib import Path

import pytest

from aether_agents.process.installation import CHECKOUT, install_command


@pytest.mark.parametrize(
    ("left_by_the_tool", "command"),
    [
        ("pyvenv.cfg", "pip install 'aether-agents[serve]'"),
        ("pipx_metadata.json", "pipx install --force 'aether-agents[serve]'"),
        ("uv-receipt.toml", "uv tool install 'aether-agents[serve]'"),
    ],
)
def test_the_tool_is_known_by_what_it_left(tmp_path: Path, left_by_the_tool: str, command: str) -> None:
    (tmp_path / left_by_the_tool).touch()
    assert install_command("serve", tmp_path) == command


def test_in_a_checkout_it_is_a_target_of_make() -> None:
    assert install_command("serve", CHECKOUT / ".venv") == f"make -C {CHECKOUT} setup"
    assert (CHECKOUT / "Makefile").is_file()
