"""First-party MCP servers of the dev specialist: programs of their own, which import nothing of ours."""
