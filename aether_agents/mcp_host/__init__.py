"""The only MCP client code: configuration files, trust, environments, sessions, pins."""

from aether_agents.mcp_host.call import CallKind, CallResult

__all__ = ["CallKind", "CallResult"]
