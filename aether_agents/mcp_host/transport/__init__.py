"""How messages reach an MCP server and come back: stdio, HTTP, framing."""
