"""Installing MCP servers: what is offered, package managers, folders of their own."""
