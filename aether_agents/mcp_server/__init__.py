"""The MCP face: our tasks as tools of an MCP server, for editors and assistants."""
