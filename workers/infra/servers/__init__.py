"""First-party MCP servers of the infra specialist: programs of their own, which import nothing of ours."""
