"""What is missing is installed by the tool that installed the rest, from where the rest came."""

import json
from pathlib import Path

import pytest

from aether_agents.process.installation import CHECKOUT, install_command

PIPX = '{"main_package": {"package": "aether-agents", "package_or_url": "/srv/aether_agents.whl[local, otel]"}}'
UV = """[tool]
requirements = [{ name = "aether-agents", extras = ["local", "otel"], path = "/srv/aether_agents.whl" }]
"""


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
    assert install_command("serve", tmp_path, tmp_path / "none") == command


@pytest.mark.parametrize(("file", "note"), [("pipx_metadata.json", PIPX), ("uv-receipt.toml", UV)])
def test_what_a_tool_replaces_is_asked_for_again(tmp_path: Path, file: str, note: str) -> None:
    (tmp_path / file).write_text(note)
    assert install_command("local,serve", tmp_path, tmp_path).endswith(" 'aether-agents[local,otel,serve]'")


@pytest.mark.parametrize(
    ("came_from", "wanted"),
    [
        ({"url": "file:///srv/my%20files/aether.whl", "archive_info": {}}, "'/srv/my files/aether.whl[serve]'"),
        ({"url": "https://files.example/aether.whl"}, "'aether-agents[serve] @ https://files.example/aether.whl'"),
        (
            {"url": "https://git.example/agents", "vcs_info": {"vcs": "git", "commit_id": "1a2b"}},
            "'aether-agents[serve] @ git+https://git.example/agents'",
        ),
    ],
)
def test_a_package_of_no_index_is_named_by_where_it_came_from(
    tmp_path: Path, came_from: dict[str, object], wanted: str
) -> None:
    note = tmp_path / "aether_agents-0.2.0.dist-info" / "direct_url.json"
    note.parent.mkdir()
    note.write_text(json.dumps(came_from))
    assert install_command("serve", tmp_path, tmp_path) == f"pip install {wanted}"


def test_in_a_checkout_it_is_a_target_of_make_and_elsewhere_the_checkout() -> None:
    assert install_command("serve", CHECKOUT / ".venv") == f"make -C {CHECKOUT} setup"
    assert (CHECKOUT / "Makefile").is_file()
    assert install_command("serve", CHECKOUT / "other") == f"pip install --editable '{CHECKOUT}[serve]'"
