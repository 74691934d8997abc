"""A session with one MCP server: tools, calls, questions, answers."""
