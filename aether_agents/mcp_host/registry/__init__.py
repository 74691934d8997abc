"""Which MCP servers there are, on which queue, in which version."""
