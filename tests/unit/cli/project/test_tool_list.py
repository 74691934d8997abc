"""The list of tools."""

import pytest

from aether_agents.cli.project.tool_list import tool_rows
from aether_agents.errors import InvalidSettings


def test_a_server_nobody_listed_is_an_error() -> None:
    with pytest.raises(InvalidSettings, match="listed: none"):
        tool_rows({}, "git")
