"""First-party servers over real MCP stdio, against planted repositories."""
