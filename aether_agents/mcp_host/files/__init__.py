"""Files that name MCP servers: found, read, expanded."""
