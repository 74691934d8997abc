"""The only MCP client code: configuration files, trust, environments, sessions, pins.

What needs the MCP library is imported from its own module, because that import costs half a second
that the command line does not have: `aether_agents.mcp_host.host.Host`.
"""

from aether_agents.mcp_host.call import CallKind, CallResult
from aether_agents.mcp_host.definition import Definition, catalogue_tools
from aether_agents.mcp_host.folders import server_folder
from aether_agents.mcp_host.pins import pin

__all__ = ["CallKind", "CallResult", "Definition", "catalogue_tools", "pin", "server_folder"]
