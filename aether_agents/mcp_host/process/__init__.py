"""Processes of MCP servers: launched, confined, forked, guarded, ended."""
