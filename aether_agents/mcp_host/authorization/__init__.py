"""Logins at remote MCP servers: OAuth 2.1 as the protocol asks for it."""
