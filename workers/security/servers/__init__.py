"""First-party MCP servers of the security specialist: programs of their own, which import nothing of ours."""
