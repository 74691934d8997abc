"""The only MCP client code: configuration files, trust, environments, sessions, pins.

What needs the MCP library is imported from its own module, because that import costs half a second
that the command line does not have: `aether_agents.mcp_host.pool.host.Host`.
"""

from aether_agents.mcp_host.install.folders import server_folder
from aether_agents.mcp_host.session.call_result import CallKind, CallResult
from aether_agents.mcp_host.session.tool_definition import Definition, catalogue_tools, pin

__all__ = ["CallKind", "CallResult", "Definition", "catalogue_tools", "pin", "server_folder"]
