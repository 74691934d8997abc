"""MCP servers that attack the machine they run on."""
