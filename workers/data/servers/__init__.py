"""First-party MCP servers of the data specialist: programs of their own, which import nothing of ours."""
